//! Words on the command line: true of what is done, and shown as they are.

use super::{girogate, girogate_fed, lines, text};
use std::io::Write as _;

fn order(id: &str, name: &str) -> String {
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.001.001.09\"><CstmrCdtTrfInitn><GrpHdr><MsgId>{id}</MsgId>\
         <CreDtTm>2026-11-22T10:00:00</CreDtTm><NbOfTxs>1</NbOfTxs><InitgPty><Nm>{name}</Nm></InitgPty></GrpHdr>\
         <PmtInf><PmtInfId>P</PmtInfId><PmtMtd>TRF</PmtMtd><ReqdExctnDt><Dt>2026-11-23</Dt></ReqdExctnDt></PmtInf>\
         </CstmrCdtTrfInitn></Document>"
    )
}

/// A ZIP file whose entries are stored as they are. Source: PKWARE APPNOTE 6.3, sections 4.3.7, 4.3.12 and 4.3.16.
fn archive(entries: &[(&str, &str)]) -> Vec<u8> {
    let (mut octets, mut directory) = (Vec::new(), Vec::new());
    for (name, data) in entries {
        let mut checksum = flate2::Crc::new();
        checksum.update(data.as_bytes());
        let offset = octets.len() as u32;
        let length = (data.len() as u32).to_le_bytes();
        let mut both = [20_u16, 0, 0, 0, 0x21].map(u16::to_le_bytes).concat();
        both.extend(checksum.sum().to_le_bytes());
        both.extend([length, length].concat());
        both.extend([name.len() as u16, 0].map(u16::to_le_bytes).concat());
        octets.write_all(b"PK\x03\x04").unwrap();
        octets.extend(&both);
        octets.extend(name.as_bytes());
        octets.extend(data.as_bytes());
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&both);
        directory.extend([0_u8; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let start = octets.len() as u32;
    let count = (entries.len() as u16).to_le_bytes();
    octets.extend(&directory);
    octets.extend(b"PK\x05\x06\x00\x00\x00\x00");
    octets.extend([count, count].concat());
    octets.extend((directory.len() as u32).to_le_bytes());
    octets.extend(start.to_le_bytes());
    octets.extend([0, 0]);
    octets
}

#[test]
fn help_names_every_message_that_is_read() {
    let help = girogate(&["--help"]).out.split_whitespace().collect::<Vec<_>>().join(" ");
    let all = "pain.001 and .002, pacs.002, .004, .008 and .028, camt.029, .052 to .056 and .060, head.001, admi.002";
    assert!(help.contains(all), "{help}");
}

#[test]
fn addresses_are_told_of_payments_only() {
    let statement = "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt><GrpHdr>\
                     <MsgId>S</MsgId></GrpHdr></BkToCstmrStmt></Document>";
    for other in [statement, "<a/>"] {
        let said = girogate_fed(&["addresses", "-"], other.as_bytes());
        assert_eq!(said.code, 1, "{}", said.err);
        assert!(said.err.contains("message.unsupported") && !said.err.contains("0 parties"), "{}", said.err);
    }
    let said = girogate_fed(&["addresses", "-"], order("M", "Erika").as_bytes());
    assert!(said.code == 0 && said.err.contains("1 parties"), "{} {}", said.code, said.err);
}

#[test]
fn rules_judge_each_file_of_an_archive_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("two.zip");
    let both = |one: &str, two: &str| {
        std::fs::write(&path, archive(&[("one.xml", &order(one, "A")), ("two.xml", &order(two, "B"))]))
            .unwrap();
        let arguments = ["--format", "json", "validate", "--rules", "iso", text(&path)];
        lines(&girogate(&arguments).out)
    };
    let found = both("SAME", "SAME");
    let findings: Vec<_> = found.iter().filter(|line| line["record"] == "finding").collect();
    assert!(!findings.is_empty(), "{found:?}");
    assert!(findings.iter().all(|one| one["rule"] != "iso.duplicate.message-id"), "{findings:?}");
    for entry in ["one.xml", "two.xml"] {
        let name = format!("{}!{entry}", text(&path));
        assert!(findings.iter().any(|one| one["file"] == name.as_str()), "{name}: {findings:?}");
    }
    // In one file, the same id twice is found still.
    let twice = format!("<Bag>{}{}</Bag>", order("SAME", "A"), order("SAME", "B"));
    let said = girogate_fed(&["--format", "json", "validate", "--rules", "iso", "-"], twice.as_bytes());
    assert!(said.out.contains("iso.duplicate.message-id"), "{}", said.out);
}

#[test]
fn a_definition_that_is_unknown_is_answered_with_those_that_are_known() {
    let said = girogate_fed(&["convert", "-", "--to", "pain.001.001.77"], order("M", "A").as_bytes());
    assert_eq!(said.code, 2);
    assert!(said.err.contains("pain.001.001.03, ") && said.err.contains("pain.001.001.09"), "{}", said.err);
    assert!(!said.err.contains("camt."), "{}", said.err);
}

#[test]
fn what_turns_the_direction_of_writing_is_shown_as_a_number() {
    let text = order("M", "A").replace("TRF", "T\u{202e}R\u{2066}F\u{85}");
    for arguments in [&["validate", "-"][..], &["validate", "--rules", "iso", "-"]] {
        let said = girogate_fed(arguments, text.as_bytes());
        assert!(said.out.contains("\\u{202e}") && said.out.contains("\\u{85}"), "{}", said.out);
        assert!(!said.out.contains(['\u{202e}', '\u{2066}', '\u{85}']), "{}", said.out);
    }
}
