//! From a draft to a payout: every rule at once, pure. Uniqueness within one input is here (`Seen`); uniqueness
//! against the store never is (`decide`).

use super::draft::{Draft, MEMBERS};
use super::finding::{Finding, Origin, Severity};
use super::fit::{change, fit_to_rail, foreign};
use super::ids::{IdKey, hash_of, token_end_to_end_id};
use super::parts::{self, Parts};
use crate::bank::profile::Profile;
use crate::bank::profile::rails::RailCoding;
use crate::domain::account::Account;
use crate::domain::charset::Policy;
use crate::domain::payout::{Instruction, Payout, Rail, Remittance, Speed};
use crate::domain::reference::{EndToEndId, PayoutToken};
use crate::domain::row::ConfiguredAccount;
use crate::engine::outgoing::{coding_of, debtor_of};
use crate::engine::routing::{
    AddressGiven, Bank, Given, Obstacle, Request, Routing, choose, horizon, local_date,
};
use crate::messages::pain_001::{Unfit, Version, unfit_payout, unfit_shared};
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::HashMap;

/// What a check is told.
#[derive(Clone, Debug)]
pub struct Context<'a> {
    /// Accounts that may be debited.
    pub accounts: &'a [ConfiguredAccount],
    /// Banks with their profiles.
    pub banks: &'a [Bank],
    /// The present moment.
    pub now: DateTime<Utc>,
    /// Whose payouts these are.
    pub tenant: &'a str,
    /// What ids are derived with.
    pub id_key: &'a IdKey,
    /// Speed where the instruction has none: `standard` for files, `instant_preferred` for the API, by configuration.
    pub default_speed: Speed,
    /// What to do with characters that a rail does not carry.
    pub text_policy: Policy,
}

impl Context<'_> {
    fn profile(&self, bank: &str) -> Option<&Profile> {
        self.banks.iter().find(|known| known.id == bank).map(|known| &known.profile)
    }

    /// The present date of the debtor's bank; of Greenwich while the debtor is unknown.
    pub(super) fn local_date(&self, debtor: Option<&ConfiguredAccount>) -> NaiveDate {
        let profile = debtor.and_then(|debtor| self.profile(&debtor.bank));
        profile.map_or(self.now.date_naive(), |profile| local_date(profile, self.now))
    }
}

/// An accepted instruction.
#[derive(Clone, Debug)]
pub struct Checked {
    /// As it will be sent.
    pub payout: Payout,
    /// What the client should know: changed texts, moved dates.
    pub warnings: Vec<Finding>,
    /// Why this rail.
    pub routing: Routing,
    /// Taken where the end-to-end id is not the client's own and is already used on the account.
    pub end_to_end_fallback: Option<EndToEndId>,
    /// Token of the payout it replaces.
    pub replaces: Option<PayoutToken>,
    /// For the search of suspected duplicates: creditor account, amount, currency, remittance and debtor account.
    pub likeness: u64,
    /// Hash of what the client wrote, by which a repetition is told from another payout under the same external id. Of
    /// relative dates it takes the words: the same file is a repetition on another day as well.
    pub content: u64,
}

/// Checks one draft. On refusal everything that is wrong is listed, in the order of the members, warnings included.
pub fn check(draft: &Draft, context: &Context<'_>) -> Result<Checked, Vec<Finding>> {
    let (mut parts, mut findings) = parts::parse(draft, context);
    findings.extend(draft.findings.iter().cloned());
    compare_accounts(&parts, draft, &mut findings);
    let routing = route(&parts, draft, context, &mut findings);
    let coding = coding(&parts, context, routing.as_ref());
    if let Some(coding) = coding {
        findings.extend(fit_to_rail(&mut parts, coding, context.text_policy, draft.origin));
    }
    sort(&mut findings);
    if findings.iter().any(|finding| finding.severity == Severity::Error) {
        return Err(findings);
    }
    let built = routing.zip(coding).and_then(|(routing, coding)| {
        let payout = build(parts, coding, &routing, context)?;
        Some((routing, payout))
    });
    let Some((routing, mut payout)) = built else {
        let message = "no rail moves this currency at this speed";
        return Err(vec![Finding::error(draft.origin, "amount.currency", "route.none", message)]);
    };
    findings.extend(fit_to_definition(&payout, context, draft.origin));
    findings.extend(super::subset::unfit(&payout, context, draft.origin));
    if findings.iter().any(|finding| finding.severity == Severity::Error) {
        sort(&mut findings);
        return Err(findings);
    }
    payout.changes = findings.iter().map(change).collect();
    let chars_max = coding.map_or(usize::MAX, |coding| coding.end_to_end_max);
    let fallback = payout.instruction.end_to_end_id.is_none();
    let replaces = payout.instruction.replaces.as_ref();
    Ok(Checked {
        end_to_end_fallback: fallback.then(|| token_end_to_end_id(&payout.token, chars_max)),
        replaces: replaces.map(|id| context.id_key.payout_token(context.tenant, id.as_str())),
        likeness: likeness(&payout.instruction),
        content: hash_of(draft.members().flat_map(|(name, text)| [name, text])),
        payout,
        warnings: findings,
        routing,
    })
}

/// What the message definition of the bank has no room for. A definition that is not written is the sender's finding.
fn fit_to_definition(payout: &Payout, context: &Context<'_>, origin: Origin) -> Vec<Finding> {
    let bank = context.banks.iter().find(|bank| bank.id == payout.bank);
    let reference = &payout.instruction.debtor_account_ref;
    let account = context.accounts.iter().find(|account| account.account_ref == *reference);
    let (Some(bank), Some(account)) = (bank, account) else { return Vec::new() };
    let Some(version) = Version::parse(&bank.profile.message.definition) else { return Vec::new() };
    let mut unfit = unfit_payout(version, payout);
    let category_purpose = payout.instruction.category_purpose.as_ref();
    let coding = coding_of(bank, payout.rail, category_purpose);
    unfit.extend(unfit_shared(version, &coding, &debtor_of(account), payout.charge_bearer));
    unfit.dedup();
    let finding = |unfit: Unfit| {
        let message = format!("{} cannot carry it: {}", version.id(), unfit.why);
        Finding::error(origin, unfit.member, "definition.unfit", message)
    };
    unfit.into_iter().map(finding).collect()
}

/// What two payouts have in common when one may be the other, asked for twice.
fn likeness(instruction: &Instruction) -> u64 {
    let account = match &instruction.creditor_account {
        Account::Iban(iban) => iban.as_str().to_owned(),
        Account::Uk { sort_code, account, .. } => format!("GB {} {}", sort_code.as_str(), account.as_str()),
        Account::Us { routing, account, .. } => format!("US {} {}", routing.as_str(), account.as_str()),
        Account::Other { country, account, .. } => format!("{country} {}", account.as_str()),
    };
    let remittance = match &instruction.remittance {
        Remittance::None => "",
        Remittance::Unstructured(text) => text,
        Remittance::Reference { reference, .. } => reference,
    };
    let amount = instruction.amount.value().normalize().to_string();
    let currency = instruction.amount.currency();
    hash_of([&account, &amount, currency.code(), remittance, &instruction.debtor_account_ref].into_iter())
}

/// What a file has had so far: ids must be unique within it.
#[derive(Debug, Default)]
pub struct Seen {
    external_ids: HashMap<String, u64>,
    end_to_end_ids: HashMap<(String, String), u64>,
    count: u64,
}

impl Seen {
    /// Checks a draft within its file. An end-to-end id that was not given gives way to the token; one that was given
    /// is refused. A refused draft leaves no trace, so that its corrected form may follow.
    pub fn check(&mut self, draft: &Draft, context: &Context<'_>) -> Result<Checked, Vec<Finding>> {
        self.admit(draft, check(draft, context))
    }

    /// The second half of [`Seen::check`], for callers that check on several threads and admit in order.
    pub fn admit(
        &mut self,
        draft: &Draft,
        checked: Result<Checked, Vec<Finding>>,
    ) -> Result<Checked, Vec<Finding>> {
        self.count += 1;
        let duplicates = self.duplicates(draft);
        let mut checked = match (checked, duplicates) {
            (Ok(checked), duplicates) if duplicates.is_empty() => checked,
            (checked, duplicates) => {
                let mut findings = checked.map_or_else(|findings| findings, |checked| checked.warnings);
                findings.extend(duplicates);
                sort(&mut findings);
                return Err(findings);
            }
        };
        let payout = &mut checked.payout;
        let account = payout.instruction.debtor_account_ref.clone();
        let taken = self.end_to_end_ids.contains_key(&(account.clone(), payout.end_to_end_id.key()));
        if let Some(fallback) = checked.end_to_end_fallback.as_ref().filter(|_| taken) {
            payout.end_to_end_id = fallback.clone();
        }
        self.external_ids.insert(payout.instruction.external_id.as_str().to_owned(), self.count);
        self.end_to_end_ids.insert((account, payout.end_to_end_id.key()), self.count);
        Ok(checked)
    }

    fn duplicates(&self, draft: &Draft) -> Vec<Finding> {
        let mut findings = Vec::new();
        if draft.text("external_id").is_some_and(|id| self.external_ids.contains_key(id)) {
            let message = "another payout of this file has this external_id";
            findings.push(Finding::error(
                draft.origin,
                "external_id",
                "external_id.duplicate_in_file",
                message,
            ));
        }
        let account = draft.text("debtor.account_ref").unwrap_or_default().to_owned();
        let key = draft.text("end_to_end_id").map(|id| (account, id.to_ascii_uppercase()));
        if key.is_some_and(|key| self.end_to_end_ids.contains_key(&key)) {
            let message = "another payout of this file from the same account has this reference (case aside)";
            let code = "end_to_end_id.duplicate_in_file";
            findings.push(Finding::error(draft.origin, "end_to_end_id", code, message));
        }
        findings
    }
}

/// By member in the order of the table, unknown members last; errors before warnings.
fn sort(findings: &mut [Finding]) {
    let place = |member: &str| {
        let within = |name: &str| {
            name == member || name.strip_prefix(member).is_some_and(|rest| rest.starts_with('.'))
        };
        MEMBERS.iter().position(|known| within(known.name)).unwrap_or(usize::MAX)
    };
    findings.sort_by_cached_key(|finding| (place(&finding.member), finding.severity, finding.member.clone()));
}

fn compare_accounts(parts: &Parts<'_>, draft: &Draft, findings: &mut Vec<Finding>) {
    let mut add = |member: &str, code, message: &str, severity| {
        let mut finding = Finding::error(draft.origin, member, code, message);
        finding.severity = severity;
        findings.push(finding);
    };
    if let (Some(debtor), Some(currency)) = (parts.debtor, parts.currency)
        && debtor.currency != currency
    {
        let message = "the debtor account is in another currency; this release converts none";
        add("amount.currency", "currency.debtor_account", message, Severity::Error);
    }
    if let (Some(debtor), Some(creditor)) = (parts.debtor, &parts.creditor_account)
        && same_account(&debtor.account, creditor)
    {
        add("creditor_account", "account.own", "creditor and debtor account are the same", Severity::Error);
    }
    let bic = parts.creditor_agent.as_ref().and_then(|agent| agent.bic.as_ref());
    if let (Some(bic), Some(Account::Iban(iban))) = (bic, &parts.creditor_account)
        && bic.country_code() != iban.country().code()
    {
        let message = "BIC and IBAN are of different countries";
        add("creditor_agent.bic", "bic.iban_country", message, Severity::Warning);
    }
}

/// Whether two accounts are one, also where one is written as IBAN and the other as sort code and number.
fn same_account(left: &Account, right: &Account) -> bool {
    let british = |account: &Account| match account {
        Account::Iban(iban) if iban.country().code() == "GB" => iban.bban().get(4..).map(str::to_owned),
        Account::Uk { sort_code, account, .. } => Some(format!("{}{}", sort_code.as_str(), account.as_str())),
        _ => None,
    };
    left == right || british(left).is_some_and(|left| Some(left) == british(right))
}

fn route(
    parts: &Parts<'_>,
    draft: &Draft,
    context: &Context<'_>,
    findings: &mut Vec<Finding>,
) -> Option<Routing> {
    let (debtor, currency) = (parts.debtor?, parts.currency?);
    let profile = context.profile(&debtor.bank)?;
    let date = parts.date.filter(|date| date_in_range(*date, profile, draft, context, findings));
    let address_tried = draft.has_below("creditor.address");
    let address = match parts.creditor.as_ref().and_then(|creditor| creditor.address.as_ref()) {
        Some(address) if !address.parts().lines.is_empty() => AddressGiven::Hybrid,
        Some(_) => AddressGiven::Structured,
        // A refused address has its own findings; that it is missing is not one of them.
        None if address_tried => AddressGiven::Structured,
        None => AddressGiven::None,
    };
    let given = |member: &str| Given::of(draft.text(member).as_ref());
    let request = Request {
        bank: &debtor.bank,
        currency,
        amount: parts.amount,
        account: parts.creditor_account.as_ref(),
        speed: parts.speed.unwrap_or(context.default_speed),
        rail_preference: &parts.rail_preference,
        date,
        date_policy: parts.date_policy,
        charge_bearer: parts.charge_bearer,
        address,
        bic: given("creditor_agent.bic"),
        purpose: Given::of(parts.purpose.as_ref()),
        reference: match parts.remittance {
            Remittance::Reference { .. } => Given::Yes,
            _ => Given::No,
        },
    };
    let routing = choose(&request, context.banks, context.now);
    tell(&routing, draft, findings);
    Some(routing)
}

fn date_in_range(
    date: NaiveDate,
    profile: &Profile,
    draft: &Draft,
    context: &Context<'_>,
    findings: &mut Vec<Finding>,
) -> bool {
    let member = "requested_execution.date";
    if date < local_date(profile, context.now) {
        findings.push(Finding::error(draft.origin, member, "date.past", "before the bank's business date"));
        return false;
    }
    if date > horizon(profile, context.now) {
        let message = format!("more than {} days ahead", profile.dates.horizon_days);
        findings.push(Finding::error(draft.origin, member, "date.horizon", message));
        return false;
    }
    true
}

/// The finding that a choice or its absence leads to.
fn tell(routing: &Routing, draft: &Draft, findings: &mut Vec<Finding>) {
    if let Some(choice) = &routing.choice {
        if choice.rolled_from.is_some() {
            let message = "moved to the first day on which the rail can execute it";
            let mut finding =
                Finding::error(draft.origin, "requested_execution.date", "date.rolled", message);
            finding.severity = Severity::Warning;
            finding.proposal = Some(choice.execution_date.to_string());
            finding.rail = Some(choice.rail);
            findings.push(finding);
        }
        return;
    }
    let Some(nearest) = routing.nearest() else {
        let message = "no rail moves this currency at this speed";
        findings.push(Finding::error(draft.origin, "amount.currency", "route.none", message));
        return;
    };
    for drop in &nearest.dropped {
        let (member, message) = describe(drop, draft);
        let mut finding = Finding::error(draft.origin, member, drop.code(), message);
        finding.rail = Some(nearest.rail);
        findings.push(finding);
    }
}

fn describe(drop: &Obstacle, draft: &Draft) -> (&'static str, String) {
    let preferred = draft.text("rail_preference.0").is_some();
    let wish = if preferred { "rail_preference" } else { "speed" };
    let (member, message) = match drop {
        Obstacle::NotOffered => (wish, "the bank does not offer this rail"),
        Obstacle::NotPreferred => ("rail_preference", "no allowed rail fits"),
        Obstacle::Currency => (wish, "the rail moves another currency"),
        Obstacle::Speed => ("speed", "no allowed rail is that fast"),
        Obstacle::AccountForm => ("creditor_account", "the rail cannot pay to this form of account"),
        Obstacle::AmountBelow(least) => return ("amount.value", format!("the rail takes {least} or more")),
        Obstacle::AmountAbove(most) => return ("amount.value", format!("the rail takes {most} or less")),
        Obstacle::ChargeBearer => ("charge_bearer", "the rail does not offer this sharing of charges"),
        Obstacle::FutureInstant => ("requested_execution.date", "an instant payment cannot be dated ahead"),
        Obstacle::NotBusinessDay => {
            ("requested_execution.date", "no business day of the rail, or past its cut-off")
        }
        Obstacle::AddressMissing => {
            ("creditor.address", "the rail wants the creditor's address with town and country")
        }
        Obstacle::AddressLines => ("creditor.address.lines.0", "the rail takes addresses without lines only"),
        Obstacle::BicMissing => ("creditor_agent.bic", "the rail wants the BIC of the creditor's bank"),
        Obstacle::PurposeMissing => ("purpose", "the rail wants a purpose"),
        Obstacle::Reference => {
            ("remittance.structured.reference", "the rail carries no structured reference")
        }
    };
    (member, message.to_owned())
}

/// The coding whose rules the texts must meet: of the rail chosen, else of the nearest one, so that one answer can
/// name everything.
fn coding<'c>(
    parts: &Parts<'_>,
    context: &'c Context<'_>,
    routing: Option<&Routing>,
) -> Option<&'c RailCoding> {
    let chosen = routing.and_then(|routing| routing.choice.as_ref().map(|choice| choice.rail));
    let rail: Rail = chosen.or_else(|| routing.and_then(Routing::nearest).map(|nearest| nearest.rail))?;
    context.profile(&parts.debtor?.bank)?.rail(rail)
}

fn build(parts: Parts<'_>, coding: &RailCoding, routing: &Routing, context: &Context<'_>) -> Option<Payout> {
    let choice = routing.choice.as_ref()?;
    let speed = parts.speed.unwrap_or(context.default_speed);
    let instruction = Instruction {
        external_id: parts.external_id?,
        end_to_end_id: parts.end_to_end_id,
        replaces: parts.replaces,
        batch_id: parts.batch_id,
        debtor_account_ref: parts.debtor?.account_ref.clone(),
        amount: parts.amount?,
        creditor: parts.creditor?,
        creditor_account: parts.creditor_account?,
        creditor_agent: parts.creditor_agent,
        speed: parts.speed,
        rail_preference: parts.rail_preference,
        requested_execution_date: parts.date,
        date_policy: parts.date_policy,
        purpose: parts.purpose,
        category_purpose: parts.category_purpose,
        remittance: parts.remittance,
        charge_bearer: parts.charge_bearer,
        batch_booking: parts.batch_booking,
        ultimate_debtor: parts.ultimate_debtor,
        ultimate_creditor: parts.ultimate_creditor,
        allow_truncation: parts.allow_truncation,
    };
    let token = context.id_key.payout_token(context.tenant, instruction.external_id.as_str());
    Some(Payout {
        token,
        tenant: context.tenant.to_owned(),
        end_to_end_id: end_to_end_id(&instruction, &token, coding),
        speed,
        rail: choice.rail,
        bank: choice.bank.clone(),
        execution_date: choice.execution_date,
        charge_bearer: Some(choice.charge_bearer),
        changes: Vec::new(),
        instruction,
    })
}

/// The client's own reference, else the external id where the rail carries it whole, else the token.
/// Source: payout input, section 1 (`end_to_end_id`).
fn end_to_end_id(instruction: &Instruction, token: &PayoutToken, coding: &RailCoding) -> EndToEndId {
    let fits = |id: &EndToEndId| {
        id.as_str().chars().count() <= coding.end_to_end_max && foreign(id.as_str(), coding).is_none()
    };
    let external = || EndToEndId::parse(instruction.external_id.as_str()).ok().filter(fits);
    let given = instruction.end_to_end_id.clone();
    given.or_else(external).unwrap_or_else(|| token_end_to_end_id(token, coding.end_to_end_max))
}
