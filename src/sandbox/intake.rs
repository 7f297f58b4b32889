//! Reads and checks what a client sends: schema, counts, sums at both levels, and whether each payment
//! is one that this bank can make. Pure; never books, never answers.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use chrono::NaiveDate;
use ring::digest::SHA256;
use rust_decimal::Decimal;

use super::order::{AccountSpan, Block, Code, Line, Order, Span, Texts, parse_uetr};
use super::problem::Problem;
use super::record::{OrderLine, Verdict};
use super::scenarios;
use crate::domain::account::Iban;
use crate::domain::amount::{Amount, lexical_decimal};
use crate::domain::currency::Currency;
use crate::domain::payout::Code as ListCode;
use crate::messages::read_pain_001::{self as pain_001, Part, Reader};
use crate::messages::record::AccountId;

/// Values of `LclInstrm` and `SvcLvl` by which a client asks for an instant rail.
const INSTANT: &[&str] = &["INST", "URNS"];

/// A message read and checked, on its way to becoming an order.
pub struct Parts {
    /// `GrpHdr/MsgId`.
    pub message_id: String,
    /// Message name.
    pub message: String,
    /// Whether counts and sums hold.
    pub verdict: Verdict,
    /// Sum over all payments, whatever the currency.
    pub sum: Decimal,
    /// Fingerprint of the payments themselves, whatever the message identification.
    pub content: u64,
    blocks: Vec<Block>,
    lines: Vec<Line>,
    text: String,
}

impl Parts {
    /// Number of payments.
    pub fn count(&self) -> usize {
        self.lines.len()
    }

    /// Each block's debtor account and currency.
    pub fn debits(&self) -> impl Iterator<Item = (&str, Currency)> {
        let span_text = |span: Span| span.of(&self.text);
        self.blocks.iter().flat_map(move |block| {
            let lines = self.lines.get(block.first as usize..(block.first + block.count) as usize);
            lines
                .unwrap_or_default()
                .first()
                .map(|line| (span_text(block.debtor_account.span()), line.currency))
        })
    }

    /// The order that an accepted message becomes.
    pub fn into_order(self, line: &OrderLine<'_>, day: NaiveDate) -> Order {
        Order {
            number: line.number,
            client: line.client.clone().into_owned(),
            message_id: self.message_id,
            message: self.message,
            digest: parse_digest(&line.digest),
            at: line.at,
            day,
            behaviour: line.behaviour,
            verdict: line.verdict,
            key: line.key.clone().unwrap_or_default().into_owned(),
            failed: line.failed,
            sum: self.sum,
            blocks: self.blocks,
            lines: self.lines,
            text: self.text,
        }
    }

    /// The scenario over the whole message that one of its payments asks for.
    pub fn message_scenario(&self) -> Option<&'static scenarios::Scenario> {
        super::order::message_scenario(&self.lines)
    }

    /// Refuses the payments whose end-to-end identification was seen before.
    pub fn refuse_known(&mut self, is_known: &dyn Fn(&str) -> bool) {
        for line in &mut self.lines {
            if line.defect.is_none() && is_known(line.end_to_end_id.of(&self.text)) {
                line.defect = Some(Code::of("DU04"));
            }
        }
    }

    /// Marks the payments whose currency is not their account's.
    pub fn check_currencies(&mut self, currency_of: &dyn Fn(&str, Currency) -> bool) {
        for block in &self.blocks {
            let account = block.debtor_account.span().of(&self.text);
            let range = block.first as usize..(block.first + block.count) as usize;
            for line in self.lines.get_mut(range).unwrap_or_default() {
                if !currency_of(account, line.currency) {
                    line.defect = Some(Code::of("AM03"));
                }
            }
        }
    }
}

/// SHA-256 of octets.
pub fn digest(octets: &[u8]) -> [u8; 32] {
    let mut hash = [0u8; 32];
    hash.copy_from_slice(ring::digest::digest(&SHA256, octets).as_ref());
    hash
}

/// Reads a message. What is refused here was never an order.
pub fn read(octets: &[u8]) -> Result<Parts, Problem> {
    let refused = |detail: String| {
        Problem::new(400, "schema", "the message is not one of ours", detail).with_code("FF01")
    };
    let mut reader = Reader::new(octets);
    let mut draft = Draft::default();
    while let Some(part) =
        reader.next_part().map_err(|error| refused(format!("{}: {error}", error.code())))?
    {
        match part {
            Part::Header(header) => draft.header(*header),
            Part::Block(block) => draft.block(*block),
            Part::Transaction(transaction) => draft.transaction(*transaction),
        }
    }
    if !reader.is_valid() {
        let text = reader
            .findings()
            .first()
            .map(|finding| format!("line {} column {}: {}", finding.line, finding.column, finding.code));
        return Err(refused(text.unwrap_or_else(|| "schema".to_owned())));
    }
    let message = reader.definition().unwrap_or_default().to_owned();
    draft.finish(message).map_err(refused)
}

#[derive(Default)]
struct Draft {
    header: pain_001::Header,
    blocks: Vec<Block>,
    declared: Vec<(Option<String>, Option<String>)>,
    sums: Vec<Decimal>,
    lines: Vec<Line>,
    texts: Texts,
    content: DefaultHasher,
    is_instant: bool,
    wrong: Option<String>,
}

impl Draft {
    fn header(&mut self, header: pain_001::Header) {
        self.header = header;
    }

    fn block(&mut self, block: pain_001::Block) {
        let date = block.execution_date.as_deref().and_then(|text| text.get(..10));
        let Some(date) = date.and_then(|text| text.parse::<NaiveDate>().ok()) else {
            return self.refuse("requested execution date is none we know");
        };
        let Some(debtor_account) = self.account(&block.debtor_account.id) else {
            return self.refuse("a block without a debtor account");
        };
        self.is_instant = is_instant(&block.coding);
        date.hash(&mut self.content);
        self.blocks.push(Block {
            payment_information_id: self
                .texts
                .keep(block.payment_information_id.as_deref().unwrap_or_default()),
            debtor_account,
            debtor_name: self.texts.keep(block.debtor.name.as_deref().unwrap_or_default()),
            batch_booking: block.batch_booking.as_deref().map(|text| matches!(text, "true" | "1")),
            date,
            instant: self.is_instant,
            first: self.lines.len() as u32,
            count: 0,
        });
        self.declared.push((block.count, block.sum));
        self.sums.push(Decimal::ZERO);
    }

    fn transaction(&mut self, transaction: pain_001::Transaction) {
        let currency = transaction.currency.as_deref().unwrap_or_default();
        let amount = transaction.amount.as_deref().and_then(lexical_decimal);
        let (Ok(currency), Some(value)) = (Currency::parse(currency), amount) else {
            return self.refuse("an amount or currency that cannot be paid");
        };
        let Ok(amount) = Amount::from_decimal(value, currency) else {
            return self.refuse("an amount with too many decimals");
        };
        let (Some(block), Some(sum)) = (self.blocks.last_mut(), self.sums.last_mut()) else { return };
        block.count += 1;
        block.instant = block.instant || is_instant(&transaction.coding);
        let Some(total) = sum.checked_add(value) else { return self.refuse("sums are out of range") };
        *sum = total;
        let end_to_end_id = transaction.end_to_end_id.as_deref().unwrap_or_default();
        (end_to_end_id, amount.minor(), &transaction.creditor_account.id.iban).hash(&mut self.content);
        let name = transaction.creditor.name.as_deref().unwrap_or_default();
        let scenario = scenarios::triggered(name)
            .or_else(|| transaction.unstructured.iter().find_map(|text| scenarios::triggered(text)));
        let line = Line {
            block: self.blocks.len() as u32 - 1,
            instruction_id: self.texts.keep(transaction.instruction_id.as_deref().unwrap_or_default()),
            end_to_end_id: self.texts.keep(end_to_end_id),
            uetr: transaction.uetr.as_deref().and_then(parse_uetr),
            minor: amount.minor(),
            currency,
            creditor_name: self.texts.keep(name),
            creditor_account: self.account(&transaction.creditor_account.id),
            scenario: scenario.unwrap_or(0),
            defect: defect_of(&transaction),
        };
        self.lines.push(line);
    }

    fn account(&mut self, account: &AccountId) -> Option<AccountSpan> {
        match (&account.iban, &account.other) {
            (Some(iban), _) => Some(AccountSpan::Iban(self.texts.keep(iban))),
            (None, Some(other)) => Some(AccountSpan::Other(self.texts.keep(other))),
            (None, None) => None,
        }
    }

    fn refuse(&mut self, cause: &str) {
        self.wrong.get_or_insert_with(|| cause.to_owned());
    }

    fn finish(mut self, message: String) -> Result<Parts, String> {
        if let Some(cause) = self.wrong {
            return Err(cause);
        }
        let sum = self.sums.iter().try_fold(Decimal::ZERO, |total, sum| total.checked_add(*sum));
        let sum = sum.ok_or("sums are out of range")?;
        let verdict = self.verdict(sum);
        self.lines.shrink_to_fit();
        Ok(Parts {
            message_id: self.header.message_id.unwrap_or_default(),
            message,
            verdict,
            sum,
            content: self.content.finish(),
            blocks: self.blocks,
            lines: self.lines,
            text: self.texts.into_text(),
        })
    }

    /// Counts and sums, stated against found; absent sums are not missed.
    fn verdict(&self, sum: Decimal) -> Verdict {
        let count_holds = |stated: &Option<String>, found: u64| {
            stated.as_deref().is_none_or(|stated| stated.parse::<u64>() == Ok(found))
        };
        let sum_holds = |stated: &Option<String>, found: Decimal| {
            stated.as_deref().is_none_or(|stated| lexical_decimal(stated) == Some(found))
        };
        if !count_holds(&self.header.count, self.lines.len() as u64) {
            return Verdict::WrongGroupCount;
        }
        if !sum_holds(&self.header.sum, sum) {
            return Verdict::WrongGroupSum;
        }
        for ((block, (count, stated)), found) in self.blocks.iter().zip(&self.declared).zip(&self.sums) {
            if !count_holds(count, u64::from(block.count)) {
                return Verdict::WrongBlockCount;
            }
            if !sum_holds(stated, *found) {
                return Verdict::WrongBlockSum;
            }
        }
        Verdict::Processed
    }
}

/// Why this bank cannot make the payment: the creditor's account is none.
fn defect_of(transaction: &pain_001::Transaction) -> Option<Code> {
    let account = &transaction.creditor_account.id;
    match (&account.iban, &account.other) {
        (Some(iban), _) => Iban::parse(iban).is_err().then(|| Code::of("AC01")),
        (None, Some(other)) => other.trim().is_empty().then(|| Code::of("AC01")),
        (None, None) => Some(Code::of("AC03")),
    }
}

fn is_instant(coding: &pain_001::Coding) -> bool {
    [&coding.local_instrument, &coding.service_level].into_iter().flatten().any(|code| match code {
        ListCode::Listed(code) | ListCode::Proprietary(code) => INSTANT.contains(&code.as_str()),
    })
}

fn parse_digest(hex: &str) -> [u8; 32] {
    crate::domain::entry::Digest::parse(hex).map_or([0; 32], |digest| digest.0)
}
