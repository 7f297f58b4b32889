//! Payouts of every form that the writer of pain.001 must carry.

use chrono::NaiveDate;
use girogate::domain::account::{
    AbaRouting, Account, BankCode, Bic, Iban, OtherAccountNumber, OtherAgent, SecondaryReference, SortCode,
    UkAccountNumber, UsAccountKind, UsAccountNumber,
};
use girogate::domain::amount::Amount;
use girogate::domain::country::Country;
use girogate::domain::currency::Currency;
use girogate::domain::party::{Address, AddressParts, Party, PartyIdentifier, PartyKind, PartyName};
use girogate::domain::payout::{
    Agent, ChargeBearer, Code, DatePolicy, Instruction, Payout, Rail, Remittance, Speed,
};
use girogate::domain::reference::{EndToEndId, ExternalId, PayoutToken};

pub fn date() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 23).unwrap()
}

pub fn iban(text: &str) -> Account {
    Account::Iban(Iban::parse(text).unwrap())
}

pub fn amount(text: &str, currency: &str) -> Amount {
    Amount::parse(text, Currency::parse(currency).unwrap()).unwrap()
}

/// A plain payout in euro to an IBAN; `number` makes its ids.
pub fn plain(number: u32) -> Payout {
    let mut digest = [0x5A; 32];
    digest[..4].copy_from_slice(&number.to_be_bytes());
    let external_id = format!("creator-{number:06}");
    Payout {
        token: PayoutToken::from_digest(digest),
        tenant: "main".to_owned(),
        end_to_end_id: EndToEndId::parse(&external_id).unwrap(),
        instruction: Instruction {
            external_id: ExternalId::parse(&external_id).unwrap(),
            end_to_end_id: None,
            replaces: None,
            batch_id: None,
            debtor_account_ref: "main-eur".to_owned(),
            amount: amount("1250.00", "EUR"),
            creditor: Party::named(PartyName::parse("Zoe Muller").unwrap(), PartyKind::Individual),
            creditor_account: iban("DE89370400440532013000"),
            creditor_agent: None,
            speed: None,
            rail_preference: Vec::new(),
            requested_execution_date: None,
            date_policy: DatePolicy::RollForward,
            purpose: None,
            category_purpose: None,
            remittance: Remittance::Unstructured("November reward".to_owned()),
            charge_bearer: None,
            batch_booking: None,
            ultimate_debtor: None,
            ultimate_creditor: None,
            allow_truncation: false,
        },
        speed: Speed::Standard,
        rail: Rail::SepaCreditTransfer,
        bank: "reference".to_owned(),
        execution_date: date(),
        charge_bearer: Some(ChargeBearer::ServiceLevel),
        changes: Vec::new(),
    }
}

/// An address with every part at its full length.
pub fn full_address() -> Address {
    let full = |most: usize| Some("Ä".repeat(most));
    Address::parse(AddressParts {
        department: full(70),
        sub_department: full(70),
        street: full(70),
        building_number: full(16),
        building_name: full(35),
        floor: full(70),
        post_box: Some("1234567890123456".to_owned()),
        room: full(70),
        postcode: full(16),
        town: Some("Wien".to_owned()),
        town_location: full(35),
        district: full(35),
        country_subdivision: full(35),
        country: Some("AT".to_owned()),
        lines: vec!["c/o Portier".to_owned(), "2nd court".to_owned()],
    })
    .unwrap()
}

fn small_address() -> Address {
    Address::parse(AddressParts {
        street: Some("Hauptstr.".to_owned()),
        building_number: Some("5".to_owned()),
        post_box: Some("17".to_owned()),
        floor: Some("3rd floor".to_owned()),
        postcode: Some("10115".to_owned()),
        town: Some("Berlin".to_owned()),
        country: Some("DE".to_owned()),
        ..AddressParts::default()
    })
    .unwrap()
}

fn accounts() -> Vec<Account> {
    let other = |country: &str, agent: OtherAgent, account: &str| Account::Other {
        country: Country::parse(country).unwrap(),
        agent,
        account: OtherAccountNumber::parse(account).unwrap(),
    };
    let code = |text: &str| OtherAgent::BankCode(BankCode::parse(text).unwrap());
    let uk = |secondary_reference| Account::Uk {
        sort_code: SortCode::parse("12-34-56").unwrap(),
        account: UkAccountNumber::parse("01234567").unwrap(),
        secondary_reference,
    };
    let us = |kind| Account::Us {
        routing: AbaRouting::parse("021000021").unwrap(),
        account: UsAccountNumber::parse("0001234567").unwrap(),
        kind,
    };
    vec![
        iban("DE89370400440532013000"),
        uk(None),
        uk(Some(SecondaryReference::parse("ROLL/123-4").unwrap())),
        us(UsAccountKind::Checking),
        us(UsAccountKind::Savings),
        other("CA", code("000312345"), "1234567"),
        other("FR", code("30006"), "00001234567"),
        other("VN", code("79201001"), "0071000987654"),
        other("JP", OtherAgent::Bic(Bic::parse("BOTKJPJT").unwrap()), "7654321"),
    ]
}

fn remittances() -> Vec<Remittance> {
    vec![
        Remittance::None,
        Remittance::Unstructured("x".repeat(140)),
        Remittance::Unstructured("a < b & c > \"d\" 'e' ]]> ž 漢字 🎉".to_owned()),
        Remittance::Reference {
            kind: Code::Listed("SCOR".to_owned()),
            reference: "RF18539007547034".to_owned(),
        },
        Remittance::Reference {
            kind: Code::Proprietary("QRR".to_owned()),
            reference: "210000000003139471430009017".to_owned(),
        },
    ]
}

fn parties() -> Vec<Party> {
    let named = |name: &str, kind| Party::named(PartyName::parse(name).unwrap(), kind);
    let id = |scheme: &str, value: &str| PartyIdentifier::parse(scheme, value).unwrap();
    let mut organisation = named("Ünïcode & Söhne <GmbH>", PartyKind::Organisation);
    organisation.identifiers =
        vec![id("TXID", "DE123"), id("LEI", "529900T8BM49AURSDO55"), id("my-scheme", "a&b")];
    organisation.address = Some(full_address());
    let mut individual = named(&"n".repeat(140), PartyKind::Individual);
    individual.identifiers = vec![id("NIDN", "12345678901"), id("CPF", "123.456.789-09")];
    individual.address = Some(small_address());
    vec![named("Ana", PartyKind::Organisation), organisation, individual]
}

/// Every account form with every remittance and party, and the optional elements on and off in turn.
pub fn varied() -> Vec<Payout> {
    let mut payouts = Vec::new();
    let money = ["0.01 EUR", "999999999.99 EUR", "12345 JPY", "1.005 BHD", "2500.5 GBP", "7 USD"];
    for account in accounts() {
        for remittance in remittances() {
            for creditor in parties() {
                let number = payouts.len();
                let mut payout = plain(number as u32);
                let (value, currency) = money[number % money.len()].split_once(' ').unwrap();
                let instruction = &mut payout.instruction;
                instruction.amount = amount(value, currency);
                instruction.creditor_account = account.clone();
                instruction.remittance = remittance.clone();
                instruction.creditor = creditor;
                if number % 2 == 0 {
                    instruction.ultimate_debtor = Some("Für & wegen".to_owned());
                    instruction.purpose = Some(Code::Listed("ROYA".to_owned()));
                }
                if number % 3 == 0 {
                    instruction.ultimate_creditor = Some("u".repeat(70));
                    instruction.purpose = Some(Code::Proprietary("own <purpose>".to_owned()));
                }
                if number % 4 == 0 {
                    let bic = Some(Bic::parse("COBADEFFXXX").unwrap());
                    let clearing = Some(("DEBLZ".to_owned(), "37040044".to_owned()));
                    instruction.creditor_agent = Some(Agent { bic, clearing });
                }
                payouts.push(payout);
            }
        }
    }
    payouts
}
