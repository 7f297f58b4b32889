//! What the bank does with a repetition, temper by temper: the answer, the reports, and how often it paid.

use hyper::Method;

use crate::open;
use crate::seen::{Mine, seen};
use crate::street::{Bank, Bend, Block, Checked, Setup, message, pay, uetr, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn duplicates_meet_the_temper_of_the_bank() {
    let text = |amount: &str| message("TWICE", &[Block::of(vec![pay("A", "Anna", amount)])]);
    let cases = [
        ("duplicate = \"reject\"\n", 409, 1),
        ("duplicate = \"replay\"\n", 202, 1),
        ("duplicate = \"execute\"\n", 202, 2),
    ];
    for (processing, status, debits) in cases {
        let (_street, bank) = open(Setup { processing, ..Setup::default() }).await;
        let first = bank.client.send(&text("10.00")).await;
        let second = bank.client.send(&text("10.00")).await;
        assert_eq!((first.status, second.status), (202, status), "{processing}");
        if status == 409 {
            assert_eq!(second.json()["code"], "DU01");
            assert_eq!(second.json()["message_id"], "TWICE");
            assert_eq!(second.json()["bank_reference"], first.json()["bank_reference"]);
        } else if debits == 1 {
            assert_eq!(first.body, second.body);
        }
        let other = bank.client.send(&text("11.00")).await;
        assert_eq!((other.status, other.json()["code"].as_str()), (409, Some("DU01")), "{processing}");
        bank.client.end_day().await;
        let ledger = bank.client.ledger().await;
        let paid = ledger.iter().filter(|line| line["kind"] == "payment").collect::<Vec<_>>();
        assert_eq!(paid.len(), debits, "{processing}");
        assert_eq!(paid[0]["uetr"], uetr("A"));
        assert_eq!(paid[0]["end_to_end_id"], "A");
        assert_eq!(paid[0]["instruction_id"], "IA");
        assert_eq!((&paid[0]["amount"], &paid[0]["currency"]), (&"10.00".into(), &"EUR".into()));
        bank.close().await;
    }
}

fn one(message_id: &str, end_to_end_id: &str, amount: &str) -> String {
    message(message_id, &[Block::of(vec![pay(end_to_end_id, "Anna", amount)])])
}

async fn keyed(bank: &Bank, text: &str) -> Checked {
    bank.client.call_bent((Method::POST, "/v1/payments"), text.as_bytes(), Bend::FixedKey).await
}

/// How many payments the ledger has, after the end of the day.
async fn paid(bank: &Bank) -> usize {
    bank.client.end_day().await;
    bank.client.ledger().await.iter().filter(|line| line["kind"] == "payment").count()
}

/// Everything the status reports say about a payment.
async fn said(bank: &Bank, message_id: &str, end_to_end_id: &str) -> Vec<String> {
    let block_id = format!("{message_id}-B0");
    let mut mine = Mine { message_id, block_id, end_to_end_id, transaction_id: None };
    let reports = bank.client.reports().await;
    let statuses = reports.iter().filter(|(kind, _)| kind.starts_with("pain.002"));
    statuses.flat_map(|(kind, octets)| seen(&mut mine, kind, octets)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_bank_that_remembers_nothing_pays_everything() {
    let (_street, bank) = open(Setup { processing: "duplicate = \"none\"\n", ..Setup::default() }).await;
    for amount in ["10.00", "10.00", "11.00"] {
        assert_eq!(bank.client.send(&one("NONE", "A", amount)).await.status, 202);
    }
    assert_eq!(paid(&bank).await, 3);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_duplicate_can_be_refused_by_a_report_that_names_the_first() {
    let (_street, bank) = open(Setup { processing: "duplicate = \"report\"\n", ..Setup::default() }).await;
    for amount in ["10.00", "10.00", "11.00"] {
        assert_eq!(bank.client.send(&one("TWO", "A", amount)).await.status, 202);
    }
    assert_eq!(paid(&bank).await, 1);
    let words = said(&bank, "TWO", "A").await;
    assert_eq!(words.iter().filter(|word| *word == "pain.002 group RJCT AM05").count(), 2, "{words:?}");
    assert!(words.iter().any(|word| word == "pain.002 block ACSC"), "{words:?}");
    let found = bank.client.call((Method::GET, "/v1/payments/TWO"), b"").await;
    assert!(
        String::from_utf8_lossy(&found.body).contains("ACSC"),
        "an inquiry tells of the one that was paid"
    );
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_payment_is_known_by_its_end_to_end_identification() {
    let processing = "duplicate = \"end_to_end_id\"\n";
    let (mut street, bank) = open(Setup { processing, ..Setup::default() }).await;
    assert_eq!(bank.client.send(&one("E1", "A", "10.00")).await.status, 202);
    bank.close().await;
    let bank = street.open_bank().await;
    let mixed = Block::of(vec![pay("A", "Anna", "10.00"), pay("B", "Bert", "1.00")]);
    assert_eq!(bank.client.send(&message("E2", &[mixed])).await.status, 202);
    assert_eq!(bank.client.send(&one("E1", "A", "10.00")).await.status, 202);
    assert_eq!(paid(&bank).await, 2);
    assert_eq!(said(&bank, "E2", "A").await[1..], ["pain.002 transaction RJCT DU04"]);
    assert_eq!(said(&bank, "E2", "B").await.last().unwrap(), "pain.002 transaction ACSC");
    assert_eq!(said(&bank, "E1", "A").await.last().unwrap(), "pain.002 transaction RJCT DU04");
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_key_is_known_for_a_while() {
    let processing = "duplicate = \"idempotency_key\"\nduplicate_window_ms = 600000\n";
    let (_street, bank) = open(Setup { processing, ..Setup::default() }).await;
    let first = keyed(&bank, &one("K1", "A", "10.00")).await;
    let again = keyed(&bank, &one("K1", "A", "10.00")).await;
    assert_eq!((first.status, again.status, &again.body), (202, 202, &first.body));
    let other = keyed(&bank, &one("K2", "B", "11.00")).await;
    assert_eq!((other.status, &other.json()["type"]), (409, &"urn:girogate:bank:idempotency_key".into()));
    assert_eq!(bank.client.send(&one("K1", "A", "10.00")).await.status, 202, "another key is another order");
    assert_eq!(paid(&bank).await, 2);
    bank.close().await;
    let processing = "duplicate = \"idempotency_key\"\nduplicate_window_ms = 50\n";
    let (_street, bank) = open(Setup { processing, ..Setup::default() }).await;
    let first = keyed(&bank, &one("K1", "A", "10.00")).await;
    until("the key is forgotten", async || keyed(&bank, &one("K1", "A", "10.00")).await.body != first.body)
        .await;
    assert!(paid(&bank).await >= 2, "after the window the same octets are executed again");
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_cache_can_be_blind_for_the_body() {
    let processing = "duplicate = \"body_blind\"\n";
    let (_street, bank) = open(Setup { processing, ..Setup::default() }).await;
    let first = keyed(&bank, &one("B1", "A", "10.00")).await;
    let other = keyed(&bank, &one("B2", "B", "99.00")).await;
    assert_eq!((other.status, &other.body), (202, &first.body));
    assert_eq!(paid(&bank).await, 1, "the other order is lost behind a good answer");
    let found = bank.client.call((Method::GET, "/v1/payments/B2"), b"").await;
    assert_eq!(found.status, 404);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_content_is_held() {
    let (_street, bank) = open(Setup { processing: "duplicate = \"content\"\n", ..Setup::default() }).await;
    for (message_id, amount) in [("C1", "10.00"), ("C2", "10.00"), ("C1", "10.00"), ("C3", "11.00")] {
        assert_eq!(bank.client.send(&one(message_id, "A", amount)).await.status, 202);
    }
    assert_eq!(paid(&bank).await, 2);
    assert_eq!(said(&bank, "C2", "A").await, ["pain.002 group PDNG AM05"]);
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_error_is_repeated_corrected_or_forgotten() {
    let behaviour = "version = 1\n[[rule]]\ndoes = \"error_after\"\nstatus = 502\n";
    let cases = [
        ("duplicate_of_error = \"answer\"\n", 202, 1),
        ("duplicate_of_error = \"replay\"\n", 502, 1),
        ("duplicate_of_error = \"execute\"\n", 202, 2),
    ];
    for (processing, status, debits) in cases {
        let (_street, bank) = open(Setup { processing, behaviour, ..Setup::default() }).await;
        assert_eq!(bank.client.send(&one("ERR", "A", "10.00")).await.status, 502);
        assert_eq!(bank.client.send(&one("ERR", "A", "10.00")).await.status, status, "{processing}");
        assert_eq!(paid(&bank).await, debits, "{processing}");
        bank.close().await;
    }
    // The window of a message identification closes as that of a key does.
    let processing = "duplicate = \"reject\"\nduplicate_window_ms = 1\n";
    let (_street, bank) = open(Setup { processing, ..Setup::default() }).await;
    assert_eq!(bank.client.send(&one("WIN", "A", "10.00")).await.status, 202);
    until("the window closes", async || bank.client.send(&one("WIN", "A", "10.00")).await.status == 202)
        .await;
    bank.close().await;
}
