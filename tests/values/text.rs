//! Texts made to fit a rail's characters, and postal addresses.

use girogate::domain::charset::{CharacterSet, Policy, check_length, fit, fit_name};
use girogate::domain::party::{
    Address, AddressForm, AddressParts, Email, Party, PartyIdentifier, PartyKind, PartyName,
};
use girogate::domain::reference::reference_ok;
use proptest::prelude::*;

fn fitted(text: &str, set: CharacterSet) -> String {
    fit(text, set, Policy::Transliterate).unwrap().text
}

#[test]
fn names_of_many_scripts_become_sepa_letters() {
    for (text, expected, replaced) in [
        ("Zoe Muller", "Zoe Muller", 0),
        ("Zoë Müller", "Zoe Mueller", 2),
        ("Jürgen Groß & Söhne", "Juergen Gross + Soehne", 4),
        ("Ärzte, ÄRZTE, STRAẞE", "Aerzte, AERZTE, STRASSE", 3),
        ("Łukasz Żółć", "Lukasz Zolc", 5),
        ("Příliš žluťoučký kůň", "Prilis zlutoucky kun", 9),
        ("İstanbul Işık Çağrı Şöğüt", "Istanbul Isik Cagri Soeguet", 10),
        ("Ødegård Æble Þór Đorđe", "Oedegard Aeble Thor Dorde", 7),
        ("José Núñez Peña", "Jose Nunez Pena", 4),
        ("Αθήνα", "Athina", 5),
        ("Владимир Щукин", "Vladimir Shchukin", 13),
        ("ЩУКИН", "SHCHUKIN", 5),
        ("北京", "BeiJing", 2),
        ("محمد", "mhmd", 4),
        ("„Zitat“ – O’Neil", "'Zitat' - O'Neil", 4),
        ("a_b;c[d]{e}<f>", "a-b,c(d)(e)(f)", 8),
        ("50% = 5€ #1 @home", "50. . 5EUR .1 (at)home", 5),
        ("Zoe 😀", "Zoe .", 1),
        ("Zoe 👩🏽‍🚀🚀!", "Zoe .", 6),
    ] {
        let fitted = fit(text, CharacterSet::Sepa, Policy::Transliterate).unwrap();
        assert_eq!((fitted.text.as_str(), fitted.replaced), (expected, replaced), "{text}");
        assert_eq!(fitted.changed, text != expected, "{text}");
    }
}

#[test]
fn both_forms_of_a_letter_come_out_alike() {
    for (decomposed, composed) in
        [("Mu\u{308}ller", "Müller"), ("Z\u{307}o\u{301}łc\u{301}", "Żółć"), ("A\u{30a}se", "Åse")]
    {
        assert_ne!(decomposed, composed);
        assert_eq!(
            fitted(decomposed, CharacterSet::Sepa),
            fitted(composed, CharacterSet::Sepa),
            "{composed}"
        );
        assert_eq!(fitted(decomposed, CharacterSet::Latin), composed);
        assert_eq!(fit(decomposed, CharacterSet::Latin, Policy::Refuse).unwrap().text, composed);
    }
    // A mark that no single letter has is dropped onto its base.
    assert_eq!(fitted("x\u{308}Nguye\u{302}\u{303}n", CharacterSet::Sepa), "xNguyen");
    assert_eq!(fitted("Nguyễn", CharacterSet::Sepa), "Nguyen");
}

#[test]
fn every_set_has_its_own_rules() {
    assert_eq!(fitted("Müller & Söhne (Bau), Köln", CharacterSet::Bacs), "MUELLER & SOEHNE BAU KOELN");
    assert_eq!(fit("Smith Ltd", CharacterSet::Bacs, Policy::Transliterate).unwrap().replaced, 0);
    assert_eq!(fitted("Café “Łódź” Șerban 5€ Пётр", CharacterSet::Latin), "Café 'Łódź' Șerban 5€ Petr");
    assert_eq!(fitted("Tom & Jerry #5 ü", CharacterSet::Ascii), "Tom & Jerry #5 ue");
    assert_eq!(fitted("Zoë 北京 😀\u{202e}x", CharacterSet::Unicode), "Zoë 北京 😀x");
    assert_eq!(fitted("50% off", CharacterSet::SwiftX), fitted("50% off", CharacterSet::Sepa));
    let refused = fit("Zoë & Söhne", CharacterSet::Sepa, Policy::Refuse).unwrap_err();
    assert_eq!(refused.code(), "text.charset");
    assert_eq!(refused.to_string(), "3 characters cannot be sent, the first is U+00EB at position 3");
    assert_eq!(fit("smith", CharacterSet::Bacs, Policy::Refuse).unwrap_err().code(), "text.charset");
}

#[test]
fn white_space_is_joined_and_controls_are_refused() {
    let fitted = fit("  a \t\r\n b\u{a0}\u{2003}c  ", CharacterSet::Sepa, Policy::Refuse).unwrap();
    assert_eq!((fitted.text.as_str(), fitted.replaced, fitted.changed), ("a b c", 0, true));
    for text in ["a\0b", "a\u{1b}[31m", "a\u{7f}", "a\u{85}b", "a\u{b}b"] {
        let refused = fit(text, CharacterSet::Unicode, Policy::Transliterate).unwrap_err();
        assert_eq!(
            (refused.code(), refused.to_string().ends_with("at position 2")),
            ("text.control", true),
            "{text:?}"
        );
    }
    assert!(check_length("äöü", 3).is_ok());
    assert_eq!(check_length("äöüß", 3).unwrap_err().code(), "text.length");
    assert!(reference_ok("a/b") && !reference_ok("/a") && !reference_ok("a/") && !reference_ok("a//b"));
}

#[test]
fn a_name_never_becomes_empty() {
    for text in ["😀", "", "  ", "***", "\u{200b}", "\u{301}", "?!", "- . -"] {
        let refused = fit_name(text, CharacterSet::Sepa, Policy::Transliterate).unwrap_err();
        assert_eq!(refused.code(), "name.empty_after_transliteration", "{text:?}");
    }
    for text in ["李", "Ж", "ß", "7", "م", "😀 Zoe"] {
        let fitted = fit_name(text, CharacterSet::Bacs, Policy::Transliterate).unwrap();
        assert!(fitted.text.chars().any(|c| c.is_ascii_alphanumeric()), "{text}");
    }
}

fn parts(town: &str, postcode: &str, country: &str, lines: &[&str]) -> AddressParts {
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    AddressParts {
        town: given(town),
        postcode: given(postcode),
        country: given(country),
        lines: lines.iter().map(|line| (*line).to_owned()).collect(),
        ..AddressParts::default()
    }
}

fn findings(parts: AddressParts) -> Vec<String> {
    let errors = Address::parse(parts).err().unwrap_or_default();
    errors.iter().map(|error| format!("{}: {}", error.place(), error.code())).collect()
}

#[test]
fn addresses_are_structured_or_hybrid() {
    let mut structured = parts("Berlin", "10115", "DE", &[]);
    structured.street = Some("Hauptstr.".to_owned());
    let address = Address::parse(structured).unwrap();
    assert_eq!(
        (address.form(), address.town(), address.country().code()),
        (AddressForm::Structured, "Berlin", "DE")
    );
    let hybrid = Address::parse(parts("Berlin", "10115", "DE", &["Berliner Str. 5", "Hinterhaus"])).unwrap();
    assert_eq!(hybrid.form(), AddressForm::Hybrid);
    assert!(Address::parse(parts("Paris", "", "FR", &["12 rue de Paris"])).is_ok());
}

#[test]
fn everything_wrong_with_an_address_is_told_at_once() {
    assert_eq!(
        findings(parts("", "", "", &["Hauptstr. 5", "10115 Berlin"])),
        ["lines: address.unstructured"]
    );
    assert_eq!(findings(parts("", "", "DE", &["Hauptstr. 5"])), ["lines: address.unstructured"]);
    assert_eq!(
        findings(parts("", "", "", &[])),
        ["country: address.country_required", "town: address.town_required"]
    );
    assert_eq!(findings(parts("Berlin", "", "Germany", &[])), ["country: address.country"]);
    assert_eq!(findings(parts("Berlin", "", "de", &[])), ["country: address.country"]);
    assert_eq!(findings(parts("NOTPROVIDED", "", "DE", &[])), ["town: address.placeholder"]);
    assert_eq!(findings(parts("not provided", "", "DE", &[])), ["town: address.placeholder"]);
    let wrong = parts(&"x".repeat(36), "12345678901234567", "ZZ", &["", &"ä".repeat(71), "three"]);
    assert_eq!(
        findings(wrong),
        [
            "postcode: address.part_length",
            "town: address.part_length",
            "country: address.country",
            "lines: address.too_many_lines",
            "lines/0: address.line_length",
            "lines/1: address.line_length",
        ]
    );
}

#[test]
fn lines_must_not_repeat_the_fields() {
    for line in [
        "Berlin",
        "10115 Berlin",
        "DE-10115 BERLIN",
        "Hauptstr. 5, Berlin",
        "Hauptstr. 5 10115 Berlin",
        "Germany",
        "Hauptstr. 5, Germany",
    ] {
        assert_eq!(
            findings(parts("Berlin", "10115", "DE", &["Etage 2", line])),
            ["lines/1: address.duplicate_line"],
            "{line}"
        );
    }
    assert_eq!(
        findings(parts("New York", "", "US", &["5 Main St, new york"])),
        ["lines/0: address.duplicate_line"]
    );
    for line in ["Berliner Allee 1", "Platz der Stadt Berlin 3", "c/o Muster", "Haus 10115"] {
        assert!(findings(parts("Berlin", "10115", "DE", &[line])).is_empty(), "{line}");
    }
}

#[test]
fn parties_are_checked_and_masked() {
    assert_eq!(PartyName::parse("  Zoe \t Müller ").unwrap().as_str(), "Zoe Müller");
    assert!(PartyName::parse(&"ü".repeat(140)).is_ok());
    for (name, code) in [
        ("", "name.required"),
        (" . ", "name.required"),
        ("a\0", "text.control"),
        (&"ü".repeat(141), "name.length"),
    ] {
        assert_eq!(PartyName::parse(name).unwrap_err().code(), code, "{name}");
    }
    for (scheme, value, code) in [
        ("", "1", "identifier.format"),
        ("TXID", "", "identifier.format"),
        ("TXID", " 1", "identifier.format"),
        ("TXID", "123456789012345678901234567890123456", "identifier.format"),
        ("LEI", "123", "identifier.lei"),
    ] {
        assert_eq!(PartyIdentifier::parse(scheme, value).unwrap_err().code(), code, "{scheme} {value}");
    }
    assert_eq!(
        PartyIdentifier::parse("LEI", "529900t8bm49aursdo55").unwrap().value(),
        "529900T8BM49AURSDO55"
    );
    for text in ["zoe", "@x", "zoe@", "z oe@example.org"] {
        assert_eq!(Email::parse(text).unwrap_err().code(), "contact.email", "{text}");
    }
    assert_eq!(PartyKind::parse("person").unwrap_err().code(), "party.type");
    assert_eq!(PartyKind::parse("individual").map(PartyKind::as_str), Ok("individual"));
    let mut party = Party::named(PartyName::parse("Zoe Muster").unwrap(), PartyKind::Individual);
    party.email = Some(Email::parse("zoe@example.org").unwrap());
    party.identifiers.push(PartyIdentifier::parse("TXID", "12345678901").unwrap());
    party.address = Some(Address::parse(parts("Musterstadt", "10115", "DE", &["Geheimweg 7"])).unwrap());
    let shown = format!("{party:?}");
    for secret in ["Zoe", "Muster", "example", "12345678901", "10115", "Geheimweg"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    assert!(shown.contains("TXID") && shown.contains("DE"));
}

proptest! {
    #[test]
    fn what_fits_is_in_the_set_and_stays(text in any::<String>()) {
        use CharacterSet::*;
        for set in [Sepa, SwiftX, Bacs, Ascii, Latin, Unicode] {
            if let Ok(once) = fit(&text, set, Policy::Transliterate) {
                prop_assert!(once.text.chars().all(|c| set.contains(c)), "{:?} {:?}", set, once.text);
                prop_assert!(!once.text.contains("  ") && once.text.trim() == once.text);
                let twice = fit(&once.text, set, Policy::Refuse).unwrap();
                prop_assert_eq!((&twice.text, twice.replaced, twice.changed), (&once.text, 0, false));
                prop_assert_eq!(once.changed, once.text != text);
            }
        }
    }

    #[test]
    fn refusing_and_replacing_agree_on_what_fits(text in "\\PC{0,40}") {
        let refused = fit(&text, CharacterSet::Latin, Policy::Refuse).is_err();
        let replaced = fit(&text, CharacterSet::Latin, Policy::Transliterate).map_or(0, |fitted| fitted.replaced);
        prop_assert_eq!(refused, replaced > 0);
    }

    #[test]
    fn no_address_panics(town in ".{0,40}", postcode in ".{0,20}", line in ".{0,80}") {
        let _ = Address::parse(parts(&town, &postcode, "DE", &[&line, &format!("{postcode} {town}")]));
    }
}

/// A row that could not be read would silently lose a spelling.
#[test]
fn every_row_of_the_tables_is_understood() {
    let mut spelled = 0;
    for row in include_str!("../../schemas/codes/transliteration.tsv").lines().skip(1) {
        let columns: Vec<&str> = row.split('\t').collect();
        let (character, spelling) = (columns[0], columns[1]);
        assert!(spelling.is_ascii() && !spelling.is_empty(), "{row}: every set can go on from ASCII");
        let is_writable = spelling.chars().all(|c| CharacterSet::Sepa.contains(c));
        if is_writable && !CharacterSet::Sepa.contains(character.chars().next().unwrap()) {
            assert_eq!(
                fitted(&format!("a{character}a"), CharacterSet::Sepa),
                format!("a{spelling}a"),
                "{row}"
            );
            spelled += 1;
        }
    }
    assert!(spelled > 60, "{spelled}");
    let mut composed = 0;
    for row in include_str!("../../schemas/codes/latin_composition.tsv").lines().skip(1) {
        let columns: Vec<&str> = row.split('\t').collect();
        let mark = char::from_u32(u32::from_str_radix(columns[2], 16).unwrap()).unwrap();
        if columns[0].chars().all(|c| CharacterSet::Latin.contains(c)) {
            assert_eq!(fitted(&format!("{}{mark}", columns[1]), CharacterSet::Latin), columns[0], "{row}");
            composed += 1;
        }
    }
    assert!(composed > 50, "{composed}");
}
