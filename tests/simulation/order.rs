//! A pain.001 as the bank of the model reads it: by the names of the tags, with no code of the
//! gateway's. Enough for messages that the gateway writes, no more.

use rust_decimal::Decimal;

/// A payment as the bank reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    pub instruction_id: String,
    pub end_to_end_id: String,
    pub uetr: String,
    pub amount: Decimal,
    pub currency: String,
    pub creditor: String,
}

/// A block.
#[derive(Clone, Debug)]
pub struct Block {
    pub id: String,
    pub debtor: String,
    pub payments: Vec<Payment>,
}

/// A message.
#[derive(Clone, Debug)]
pub struct Order {
    pub message_id: String,
    pub created: String,
    pub blocks: Vec<Block>,
}

/// What stands between two texts, from the first on.
fn between<'a>(text: &'a str, open: &str, close: &str) -> Option<&'a str> {
    let rest = &text[text.find(open)? + open.len()..];
    Some(&rest[..rest.find(close)?])
}

fn element<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    between(text, &format!("<{name}>"), &format!("</{name}>"))
}

fn elements<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    text.split(&open).skip(1).filter_map(|part| part.split(&close).next()).collect()
}

impl Order {
    /// Reads a message.
    pub fn read(octets: &[u8]) -> Option<Order> {
        let text = std::str::from_utf8(octets).ok()?;
        let header = element(text, "GrpHdr")?;
        let blocks = elements(text, "PmtInf").into_iter().map(Block::read).collect::<Option<_>>()?;
        Some(Order {
            message_id: element(header, "MsgId")?.to_owned(),
            created: element(header, "CreDtTm")?.to_owned(),
            blocks,
        })
    }

    /// All payments in order, each with its block.
    pub fn payments(&self) -> impl Iterator<Item = (&Block, &Payment)> {
        self.blocks.iter().flat_map(|block| block.payments.iter().map(move |payment| (block, payment)))
    }
}

impl Block {
    fn read(text: &str) -> Option<Block> {
        let debtor = element(element(text, "DbtrAcct")?, "Id")?;
        Some(Block {
            id: element(text, "PmtInfId")?.to_owned(),
            debtor: element(debtor, "IBAN").or_else(|| element(debtor, "Id"))?.to_owned(),
            payments: elements(text, "CdtTrfTxInf").into_iter().map(Payment::read).collect::<Option<_>>()?,
        })
    }
}

impl Payment {
    fn read(text: &str) -> Option<Payment> {
        let amount = between(text, "<InstdAmt Ccy=\"", "</InstdAmt>")?;
        let (currency, amount) = amount.split_once("\">")?;
        let creditor = element(element(text, "CdtrAcct")?, "Id")?;
        Some(Payment {
            instruction_id: element(text, "InstrId")?.to_owned(),
            end_to_end_id: element(text, "EndToEndId")?.to_owned(),
            uetr: element(text, "UETR").unwrap_or_default().to_owned(),
            amount: amount.parse().ok()?,
            currency: currency.to_owned(),
            creditor: element(creditor, "IBAN").or_else(|| element(creditor, "Id"))?.to_owned(),
        })
    }
}
