//! Debits that come twice, entries that are only told twice, and statements that do not fit together.

use crate::cancellation::{keyed, notification, pain_002, status};
use crate::room::{Room, Sent};
use girogate::domain::lifecycle::State;

/// A statement of `demo-eur`: id and number, day, opening and closing balance, entries.
fn statement(
    message: &str,
    (id, number): (&str, u32),
    day: &str,
    balances: (&str, &str),
    entries: &str,
) -> String {
    paged(message, (id, number), day, balances, ("", entries))
}

fn paged(
    message: &str,
    (id, number): (&str, u32),
    day: &str,
    (opening, closing): (&str, &str),
    (page, entries): (&str, &str),
) -> String {
    let balance = |kind: &str, amount: &str| match amount {
        "" => String::new(),
        amount => format!(
            "<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">{amount}</Amt>\
             <CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
        ),
    };
    format!(
        r#"<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>
<GrpHdr><MsgId>{message}</MsgId><CreDtTm>{day}T20:00:00Z</CreDtTm></GrpHdr><Stmt><Id>{id}</Id>{page}
<ElctrncSeqNb>{number}</ElctrncSeqNb><CreDtTm>{day}T20:00:00Z</CreDtTm>
<Acct><Id><IBAN>DE90999999990000004711</IBAN></Id><Ccy>EUR</Ccy></Acct>{}{}{entries}</Stmt></BkToCstmrStmt></Document>"#,
        balance("OPBD", opening),
        balance("CLBD", closing)
    )
}

/// A debit entry; an empty reference is left out.
fn entry(amount: &str, reference: &str, details: &str) -> String {
    let reference = match reference {
        "" => String::new(),
        text => format!("<AcctSvcrRef>{text}</AcctSvcrRef>"),
    };
    format!(
        "<Ntry><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>\
         <BookgDt><Dt>2026-11-23</Dt></BookgDt><ValDt><Dt>2026-11-23</Dt></ValDt>{reference}\
         <BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>\
         <NtryDtls>{details}</NtryDtls></Ntry>"
    )
}

fn detail(end_to_end_id: &str) -> String {
    format!("<TxDtls>{}</TxDtls>", keyed(end_to_end_id, ""))
}

fn collection(sent: &Sent, amount: &str) -> String {
    let block = &sent.block.payment_information_id;
    format!(
        "<Btch><PmtInfId>{block}</PmtInfId><NbOfTxs>2</NbOfTxs><TtlAmt Ccy=\"EUR\">{amount}</TtlAmt></Btch>"
    )
}

const DAY: &str = "2026-11-23";

async fn codes_after(papers: &[String]) -> Vec<String> {
    let mut room = Room::open();
    room.at_the_bank(&["10.00"]).await;
    for paper in papers {
        room.arrive(paper).await;
    }
    assert_eq!(room.state("P1").await, State::Booked);
    room.audited().await;
    room.codes().await
}

// ------------------------------------------------------------------------------------------ two debits

#[tokio::test]
async fn a_second_debit_is_told() {
    let first = notification("N1", ("DBIT", "10.00", "B1"), &keyed("P1", ""));
    let second = notification("N2", ("DBIT", "10.00", "B2"), &keyed("P1", ""));
    assert_eq!(codes_after(&[first.clone(), second.clone()]).await, ["duplicate_debit"]);
    assert_eq!(codes_after(&[second, first.clone()]).await, ["duplicate_debit"]);
    let both = entry("10.00", "B1", &detail("P1")) + &entry("10.00", "B2", &detail("P1"));
    let on_statement = statement("S1", ("A-1", 1), DAY, ("100.00", "80.00"), &both);
    assert_eq!(codes_after(&[first, on_statement]).await, ["duplicate_debit"], "only the statement has both");
    let nameless = entry("10.00", "", &detail("P1")) + &entry("10.00", "", &detail("P1"));
    let on_statement = statement("S1", ("A-1", 1), DAY, ("100.00", "80.00"), &nameless);
    assert_eq!(codes_after(std::slice::from_ref(&on_statement)).await, ["duplicate_debit"]);
}

/// Told in a notification, told in another one, on the statement, on the statement once more: one debit.
#[tokio::test]
async fn what_is_told_again_is_no_second_debit() {
    for reference in ["B1", ""] {
        let one = entry("10.00", reference, &detail("P1"));
        let told = |id: &str| {
            notification(id, ("DBIT", "10.00", "B1"), &keyed("P1", "")).replace(
                "<AcctSvcrRef>B1</AcctSvcrRef>",
                if reference.is_empty() { "" } else { "<AcctSvcrRef>B1</AcctSvcrRef>" },
            )
        };
        let on_statement = |message: &str| statement(message, ("A-1", 1), DAY, ("100.00", "90.00"), &one);
        let papers = [told("N1"), told("N2"), on_statement("S1"), on_statement("S2"), told("N3")];
        assert_eq!(codes_after(&papers).await, Vec::<String>::new(), "reference {reference:?}");
        let mut backwards = papers.to_vec();
        backwards.reverse();
        assert_eq!(codes_after(&backwards).await, Vec::<String>::new(), "reference {reference:?}");
    }
}

/// A report names the entry and its detail, the next one the entry alone.
#[tokio::test]
async fn a_reference_that_was_learnt_names_the_same_debit() {
    let both = keyed("P1", "").replace("<Refs>", "<Refs><AcctSvcrRef>D1</AcctSvcrRef>");
    let first = notification("N1", ("DBIT", "10.00", "B1"), &both);
    let second = statement("S1", ("A-1", 1), DAY, ("100.00", "90.00"), &entry("10.00", "B1", &detail("P1")));
    assert_eq!(codes_after(&[first, second]).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_collection_and_its_details_are_one_debit_and_two_collections_are_two() {
    let of = |id: &str, amount: &str| {
        let amount = format!("<Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>DBIT</CdtDbtInd>");
        format!("<TxDtls>{}</TxDtls>", keyed(id, &amount))
    };
    let details = of("P1", "10.00") + &of("P2", "20.00");
    for (second, expected) in
        [(("C1", true), vec![]), (("C1", false), vec![]), (("C2", false), vec!["duplicate_debit"])]
    {
        let mut room = Room::open();
        let sent = room.at_the_bank(&["10.00", "20.00"]).await;
        let whole = entry("30.00", "C1", &collection(&sent, "30.00"));
        room.arrive(&statement("S1", ("A-1", 1), DAY, ("100.00", "70.00"), &whole)).await;
        assert_eq!((room.state("P1").await, room.state("P2").await), (State::Booked, State::Booked));
        let (reference, with_details) = second;
        let inside = collection(&sent, "30.00") + if with_details { &details } else { "" };
        let again = entry("30.00", reference, &inside);
        room.arrive(&statement("S2", ("A-2", 2), "2026-11-24", ("70.00", "40.00"), &again)).await;
        assert_eq!(room.codes().await, expected, "{second:?}");
    }
}

/// One statement that shows the collection and its parts as entries of their own has the money twice.
#[tokio::test]
async fn a_collection_beside_its_parts_is_told() {
    for collection_first in [true, false] {
        let mut room = Room::open();
        let sent = room.at_the_bank(&["10.00", "20.00"]).await;
        let whole = entry("30.00", "C1", &collection(&sent, "30.00"));
        let part = entry("10.00", "B1", &detail("P1"));
        let entries = if collection_first { whole + &part } else { part + &whole };
        room.arrive(&statement("S1", ("A-1", 1), DAY, ("100.00", "60.00"), &entries)).await;
        assert_eq!(room.codes().await, ["duplicate_debit"], "{collection_first}");
    }
}

// ------------------------------------------------------------------------------------------ the chain

async fn chain(papers: &[String]) -> Vec<String> {
    let room = Room::open();
    for paper in papers {
        room.arrive(paper).await;
    }
    room.audited().await;
    room.codes().await
}

fn empty(message: &str, id: (&str, u32), day: &str, balance: (&str, &str)) -> String {
    statement(message, id, day, balance, "")
}

#[tokio::test]
async fn statements_that_follow_one_another_say_nothing() {
    let papers = [
        empty("S1", ("A-250", 250), "2026-12-30", ("5.00", "5.00")),
        empty("S2", ("A-251", 251), "2026-12-31", ("5.00", "5.00")),
        empty("S3", ("A-1", 1), "2027-01-04", ("5.00", "5.00")),
        empty("S4", ("A-2", 2), "2027-01-05", ("5.00", "5.00")),
        // Delivered again, word for word but for the message around it.
        empty("S5", ("A-2", 2), "2027-01-05", ("5.00", "5.00")),
    ];
    assert_eq!(chain(&papers).await, Vec::<String>::new());
}

#[tokio::test]
async fn gaps_breaks_and_corrections_are_told_once() {
    let first = empty("S1", ("A-7", 7), "2026-11-23", ("5.00", "5.00"));
    let cases = [
        (empty("S2", ("A-9", 9), "2026-11-25", ("5.00", "5.00")), "statement_gap"),
        (empty("S2", ("A-8", 8), "2026-11-24", ("4.00", "4.00")), "opening_differs"),
        (empty("S2", ("A-7", 7), "2026-11-23", ("6.00", "6.00")), "statement_corrected"),
        (empty("S2", ("B-7", 7), "2026-11-23", ("5.00", "5.00")), "statement_reissued"),
        (empty("S2", ("A-8", 8), "2026-11-24", ("5.00", "4.00")), "statement_does_not_foot"),
    ];
    for (second, code) in cases {
        let papers = [first.clone(), second.clone(), second];
        assert_eq!(chain(&papers).await, [code]);
    }
    // What was missing comes late, and fits.
    let late = [
        first,
        empty("S3", ("A-9", 9), "2026-11-25", ("5.00", "5.00")),
        empty("S2", ("A-8", 8), "2026-11-24", ("5.00", "5.00")),
    ];
    assert_eq!(chain(&late).await, ["statement_gap"]);
}

#[tokio::test]
async fn pages_are_one_statement_and_a_missing_one_is_told() {
    let page = |number: u32, last: bool| {
        format!("<StmtPgntn><PgNb>{number}</PgNb><LastPgInd>{last}</LastPgInd></StmtPgntn>")
    };
    let first = empty("S1", ("A-7", 7), "2026-11-23", ("5.00", "5.00"));
    let one = paged("S2", ("A-8", 8), "2026-11-24", ("5.00", ""), (&page(1, false), ""));
    let two = paged("S3", ("A-8", 8), "2026-11-24", ("", "5.00"), (&page(2, true), ""));
    let next = empty("S4", ("A-9", 9), "2026-11-25", ("5.00", "5.00"));
    let whole = [first.clone(), one, two.clone(), next];
    assert_eq!(chain(&whole).await, Vec::<String>::new());
    assert_eq!(chain(&[first, two]).await, ["statement_page_missing"]);
}

// ------------------------------------------------------------------------------------------ PART

/// What a partly accepted report does not list is accepted only where the bank's profile says so.
#[tokio::test]
async fn what_a_partly_accepted_report_leaves_out() {
    for (rule, expected) in [("accepted", State::InReview), ("unknown", State::Submitted)] {
        let mut room = Room::with(&[("unlisted = \"unknown\"", &format!("unlisted = \"{rule}\""))]);
        let sent = room.at_the_bank(&["10.00", "20.00"]).await;
        let block = format!("<PmtInfSts>PART</PmtInfSts>{}", status("P1", "RJCT"));
        for (id, group, block) in
            [("R1", "<GrpSts>PART</GrpSts>", block.as_str()), ("R2", "<GrpSts>PART</GrpSts>", block.as_str())]
        {
            room.arrive(&pain_002(id, &sent, group, block)).await;
        }
        assert_eq!((room.state("P1").await, room.state("P2").await), (State::Rejected, expected), "{rule}");
        // A later word of the bank's counts, whatever was taken from the silence.
        room.arrive(&pain_002("R3", &sent, "", &status("P2", "RJCT"))).await;
        assert_eq!(room.state("P2").await, State::Rejected);
        assert_eq!(room.codes().await, Vec::<String>::new());
        room.audited().await;
    }
}
