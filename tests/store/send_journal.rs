//! The send journal after a crash and after a change by somebody else.

use chrono::DateTime;
use girogate::domain::entry::Digest;
use girogate::store::chain::Head;
use girogate::store::send_journal::{JournalLine, SendJournal, read_all};

fn line(attempt: u32) -> JournalLine {
    JournalLine {
        message_id: "M1".into(),
        digest: Digest([7; 32]),
        epoch: 3,
        attempt,
        at: DateTime::from_timestamp_micros(1_700_000_000_000_001).unwrap(),
        head: Head { seq: 12, hash: [9; 32] },
    }
}

#[test]
fn a_torn_last_line_is_reported_and_does_not_spoil_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("send.journal");
    SendJournal::open(&path).unwrap().append(&[line(1), line(2)]).unwrap();
    let whole = std::fs::read(&path).unwrap();
    for cut in whole.len() / 2 + 1..whole.len() {
        std::fs::write(&path, &whole[..cut]).unwrap();
        let read = read_all(&path).unwrap();
        let lines = read.lines.len();
        assert_eq!(
            (lines, read.torn.len()),
            if cut == whole.len() - 1 { (2, 0) } else { (1, 1) },
            "cut {cut}"
        );
        SendJournal::open(&path).unwrap().append(&[line(3)]).unwrap();
        let read = read_all(&path).unwrap();
        assert_eq!(read.lines.last(), Some(&line(3)));
        assert_eq!((read.lines.len(), read.damaged.len()), (lines + 1, 0));
    }
}

#[test]
fn a_changed_line_is_damaged_not_torn() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("send.journal");
    SendJournal::open(&path).unwrap().append(&[line(1), line(2)]).unwrap();
    let text = std::fs::read_to_string(&path).unwrap().replacen("\"epoch\":3", "\"epoch\":x", 1);
    std::fs::write(&path, text).unwrap();
    assert_eq!(read_all(&path).unwrap().damaged, vec![1]);
}
