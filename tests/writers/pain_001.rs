//! pain.001: valid in each version, counted right, canonical, the same each time.

use std::path::Path;

use chrono::{DateTime, Utc};
use girogate::domain::account::Bic;
use girogate::domain::currency::Currency;
use girogate::domain::payout::{ChargeBearer, Code, Payout};
use girogate::domain::reference::{MessageId, PaymentInformationId};
use girogate::messages::emit::WriteError;
use girogate::messages::pain_001::{
    Block, Coding, Debtor, Header, InitiatingParty, OrganisationId, Totals, UetrUse, Version, unfit_payout,
    write,
};

use crate::oracle::{assert_canonical, assert_valid, assert_xpath, xpath};
use crate::payouts::{date, iban, plain, varied};
use crate::random::Dice;
use crate::subsets::modest;

/// The versions of the standard itself.
pub fn versions() -> impl Iterator<Item = Version> {
    Version::all().filter(|version| !version.is_subset())
}

pub fn header(version: Version, totals: Totals) -> Header {
    Header {
        version,
        message_id: MessageId::parse("MSG-1").unwrap(),
        created: "2026-11-22T16:54:34.987Z".parse::<DateTime<Utc>>().unwrap(),
        initiating_party: InitiatingParty {
            name: "Girogate & Co".to_owned(),
            organisation_id: Some(OrganisationId {
                value: "CONTRACT-7".to_owned(),
                scheme: Some(Code::Listed("BANK".to_owned())),
            }),
        },
        totals,
        uetr: UetrUse::Sent,
    }
}

pub fn block(id: &str, totals: Totals) -> Block {
    Block {
        payment_information_id: PaymentInformationId::parse(id).unwrap(),
        batch_booking: Some(true),
        totals,
        coding: Coding {
            service_level: Some(Code::Listed("SEPA".to_owned())),
            local_instrument: Some(Code::Proprietary("OWN".to_owned())),
            category_purpose: Some(Code::Listed("SUPP".to_owned())),
        },
        execution_date: date(),
        debtor: Debtor {
            name: "Platform GmbH".to_owned(),
            account: iban("DE02120300000000202051"),
            currency: Some(Currency::EUR),
            agent: Some(Bic::parse("BYLADEM1001").unwrap()),
        },
        charge_bearer: Some(ChargeBearer::ServiceLevel),
    }
}

/// Two blocks: one with every element, one with as few as possible.
fn two_blocks(payouts: &[Payout]) -> Vec<(Block, &[Payout])> {
    let (first, second) = payouts.split_at(payouts.len() / 3);
    let mut bare = block("BLOCK-2", Totals::of(second).unwrap());
    bare.batch_booking = None;
    bare.coding = Coding::default();
    bare.debtor.currency = None;
    bare.debtor.agent = None;
    bare.charge_bearer = None;
    vec![(block("BLOCK-1", Totals::of(first).unwrap()), first), (bare, second)]
}

pub fn written(version: Version, payouts: &[Payout]) -> Vec<u8> {
    let mut document = Vec::new();
    let header = header(version, Totals::of(payouts).unwrap());
    let length = write(&mut document, &header, two_blocks(payouts)).unwrap();
    assert_eq!(length, document.len() as u64);
    document
}

#[test]
fn every_form_of_payout_is_valid_canonical_and_repeatable() {
    let payouts = varied();
    for version in versions() {
        let document = written(version, &payouts);
        assert_valid(&version.definition().to_string(), &document);
        assert_canonical(&document);
        assert_eq!(document, written(version, &payouts));
    }
}

#[test]
fn counts_and_sums_are_what_an_xpath_processor_finds() {
    let payouts = varied();
    for version in versions() {
        let document = written(version, &payouts);
        let count = payouts.len().to_string();
        assert_xpath(&document, "count(//{CdtTrfTxInf})", &count);
        assert_xpath(&document, "string(//{GrpHdr}/{NbOfTxs})", &count);
        for (number, context) in [("", "//{GrpHdr}"), ("[1]", "//{PmtInf}[1]"), ("[2]", "//{PmtInf}[2]")] {
            // Sums in XPath are floating point: rounded to the three decimals that occur here they are exact.
            let found = format!("round(sum(//{{PmtInf}}{number}//{{InstdAmt}}) * 1000)");
            let announced = format!("round({context}/{{CtrlSum}} * 1000)");
            assert_xpath(&document, &format!("{found} = {announced}"), "true");
        }
        for block in ["1", "2"] {
            let equal =
                format!("count(//{{PmtInf}}[{block}]/{{CdtTrfTxInf}}) = //{{PmtInf}}[{block}]/{{NbOfTxs}}");
            assert_xpath(&document, &equal, "true");
        }
    }
}

#[test]
fn amounts_have_the_decimals_of_their_currency() {
    let document = written(Version::V09, &varied());
    for (currency, texts) in
        [("EUR", "0.01"), ("JPY", "12345"), ("BHD", "1.005"), ("GBP", "2500.50"), ("USD", "7.00")]
    {
        assert_xpath(&document, &format!("string((//{{InstdAmt}}[@Ccy='{currency}'])[1])"), texts);
    }
}

#[test]
fn the_first_versions_have_none_of_the_later_elements() {
    // Of 2018 are the choice of date and the new tag of a BIC; everything else came a year later.
    let document = String::from_utf8(written(Version::V08, &varied())).unwrap();
    for absent in ["UETR", "BIC", "LEI", "BldgNm", "Flr", "PstBx", "Room", "TwnLctnNm", "DstrctNm", "Prxy"] {
        assert!(!document.contains(&format!("<{absent}>")), "{absent}");
    }
    assert_xpath(document.as_bytes(), "string(//{PmtInf}[1]/{ReqdExctnDt}/{Dt})", "2026-11-23");
    assert_xpath(document.as_bytes(), "string(//{PmtInf}[1]/{DbtrAgt}//{BICFI})", "BYLADEM1001");

    let document = written(Version::V03, &varied());
    let text = String::from_utf8(document.clone()).unwrap();
    for absent in ["UETR", "BICFI", "LEI>", "BldgNm", "Flr", "PstBx", "Room", "TwnLctnNm", "DstrctNm", "Prxy"]
    {
        assert!(!text.contains(&format!("<{absent}")), "{absent}");
    }
    assert_xpath(&document, "string(//{PmtInf}[1]/{ReqdExctnDt})", "2026-11-23");
    assert_xpath(&document, "string(//{PmtInf}[1]/{DbtrAgt}//{BIC})", "BYLADEM1001");
    // Both the folded parts and the client's own lines are there, and the post box says what it is.
    assert_xpath(&document, "count((//{Cdtr}[{Id}/{OrgId}])[1]//{AdrLine})", "7");
    let small = "string((//{Cdtr}[{Id}/{PrvtId}])[1]//{AdrLine})";
    assert_xpath(&document, small, "PO Box 17, 3rd floor");
    let lei = "string((//{Othr}[{SchmeNm}/{Prtry}='LEI'])[1]/{Id})";
    assert_xpath(&document, lei, "529900T8BM49AURSDO55");
}

#[test]
fn later_versions_have_elements_of_their_own() {
    for version in versions().filter(|version| *version >= Version::V09) {
        let document = written(version, &varied());
        assert_xpath(&document, "string(//{PmtInf}[1]/{ReqdExctnDt}/{Dt})", "2026-11-23");
        assert_xpath(&document, "string(//{PmtInf}[1]/{DbtrAgt}//{BICFI})", "BYLADEM1001");
        assert_xpath(&document, "string((//{OrgId}/{LEI})[1])", "529900T8BM49AURSDO55");
        assert_xpath(&document, "string((//{PstBx})[2])", "17");
        assert_xpath(&document, "count(//{UETR}) = count(//{CdtTrfTxInf})", "true");
        assert_xpath(&document, "count((//{Cdtr}[{Id}/{OrgId}])[1]//{AdrLine})", "2");
    }
}

#[test]
fn each_account_form_names_its_bank_in_its_own_way() {
    let document = written(Version::V09, &varied());
    let agent_of = |account: &str| {
        let own = format!("{{CdtrAcct}}/{{Id}}/{{Othr}}/{{Id}}='{account}'");
        format!(
            "(//{{CdtTrfTxInf}}[{own} and not({{CdtrAgt}}//{{Cd}}='DEBLZ')])[1]/{{CdtrAgt}}/{{FinInstnId}}"
        )
    };
    for (account, path, expected) in [
        ("01234567", "/{ClrSysMmbId}/{ClrSysId}/{Cd}", "GBDSC"),
        ("01234567", "/{ClrSysMmbId}/{MmbId}", "123456"),
        ("0001234567", "/{ClrSysMmbId}/{ClrSysId}/{Cd}", "USABA"),
        ("1234567", "/{ClrSysMmbId}/{ClrSysId}/{Cd}", "CACPA"),
        ("0071000987654", "/{ClrSysMmbId}/{ClrSysId}/{Cd}", "VN"),
        ("00001234567", "/{ClrSysMmbId}/{ClrSysId}/{Cd}", ""),
        ("00001234567", "/{PstlAdr}/{Ctry}", "FR"),
    ] {
        assert_xpath(&document, &format!("string({}{path})", agent_of(account)), expected);
    }
    assert_xpath(&document, "string((//{BICFI}[.='BOTKJPJT'])[1])", "BOTKJPJT");
    assert_xpath(&document, "count(//{CdtrAcct}[{Tp}/{Cd}='SVGS'])", "15");
    assert_xpath(&document, "string(//{PmtInf}[2]/{DbtrAgt}/{FinInstnId}/{Othr}/{Id})", "NOTPROVIDED");
    // What the client says of the bank goes before what a bank code lets us infer, but not before a sort code.
    let stated = |account: &str| {
        format!(
            "count(//{{CdtTrfTxInf}}[{{CdtrAcct}}//{{Othr}}/{{Id}}='{account}' and {{CdtrAgt}}//{{Cd}}='DEBLZ']) > 0"
        )
    };
    assert_xpath(&document, &stated("1234567"), "true");
    assert_xpath(&document, &stated("01234567"), "false");
    // The roll number stands before the payee's own text and is never lost.
    let roll = "count(//{CdtTrfTxInf}[{RmtInf}/{Ustrd}[1]='ROLL/123-4'])";
    assert_xpath(&document, roll, "15");
}

#[test]
fn texts_arrive_as_they_were() {
    let document = written(Version::V12, &varied());
    let text = "a < b & c > \"d\" 'e' ]]> ž 漢字 🎉";
    if let Some(found) = xpath(&document, "string((//{Ustrd}[starts-with(., 'a <')])[1])") {
        assert_eq!(found, text);
    }
}

#[test]
fn uetrs_are_left_out_when_the_bank_does_not_want_them() {
    let payouts = [plain(1)];
    let totals = Totals::of(&payouts).unwrap();
    let header = Header { uetr: UetrUse::Omitted, ..header(Version::V09, totals) };
    let mut document = Vec::new();
    write(&mut document, &header, [(block("B", totals), &payouts)]).unwrap();
    assert!(!String::from_utf8(document).unwrap().contains("UETR"));
}

#[test]
fn totals_that_do_not_agree_with_the_payouts_are_refused() {
    let payouts = [plain(1), plain(2)];
    let right = Totals::of(&payouts).unwrap();
    let wrong_count = Totals { count: 3, ..right };
    let wrong_sum = Totals { sum: "2500.01".parse().unwrap(), ..right };
    for (in_header, in_block, level) in
        [(right, wrong_count, "block"), (right, wrong_sum, "block"), (wrong_sum, right, "message")]
    {
        let mut document = Vec::new();
        let result =
            write(&mut document, &header(Version::V09, in_header), [(block("B", in_block), &payouts)]);
        match result {
            Err(WriteError::Totals { level: found, .. }) => assert_eq!(found, level),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_message_that_cannot_be_written_says_why() {
    let mut payout = plain(1);
    payout.instruction.ultimate_debtor = Some("bell\u{7}".to_owned());
    let totals = Totals::of([&payout]).unwrap();
    let result = write(&mut Vec::new(), &header(Version::V09, totals), [(block("B", totals), [&payout])]);
    let error = result.unwrap_err();
    assert_eq!(error.code(), "write.character");
    assert_eq!(error.to_string(), "text of Nm has the character U+0007, which XML cannot carry");

    let most = Totals { count: 1, sum: "1000000000000000000".parse().unwrap() };
    let result = write(&mut Vec::new(), &header(Version::V09, most), [(block("B", most), [&plain(1)])]);
    // The sum is too long for the element, and it is not the sum of what follows: either must stop the message.
    assert!(["write.sum", "write.totals"].contains(&result.unwrap_err().code()));

    /// An output that takes nothing.
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("full"))
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let totals = Totals::of([&plain(1)]).unwrap();
    let result = write(&mut Full, &header(Version::V09, totals), [(block("B", totals), [plain(1)])]);
    assert_eq!(result.unwrap_err().code(), "write.output");
}

/// One small message per version, octet by octet: a change of what we send is seen in review.
/// `UPDATE_FIXTURES=1` rewrites the files.
#[test]
fn small_messages_are_octet_for_octet_as_reviewed() {
    for version in Version::all() {
        let of_standard: Vec<Payout> = varied().into_iter().step_by(31).collect();
        let mut payouts = Dice::new(4711).payouts(300);
        payouts.retain(|payout| unfit_payout(version, payout).is_empty());
        payouts.truncate(4);
        let id = version.id();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/messages").join(id).join("written");
        let file = folder.join("out.xml");
        let document = if version.is_subset() {
            let (header, block) = modest(version, &payouts);
            let mut document = Vec::new();
            write(&mut document, &header, [(block, &payouts)]).unwrap();
            document
        } else {
            written(version, &of_standard)
        };
        assert_valid(id, &document);
        if std::env::var_os("UPDATE_FIXTURES").is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&file, &document).unwrap();
        }
        let reviewed = std::fs::read_to_string(&file).unwrap();
        let lines = |text: &str| text.replace("><", ">\n<");
        assert_eq!(lines(&String::from_utf8(document).unwrap()), lines(&reviewed), "{}", file.display());
    }
}
