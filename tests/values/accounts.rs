//! Accounts, banks and legal entities against registry examples and published check-digit examples.

use girogate::domain::account::*;
use girogate::domain::country::Country;
use proptest::prelude::*;

/// Examples that the IBAN registry prints for each country.
const REGISTRY_EXAMPLES: &[&str] = &[
    "AD1200012030200359100100",
    "AE070331234567890123456",
    "AL47212110090000000235698741",
    "AT611904300234573201",
    "AZ21NABZ00000000137010001944",
    "BA391290079401028494",
    "BE68539007547034",
    "BG80BNBG96611020345678",
    "BH67BMAG00001299123456",
    "BR1800360305000010009795493C1",
    "BY13NBRB3600900000002Z00AB00",
    "CH9300762011623852957",
    "CR05015202001026284066",
    "CY17002001280000001200527600",
    "CZ6508000000192000145399",
    "DE89370400440532013000",
    "DK5000400440116243",
    "DO28BAGR00000001212453611324",
    "EE382200221020145685",
    "EG380019000500000000263180002",
    "ES9121000418450200051332",
    "FI2112345600000785",
    "FO6264600001631634",
    "FR1420041010050500013M02606",
    "GB29NWBK60161331926819",
    "GE29NB0000000101904917",
    "GI75NWBK000000007099453",
    "GL8964710001000206",
    "GR1601101250000000012300695",
    "GT82TRAJ01020000001210029690",
    "HR1210010051863000160",
    "HU42117730161111101800000000",
    "IE29AIBK93115212345678",
    "IL620108000000099999999",
    "IQ98NBIQ850123456789012",
    "IS140159260076545510730339",
    "IT60X0542811101000000123456",
    "JO94CBJO0010000000000131000302",
    "KW81CBKU0000000000001234560101",
    "KZ86125KZT5004100100",
    "LB62099900000001001901229114",
    "LC55HEMM000100010012001200023015",
    "LI21088100002324013AA",
    "LT121000011101001000",
    "LU280019400644750000",
    "LV80BANK0000435195001",
    "MC5811222000010123456789030",
    "MD24AG000225100013104168",
    "ME25505000012345678951",
    "MK07250120000058984",
    "MR1300020001010000123456753",
    "MT84MALT011000012345MTLCAST001S",
    "MU17BOMM0101101030300200000MUR",
    "NL91ABNA0417164300",
    "NO9386011117947",
    "PK36SCBL0000001123456702",
    "PL61109010140000071219812874",
    "PS92PALS000000000400123456702",
    "PT50000201231234567890154",
    "QA58DOHB00001234567890ABCDEFG",
    "RO49AAAA1B31007593840000",
    "RS35260005601001611379",
    "SA0380000000608010167519",
    "SC18SSCB11010000000000001497USD",
    "SE4550000000058398257466",
    "SI56263300012039086",
    "SK3112000000198742637541",
    "SM86U0322509800000000270100",
    "ST23000100010051845310146",
    "SV62CENR00000000000000700025",
    "TL380080012345678910157",
    "TN5910006035183598478831",
    "TR330006100519786457841326",
    "UA213223130000026007233566001",
    "VA59001123000012345678",
    "VG96VPVG0000012345678901",
    "XK051212012345678906",
];

#[test]
fn registry_examples_are_valid_ibans() {
    for text in REGISTRY_EXAMPLES {
        let iban = Iban::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(iban.as_str(), *text);
        assert_eq!(iban.country().code(), &text[..2]);
        assert_eq!(iban.bban(), &text[4..]);
        assert!(text.contains(iban.bank_code()) && !iban.bank_code().is_empty());
    }
    let iban = Iban::parse("de89 3704 0044 0532 0130 00").unwrap();
    assert_eq!((iban.as_str(), iban.bank_code()), ("DE89370400440532013000", "37040044"));
    assert_eq!(Iban::parse("IT60X0542811101000000123456").unwrap().bank_code(), "05428");
}

#[test]
fn broken_ibans_are_refused_by_name() {
    for (text, code) in [
        ("", "iban.country"),
        ("D", "iban.country"),
        ("US64SVBKUS6S3300958879", "iban.country"),
        ("DE8937040044053201300", "iban.length"),
        ("DE893704004405320130000", "iban.length"),
        ("DE", "iban.length"),
        ("DE8937040044053201300A", "iban.structure"),
        ("DEA9370400440532013000", "iban.structure"),
        ("DE89-3704-0044-0532-0130-00", "iban.structure"),
        ("DE89370400440532013000\u{a0}", "iban.structure"),
        ("ＤE89370400440532013000", "iban.structure"),
        ("DE89370400440532013001", "iban.checksum"),
        ("DE98370400440532013000", "iban.checksum"),
        ("GB29NWBK60161331926891", "iban.checksum"),
    ] {
        assert_eq!(Iban::parse(text).unwrap_err().code(), code, "{text}");
    }
    // 97 more or less has the same remainder: check digits 00, 01 and 99 stand for 97, 98 and 02 and are never issued.
    let aliases = (0..u64::pow(10, 6)).filter_map(|account| {
        let body = format!("37040044{account:010}");
        let remainder = format!("{body}131400").parse::<u128>().unwrap() % 97;
        (remainder == 96).then_some(format!("DE99{body}"))
    });
    for text in aliases.take(5) {
        assert_eq!(Iban::parse(&text).unwrap_err().code(), "iban.checksum", "{text}");
        assert!(Iban::parse(&text.replacen("DE99", "DE02", 1)).is_ok(), "{text}");
    }
}

#[test]
fn the_sepa_area_and_qr_ibans_are_known() {
    let iban = |text| Iban::parse(text).unwrap();
    for text in [
        "DE89370400440532013000",
        "GB29NWBK60161331926819",
        "CH9300762011623852957",
        "RS35260005601001611379",
    ] {
        assert!(is_sepa_iban(&iban(text)), "{text}");
    }
    for text in ["TR330006100519786457841326", "SA0380000000608010167519", "UA213223130000026007233566001"] {
        assert!(!is_sepa_iban(&iban(text)), "{text}");
    }
    assert!(iban("CH4431999123000889012").is_qr_iban());
    assert!(!iban("CH9300762011623852957").is_qr_iban());
    assert!(!iban("DE89370400440532013000").is_qr_iban());
}

#[test]
fn bank_and_entity_identifiers_are_checked() {
    for text in ["COBADEFF", "cobadeffxxx", "DEUTDEFF500", "1A2BGB2L"] {
        assert_eq!(Bic::parse(text).unwrap().as_str(), text.to_ascii_uppercase());
    }
    for text in ["", "COBADEF", "COBADEFFXX", "COBA1EFF", "COBADEFFXXXX", "COBADEF ", "CÖBADEFF", "COBAD€FF"]
    {
        assert_eq!(Bic::parse(text).unwrap_err().code(), "bic.format", "{text}");
    }
    let bic = |text| Bic::parse(text).unwrap();
    assert!(
        bic("COBADEFF").same_office(&bic("COBADEFFXXX")) && !bic("COBADEFF").same_office(&bic("COBADEFF370"))
    );
    assert_eq!(bic("COBADEFF").country_code(), "DE");
    for text in ["7LTWFZYICNSX8D621K86", "5493001KJTIIGC8Y1R12", "529900t8bm49aursdo55"] {
        assert_eq!(Lei::parse(text).unwrap().as_str(), text.to_ascii_uppercase());
    }
    assert_eq!(Lei::parse("7LTWFZYICNSX8D621K68").unwrap_err().code(), "lei.checksum");
    assert_eq!(Lei::parse("7LTWFZYICNSX8D621K8").unwrap_err().code(), "lei.format");
    assert_eq!(Lei::parse("7LTWFZYICNSX8D621KAB").unwrap_err().code(), "lei.format");
}

#[test]
fn national_numbers_are_checked() {
    for text in ["021000021", "011401533", "121000358", "026009593", "011000015"] {
        assert_eq!(AbaRouting::parse(text).unwrap().as_str(), text);
    }
    for (text, code) in [
        ("021000012", "us.routing_checksum"),
        ("021000022", "us.routing_checksum"),
        ("02100002", "us.routing"),
        ("02100002A", "us.routing"),
        ("000000000", "us.routing"),
        ("٠٢١٠", "us.routing"),
    ] {
        assert_eq!(AbaRouting::parse(text).unwrap_err().code(), code, "{text}");
    }
    assert_eq!(SortCode::parse("12-34-56").unwrap().as_str(), "123456");
    assert_eq!(SortCode::parse("001234").unwrap().as_str(), "001234");
    for text in ["12345", "1234567", "12-345-6", "1-23456", "12 34 56", "12-34-5A", "------"] {
        assert_eq!(SortCode::parse(text).unwrap_err().code(), "gb.sort_code", "{text}");
    }
    assert!(UkAccountNumber::parse("00012345").is_ok());
    for text in ["1234567", "123456", "123456789", "1234567A", ""] {
        assert_eq!(UkAccountNumber::parse(text).unwrap_err().code(), "gb.account", "{text}");
    }
    assert!(UsAccountNumber::parse("00012345678901234").is_ok());
    for text in ["", "123456789012345678", "12-34"] {
        assert_eq!(UsAccountNumber::parse(text).unwrap_err().code(), "us.account", "{text}");
    }
    assert_eq!(SecondaryReference::parse(" A1").unwrap_err().code(), "gb.secondary_reference");
    assert_eq!(OtherAccountNumber::parse("---").unwrap_err().code(), "other.account");
    assert_eq!(BankCode::parse("").unwrap_err().code(), "other.bank_code");
}

#[test]
fn no_account_is_shown_whole() {
    let accounts = [
        (
            Account::Iban(Iban::parse("DE89370400440532013000").unwrap()),
            "DE89370400440532013000",
            "DE89…3000",
        ),
        (
            Account::Uk {
                sort_code: SortCode::parse("601613").unwrap(),
                account: UkAccountNumber::parse("31926819").unwrap(),
                secondary_reference: Some(SecondaryReference::parse("ROLL/1234-X").unwrap()),
            },
            "31926819",
            "GB …6819",
        ),
        (
            Account::Us {
                routing: AbaRouting::parse("021000021").unwrap(),
                account: UsAccountNumber::parse("1234").unwrap(),
                kind: UsAccountKind::Checking,
            },
            "1234",
            "US …",
        ),
        (
            Account::Other {
                country: Country::parse("IN").unwrap(),
                agent: OtherAgent::BankCode(BankCode::parse("HDFC0000001").unwrap()),
                account: OtherAccountNumber::parse("5010012").unwrap(),
            },
            "5010012",
            "IN …12",
        ),
    ];
    for (account, whole, masked) in accounts {
        assert_eq!(account.masked(), masked);
        assert_eq!(format!("{account:?}"), masked);
        assert!(!format!("{account:#?}").contains(whole));
        assert_eq!(account.country().code(), &masked[..2]);
    }
    assert_eq!(format!("{:?}", UkAccountNumber::parse("31926819").unwrap()), "…6819");
}

#[test]
fn a_british_iban_and_its_national_form_are_one_account() {
    let iban = |text| Account::Iban(Iban::parse(text).unwrap());
    let national = |sort_code, account, roll: Option<&str>| Account::Uk {
        sort_code: SortCode::parse(sort_code).unwrap(),
        account: UkAccountNumber::parse(account).unwrap(),
        secondary_reference: roll.map(|roll| SecondaryReference::parse(roll).unwrap()),
    };
    let british = iban("GB29NWBK60161331926819");
    assert!(british.same_account(&national("60-16-13", "31926819", None)));
    assert!(national("60-16-13", "31926819", None).same_account(&british));
    assert!(!british.same_account(&national("60-16-13", "31926818", None)));
    assert!(!british.same_account(&national("60-16-13", "31926819", Some("ROLL1"))));
    assert!(!british.same_account(&iban("DE89370400440532013000")));
    assert_eq!(Iban::parse("DE89370400440532013000").unwrap().sort_code_and_account(), None);
}

/// A valid German IBAN, its check digits calculated by plain integer arithmetic instead of digit by digit.
fn german_iban(body: u64) -> String {
    let remainder = format!("{body:018}131400").parse::<u128>().unwrap() % 97;
    format!("DE{:02}{body:018}", 98 - remainder)
}

proptest! {
    #[test]
    fn one_wrong_digit_or_two_swapped_break_an_iban(body in 0_u64..1_000_000_000_000_000_000, at in 2_usize..22, by in 1_u8..10) {
        let iban = german_iban(body);
        prop_assert!(Iban::parse(&iban).is_ok());
        let mut wrong = iban.clone().into_bytes();
        wrong[at] = b'0' + (wrong[at] - b'0' + by) % 10;
        prop_assert!(Iban::parse(std::str::from_utf8(&wrong).unwrap()).is_err());
        let mut swapped = iban.into_bytes();
        if at < 21 && swapped[at] != swapped[at + 1] {
            swapped.swap(at, at + 1);
            prop_assert!(Iban::parse(std::str::from_utf8(&swapped).unwrap()).is_err());
        }
    }
}

/// An IBAN made for each row of the registry, its check digits reckoned here: a row that could not be read would silently
/// remove a country.
#[test]
fn every_row_of_the_registry_is_understood() {
    let value = |c: char| c.to_digit(36).unwrap();
    let area: std::collections::BTreeSet<&str> = include_str!("../../schemas/codes/sepa_area.tsv")
        .lines()
        .skip(1)
        .map(|row| row.split('\t').nth(1).unwrap())
        .collect();
    assert_eq!(area.len(), 42);
    let mut rows = 0;
    for row in include_str!("../../schemas/codes/iban.tsv").lines().skip(1) {
        let columns: Vec<&str> = row.split('\t').collect();
        let (country, structure) = (columns[0], columns[2]);
        let mut bban = String::new();
        let mut count = String::new();
        for character in structure.chars() {
            match character {
                '!' => {}
                'n' | 'a' | 'c' => {
                    let sign = if character == 'n' { "7" } else { "K" };
                    bban.push_str(&sign.repeat(count.parse().unwrap()));
                    count.clear();
                }
                digit => count.push(digit),
            }
        }
        let remainder = format!("{bban}{country}00").chars().fold(0_u32, |remainder, character| {
            let value = value(character);
            (remainder * if value > 9 { 100 } else { 10 } + value) % 97
        });
        let iban = format!("{country}{:02}{bban}", 98 - remainder);
        let parsed = Iban::parse(&iban).unwrap_or_else(|error| panic!("{iban}: {error}"));
        let (first, last) = columns[3].split_once('-').unwrap();
        let bank = &iban[first.parse::<usize>().unwrap() - 1..last.parse::<usize>().unwrap()];
        assert_eq!((parsed.country().code(), parsed.bank_code()), (country, bank));
        assert_eq!(iban.len().to_string(), columns[1], "{country}");
        assert_eq!(is_sepa_iban(&parsed), area.contains(country), "{country}");
        rows += 1;
    }
    assert_eq!(rows, 89);
}
