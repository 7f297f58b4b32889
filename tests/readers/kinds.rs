//! Which message a document is, by its name or by the name of its child; and one that has no effect.

use girogate::engine::ingest::{Collector, Said};
use girogate::messages::kind::{Definition, Kind};
use girogate::messages::validate::parse;

#[test]
fn message_ids_are_read_and_written() {
    for id in ["pain.001.001.03", "pain.002.001.14", "camt.054.001.08", "head.001.001.02", "pacs.002.001.99"]
    {
        let definition = Definition::parse(id);
        assert_eq!(definition.map(|definition| definition.to_string()).as_deref(), Some(id));
    }
    let others = [
        "pain.001.003.03",
        "pain.001.001.3",
        "pain.001.001.009",
        "pain.008.001.02",
        "pain.001",
        "",
        ".001.001.01",
    ];
    for id in others {
        assert_eq!(Definition::parse(id), None, "{id}");
    }
}

#[test]
fn children_of_old_versions_are_recognised() {
    for (child, kind) in [
        ("CstmrCdtTrfInitn", Kind::Pain001),
        ("BkToCstmrStmtV01", Kind::Camt053),
        ("pain.001.001.02", Kind::Pain001),
        ("FIToFIPmtStsRpt", Kind::Pacs002),
    ] {
        assert_eq!(Kind::of_child(child), Some(kind), "{child}");
    }
    assert_eq!(Kind::of_child("BkToCstmrStmtV1"), None);
}

/// What has no effect is said once for each document, and gives nothing else.
#[test]
fn a_message_without_effect_says_so_once() {
    let answer = include_bytes!("../../fixtures/messages/pacs.004.001.09/returned-with-charges/in.xml");
    let mut collector = Collector::default();
    for _ in 0..2 {
        parse(answer.as_slice(), None, &mut |record, origin| {
            collector.take(record, origin.record_index);
        });
    }
    let said: Vec<_> = collector
        .ready
        .iter()
        .map(|item| match &item.said {
            Said::Broken { code, .. } => code.as_str(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(said, ["record.unused", "record.unused"]);
}
