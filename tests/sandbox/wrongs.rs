//! What a script makes of an answer, a payment or a callback beyond cutting the line.

use girogate::sandbox::behaviour::Behaviour;
use hyper::Method;

use crate::open;
use crate::street::{Block, Setup, message, pay, until};

fn text(name: &str) -> String {
    message(name, &[Block::of(vec![pay(name, "Anna", "10.00")])])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn answers_lie_in_many_ways() {
    let (_street, bank) = open(Setup::default()).await;
    // The fault, the status, whether the answer is signed as agreed, and whether the order was processed.
    let cases = [
        ("html_answer", 200, false, true),
        ("malformed_answer", 200, true, true),
        ("other_answer", 202, true, true),
        ("expired_answer", 202, false, true),
        ("early_answer", 202, false, true),
        ("duplicate_request", 202, true, true),
        ("error_instead\"\nstatus = 429\nretry_after = \"-5", 429, true, false),
        ("error_after\"\nstatus = 503\nretry_after = \"Wed, 21 Oct 2026 07:28:00 GMT", 503, true, true),
    ];
    let mut processed = 0;
    for (index, (fault, status, is_signed, is_processed)) in cases.into_iter().enumerate() {
        let script = format!("[[rule]]\ndoes = \"{fault}\"\n");
        let told = bank.client.call((Method::POST, "/v1/sandbox/behaviour"), script.as_bytes()).await;
        assert_eq!(told.status, 200, "{told:?}");
        let answer = bank.client.send(&text(&format!("LIE{index}"))).await;
        assert_eq!((answer.status, answer.is_signed), (status, is_signed), "{fault}");
        match status {
            429 => assert_eq!(answer.header("retry-after"), Some("-5")),
            503 => assert_eq!(answer.header("retry-after"), Some("Wed, 21 Oct 2026 07:28:00 GMT")),
            _ => {}
        }
        processed += usize::from(is_processed);
    }
    bank.client.end_day().await;
    let paid = bank.client.ledger().await.iter().filter(|line| line["kind"] == "payment").count();
    assert_eq!(paid, processed, "a request that the line repeats is paid once by a bank that checks");
    bank.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_payment_is_booked_twice_and_a_callback_comes_a_hundred_times() {
    let behaviour =
        "[[rule]]\ndoes = \"book_twice\"\n[[rule]]\ndoes = \"repeat_callback\"\nonly = [\"TWICE/0/0\"]\n";
    let (street, bank) = open(Setup { behaviour, callbacks: true, ..Setup::default() }).await;
    assert_eq!(bank.client.send(&text("TWICE")).await.status, 202);
    until("a hundred callbacks", async || street.mailbox().received.lock().unwrap().len() >= 100).await;
    bank.client.end_day().await;
    let paid = bank.client.ledger().await.iter().filter(|line| line["kind"] == "payment").count();
    assert_eq!(paid, 2);
    bank.close().await;
}

#[test]
fn the_preset_of_the_matrix_is_a_script() {
    let matrix = Behaviour::parse("seed = 3\npreset = \"matrix\"\n").unwrap();
    let struck =
        (0..1000).filter(|number| matrix.answer_fault(&format!("K{number}"), "", 1).is_some()).count();
    assert!((300..600).contains(&struck), "{struck}");
    assert!((0..1000).all(|number| matrix.answer_fault(&format!("K{number}"), "", 2).is_none()));
}
