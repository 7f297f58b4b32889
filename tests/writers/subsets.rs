//! Every version and national subset of pain.001 with payouts at random: what is written is an instance of the schema
//! (the subset's own, where there is one), and what is refused the schema would refuse as well.
//!
//! `GIROGATE_RANDOM_ROUNDS` says how many rounds of 150 payouts are made (2 by default), `GIROGATE_RANDOM_SEED` with which
//! seed they begin.

use girogate::domain::account::Bic;
use girogate::domain::payout::{ChargeBearer, Code, Payout};
use girogate::messages::own;
use girogate::messages::pain_001::{
    Block, Coding, Header, Totals, Unfit, Version, unfit_payout, unfit_shared, write,
};

use crate::oracle::{assert_canonical, assert_valid, assert_xpath, is_valid};
use crate::pain_001::{block, header};
use crate::payouts::{iban, plain, varied};
use crate::random::Dice;

pub fn subsets() -> impl Iterator<Item = Version> {
    Version::all().filter(|version| version.is_subset())
}

/// A head and a block that every subset carries.
pub fn modest(version: Version, payouts: &[Payout]) -> (Header, Block) {
    let totals = Totals::of(payouts).unwrap();
    let mut block = block("BLOCK-1", totals);
    block.coding = Coding { service_level: Some(Code::Listed("SEPA".to_owned())), ..Coding::default() };
    (header(version, totals), block)
}

fn written(version: Version, payouts: &[Payout]) -> Vec<u8> {
    let (header, block) = modest(version, payouts);
    let mut document = Vec::new();
    write(&mut document, &header, [(block, payouts)]).unwrap_or_else(|error| panic!("{version:?}: {error}"));
    document
}

/// What everybody would write who knows only the version of the standard: is it an instance of the subset?
fn would_be_valid(version: Version, payout: &Payout) -> Option<bool> {
    let standard = Version::parse(&version.definition().to_string()).unwrap();
    let text = String::from_utf8(written(standard, std::slice::from_ref(payout))).unwrap();
    is_valid(version.id(), text.replace(standard.namespace(), version.namespace()).as_bytes())
}

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).ok().map_or(otherwise, |text| text.parse().unwrap())
}

#[test]
fn random_payouts_are_written_valid_or_refused_where_the_schema_refuses() {
    let seed = number("GIROGATE_RANDOM_SEED", 20_261_122);
    let rounds = number("GIROGATE_RANDOM_ROUNDS", 2);
    let (mut carried, mut refused) = (0, 0);
    for round in 0..rounds {
        eprintln!("seed {}", seed + round);
        let payouts = Dice::new(seed + round).payouts(150);
        for version in Version::all() {
            let (fit, unfit): (Vec<Payout>, Vec<Payout>) =
                payouts.iter().cloned().partition(|payout| unfit_payout(version, payout).is_empty());
            assert!(!fit.is_empty(), "{version:?} carries {} of {}", fit.len(), payouts.len());
            carried += fit.len();
            let document = written(version, &fit);
            assert_valid(version.id(), &document);
            assert_canonical(&document);
            own::check(&document, version.id()).unwrap();
            // Of payouts with one fault each the schema must find that one.
            let single = unfit.iter().filter(|payout| unfit_payout(version, payout).len() == 1);
            for sample in single.take(8) {
                refused += 1;
                if let Some(verdict) = would_be_valid_if_writable(version, sample) {
                    let why = unfit_payout(version, sample);
                    assert!(!verdict, "{version:?} refuses {sample:?} without need: {why:?}");
                }
            }
        }
    }
    assert!(carried > 0 && refused > 0);
}

/// Of .03 and .08 the only refusal is a BIC of later years, which the writer itself does not write.
fn would_be_valid_if_writable(version: Version, payout: &Payout) -> Option<bool> {
    let standard = Version::parse(&version.definition().to_string()).unwrap();
    unfit_payout(standard, payout).is_empty().then(|| would_be_valid(version, payout)).flatten()
}

/// Each refusal by itself: the payout, the member, and what the schema says to it.
#[test]
fn what_a_subset_cannot_carry_is_refused_by_name() {
    for version in subsets() {
        for payout in varied() {
            let found = unfit_payout(version, &payout);
            let (header, block) = modest(version, std::slice::from_ref(&payout));
            let result = write(&mut Vec::new(), &header, [(block, [&payout])]);
            match (result, found.first()) {
                (Ok(_), None) => {}
                (Err(error), Some(Unfit { member, why })) => {
                    let id = payout.instruction.external_id.as_str();
                    let definition = version.id();
                    assert_eq!(error.code(), "write.unfit");
                    let text = format!("payout {id}: {member} cannot be carried by {definition}: {why}");
                    assert_eq!(error.to_string(), text);
                }
                (result, found) => panic!("{version:?}: {result:?}, {found:?}"),
            }
        }
    }
}

#[test]
fn what_a_block_shares_is_refused_by_name() {
    let members = |version, block: &Block| -> Vec<&'static str> {
        let found = unfit_shared(version, &block.coding, &block.debtor, block.charge_bearer);
        found.into_iter().map(|unfit| unfit.member).collect()
    };
    let german = [Version::GermanOf03, Version::German002, Version::German003];
    for version in subsets() {
        let modest = modest(version, &[plain(1)]).1;
        assert!(members(version, &modest).is_empty(), "{version:?}");

        let mut instant = modest.clone();
        instant.coding.local_instrument = Some(Code::Listed("INST".to_owned()));
        let mut shared = modest.clone();
        shared.charge_bearer = Some(ChargeBearer::Shared);
        let expected: &[&str] = if german.contains(&version) { &["rail_preference"] } else { &[] };
        assert_eq!(members(version, &instant), expected, "{version:?}");
        let expected: &[&str] = if german.contains(&version) { &["charge_bearer"] } else { &[] };
        assert_eq!(members(version, &shared), expected, "{version:?}");

        let mut urgent = modest.clone();
        urgent.coding.service_level = Some(Code::Listed("URGP".to_owned()));
        let expected: &[&str] = if version == Version::German002 { &["rail_preference"] } else { &[] };
        assert_eq!(members(version, &urgent), expected, "{version:?}");

        let mut nameless = modest.clone();
        nameless.debtor.agent = None;
        let expected: &[&str] = if version == Version::German002 { &["debtor.account_ref"] } else { &[] };
        assert_eq!(members(version, &nameless), expected, "{version:?}");
        // An IBAN of Malta names its bank by letters that are of no clearing system.
        nameless.debtor.account = iban("MT84MALT011000012345MTLCAST001S");
        let without_bic = [Version::GermanOf03, Version::German003];
        let expected: &[&str] = if without_bic.contains(&version) { &[] } else { &["debtor.account_ref"] };
        assert_eq!(members(version, &nameless), expected, "{version:?}");
    }
    let mut old = modest(Version::V08, &[plain(1)]).1;
    old.debtor.agent = Some(Bic::parse("7BKADEFF").unwrap());
    assert_eq!(members(Version::V08, &old), ["debtor.account_ref"]);
    assert_eq!(members(Version::V09, &old), [""; 0]);
}

/// The debtor's bank: by the clearing number inside an IBAN, or as not provided.
#[test]
fn debtors_without_bic_name_their_bank_as_the_subset_wants_it() {
    for (version, account, path, expected) in [
        (Version::SwissOf03, "CH9300762011623852957", "{DbtrAgt}//{ClrSysId}/{Cd}", "CHBCC"),
        (Version::SwissOf09, "CH9300762011623852957", "{DbtrAgt}//{MmbId}", "762"),
        (Version::SwissOf09, "LI21088100002324013AA", "{DbtrAgt}//{MmbId}", "8810"),
        (Version::SwissOf09, "DE02120300000000202051", "{DbtrAgt}//{ClrSysId}/{Cd}", "DEBLZ"),
        (Version::SwissOf03, "GB29NWBK60161331926819", "{DbtrAgt}//{MmbId}", "601613"),
        (Version::GermanOf03, "DE02120300000000202051", "{DbtrAgt}/{FinInstnId}/{Othr}/{Id}", "NOTPROVIDED"),
        (Version::German003, "DE02120300000000202051", "{DbtrAgt}/{FinInstnId}/{Othr}/{Id}", "NOTPROVIDED"),
    ] {
        let (header, mut block) = modest(version, &[plain(1)]);
        block.debtor.agent = None;
        block.debtor.account = iban(account);
        let mut document = Vec::new();
        write(&mut document, &header, [(block, [plain(1)])]).unwrap();
        assert_valid(version.id(), &document);
        assert_xpath(&document, &format!("string(//{path})"), expected);
    }
}

#[test]
fn subsets_say_by_which_schema_they_are_written() {
    for (version, attribute) in [
        (
            Version::SwissOf03,
            "http://www.six-interbank-clearing.com/de/pain.001.001.03.ch.02.xsd pain.001.001.03.ch.02.xsd",
        ),
        (Version::SwissOf09, "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09 pain.001.001.09.ch.03.xsd"),
        (Version::German003, "urn:iso:std:iso:20022:tech:xsd:pain.001.003.03 pain.001.003.03.xsd"),
        (Version::GermanOf03, ""),
        (Version::V09, ""),
    ] {
        let document = written(version, &[plain(1)]);
        assert_xpath(&document, "string(/*/@*[local-name()='schemaLocation'])", attribute);
        assert_xpath(&document, "namespace-uri(/*)", version.namespace());
    }
    let ids: Vec<&str> = Version::all().map(Version::id).collect();
    assert!(ids.iter().all(|id| Version::parse(id).is_some_and(|version| version.id() == *id)), "{ids:?}");
}
