//! Turns what a step books into entries and double-entry postings. Pure: the numbers to begin with are
//! given, the lines come out. Never appended here.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::config::BookingMode;
use super::ledger::money;
use super::order::{Block, Line, Order};
use super::plan::{CHARGE_MINOR, Credit, debit_shape};
use super::record::{EntryLine, Foreign, Kind, PostingLine, Record, Shown, Side};
use super::scenarios::{self, Effect, Returned, Stranger};
use crate::domain::currency::Currency;

/// The bank's account through which orders pass on their way out.
pub const SUSPENSE: &str = "suspense";
/// The bank's account at the settlement system.
pub const SETTLEMENT: &str = "settlement";
/// The bank's income from charges.
pub const CHARGES: &str = "charges";
/// The bank's result from exchange.
pub const EXCHANGE: &str = "exchange";
/// Where balances come from when an account is opened.
pub const OPENING: &str = "opening";
/// Share of the amount that an exchange costs in the scenario with one: one part in so many. Chosen by us.
const EXCHANGE_PART: i64 = 50;

/// Collects lines of one batch.
pub struct Sheet<'a> {
    /// The order.
    order: &'a Order,
    /// The step.
    step: u32,
    day: String,
    entry_next: u32,
    posting_next: u32,
    /// The lines.
    pub records: Vec<Record<'a>>,
}

/// One leg of an entry.
struct Leg<'a> {
    debit: &'a str,
    credit: &'a str,
    minor: i64,
    kind: Kind,
    line: Option<u32>,
}

impl<'a> Sheet<'a> {
    /// An empty sheet; the numbers are those that the next entry and posting get.
    pub fn new(
        order: &'a Order,
        step: u32,
        day: NaiveDate,
        (entry_next, posting_next): (u32, u32),
    ) -> Sheet<'a> {
        Sheet { order, step, day: day.to_string(), entry_next, posting_next, records: Vec::new() }
    }

    /// Debits payments: one entry each, or one for a block.
    pub fn debit(&mut self, lines: &[u32], mode: BookingMode) {
        let order = self.order;
        let mut settled: BTreeMap<Currency, i64> = BTreeMap::new();
        let mut rest = lines;
        while let Some(first) = rest.first() {
            let Some(line) = order.lines.get(*first as usize) else { break };
            let Some(block) = order.block_of(line) else { break };
            let end = block.first + block.count;
            let (of_block, after) = rest.split_at(rest.partition_point(|position| *position < end).max(1));
            rest = after;
            let (single, batched) = match is_batched(order, block, mode) {
                false => (of_block.to_vec(), Vec::new()),
                true => of_block.iter().copied().partition(|position| is_special(order, *position)),
            };
            self.debit_batch(line.block, &batched);
            single.iter().for_each(|position| self.debit_single(*position));
            for position in of_block {
                if let Some(line) = order.lines.get(*position as usize) {
                    let total = settled.entry(line.currency).or_default();
                    *total = total.saturating_add(line.minor);
                }
            }
        }
        for (currency, minor) in settled {
            let leg = Leg { debit: SUSPENSE, credit: SETTLEMENT, minor, kind: Kind::Settlement, line: None };
            self.post(None, currency, leg);
        }
    }

    fn debit_single(&mut self, position: u32) {
        let order = self.order;
        let Some((line, account)) = account_of(order, position) else { return };
        let (charge_minor, shown) = debit_shape(line);
        let exchange_minor = if shown == Shown::Exchanged { line.minor / EXCHANGE_PART + 1 } else { 0 };
        let total = line.minor.saturating_add(charge_minor).saturating_add(exchange_minor);
        let entry = self.entry(account, line.currency, (Side::Debit, total), Kind::Payment);
        let entry = EntryLine { charge: charge(charge_minor, line.currency), shown, ..entry };
        let number = self.push_entry(entry);
        let leg = |credit, minor, kind| Leg { debit: account, credit, minor, kind, line: Some(position) };
        self.post(Some(number), line.currency, leg(SUSPENSE, line.minor, Kind::Payment));
        if charge_minor > 0 {
            self.post(Some(number), line.currency, leg(CHARGES, charge_minor, Kind::Fee));
        }
        if exchange_minor > 0 {
            self.post(Some(number), line.currency, leg(EXCHANGE, exchange_minor, Kind::Fee));
        }
    }

    fn debit_batch(&mut self, block: u32, lines: &[u32]) {
        let order = self.order;
        let Some((first, account)) = lines.first().and_then(|position| account_of(order, *position)) else {
            return;
        };
        let minor_of = |position: &u32| order.lines.get(*position as usize).map_or(0, |line| line.minor);
        let total = lines.iter().fold(0i64, |total, position| total.saturating_add(minor_of(position)));
        let entry = self.entry(account, first.currency, (Side::Debit, total), Kind::Payment);
        let number = self.push_entry(EntryLine { block: Some(block), ..entry });
        for position in lines {
            let (minor, kind) = (minor_of(position), Kind::Payment);
            let leg = Leg { debit: account, credit: SUSPENSE, minor, kind, line: Some(*position) };
            self.post(Some(number), first.currency, leg);
        }
    }

    /// Gives money back.
    pub fn credit(&mut self, credit: &Credit) {
        let order = self.order;
        let Some((line, account)) = account_of(order, credit.line) else { return };
        let fee_minor =
            if credit.how == Returned::LessFee && line.minor > CHARGE_MINOR { CHARGE_MINOR } else { 0 };
        let net_minor = line.minor - fee_minor;
        let shown =
            if credit.how == Returned::TransactionIdOnly { Shown::TransactionIdOnly } else { Shown::All };
        let entry = EntryLine {
            charge: charge(fee_minor, line.currency),
            shown,
            reason: Some(credit.reason.as_str().to_owned().into()),
            ..self.entry(account, line.currency, (Side::Credit, net_minor), credit.kind)
        };
        let number = self.push_entry(entry);
        let leg = |credit_to, minor, kind| Leg {
            debit: SETTLEMENT,
            credit: credit_to,
            minor,
            kind,
            line: Some(credit.line),
        };
        self.post(Some(number), line.currency, leg(account, net_minor, credit.kind));
        if fee_minor > 0 {
            let fee = Leg { line: None, ..leg(CHARGES, fee_minor, Kind::Settlement) };
            self.post(None, line.currency, fee);
        }
    }

    /// Books what no order of the client explains.
    pub fn stranger(&mut self, position: u32, what: Stranger, bank: &'a str) {
        let order = self.order;
        let Some((line, account)) = account_of(order, position) else { return };
        let plain = |name: &'a str, text: &'a str| Foreign {
            name: name.into(),
            account: None,
            end_to_end_id: None,
            text: text.into(),
        };
        let payee = order.text(line.creditor_name);
        let end_to_end_id = order.text(line.end_to_end_id);
        let (side, minor, kind, other, foreign) = match what {
            Stranger::Fee => (Side::Debit, 250, Kind::Fee, CHARGES, plain(bank, "Account fee")),
            Stranger::Incoming => (
                Side::Credit,
                7_777,
                Kind::Incoming,
                SETTLEMENT,
                plain("Incoming Customer Ltd", "Invoice 4711"),
            ),
            Stranger::DirectDebit => {
                (Side::Debit, 1_999, Kind::ForeignDebit, SETTLEMENT, plain("Utility Company", "Electricity"))
            }
            Stranger::OtherChannel => {
                let account = line.creditor_account.map(|account| order.text(account.span()).into());
                let foreign = Foreign { account, ..plain(payee, "Ordered by e-banking") };
                (Side::Debit, line.minor, Kind::ForeignPayment, SETTLEMENT, foreign)
            }
            Stranger::ChargeNamed => {
                let foreign = Foreign {
                    end_to_end_id: Some(end_to_end_id.into()),
                    ..plain(bank, "Charge for a transfer")
                };
                (Side::Debit, CHARGE_MINOR, Kind::Fee, CHARGES, foreign)
            }
        };
        let entry = self.entry(account, line.currency, (side, minor), kind);
        let number = self.push_entry(EntryLine { foreign: Some(foreign), ..entry });
        let (debit, credit) = if side == Side::Debit { (account, other) } else { (other, account) };
        self.post(Some(number), line.currency, Leg { debit, credit, minor, kind, line: None });
    }

    fn entry(
        &self,
        account: &'a str,
        currency: Currency,
        (side, minor): (Side, i64),
        kind: Kind,
    ) -> EntryLine<'a> {
        EntryLine {
            number: self.entry_next,
            account: account.into(),
            currency: currency.code().into(),
            direction: side,
            amount: money(minor, currency).into(),
            charge: None,
            kind,
            shown: Shown::All,
            day: self.day.clone().into(),
            order: Some(self.order.number),
            step: Some(self.step),
            block: None,
            reason: None,
            foreign: None,
        }
    }

    fn push_entry(&mut self, entry: EntryLine<'a>) -> u32 {
        let number = entry.number;
        self.records.push(Record::Entry(entry));
        self.entry_next += 1;
        number
    }

    fn post(&mut self, entry: Option<u32>, currency: Currency, leg: Leg<'a>) {
        let order = self.order;
        let line = leg.line.and_then(|position| order.lines.get(position as usize));
        self.records.push(Record::Posting(PostingLine {
            number: self.posting_next,
            entry,
            debit: leg.debit.into(),
            credit: leg.credit.into(),
            amount: money(leg.minor, currency).into(),
            currency: currency.code().into(),
            kind: leg.kind,
            day: self.day.clone().into(),
            order: Some(order.number),
            line: leg.line,
            end_to_end_id: line.map(|line| order.text(line.end_to_end_id).into()),
        }));
        self.posting_next += 1;
    }
}

fn charge<'a>(minor: i64, currency: Currency) -> Option<std::borrow::Cow<'a, str>> {
    (minor > 0).then(|| money(minor, currency).into())
}

fn account_of(order: &Order, position: u32) -> Option<(&Line, &str)> {
    let line = order.lines.get(position as usize)?;
    Some((line, order.debtor_account(order.block_of(line)?)))
}

/// Whether one entry stands for the block.
fn is_batched(order: &Order, block: &Block, mode: BookingMode) -> bool {
    let asked = || {
        let is_triggered = |line: &Line| scenarios::at(line.scenario).effect == Effect::BatchBooked;
        block.batch_booking == Some(true) || order.lines_of(block).iter().any(is_triggered)
    };
    match mode {
        BookingMode::Single => false,
        BookingMode::Batch => !block.instant,
        BookingMode::AsOrdered => !block.instant && asked(),
    }
}

/// Whether a payment needs an entry of its own because its debit is not its amount.
fn is_special(order: &Order, position: u32) -> bool {
    order.lines.get(position as usize).is_some_and(|line| debit_shape(line) != (0, Shown::All))
}
