//! An order as the bank keeps it: one pain.001 in compact form, texts in one arena. Its octets lie on
//! the disk. Never XML, and never what becomes of the order.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::record::Verdict;
use super::scenarios;
use crate::domain::currency::Currency;

/// A piece of the order's text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    start: u32,
    length: u32,
}

impl Span {
    /// The text, out of the arena it was kept in.
    pub fn of(self, text: &str) -> &str {
        let start = self.start as usize;
        text.get(start..start + self.length as usize).unwrap_or_default()
    }
}

/// An account as an order names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountSpan {
    /// `Id/IBAN`.
    Iban(Span),
    /// `Id/Othr/Id`.
    Other(Span),
}

impl AccountSpan {
    /// The text, whichever kind.
    pub fn span(self) -> Span {
        match self {
            AccountSpan::Iban(span) | AccountSpan::Other(span) => span,
        }
    }
}

/// One payment information block.
#[derive(Clone, Debug)]
pub struct Block {
    /// `PmtInfId`.
    pub payment_information_id: Span,
    /// `DbtrAcct`.
    pub debtor_account: AccountSpan,
    /// `Dbtr/Nm`.
    pub debtor_name: Span,
    /// `BtchBookg`.
    pub batch_booking: Option<bool>,
    /// `ReqdExctnDt`.
    pub date: NaiveDate,
    /// Whether the block asks for an instant rail.
    pub instant: bool,
    /// Position of the first payment.
    pub first: u32,
    /// Number of payments.
    pub count: u32,
}

/// One payment.
#[derive(Clone, Debug)]
pub struct Line {
    /// Position of its block.
    pub block: u32,
    /// `InstrId`, empty where absent.
    pub instruction_id: Span,
    /// `EndToEndId`.
    pub end_to_end_id: Span,
    /// `UETR`.
    pub uetr: Option<u128>,
    /// Amount in minor units.
    pub minor: i64,
    /// Its currency.
    pub currency: Currency,
    /// `Cdtr/Nm`.
    pub creditor_name: Span,
    /// `CdtrAcct`, where given.
    pub creditor_account: Option<AccountSpan>,
    /// Position of its scenario; see `scenarios::at`.
    pub scenario: u8,
    /// Why this bank cannot make it, if so.
    pub defect: Option<Code>,
}

/// A status or reason code of four characters.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Code([u8; 4]);

impl Code {
    /// From text; anything that is not four ASCII characters becomes `NARR`, the code for free text.
    pub const fn of(text: &str) -> Code {
        match text.as_bytes() {
            [first, second, third, fourth] if text.is_ascii() => Code([*first, *second, *third, *fourth]),
            _ => Code(*b"NARR"),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("NARR")
    }
}

impl std::fmt::Debug for Code {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// One message.
#[derive(Clone, Debug)]
pub struct Order {
    /// Counted from 1.
    pub number: u32,
    /// Name of the client.
    pub client: String,
    /// `GrpHdr/MsgId`.
    pub message_id: String,
    /// Message name, like `pain.001.001.09`.
    pub message: String,
    /// SHA-256 of the octets.
    pub digest: [u8; 32],
    /// Acceptance, microseconds since 1970.
    pub at: i64,
    /// Business day of acceptance.
    pub day: NaiveDate,
    /// Number of the behaviour script in force.
    pub behaviour: u32,
    /// What was decided on arrival.
    pub verdict: Verdict,
    /// Idempotency key it came with.
    pub key: String,
    /// The error status by which it was answered although it was processed.
    pub failed: Option<u16>,
    /// Sum over all payments, whatever the currency.
    pub sum: Decimal,
    /// Blocks in order.
    pub blocks: Vec<Block>,
    /// Payments in order.
    pub lines: Vec<Line>,
    /// Everything the spans point into.
    pub text: String,
}

impl Order {
    /// The text of a span.
    pub fn text(&self, span: Span) -> &str {
        span.of(&self.text)
    }

    /// The block of a payment.
    pub fn block_of(&self, line: &Line) -> Option<&Block> {
        self.blocks.get(line.block as usize)
    }

    /// The account that a block debits.
    pub fn debtor_account(&self, block: &Block) -> &str {
        self.text(block.debtor_account.span())
    }

    /// The payments of a block.
    pub fn lines_of(&self, block: &Block) -> &[Line] {
        let first = block.first as usize;
        self.lines.get(first..first + block.count as usize).unwrap_or_default()
    }

    /// `UETR` as text.
    pub fn uetr(line: &Line) -> Option<String> {
        line.uetr.map(|number| {
            let hex = format!("{number:032x}");
            let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
            format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
        })
    }

    /// The bank's reference of the order, the same in every answer about it.
    pub fn bank_reference(&self, bank: &str) -> String {
        bank_reference(bank, self.number)
    }

    /// Scenario that reaches over the whole message, if one of its payments asks for it.
    pub fn message_scenario(&self) -> Option<&'static scenarios::Scenario> {
        message_scenario(&self.lines)
    }
}

/// Scenario over the whole message that one of these payments asks for.
pub fn message_scenario(lines: &[Line]) -> Option<&'static scenarios::Scenario> {
    lines
        .iter()
        .filter(|line| line.scenario != 0)
        .map(|line| scenarios::at(line.scenario))
        .find(|scenario| scenario.scope == scenarios::Scope::Message)
}

/// The bank's reference of an order.
pub fn bank_reference(bank: &str, order: u32) -> String {
    format!("{bank}{order:010}")
}

/// Collects the texts of an order.
#[derive(Default)]
pub struct Texts {
    text: String,
}

impl Texts {
    /// Keeps a text.
    pub fn keep(&mut self, text: &str) -> Span {
        let span = Span { start: self.text.len() as u32, length: text.len() as u32 };
        self.text.push_str(text);
        span
    }

    /// The arena, with no room left over.
    pub fn into_text(mut self) -> String {
        self.text.shrink_to_fit();
        self.text
    }
}

/// 128 bits of a UETR, from its text form in either letter case.
pub fn parse_uetr(text: &str) -> Option<u128> {
    let hex: String = text.chars().filter(|letter| *letter != '-').collect();
    if text.len() != 36 || hex.len() != 32 {
        return None;
    }
    u128::from_str_radix(&hex, 16).ok()
}
