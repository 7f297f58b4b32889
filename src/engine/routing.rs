//! Which rail a payout takes, on which day, and who bears the charges: pure, with the reason for each rail left out.
//! Never whether its texts fit the rail (`intake::fit`).

use crate::bank::profile::Profile;
use crate::bank::profile::rails::{AccountForm, AddressRule, AgentRule, Demand, RailCoding, preference};
use crate::domain::account::{Account, is_sepa_iban};
use crate::domain::amount::Amount;
use crate::domain::calendar::business_date;
use crate::domain::country::Country;
use crate::domain::currency::Currency;
use crate::domain::payout::{ChargeBearer, DatePolicy, Instruction, Rail, Remittance, Speed};
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use rust_decimal::Decimal;

/// A configured bank with its profile.
#[derive(Clone, Debug)]
pub struct Bank {
    /// Id in the configuration.
    pub id: String,
    /// What it is like.
    pub profile: Profile,
}

/// What routing looks at. Parts that are unknown (because they were refused) exclude no rail.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// Bank of the debtor account.
    pub bank: &'a str,
    /// Currency of the transfer.
    pub currency: Currency,
    /// Amount.
    pub amount: Option<Amount>,
    /// The creditor's account.
    pub account: Option<&'a Account>,
    /// Wished speed, after defaults.
    pub speed: Speed,
    /// Rails that the client allows, in order; empty allows all.
    pub rail_preference: &'a [Rail],
    /// Wished date.
    pub date: Option<NaiveDate>,
    /// What to do when it is no business day.
    pub date_policy: DatePolicy,
    /// Wished sharing of charges.
    pub charge_bearer: Option<ChargeBearer>,
    /// The creditor's address.
    pub address: AddressGiven,
    /// A BIC of the creditor's bank was given.
    pub bic: Given,
    /// A purpose was given.
    pub purpose: Given,
    /// A structured reference was given.
    pub reference: Given,
}

/// Whether something was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// Yes.
    Yes,
    /// No.
    No,
}

impl Given {
    /// From an option.
    pub fn of<T>(value: Option<&T>) -> Given {
        if value.is_some() { Given::Yes } else { Given::No }
    }
}

/// What was given of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressGiven {
    /// None.
    None,
    /// Fields only.
    Structured,
    /// Fields and lines.
    Hybrid,
}

impl<'a> Request<'a> {
    /// What routing looks at in a whole instruction.
    pub fn of(instruction: &'a Instruction, bank: &'a str, default_speed: Speed) -> Request<'a> {
        let bic = instruction.creditor_agent.as_ref().and_then(|agent| agent.bic.as_ref());
        let address = match &instruction.creditor.address {
            None => AddressGiven::None,
            Some(address) if address.parts().lines.is_empty() => AddressGiven::Structured,
            Some(_) => AddressGiven::Hybrid,
        };
        Request {
            bank,
            currency: instruction.amount.currency(),
            amount: Some(instruction.amount),
            account: Some(&instruction.creditor_account),
            speed: instruction.speed.unwrap_or(default_speed),
            rail_preference: &instruction.rail_preference,
            date: instruction.requested_execution_date,
            date_policy: instruction.date_policy,
            charge_bearer: instruction.charge_bearer,
            address,
            bic: Given::of(bic),
            purpose: Given::of(instruction.purpose.as_ref()),
            reference: match instruction.remittance {
                Remittance::Reference { .. } => Given::Yes,
                _ => Given::No,
            },
        }
    }
}

/// Why a rail was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// The bank does not offer it.
    NotOffered,
    /// The client does not allow it.
    NotPreferred,
    /// It moves another currency.
    Currency,
    /// It is slower than what was wished.
    Speed,
    /// It cannot pay to this form of account.
    AccountForm,
    /// Less than this.
    AmountBelow(Decimal),
    /// More than this.
    AmountAbove(Decimal),
    /// It does not share charges that way.
    ChargeBearer,
    /// Instant payments cannot be dated ahead.
    FutureInstant,
    /// No business day, and the client wants no other.
    NotBusinessDay,
    /// The address is missing.
    AddressMissing,
    /// The address has lines.
    AddressLines,
    /// The BIC is missing.
    BicMissing,
    /// The purpose is missing.
    PurposeMissing,
    /// It carries no structured reference.
    Reference,
}

impl Obstacle {
    /// The stable code of the finding, when no rail is left.
    pub fn code(&self) -> &'static str {
        match self {
            Obstacle::NotOffered => "route.not_offered",
            Obstacle::NotPreferred => "route.not_preferred",
            Obstacle::Currency => "route.none",
            Obstacle::Speed => "route.speed",
            Obstacle::AccountForm => "account.form_not_on_rail",
            Obstacle::AmountBelow(_) => "amount.below_rail",
            Obstacle::AmountAbove(_) => "amount.above_rail",
            Obstacle::ChargeBearer => "charge_bearer.not_on_rail",
            Obstacle::FutureInstant => "date.instant_future",
            Obstacle::NotBusinessDay => "date.not_business_day",
            Obstacle::AddressMissing => "address.required",
            Obstacle::AddressLines => "address.lines_not_on_rail",
            Obstacle::BicMissing => "agent.bic_required",
            Obstacle::PurposeMissing => "purpose.required",
            Obstacle::Reference => "reference.not_on_rail",
        }
    }

    /// The client could add or change what is missing and keep the rail.
    fn is_missing_detail(&self) -> bool {
        matches!(
            self,
            Obstacle::AddressMissing
                | Obstacle::AddressLines
                | Obstacle::BicMissing
                | Obstacle::PurposeMissing
        )
    }
}

/// A rail that was considered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Which.
    pub rail: Rail,
    /// Every reason against it; none if it would do.
    pub dropped: Vec<Obstacle>,
}

/// What was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Bank id in the configuration.
    pub bank: String,
    /// The rail.
    pub rail: Rail,
    /// Requested execution date that goes out.
    pub execution_date: NaiveDate,
    /// The wished date, where it was moved.
    pub rolled_from: Option<NaiveDate>,
    /// Who bears the charges.
    pub charge_bearer: ChargeBearer,
}

/// The decision with its record: the rails considered in order, each with the reasons against it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Routing {
    /// What was chosen, if anything would do.
    pub choice: Option<Choice>,
    /// Every rail considered, in order of preference.
    pub candidates: Vec<Candidate>,
}

impl Routing {
    /// The rail chosen, else the one that comes nearest: the first against which only missing details speak, else the
    /// first offered. Its rules are what the client should hear about.
    pub fn nearest(&self) -> Option<&Candidate> {
        let chosen = |candidate: &&Candidate| candidate.dropped.is_empty();
        let details = |candidate: &&Candidate| candidate.dropped.iter().all(Obstacle::is_missing_detail);
        let offered = |candidate: &&Candidate| {
            !candidate.dropped.iter().any(|drop| {
                matches!(drop, Obstacle::NotOffered | Obstacle::NotPreferred | Obstacle::Currency)
            })
        };
        let all = || self.candidates.iter();
        (all().find(chosen)).or_else(|| all().find(details)).or_else(|| all().find(offered)).or(all().next())
    }
}

/// Chooses the first rail in the order of preference against which nothing speaks.
pub fn choose(request: &Request<'_>, banks: &[Bank], now: DateTime<Utc>) -> Routing {
    let Some(bank) = banks.iter().find(|bank| bank.id == request.bank) else {
        return Routing { choice: None, candidates: Vec::new() };
    };
    let wished = preference(request.currency, request.speed);
    let order = request
        .rail_preference
        .iter()
        .chain(wished.iter().filter(|rail| !request.rail_preference.contains(rail)));
    let mut routing = Routing { choice: None, candidates: Vec::new() };
    for rail in order {
        let dropped = reasons(request, &bank.profile, *rail, now);
        if dropped.is_empty() && routing.choice.is_none() {
            routing.choice = choice(request, bank, *rail, now);
        }
        routing.candidates.push(Candidate { rail: *rail, dropped });
    }
    routing
}

fn choice(request: &Request<'_>, bank: &Bank, rail: Rail, now: DateTime<Utc>) -> Option<Choice> {
    let coding = bank.profile.rail(rail)?;
    let execution_date = execution_date(request.date, coding, &bank.profile, now);
    Some(Choice {
        bank: bank.id.clone(),
        rail,
        execution_date,
        rolled_from: request.date.filter(|date| *date != execution_date),
        charge_bearer: request.charge_bearer.or(coding.charge_bearers.first().copied())?,
    })
}

fn reasons(request: &Request<'_>, profile: &Profile, rail: Rail, now: DateTime<Utc>) -> Vec<Obstacle> {
    let mut dropped = Vec::new();
    let mut against = |speaks: bool, drop: Obstacle| {
        if speaks {
            dropped.push(drop);
        }
    };
    against(
        !request.rail_preference.is_empty() && !request.rail_preference.contains(&rail),
        Obstacle::NotPreferred,
    );
    let Some(coding) = profile.rail(rail) else {
        against(true, Obstacle::NotOffered);
        return dropped;
    };
    against(coding.currency != request.currency, Obstacle::Currency);
    against(is_too_slow(rail, request.speed), Obstacle::Speed);
    against(request.account.is_some_and(|account| !pays_to(coding, account)), Obstacle::AccountForm);
    if let Some(amount) = &request.amount {
        let largest = coding.amount_max.min(profile.limits.sum_per_block);
        against(amount.value() < coding.amount_min, Obstacle::AmountBelow(coding.amount_min));
        against(amount.value() > largest, Obstacle::AmountAbove(largest));
    }
    against(
        request.charge_bearer.is_some_and(|bearer| !coding.charge_bearers.contains(&bearer)),
        Obstacle::ChargeBearer,
    );
    let today = local_date(profile, now);
    let moved = request.date.is_some_and(|date| execution_date(request.date, coding, profile, now) != date);
    against(rail.is_instant() && request.date.is_some_and(|date| date > today), Obstacle::FutureInstant);
    against(
        moved && !rail.is_instant() && request.date_policy == DatePolicy::Reject,
        Obstacle::NotBusinessDay,
    );
    let address = request.address;
    against(
        coding.address != AddressRule::Optional && address == AddressGiven::None,
        Obstacle::AddressMissing,
    );
    against(
        coding.address == AddressRule::Structured && address == AddressGiven::Hybrid,
        Obstacle::AddressLines,
    );
    against(coding.agent == AgentRule::Bic && request.bic == Given::No, Obstacle::BicMissing);
    against(coding.purpose == Demand::Required && request.purpose == Given::No, Obstacle::PurposeMissing);
    against(coding.reference == Demand::Forbidden && request.reference == Given::Yes, Obstacle::Reference);
    dropped
}

/// The bank's own date, by which "in the past" is judged.
pub fn local_date(profile: &Profile, now: DateTime<Utc>) -> NaiveDate {
    now.with_timezone(&profile.dates.time_zone).date_naive()
}

/// The last day that a payout may be dated to.
pub fn horizon(profile: &Profile, now: DateTime<Utc>) -> NaiveDate {
    let today = local_date(profile, now);
    today.checked_add_days(Days::new(u64::from(profile.dates.horizon_days))).unwrap_or(NaiveDate::MAX)
}

/// The first day on or after the wished one on which the rail and the bank work and whose cut-off can still be met.
/// Instant rails: the day itself.
pub fn execution_date(
    wished: Option<NaiveDate>,
    coding: &RailCoding,
    profile: &Profile,
    now: DateTime<Utc>,
) -> NaiveDate {
    let today = local_date(profile, now);
    if coding.rail.is_instant() {
        return wished.unwrap_or(today).max(today);
    }
    let ready = now + TimeDelta::seconds(i64::from(profile.dates.cut_off_margin_s));
    let earliest = business_date(ready, coding.time_zone, coding.cut_off, coding.calendar).max(today);
    let mut date = coding.calendar.roll_forward(wished.map_or(earliest, |date| date.max(earliest)));
    while profile.dates.closed.contains(&date) {
        date = coding.calendar.next_business_day(date);
    }
    date
}

/// Whether the rail cannot meet the wished speed. A wish for a gross settlement system is met by those alone.
fn is_too_slow(rail: Rail, speed: Speed) -> bool {
    match speed {
        Speed::InstantRequired => !rail.is_instant(),
        Speed::SameDay => {
            matches!(rail, Rail::SepaCreditTransfer | Rail::UkBacs | Rail::UsAch | Rail::CrossBorder)
        }
        Speed::Urgent => {
            !matches!(rail, Rail::TargetUrgent | Rail::UkChaps | Rail::UsWire | Rail::CrossBorder)
        }
        Speed::InstantPreferred | Speed::Standard => false,
    }
}

fn pays_to(coding: &RailCoding, account: &Account) -> bool {
    coding.accounts.iter().any(|form| match (form, account) {
        (AccountForm::SepaIban, Account::Iban(iban)) => is_sepa_iban(iban),
        (AccountForm::GbIban, Account::Iban(iban)) => iban.country() == Country::GB,
        (AccountForm::Iban, Account::Iban(_)) => true,
        (AccountForm::Gb, Account::Uk { .. }) => true,
        (AccountForm::Us, Account::Us { .. }) => true,
        (AccountForm::Other, Account::Other { .. }) => true,
        _ => false,
    })
}
