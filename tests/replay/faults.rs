//! Faults of the bank's papers, played into a recorded exchange through the real engine: strange names, strange codes,
//! words that contradict each other, wrong counts, wrong money, and everything again and in any order.

use girogate::domain::entry::Digest;
use girogate::domain::fact::{AttemptEnd, Fact};
use girogate::faces::replay::Replayed;
use girogate::faces::replay::player::play;
use girogate::faces::replay::recording::{self, Event, Recording, Reply};
use girogate::store::documents::NewDocument;

/// A recorded exchange without its papers, and what is to be brought instead.
struct Exchange {
    folder: tempfile::TempDir,
    recording: Recording,
    code: &'static str,
    brought: usize,
}

impl Exchange {
    /// The order of a scenario as it was recorded, up to the bank's answer.
    fn of(code: &'static str) -> Exchange {
        let folder = tempfile::tempdir().unwrap();
        let from = crate::exchanges().join(code);
        for entry in std::fs::read_dir(&from).unwrap() {
            let path = entry.unwrap().path();
            std::fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
        }
        let mut recording = recording::read(&from).unwrap();
        recording.event.retain(|event| !matches!(event, Event::Document { .. }));
        recording.expect.clear();
        recording.end = None;
        Exchange { folder, recording, code, brought: 0 }
    }

    /// A recorded paper, with other words in it.
    fn paper(&self, file: &str, changes: &[(&str, &str)]) -> String {
        let text = std::fs::read_to_string(self.folder.path().join(file)).unwrap();
        changes.iter().fold(text, |text, (from, to)| {
            assert!(text.contains(from), "{file} has no {from}");
            text.replace(from, to)
        })
    }

    /// What stands in the order between these two marks, for the first time.
    fn ordered(&self, begin: &str, end: &str) -> String {
        let text = std::fs::read_to_string(self.folder.path().join("002-message.xml")).unwrap();
        text.split_once(begin).unwrap().1.split_once(end).unwrap().0.to_owned()
    }

    /// A status report of the bank about the order: its own id, and what follows the original's name.
    fn report(&self, id: &str, group: &str, rest: &str) -> String {
        let message = self.ordered("<MsgId>", "</MsgId>");
        format!(
            "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.10\"><CstmrPmtStsRpt><GrpHdr><MsgId>{id}</MsgId>\
             <CreDtTm>2026-11-23T10:00:00Z</CreDtTm></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>{message}</OrgnlMsgId>\
             <OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>{group}</OrgnlGrpInfAndSts>{rest}</CstmrPmtStsRpt></Document>"
        )
    }

    /// A word of the bank about the first payment alone.
    fn word(&self, id: &str, status: &str) -> String {
        let block = self.ordered("<PmtInfId>", "</PmtInfId>");
        let payment = self.ordered("<EndToEndId>", "</EndToEndId>");
        let rest = format!(
            "<OrgnlPmtInfAndSts><OrgnlPmtInfId>{block}</OrgnlPmtInfId><TxInfAndSts><OrgnlEndToEndId>{payment}\
             </OrgnlEndToEndId>{status}</TxInfAndSts></OrgnlPmtInfAndSts>"
        );
        self.report(id, "", &rest)
    }

    fn bring(&mut self, text: &str) {
        self.brought += 1;
        let file = format!("brought-{}.xml", self.brought);
        std::fs::write(self.folder.path().join(&file), text).unwrap();
        self.lay(&file);
    }

    /// A paper that lies in the folder comes.
    fn lay(&mut self, file: &str) {
        let at_ms = self.recording.event.last().map_or(0, Event::at_ms);
        let (bank, channel) = ("bank".to_owned(), "callback".to_owned());
        let event = Event::Document { at_ms, bank, channel, file: file.to_owned(), unproved: None };
        self.recording.event.push(event);
    }

    async fn played(&self) -> Replayed {
        let replayed = play(self.folder.path(), &self.recording).await.unwrap();
        assert_eq!(crate::shown(&replayed), Vec::<String>::new(), "{}", self.code);
        replayed
    }

    /// State of the payment that is spoken of and of the one beside it, exceptions, and entries that are nobody's.
    async fn end(&self) -> End {
        let replayed = self.played().await;
        let state = |name: &str| {
            let id = format!("{}-{name}", self.code);
            replayed.payouts.iter().find(|end| end.external_id == id).unwrap().state.clone()
        };
        let mut exceptions = replayed.end.exceptions.clone();
        exceptions.sort();
        End { mine: state("MINE"), plain: state("PLAIN"), exceptions, unmatched: replayed.end.unmatched }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct End {
    mine: String,
    plain: String,
    exceptions: Vec<String>,
    unmatched: Vec<String>,
}

fn end(mine: &str, plain: &str, exceptions: &[&str], unmatched: &[&str]) -> End {
    let owned = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
    End {
        mine: mine.to_owned(),
        plain: plain.to_owned(),
        exceptions: owned(exceptions),
        unmatched: owned(unmatched),
    }
}

async fn end_after(papers: impl Fn(&Exchange) -> Vec<String>) -> End {
    let mut exchange = Exchange::of("S1");
    for paper in papers(&exchange) {
        exchange.bring(&paper);
    }
    exchange.end().await
}

const GROUP: &str = "<OrgnlNbOfTxs>2</OrgnlNbOfTxs><OrgnlCtrlSum>19.75</OrgnlCtrlSum>";
const REFUSED: &str = "<TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>AC04</Cd></Rsn></StsRsnInf>";

/// Not XML, cut XML, XML of another kind: no answer. The outcome is unknown and the octets are kept.
#[tokio::test]
async fn an_unreadable_answer_leaves_the_outcome_unknown_and_is_kept() {
    let report = Exchange::of("S1").report("R", "<GrpSts>ACTC</GrpSts>", "");
    let cut = report.get(..report.len() / 2).unwrap().to_owned();
    let answers = [
        ("application/xml", cut),
        ("application/xml", report.replace("CstmrPmtStsRpt>", "Other>")),
        ("application/xml", "\u{0}".to_owned()),
        ("text/html", "<html>log in</html>".to_owned()),
    ];
    for (kind, body) in answers {
        let mut exchange = Exchange::of("S1");
        std::fs::write(exchange.folder.path().join("answer"), &body).unwrap();
        for event in &mut exchange.recording.event {
            if let Event::Answer { reply, .. } = event {
                let (content_type, file) = (Some(kind.to_owned()), Some("answer".to_owned()));
                *reply = Reply { status: Some(200), content_type, file, ..Reply::default() };
            }
        }
        let replayed = exchange.played().await;
        assert!(replayed.payouts.iter().all(|end| end.state == "Unconfirmed"), "{:?}", replayed.payouts);
        let kept: Vec<Option<Digest>> = replayed
            .timeline
            .iter()
            .filter_map(|line| match &line.stored.recorded.fact {
                Fact::StepEnded { end: AttemptEnd::Unknown { reply, .. }, .. } => Some(*reply),
                _ => None,
            })
            .collect();
        assert_eq!(kept, [Some(NewDocument::of(body.into_bytes()).digest())], "{kind}");
    }
}

/// A word about a message or a payment that is not there touches nothing that is.
#[tokio::test]
async fn a_word_about_a_stranger_is_applied_to_nobody() {
    let foreign = end_after(|exchange| {
        let ours = exchange.ordered("<MsgId>", "</MsgId>");
        vec![exchange.report("R", "<GrpSts>RJCT</GrpSts>", "").replace(&ours, "SOMEBODYELSES")]
    });
    assert_eq!(foreign.await, end("Submitted", "Submitted", &["unknown_message"], &[]));
    let payment = end_after(|exchange| vec![exchange.word("R", REFUSED).replace("S1-MINE", "S1-NOBODY")]);
    assert_eq!(payment.await, end("Submitted", "Submitted", &["unknown_payment"], &[]));
}

/// Codes of tomorrow: kept, and no state is guessed. No person is told of an unknown code, which is wrong: somebody
/// should give it a meaning.
#[tokio::test]
async fn an_unknown_code_changes_no_state_and_an_unknown_version_is_told() {
    let code = end_after(|exchange| vec![exchange.report("R", "<GrpSts>ZZZZ</GrpSts>", "")]).await;
    assert_eq!(code, end("Submitted", "Submitted", &[], &[]));
    // Of a version without a schema of ours the known part is read, and a person is told that the paper deviates.
    let version = end_after(|exchange| {
        vec![exchange.report("R", "<GrpSts>RJCT</GrpSts>", "").replace("pain.002.001.10", "pain.002.001.99")]
    });
    assert_eq!(version.await, end("Rejected", "Rejected", &["document_deviates"], &[]));
    // A reason that is in no list does not take anything from the word itself.
    let reason = end_after(|exchange| vec![exchange.word("R", &REFUSED.replace("AC04", "ZZ99"))]).await;
    assert_eq!((reason.mine.as_str(), reason.plain.as_str()), ("Rejected", "Submitted"));
}

/// Words about one payment that contradict each other: the money decides where there is money, and a person is told.
#[tokio::test]
async fn contradicting_words_are_told_and_overwrite_nothing_booked() {
    let settled = "<TxSts>ACSC</TxSts>";
    let after = end_after(|exchange| vec![exchange.word("R1", settled), exchange.word("R2", REFUSED)]).await;
    assert!(after.exceptions.contains(&"status_contradiction".to_owned()), "{after:?}");
    let before = end_after(|exchange| vec![exchange.word("R1", REFUSED), exchange.word("R2", settled)]).await;
    assert!(before.exceptions.contains(&"status_contradiction".to_owned()), "{before:?}");
    assert_eq!(after.plain, "Submitted");
    let booked =
        end_after(|exchange| vec![exchange.paper("005-document.xml", &[]), exchange.word("R2", REFUSED)]);
    let booked = booked.await;
    assert_eq!((booked.mine.as_str(), booked.plain.as_str()), ("Booked", "Booked"));
    assert_eq!(booked.exceptions.len(), 1, "{booked:?}");
    let back = end_after(|exchange| {
        vec![
            exchange.report("R1", "<GrpSts>ACSC</GrpSts>", ""),
            exchange.report("R2", "<GrpSts>ACSP</GrpSts>", ""),
            exchange.report("R3", "<GrpSts>ACTC</GrpSts>", ""),
        ]
    });
    assert_eq!(back.await, end("Settled", "Settled", &[], &[]), "an earlier word that comes late is no news");
}

/// The group is refused, one payment of it is completed, in one report: what the bank completed is not called failed. No
/// person is told of the contradiction, which is wrong: somebody should look at it.
#[tokio::test]
async fn a_refused_group_with_a_completed_payment_fails_only_the_rest() {
    let found = end_after(|exchange| {
        let inner = exchange.word("R", "<TxSts>ACSC</TxSts>");
        let rest = format!(
            "<OrgnlPmtInfAndSts>{}",
            inner.split_once("<OrgnlPmtInfAndSts>").unwrap().1.replace("</CstmrPmtStsRpt></Document>", "")
        );
        vec![exchange.report("R", "<GrpSts>RJCT</GrpSts>", &rest)]
    })
    .await;
    assert_eq!(found, end("Settled", "Rejected", &[], &[]));
}

/// The bank's counts of our message differ from ours: its word counts all the same. No person is told, which is wrong:
/// somebody should look at it.
#[tokio::test]
async fn counts_that_differ_take_nothing_from_the_word() {
    let said = |counts: String| {
        end_after(move |exchange| vec![exchange.report("R", &format!("{counts}<GrpSts>ACTC</GrpSts>"), "")])
    };
    let right = said(GROUP.to_owned()).await;
    assert_eq!(right, end("InReview", "InReview", &[], &[]));
    for wrong in [GROUP.replace(">2<", ">3<"), GROUP.replace("19.75", "19.76")] {
        assert_eq!(said(wrong).await, right);
    }
}

/// Money under a name that we do not know, in another amount or in another currency.
#[tokio::test]
async fn money_that_does_not_fit_is_nobodys_or_a_persons() {
    let debit = "005-document.xml";
    let stranger = end_after(|exchange| {
        let message = exchange.ordered("<MsgId>", "</MsgId>");
        let block = exchange.ordered("<PmtInfId>", "</PmtInfId>");
        let instruction = exchange.ordered("<InstrId>", "</InstrId>");
        let uetr = exchange.ordered("<UETR>", "</UETR>");
        let changes = [
            (message.as_str(), "SOMEBODYELSES"),
            (block.as_str(), "SOMEBODYELSES"),
            (instruction.as_str(), "NOBODY"),
            (uetr.as_str(), "00000000-0000-4000-8000-000000000000"),
            ("S1-MINE", "S1-NOBODY"),
        ];
        vec![exchange.paper(debit, &changes)]
    })
    .await;
    assert_eq!(stranger.mine, "Submitted");
    assert_eq!(stranger.unmatched.len(), 1, "{stranger:?}");
    let amount = end_after(|exchange| vec![exchange.paper(debit, &[(">12.50<", ">12.51<")])]);
    assert_eq!(amount.await, end("Submitted", "Booked", &["amount_mismatch"], &["unexplained"]));
    let currency =
        end_after(|exchange| vec![exchange.paper(debit, &[("Ccy=\"EUR\">12.50", "Ccy=\"USD\">12.50")])])
            .await;
    assert_eq!((currency.mine.as_str(), currency.plain.as_str()), ("Submitted", "Booked"), "{currency:?}");
    assert_eq!(currency.exceptions.len() + currency.unmatched.len(), 2, "{currency:?}");
}

/// Papers of one exchange: two words, a debit, its statement, the return, the statement of the next day.
const PAPERS: [&str; 6] = [
    "004-document.xml",
    "005-document.xml",
    "006-document.xml",
    "007-document.xml",
    "008-document.xml",
    "009-document.xml",
];

/// Every order of six papers.
fn orders() -> Vec<Vec<&'static str>> {
    let mut orders: Vec<Vec<&str>> = vec![Vec::new()];
    for paper in PAPERS {
        orders = orders
            .iter()
            .flat_map(|order| {
                (0..=order.len()).map(|place| {
                    let mut longer = order.clone();
                    longer.insert(place, paper);
                    longer
                })
            })
            .collect();
    }
    orders
}

#[tokio::test]
async fn six_papers_in_each_of_their_720_orders_end_alike() {
    let orders = orders();
    assert_eq!(orders.len(), 720);
    for order in orders {
        let mut exchange = Exchange::of("S16D");
        order.iter().for_each(|file| exchange.lay(file));
        let mut found = exchange.end().await;
        // A return that is told before any debit is shown to a person; the end is the same.
        found.exceptions.retain(|code| code != "return_without_debit");
        assert_eq!(found, end("Returned", "Booked", &[], &[]), "{order:?}");
    }
}

#[tokio::test]
async fn every_paper_a_hundred_times_has_one_effect() {
    let mut once = Exchange::of("S16D");
    PAPERS.iter().for_each(|file| once.lay(file));
    let once = once.played().await;
    let mut often = Exchange::of("S16D");
    for _ in 0..100 {
        PAPERS.iter().for_each(|file| often.lay(file));
    }
    let often = often.played().await;
    assert_eq!(often.payouts, once.payouts);
    assert_eq!(often.end, once.end);
    let facts = |replayed: &Replayed| replayed.timeline.len();
    assert_eq!(facts(&often), facts(&once), "a paper that is there already leaves no second trace");
}

/// The same day's statement again under other message ids, amid other papers: nothing is booked a second time.
#[tokio::test]
async fn a_statement_imported_again_books_nothing_again() {
    let mut exchange = Exchange::of("S1");
    let statement = "007-document.xml";
    for round in 0..20 {
        let name = format!("<GrpHdr><MsgId>AGAIN{round}-");
        let again = exchange.paper(statement, &[("<GrpHdr><MsgId>", name.as_str())]);
        exchange.bring(&again);
        exchange.lay(["004-document.xml", "005-document.xml", statement][round % 3]);
    }
    let replayed = exchange.played().await;
    let booked: Vec<Option<&str>> = replayed.payouts.iter().map(|end| end.booked.as_deref()).collect();
    assert_eq!(booked, [Some("12.50 EUR"), Some("7.25 EUR")]);
    assert_eq!((replayed.end.unmatched.len(), replayed.end.exceptions.len()), (0, 0), "{:?}", replayed.end);
    let bookings =
        replayed.timeline.iter().filter(|line| matches!(line.stored.recorded.fact, Fact::EntryBooked { .. }));
    assert_eq!(bookings.count(), 4, "each payment once by the notification and once by the statement");
}
