//! References and tokens against the examples of their standards.

use girogate::domain::reference::*;
use proptest::prelude::*;

#[test]
fn references_of_payees_are_checked() {
    for text in ["RF18539007547034", "rf18 0000 0000 0539 0075 4703 4", "RF712348231", "RF18 5390 0754 7034"]
    {
        assert!(CreditorReference::parse(text).is_ok(), "{text}");
    }
    for (text, code) in [
        ("RF18539007547043", "rf.checksum"),
        ("RF19539007547034", "rf.checksum"),
        ("RF18", "rf.format"),
        ("XX18539007547034", "rf.format"),
        ("RF1853900754703412345678901", "rf.format"),
        ("RF18-5390", "rf.format"),
        ("RFAB539007547034", "rf.format"),
        ("", "rf.format"),
        ("RFé1234", "rf.format"),
    ] {
        assert_eq!(CreditorReference::parse(text).unwrap_err().code(), code, "{text}");
    }
    // From the Swiss Payment Standards.
    assert!(QrReference::parse("21 00000 00003 13947 14300 09017").is_ok());
    for (text, code) in [
        ("210000000003139471430009018", "qrr.checksum"),
        ("210000000003139471430000917", "qrr.checksum"),
        ("21000000000313947143000901", "qrr.format"),
        ("000000000000000000000000000", "qrr.format"),
        ("21000000000313947143000901A", "qrr.format"),
    ] {
        assert_eq!(QrReference::parse(text).unwrap_err().code(), code, "{text}");
    }
}

#[test]
fn identifiers_travel_or_are_refused() {
    assert!(ExternalId::parse("creator-2026-11:000123_a.b").is_ok());
    assert!(ExternalId::parse(&"x".repeat(64)).is_ok());
    for (text, code) in [
        ("", "reference.empty"),
        ("a b", "reference.charset"),
        ("ä", "reference.charset"),
        ("a/b", "reference.charset"),
    ] {
        assert_eq!(ExternalId::parse(text).unwrap_err().code(), code, "{text}");
    }
    assert_eq!(ExternalId::parse(&"x".repeat(65)).unwrap_err().code(), "reference.length");
    assert_eq!(EndToEndId::parse("Inv 2026/a").unwrap().key(), "INV 2026/A");
    for (text, code) in [
        ("", "reference.empty"),
        ("/a", "reference.slashes"),
        ("a/", "reference.slashes"),
        ("a//b", "reference.slashes"),
        ("a_b", "reference.charset"),
        (" a", "reference.charset"),
        ("a ", "reference.charset"),
        ("é", "reference.charset"),
        ("NotProvided", "reference.placeholder"),
        ("123456789012345678901234567890123456", "reference.length"),
    ] {
        assert_eq!(EndToEndId::parse(text).unwrap_err().code(), code, "{text}");
    }
    assert!(MessageId::parse(&token_text([0xFF; 32])).is_ok() && InstructionId::parse("a//b").is_err());
    assert!(
        PaymentInformationId::parse(&"A".repeat(35)).is_ok() && MessageId::parse(&"A".repeat(36)).is_err()
    );
    assert_eq!(token_text([0; 32]), "A".repeat(32));
    // The vector of five octets of RFC 4648, section 10, four times.
    let octets = b"foobafoobafoobafoobafoobafoobafo";
    assert_eq!(token_text(*octets), "MZXW6YTB".repeat(4));
}

#[test]
fn a_token_has_two_spellings_and_one_value() {
    let token = PayoutToken::from_digest([0xFF; 32]);
    assert_eq!(token.uetr(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    assert_eq!(PayoutToken::from_digest([0; 32]).uetr(), "00000000-0000-4000-8000-000000000000");
    assert_eq!(PayoutToken::from_digest([0; 32]).base32(), "AAAAAAAAABAABAAAAAAAAAAAAA");
    // The example of RFC 9562, annex A.3.
    let example = PayoutToken::parse_uetr("919108F7-52D1-4320-9BAC-F847DB4148A8").unwrap();
    assert_eq!(example.uetr(), "919108f7-52d1-4320-9bac-f847db4148a8");
    assert_eq!(example.base32(), "SGIQR52S2FBSBG5M7BD5WQKIVA");
    assert_eq!(Uetr::parse(&example.uetr()).unwrap().token(), example);
    for text in [
        "919108f7-52d1-1320-9bac-f847db4148a8",
        "919108f7-52d1-4320-cbac-f847db4148a8",
        "919108f752d143209bacf847db4148a8",
        "919108f7-52d1-4320-9bac-f847db4148a",
        "919108f7+52d1-4320-9bac-f847db4148a8",
        "",
        "919108f7-52d1-4320-9bac-f847db4148g8",
    ] {
        assert_eq!(Uetr::parse(text).unwrap_err().code(), "uetr.format", "{text}");
    }
    for text in [
        "SGIQR52S2FBSBG5M7BD5WQKIVB",
        "SGIQR52S2FBSBG5M7BD5WQKIV",
        "SGIQR52S2FBSBG5M7BD5WQKIV1",
        "",
        "AAAAAAAAAAAAAAAAAAAAAAAAAA",
        "SGIQR52S2FBSBG5M7BD5WQKIéA",
        "SGIQR52S2FBSBG5M7BD5WQKIVAA",
    ] {
        assert_eq!(PayoutToken::parse_base32(text).unwrap_err().code(), "token.format", "{text}");
    }
}

proptest! {
    #[test]
    fn a_token_survives_both_spellings(digest: [u8; 32]) {
        let token = PayoutToken::from_digest(digest);
        let (uetr, text) = (token.uetr(), token.base32());
        let uuid = regex_automata::meta::Regex::new("^[a-f0-9]{8}-[a-f0-9]{4}-4[a-f0-9]{3}-[89ab][a-f0-9]{3}-[a-f0-9]{12}$").unwrap();
        prop_assert!(uuid.is_match(&uetr));
        prop_assert!(text.len() == 26 && text.bytes().all(|b| b.is_ascii_uppercase() || (b'2'..=b'7').contains(&b)));
        prop_assert_eq!(PayoutToken::parse_uetr(&uetr.to_uppercase()), Ok(token));
        prop_assert_eq!(PayoutToken::parse_base32(&text.to_lowercase()), Ok(token));
        prop_assert_eq!(PayoutToken::from_octets(token.octets()), Ok(token));
        prop_assert!(InstructionId::parse(&text).is_ok() && MessageId::parse(&token_text(digest)).is_ok());
        prop_assert_eq!(token_text(digest).len(), 32);
    }
}
