//! Anonymised copies of the whole corpus: verdicts and proofs as before, markup octet by octet as before, and no original
//! token left, as an independent lxml script sees it. Without ../shared or lxml that part says so and skips.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use girogate::domain::account::Iban;
use girogate::messages::anonymise::{AnonymiseError, Replaced, Tokens, anonymise, gather};
use girogate::messages::prove::Prover;
use girogate::messages::validate::{parse, validate_file};
use serde_json::Value;

use super::{ROOT, corpus, oracle, sha_256};

fn keyed(message: &[u8]) -> [u8; 32] {
    sha_256(&[b"a key for tests, padded to a block", message].concat())
}

fn copy_of(octets: &[u8]) -> Result<(Vec<u8>, Replaced), AnonymiseError> {
    let tokens = Tokens::of_octets(octets.len() as u64);
    gather(&mut &*octets, &tokens)?;
    let mut copy = Vec::new();
    let replaced = anonymise(&mut &*octets, &mut copy, &keyed, &tokens)?;
    Ok((copy, replaced))
}

fn copied(octets: &[u8]) -> Vec<u8> {
    copy_of(octets).unwrap().0
}

fn copied_text(text: &str) -> String {
    String::from_utf8(copied(text.as_bytes())).unwrap()
}

/// Deviations without their texts, which quote values.
fn judged(octets: &[u8]) -> Vec<(u64, u64, String, String)> {
    let found = validate_file(octets, None);
    let row = |found: &girogate::messages::record::Deviation| {
        (found.line, found.column, found.path.clone(), found.code.clone())
    };
    let mut rows: Vec<_> = found.deviations.iter().map(row).collect();
    rows.push((found.verdict.errors, 0, found.verdict.schema, found.verdict.valid.to_string()));
    rows
}

/// Proofs without the names in them.
fn proved(octets: &[u8]) -> Vec<Value> {
    let mut prover = Prover::new(sha_256);
    let mut found = Vec::new();
    let mut give = |check| {
        let mut check = serde_json::to_value(check).unwrap();
        for name in ["account", "report", "entry", "note"] {
            check.as_object_mut().unwrap().remove(name);
        }
        found.push(check);
    };
    parse(octets, Some("-"), &mut |record, origin| prover.take(record, origin, &mut give));
    prover.finish(&mut give);
    found
}

/// The octets with every letter and digit levelled: what must not change.
fn markup(octets: &[u8]) -> Vec<u8> {
    let level = |octet: &u8| match octet {
        b'0'..=b'9' => b'0',
        b'A'..=b'Z' => b'A',
        b'a'..=b'z' => b'a',
        0x80.. => 0x80,
        other => *other,
    };
    octets.iter().map(level).collect()
}

#[test]
fn the_corpus_keeps_verdicts_proofs_and_markup() {
    let Some(files) = corpus(&[""]) else { return };
    let mut differences = Vec::new();
    for file in &files {
        let octets = fs::read(file).unwrap();
        let name = file.display();
        let copy = match copy_of(&octets) {
            Ok((copy, Replaced { coinciding: 0, .. })) => copy,
            Ok((_, Replaced { coinciding, .. })) => {
                differences.push(format!("{name}: {coinciding} words that could not be avoided"));
                continue;
            }
            Err(error) => {
                differences.push(format!("{name}: {error}"));
                continue;
            }
        };
        if judged(&octets) != judged(&copy) {
            let (one, two) = (judged(&octets), judged(&copy));
            let first = one.iter().zip(&two).find(|(one, two)| one != two);
            differences.push(format!("{name}: verdict, {first:?}"));
        }
        let (before, after) = (proved(&octets), proved(&copy));
        if before != after {
            let first = before.iter().zip(&after).find(|(one, two)| one != two);
            differences.push(format!("{name}: proofs, {first:?}"));
        }
        if markup(&octets) != markup(&copy) {
            differences.push(format!("{name}: markup"));
        }
    }
    eprintln!("{} files copied", files.len());
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n"));
}

#[test]
fn no_original_token_is_left_in_the_corpus() {
    let Some(files) = corpus(&[""]) else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut pairs = String::new();
    for (index, file) in files.iter().enumerate() {
        let copy = folder.path().join(format!("{index}.xml"));
        fs::write(&copy, copied(&fs::read(file).unwrap())).unwrap();
        pairs.push_str(&format!("{}\t{}\n", file.display(), copy.display()));
    }
    let schemas = Path::new(ROOT).join("../shared/xsd").display().to_string();
    let Some(said) = oracle("scan_tokens.py", &[&schemas], pairs) else { return };
    let (mut tokens, mut wrong) = (0, Vec::new());
    for found in &said {
        tokens += found["tokens"].as_u64().unwrap_or(0);
        let is_clean = |name: &str| found[name].as_array().is_none_or(Vec::is_empty);
        if !is_clean("kept") || !is_clean("left") {
            wrong.push(found.to_string());
        }
    }
    eprintln!("{tokens} tokens of four characters and more looked for");
    assert!(wrong.is_empty(), "{} files:\n{}", wrong.len(), wrong.join("\n"));
    assert!(tokens > 3_000, "the corpus has more to hide than {tokens} tokens");
}

/// A pain.001 of which only the inside of the transaction differs.
fn order(inside: &str) -> String {
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.001.001.09\"><CstmrCdtTrfInitn><PmtInf><CdtTrfTxInf>\
         {inside}</CdtTrfTxInf></PmtInf></CstmrCdtTrfInitn></Document>"
    )
}

/// The text of the first element of that name.
fn inside<'t>(text: &'t str, name: &str) -> &'t str {
    let (_, behind) = text.split_once(&format!("<{name}>")).unwrap();
    behind.split_once("</").unwrap().0
}

fn replaced(name: &str, value: &str) -> String {
    let copy = copied_text(&order(&format!("<CdtrAcct><Id><{name}>{value}</{name}></Id></CdtrAcct>")));
    inside(&copy, name).to_owned()
}

#[test]
fn accounts_keep_country_length_and_check_digits_right_or_wrong() {
    for iban in [
        "DE89370400440532013000",
        "GB29NWBK60161331926819",
        "NO9386011117947",
        "MT84MALT011000012345MTLCAST001S",
    ] {
        let other = replaced("IBAN", iban);
        assert_ne!(other, iban);
        assert_eq!((other.len(), &other[..2]), (iban.len(), &iban[..2]), "{other}");
        assert!(Iban::parse(&other).is_ok(), "{other}");
        let wrong = format!("{}00{}", &iban[..2], &iban[4..]);
        let other = replaced("IBAN", &wrong);
        assert!(Iban::parse(&other).is_err() && other != wrong && other[..2] == iban[..2], "{other}");
        // In groups, and within free text, it is the same account.
        let grouped: Vec<String> =
            iban.as_bytes().chunks(4).map(|group| String::from_utf8_lossy(group).into()).collect();
        let copy = copied_text(&order(&format!(
            "<RmtInf><Ustrd>{}</Ustrd><Ustrd>to {iban}.</Ustrd></RmtInf>",
            grouped.join(" ")
        )));
        let whole = replaced("IBAN", iban);
        assert_eq!(inside(&copy, "Ustrd").replace(' ', ""), whole);
        assert!(copy.contains(&whole), "{copy}");
    }
    assert_eq!(replaced("IBAN", "CHxxxx"), "CHxxxx", "what is masked stays masked");
    assert!(replaced("IBAN", "CH44 3199 9123 0008 8901 3").starts_with("CH"));
    let quick = replaced("IBAN", "CH4431999123000889012");
    assert!(Iban::parse(&quick).is_ok_and(|iban| iban.is_qr_iban()), "{quick}");
}

#[test]
fn identifiers_keep_their_form() {
    let copy = copied_text(&order(
        "<PmtId><EndToEndId>INV-2025-0042</EndToEndId><UETR>eb6305c9-1f7f-49de-aed0-16487c27b42d</UETR></PmtId>\
         <CdtrAgt><FinInstnId><BICFI>COBADEFFXXX</BICFI><LEI>5299000J2N45DDNE4Y28</LEI></FinInstnId></CdtrAgt>\
         <RmtInf><Strd><CdtrRefInf><Ref>RF18539007547034</Ref></CdtrRefInf></Strd></RmtInf>",
    ));
    let uetr = inside(&copy, "UETR").as_bytes();
    assert!(uetr != b"eb6305c9-1f7f-49de-aed0-16487c27b42d" && uetr[14] == b'4' && uetr[19] == b'a');
    let bic = inside(&copy, "BICFI");
    assert!(bic != "COBADEFFXXX" && bic[4..6] == *"DE" && bic.ends_with("XXX"), "{bic}");
    let lei = inside(&copy, "LEI");
    assert!(lei != "5299000J2N45DDNE4Y28" && girogate::domain::account::Lei::parse(lei).is_ok(), "{lei}");
    let reference = inside(&copy, "Ref");
    let parsed = girogate::domain::reference::CreditorReference::parse(reference);
    assert!(reference != "RF18539007547034" && parsed.is_ok(), "{reference}");
    let end_to_end_id = inside(&copy, "EndToEndId");
    assert!(end_to_end_id != "INV-2025-0042" && end_to_end_id.len() == 13 && &end_to_end_id[3..4] == "-");
    // The same reference in a statement, in free text, in any encoding, becomes the same.
    let statement = "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt><Stmt><Ntry>\
                     <AddtlNtryInf>paid INV-2025-0042, thanks</AddtlNtryInf></Ntry></Stmt></BkToCstmrStmt></Document>";
    assert!(copied_text(statement).contains(end_to_end_id));
}

#[test]
fn codes_amounts_and_dates_stay_and_wrong_values_do_not_hide_names() {
    let stays = order(
        "<PmtId><EndToEndId>NOTPROVIDED</EndToEndId></PmtId><Amt><InstdAmt Ccy=\"EUR\">1 000,50</InstdAmt></Amt>\
         <ChrgBr>SLEV</ChrgBr><Purp><Cd>SALA</Cd></Purp>",
    );
    assert_eq!(copied_text(&stays), stays);
    for (name, value) in [
        ("InstdAmt", "Erika Mustermann"),
        ("ChrgBr", "Erika"),
        ("Cd", "Erika Mustermann"),
        ("Unknown", "SALA"),
    ] {
        let text = order(&format!("<{name}>{value}</{name}>"));
        assert!(!copied_text(&text).contains(value), "{name}");
    }
}

#[test]
fn comments_instructions_attributes_sections_and_references_are_replaced() {
    let text = "<?xml version=\"1.0\"?><!-- made by Erika --><?bank Erika?><x:Bag xmlns:x=\"urn:erika:bag\" who='Erika &amp; Co'>\
                <Nm>Eri<!-- Erika -->ka</Nm><Nm><![CDATA[Erika <b> & Co]]></Nm><Nm>&#69;rik&#x61; &lt;Erika&gt;</Nm>Erika\
                <![CDATA[<Document><Nm a=\"Erika\">Erika</Nm></Document>]]></x:Bag><!-- Erika -->";
    let copy = copied_text(text);
    let erika = copied_text("<a>Erika</a>").replace("<a>", "").replace("</a>", "");
    assert!(!copy.to_lowercase().contains("erika"), "{copy}");
    assert_eq!(copy.len(), text.len());
    assert!(copy.matches(&erika).count() >= 8, "the same word becomes the same everywhere: {copy}");
    for kept in
        ["<?xml version=\"1.0\"?>", "<![CDATA[<Document><Nm a=\"", "&amp;", " &lt;", "<x:Bag xmlns:x=\"urn:"]
    {
        assert!(copy.contains(kept), "{kept}: {copy}");
    }
    // A document that is the escaped text of another keeps its tags.
    let escaped = "<a>&lt;Document&gt;&lt;Nm&gt;Erika&lt;/Nm&gt;&lt;/Document&gt;</a>";
    assert_eq!(copied_text(escaped), escaped.replace("Erika", &erika));
}

#[test]
fn encodings_are_kept() {
    let text = order("<Cdtr><Nm>Jürgen Größe Ž</Nm></Cdtr>");
    let declared = |name: &str| format!("<?xml version=\"1.0\" encoding=\"{name}\"?>{text}");
    let wide = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let utf_16 = wide(&format!("\u{feff}{}", declared("UTF-16")));
    let copy = copied(&utf_16);
    assert_eq!(copy.len(), utf_16.len());
    let units: Vec<u16> = copy.chunks(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    let wide_text = String::from_utf16(&units).unwrap();
    let name = inside(&wide_text, "Nm").to_owned();
    assert!(wide_text.starts_with('\u{feff}') && !wide_text.contains("rgen") && name.chars().count() == 14);
    for encoding in ["ISO-8859-15", "windows-1250", "ISO-8859-2"] {
        let (octets, _, _) = encoding_rs::Encoding::for_label(encoding.as_bytes()).unwrap().encode(&text);
        let octets = [declared(encoding).split("<Document").next().unwrap().as_bytes(), &octets].concat();
        let copy = copied(&octets);
        assert_eq!((copy.len(), judged(&copy)), (octets.len(), judged(&octets)), "{encoding}");
        assert_ne!(copy, octets);
    }
    // Announced as UTF-8, written as ISO-8859-1: the contradiction stays where it was.
    let contradicted: Vec<u8> =
        text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap_or(b'Z')).collect();
    let copy = copied(&contradicted);
    assert!(copy.len() == contradicted.len() && judged(&copy) == judged(&contradicted));
    assert!(judged(&copy).iter().any(|row| row.3 == "encoding.contradicted"));
}

#[test]
fn what_cannot_be_anonymised_is_refused() {
    let refused = |octets: &[u8]| copy_of(octets).unwrap_err().code();
    assert_eq!(refused(b"name,iban\nErika,DE89"), "anonymise.not_xml");
    assert_eq!(refused(b"PK\x03\x04"), "anonymise.not_xml");
    assert_eq!(refused(b""), "anonymise.not_xml");
    assert_eq!(refused(b"<!DOCTYPE a [<!ENTITY b 'Erika'>]><a>&b;</a>"), "anonymise.doctype");
    assert_eq!(refused(b"<?xml version='1.0' encoding='Shift_JIS'?><a/>"), "anonymise.encoding");
    assert_eq!(refused(&[b"<a>".as_slice(), &vec![b'x'; 5 << 20]].concat()), "anonymise.too_long");
}

#[test]
fn damaged_documents_never_panic_and_leak_nothing_long() {
    let text =
        order("<Cdtr><Nm>Rumpelstilzchen &amp; Soehne</Nm></Cdtr><X><![CDATA[<a>Rumpelstilzchen</a>]]></X>");
    for end in 0..text.len() {
        for cut in [&text.as_bytes()[..end], &text.as_bytes()[end..]] {
            if let Ok((copy, _)) = copy_of(cut) {
                assert_eq!(copy.len(), cut.len());
                assert!(!String::from_utf8_lossy(&copy).contains("Rumpelstilzchen"), "cut at {end}");
            }
        }
    }
}

/// The texts of all elements of that name.
fn all_inside<'t>(text: &'t str, name: &str) -> Vec<&'t str> {
    text.split(&format!("<{name}>")).skip(1).map(|rest| rest.split_once('<').unwrap().0).collect()
}

fn names(texts: &[String]) -> String {
    order(&texts.iter().map(|text| format!("<Nm>{text}</Nm>")).collect::<String>())
}

/// Where a document has all texts of a form, each becomes another of them, and the copy says so.
#[test]
fn every_text_of_a_form_becomes_another_of_that_form() {
    for (digits, count, unavoided) in [(1, 10, 0), (2, 100, 0), (3, 1000, 0), (4, 10_000, 10_000)] {
        let texts: Vec<String> = (0..count).map(|number| format!("{number:0digits$}")).collect();
        let (copy, Replaced { coinciding, .. }) = copy_of(names(&texts).as_bytes()).unwrap();
        let copy = String::from_utf8(copy).unwrap();
        let others = all_inside(&copy, "Nm");
        let different: HashSet<&str> = others.iter().copied().collect();
        assert_eq!((others.len(), different.len()), (count, count), "different texts stay different");
        for (text, other) in texts.iter().zip(others) {
            assert_ne!(text, other);
            assert!(other.len() == digits && other.bytes().all(|octet| octet.is_ascii_digit()), "{other}");
        }
        assert_eq!(coinciding, unavoided, "{digits}");
    }
}

/// Three in ten texts of a form are in the document: without looking, three in ten would become one of the others.
#[test]
fn no_text_becomes_another_of_the_document() {
    let figures: Vec<String> = (0..3_000).map(|number| format!("{:04}", number * 7 % 10_000)).collect();
    let mixed: Vec<String> = (0..5_000).map(|number| format!("Ab{:03}", number % 1_000)).collect();
    let letters: Vec<String> = (0..9_000)
        .map(|number| {
            let letter =
                |power: u32| char::from(b'a' + u8::try_from(number / 26_u32.pow(power) % 26).unwrap());
            [letter(0), letter(1), 'q', letter(2)].iter().collect()
        })
        .collect();
    for texts in [figures, mixed, letters] {
        let (copy, Replaced { coinciding, .. }) = copy_of(names(&texts).as_bytes()).unwrap();
        let copy = String::from_utf8(copy).unwrap();
        let before: HashSet<String> = texts.iter().map(|text| text.to_lowercase()).collect();
        let others = all_inside(&copy, "Nm");
        let after: HashSet<String> = others.iter().map(|text| text.to_lowercase()).collect();
        assert_eq!(after.len(), before.len(), "different texts stay different");
        let left: Vec<&String> = before.intersection(&after).collect();
        assert_eq!((left.len(), coinciding), (0, 0), "{left:?}");
    }
}

/// References that match across documents still do, and no copy shows a word of another document.
#[test]
fn documents_that_are_copied_together_are_known_together() {
    let ids = |from: u32| (from..from + 2_000).map(|number| format!("{number:04}")).collect::<Vec<_>>();
    let documents = [names(&ids(0)), names(&ids(1_000))];
    let tokens = Tokens::of_octets(documents.iter().map(|text| text.len() as u64).sum());
    for document in &documents {
        gather(&mut document.as_bytes(), &tokens).unwrap();
    }
    let copies = documents.map(|document| {
        let mut copy = Vec::new();
        let done = anonymise(&mut document.as_bytes(), &mut copy, &keyed, &tokens).unwrap();
        assert_eq!(done.coinciding, 0);
        String::from_utf8(copy).unwrap()
    });
    let [one, two] = [all_inside(&copies[0], "Nm"), all_inside(&copies[1], "Nm")];
    assert_eq!(one[1_000..], two[..1_000], "the same text is the same in both");
    let all: HashSet<String> = ids(0).into_iter().chain(ids(1_000)).collect();
    assert!(one.iter().chain(&two).all(|text| !all.contains(*text)));
}

/// Every group of four of so many is a group of another: they are avoided as a whole.
#[test]
fn many_universal_identifiers_do_not_use_up_their_groups() {
    let id = |number: u32| {
        let hex: String = sha_256(&number.to_le_bytes()).iter().map(|octet| format!("{octet:02x}")).collect();
        format!("{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[12..15], &hex[15..18], &hex[18..30])
    };
    let ids: Vec<String> = (0..5_000).map(id).collect();
    let (copy, Replaced { coinciding, .. }) = copy_of(names(&ids).as_bytes()).unwrap();
    let copy = String::from_utf8(copy).unwrap();
    let after: HashSet<&str> = all_inside(&copy, "Nm").into_iter().collect();
    assert_eq!((after.len(), coinciding), (ids.len(), 0));
    assert!(ids.iter().all(|id| !after.contains(id.as_str())));
}

#[test]
fn case_masks_and_signs_stay() {
    let text = "Müller-Straße 12b XXXX";
    let copy = copied_text(&order(&format!("<Nm>{text}</Nm>")));
    let other = inside(&copy, "Nm");
    assert_ne!(other, text);
    for (one, two) in text.chars().zip(other.chars()) {
        assert_eq!(one.is_uppercase(), two.is_uppercase(), "{other}");
        assert_eq!(one.is_ascii_digit(), two.is_ascii_digit(), "{other}");
        assert!(one.is_alphanumeric() || one == two, "{other}");
        assert_eq!(one.len_utf8(), two.len_utf8(), "{other}");
    }
    assert!(other.ends_with(" XXXX"), "{other}");
}
