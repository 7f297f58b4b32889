//! How a rail is coded and what it carries: defaults for every bank, with the changes a profile makes.
//! Never which rail a payout takes (`engine::routing`).

use super::ProfileError;
use crate::domain::calendar::Calendar;
use crate::domain::charset::CharacterSet;
use crate::domain::currency::Currency;
use crate::domain::payout::{ChargeBearer, Code, Rail, Speed};
use chrono::{NaiveDate, NaiveTime};
use rust_decimal::Decimal;
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};

/// Codings of the rails as most banks have them, and the order in which wishes are tried.
const RAILS: &str = include_str!("../../../profiles/rails.toml");

/// A rail as one bank offers it.
#[derive(Clone, Debug)]
pub struct RailCoding {
    /// Which rail.
    pub rail: Rail,
    /// The currency that it moves.
    pub currency: Currency,
    /// `PmtTpInf/SvcLvl`.
    pub service_level: Option<Code>,
    /// `PmtTpInf/LclInstrm`.
    pub local_instrument: Option<Code>,
    /// Charge bearers that the rail takes; the first one is the default.
    pub charge_bearers: Vec<ChargeBearer>,
    /// Most characters of a party's name.
    pub name_max: usize,
    /// Most characters of free remittance text.
    pub remittance_max: usize,
    /// Most characters of an end-to-end id that reach the payee.
    pub end_to_end_max: usize,
    /// Characters that arrive.
    pub character_set: CharacterSet,
    /// Smallest amount.
    pub amount_min: Decimal,
    /// Largest amount.
    pub amount_max: Decimal,
    /// Its business days.
    pub calendar: Calendar,
    /// Bank's cut-off on a business day, local time of `time_zone`; absent for rails that never close.
    pub cut_off: Option<NaiveTime>,
    /// Zone of the cut-off.
    pub time_zone: chrono_tz::Tz,
    /// The creditor's address.
    pub address: AddressRule,
    /// Whether a purpose must be given.
    pub purpose: Demand,
    /// Whether a creditor's bank must be given besides the account.
    pub agent: AgentRule,
    /// Account forms of the creditor that it takes.
    pub accounts: Vec<AccountForm>,
    /// Structured creditor references.
    pub reference: Demand,
    /// `BtchBookg` when the instruction does not say.
    pub batch_booking: Option<bool>,
    /// How long a payout on this rail may wait for company; absent takes the bank's.
    pub batch_wait_ms: Option<u64>,
    /// Most payments in a block on this rail; absent takes the bank's.
    pub payments_per_block: Option<u32>,
}

/// What a rail says about something optional.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Demand {
    /// Must be there.
    Required,
    /// May be there.
    Optional,
    /// Cannot be carried.
    Forbidden,
}

/// What a rail wants of the creditor's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AddressRule {
    /// None needed; if there is one, town and country at least.
    Optional,
    /// Town and country at least.
    Required,
    /// Town and country at least, and no address lines.
    Structured,
}

/// What a rail wants of the creditor's bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgentRule {
    /// The account says it.
    Optional,
    /// A BIC.
    Bic,
}

/// Forms of an account, as `domain::account::Account` has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountForm {
    /// An IBAN of the SEPA area.
    SepaIban,
    /// An IBAN of the United Kingdom.
    GbIban,
    /// Any IBAN.
    Iban,
    /// Sort code and account number.
    Gb,
    /// Routing and account number.
    Us,
    /// Any other form.
    Other,
}

/// A wish and the rails that may fulfil it, in order.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wish {
    /// Currency of the transfer.
    #[serde(deserialize_with = "currency")]
    pub currency: Currency,
    /// Speed wished.
    #[serde(deserialize_with = "speed")]
    pub speed: Speed,
    /// Rails in order of preference.
    #[serde(deserialize_with = "rail_list")]
    pub rails: Vec<Rail>,
}

/// A coding with gaps: what `rails.toml` knows, or what a profile changes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RailPatch {
    #[serde(deserialize_with = "rail")]
    rail: Rail,
    #[serde(default, deserialize_with = "optional_currency")]
    currency: Option<Currency>,
    #[serde(default, deserialize_with = "code")]
    service_level: Option<Code>,
    #[serde(default, deserialize_with = "code")]
    local_instrument: Option<Code>,
    #[serde(default, deserialize_with = "charge_bearers")]
    charge_bearers: Option<Vec<ChargeBearer>>,
    name_max: Option<usize>,
    remittance_max: Option<usize>,
    end_to_end_max: Option<usize>,
    #[serde(default, deserialize_with = "character_set")]
    character_set: Option<CharacterSet>,
    #[serde(default, deserialize_with = "optional_decimal")]
    amount_min: Option<Decimal>,
    #[serde(default, deserialize_with = "optional_decimal")]
    amount_max: Option<Decimal>,
    #[serde(default, deserialize_with = "calendar")]
    calendar: Option<Calendar>,
    #[serde(default, deserialize_with = "time_of_day")]
    cut_off: Option<NaiveTime>,
    #[serde(default, deserialize_with = "optional_zone")]
    time_zone: Option<chrono_tz::Tz>,
    address: Option<AddressRule>,
    purpose: Option<Demand>,
    agent: Option<AgentRule>,
    accounts: Option<Vec<AccountForm>>,
    reference: Option<Demand>,
    batch_booking: Option<bool>,
    batch_wait_ms: Option<u64>,
    payments_per_block: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    #[serde(rename = "rail")]
    rails: Vec<RailPatch>,
    #[serde(rename = "wish")]
    wishes: Vec<Wish>,
}

/// The order in which the rails of a currency are tried for a speed; empty where no rule exists.
pub fn preference(currency: Currency, speed: Speed) -> &'static [Rail] {
    let wish = defaults().wishes.iter().find(|wish| wish.currency == currency && wish.speed == speed);
    wish.map_or(&[], |wish| &wish.rails)
}

/// Fills the gaps of a profile's rails from the embedded defaults.
pub(super) fn with_defaults(patches: Vec<RailPatch>) -> Result<Vec<RailCoding>, ProfileError> {
    let known = &defaults().rails;
    let default_of = |rail: Rail| known.iter().find(|patch| patch.rail == rail);
    patches.into_iter().map(|patch| complete(&patch, default_of(patch.rail).unwrap_or(&patch))).collect()
}

/// Parses TOML into a shape; the error says line and column.
pub fn parse_toml<T: DeserializeOwned>(text: &str) -> Result<T, ProfileError> {
    toml::from_str(text).map_err(|error| {
        let before = text.get(..error.span().map_or(0, |span| span.start)).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        ProfileError::Shape {
            line: before.matches('\n').count() + 1,
            column: before.get(line_start..).map_or(0, |line| line.chars().count()) + 1,
            message: error.message().to_owned(),
        }
    })
}

fn defaults() -> &'static File {
    static FILE: std::sync::OnceLock<File> = std::sync::OnceLock::new();
    FILE.get_or_init(|| {
        let file: File = parse_toml(RAILS).expect("the embedded rails.toml is tested");
        debug_assert_eq!(file.version, 1, "the shape of rails.toml that this code reads");
        file
    })
}

/// The gaps of `patch` from `default`; what neither says must be optional.
fn complete(patch: &RailPatch, default: &RailPatch) -> Result<RailCoding, ProfileError> {
    let rail = patch.rail;
    let missing = |key: &'static str| ProfileError::RailIncomplete { rail: rail.name(), key };
    let coding = RailCoding {
        rail,
        currency: either(&patch.currency, &default.currency).ok_or(missing("currency"))?,
        service_level: either(&patch.service_level, &default.service_level),
        local_instrument: either(&patch.local_instrument, &default.local_instrument),
        charge_bearers: either(&patch.charge_bearers, &default.charge_bearers)
            .ok_or(missing("charge_bearers"))?,
        name_max: either(&patch.name_max, &default.name_max).ok_or(missing("name_max"))?,
        remittance_max: either(&patch.remittance_max, &default.remittance_max)
            .ok_or(missing("remittance_max"))?,
        end_to_end_max: either(&patch.end_to_end_max, &default.end_to_end_max)
            .ok_or(missing("end_to_end_max"))?,
        character_set: either(&patch.character_set, &default.character_set)
            .ok_or(missing("character_set"))?,
        amount_min: either(&patch.amount_min, &default.amount_min).ok_or(missing("amount_min"))?,
        amount_max: either(&patch.amount_max, &default.amount_max).ok_or(missing("amount_max"))?,
        calendar: either(&patch.calendar, &default.calendar).ok_or(missing("calendar"))?,
        cut_off: either(&patch.cut_off, &default.cut_off),
        time_zone: either(&patch.time_zone, &default.time_zone).ok_or(missing("time_zone"))?,
        address: either(&patch.address, &default.address).ok_or(missing("address"))?,
        purpose: either(&patch.purpose, &default.purpose).ok_or(missing("purpose"))?,
        agent: either(&patch.agent, &default.agent).ok_or(missing("agent"))?,
        accounts: either(&patch.accounts, &default.accounts).ok_or(missing("accounts"))?,
        reference: either(&patch.reference, &default.reference).ok_or(missing("reference"))?,
        batch_booking: either(&patch.batch_booking, &default.batch_booking),
        batch_wait_ms: either(&patch.batch_wait_ms, &default.batch_wait_ms),
        payments_per_block: either(&patch.payments_per_block, &default.payments_per_block),
    };
    if coding.charge_bearers.is_empty() {
        return Err(missing("charge_bearers"));
    }
    Ok(coding)
}

/// What the patch says, else what the default says.
fn either<T: Clone>(patch: &Option<T>, default: &Option<T>) -> Option<T> {
    patch.as_ref().or(default.as_ref()).cloned()
}

pub(super) fn decimal<'de, D: Deserializer<'de>>(source: D) -> Result<Decimal, D::Error> {
    let text = String::deserialize(source)?;
    Decimal::from_str_exact(&text).map_err(|_| D::Error::custom(format!("'{text}' is not a decimal number")))
}

fn optional_decimal<'de, D: Deserializer<'de>>(source: D) -> Result<Option<Decimal>, D::Error> {
    decimal(source).map(Some)
}

pub(super) fn zone<'de, D: Deserializer<'de>>(source: D) -> Result<chrono_tz::Tz, D::Error> {
    let text = String::deserialize(source)?;
    text.parse().map_err(|_| D::Error::custom(format!("'{text}' is no IANA time zone")))
}

fn optional_zone<'de, D: Deserializer<'de>>(source: D) -> Result<Option<chrono_tz::Tz>, D::Error> {
    zone(source).map(Some)
}

pub(super) fn dates<'de, D: Deserializer<'de>>(source: D) -> Result<Vec<NaiveDate>, D::Error> {
    let texts = Vec::<String>::deserialize(source)?;
    let parse = |text: &String| NaiveDate::parse_from_str(text, "%Y-%m-%d");
    texts
        .iter()
        .map(parse)
        .collect::<Result<_, _>>()
        .map_err(|_| D::Error::custom("dates are written YYYY-MM-DD"))
}

fn currency<'de, D: Deserializer<'de>>(source: D) -> Result<Currency, D::Error> {
    Currency::parse(&String::deserialize(source)?).map_err(D::Error::custom)
}

fn optional_currency<'de, D: Deserializer<'de>>(source: D) -> Result<Option<Currency>, D::Error> {
    currency(source).map(Some)
}

fn calendar<'de, D: Deserializer<'de>>(source: D) -> Result<Option<Calendar>, D::Error> {
    Calendar::parse(&String::deserialize(source)?).map(Some).map_err(D::Error::custom)
}

/// Names of character sets in profiles.
const CHARACTER_SETS: &[(&str, CharacterSet)] = &[
    ("sepa", CharacterSet::Sepa),
    ("swift_x", CharacterSet::SwiftX),
    ("bacs", CharacterSet::Bacs),
    ("ascii", CharacterSet::Ascii),
    ("latin", CharacterSet::Latin),
    ("unicode", CharacterSet::Unicode),
];

fn character_set<'de, D: Deserializer<'de>>(source: D) -> Result<Option<CharacterSet>, D::Error> {
    let text = String::deserialize(source)?;
    let set = CHARACTER_SETS.iter().find(|(name, _)| *name == text).map(|(_, set)| *set);
    set.map(Some).ok_or_else(|| D::Error::custom(format!("there is no character set '{text}'")))
}

fn time_of_day<'de, D: Deserializer<'de>>(source: D) -> Result<Option<NaiveTime>, D::Error> {
    let text = String::deserialize(source)?;
    let time = NaiveTime::parse_from_str(&text, "%H:%M");
    time.map(Some).map_err(|_| D::Error::custom(format!("'{text}' is not a time of day HH:MM")))
}

fn rail<'de, D: Deserializer<'de>>(source: D) -> Result<Rail, D::Error> {
    let text = String::deserialize(source)?;
    Rail::parse(&text).ok_or_else(|| D::Error::custom(format!("there is no rail '{text}'")))
}

fn rail_list<'de, D: Deserializer<'de>>(source: D) -> Result<Vec<Rail>, D::Error> {
    let known = |text: &String| {
        Rail::parse(text).ok_or_else(|| D::Error::custom(format!("there is no rail '{text}'")))
    };
    Vec::<String>::deserialize(source)?.iter().map(known).collect()
}

fn speed<'de, D: Deserializer<'de>>(source: D) -> Result<Speed, D::Error> {
    let text = String::deserialize(source)?;
    Speed::parse(&text).ok_or_else(|| D::Error::custom(format!("there is no speed '{text}'")))
}

fn charge_bearers<'de, D: Deserializer<'de>>(source: D) -> Result<Option<Vec<ChargeBearer>>, D::Error> {
    let known = |text: &String| {
        ChargeBearer::parse(text)
            .ok_or_else(|| D::Error::custom(format!("there is no charge bearer '{text}'")))
    };
    Vec::<String>::deserialize(source)?.iter().map(known).collect::<Result<_, _>>().map(Some)
}

#[derive(Deserialize)]
#[serde(untagged)]
enum CodeShape {
    Listed(String),
    Proprietary { proprietary: String },
}

fn code<'de, D: Deserializer<'de>>(source: D) -> Result<Option<Code>, D::Error> {
    Ok(Some(match CodeShape::deserialize(source)? {
        CodeShape::Listed(code) => Code::Listed(code),
        CodeShape::Proprietary { proprietary } => Code::Proprietary(proprietary),
    }))
}
