//! Which message a document is: by its namespace, its message id or the name of its root's child.
//! Never whether it is valid, nor what it says.

use std::fmt;

use crate::schema::catalog::NAMESPACE_PREFIX;

/// A message of the standard, whatever its version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `pain.001`: customer credit transfer initiation.
    Pain001,
    /// `pain.002`: customer payment status report.
    Pain002,
    /// `pacs.002`: payment status report between banks.
    Pacs002,
    /// `pacs.004`: payment return between banks.
    Pacs004,
    /// `pacs.008`: credit transfer between banks.
    Pacs008,
    /// `pacs.028`: request for the status of a payment.
    Pacs028,
    /// `camt.029`: resolution of an investigation, the answer to a cancellation request.
    Camt029,
    /// `camt.052`: account report of the running day.
    Camt052,
    /// `camt.053`: statement.
    Camt053,
    /// `camt.054`: debit and credit notification.
    Camt054,
    /// `camt.055`: cancellation request of a customer.
    Camt055,
    /// `camt.056`: cancellation request of a bank.
    Camt056,
    /// `camt.060`: request for account reports.
    Camt060,
    /// `admi.002`: message reject. No definition of it is shipped.
    Admi002,
    /// `head.001`: business application header. It stands beside a document, not in one.
    Head001,
}

/// What is known of a kind, one row each.
struct Row {
    kind: Kind,
    /// Message id without variant and version.
    name: &'static str,
    /// The one child of `Document`; of `head.001` the root itself.
    child: &'static str,
    /// The repeated element that carries a report, entry list or status list.
    body: &'static str,
}

const ROWS: &[Row] = &[
    Row { kind: Kind::Pain001, name: "pain.001", child: "CstmrCdtTrfInitn", body: "PmtInf" },
    Row { kind: Kind::Pain002, name: "pain.002", child: "CstmrPmtStsRpt", body: "OrgnlPmtInfAndSts" },
    Row { kind: Kind::Pacs002, name: "pacs.002", child: "FIToFIPmtStsRpt", body: "TxInfAndSts" },
    Row { kind: Kind::Pacs004, name: "pacs.004", child: "PmtRtr", body: "TxInf" },
    Row { kind: Kind::Pacs008, name: "pacs.008", child: "FIToFICstmrCdtTrf", body: "CdtTrfTxInf" },
    Row { kind: Kind::Pacs028, name: "pacs.028", child: "FIToFIPmtStsReq", body: "TxInf" },
    Row { kind: Kind::Camt029, name: "camt.029", child: "RsltnOfInvstgtn", body: "CxlDtls" },
    Row { kind: Kind::Camt052, name: "camt.052", child: "BkToCstmrAcctRpt", body: "Rpt" },
    Row { kind: Kind::Camt053, name: "camt.053", child: "BkToCstmrStmt", body: "Stmt" },
    Row { kind: Kind::Camt054, name: "camt.054", child: "BkToCstmrDbtCdtNtfctn", body: "Ntfctn" },
    Row { kind: Kind::Camt055, name: "camt.055", child: "CstmrPmtCxlReq", body: "Undrlyg" },
    Row { kind: Kind::Camt056, name: "camt.056", child: "FIToFIPmtCxlReq", body: "Undrlyg" },
    Row { kind: Kind::Camt060, name: "camt.060", child: "AcctRptgReq", body: "RptgReq" },
    Row { kind: Kind::Admi002, name: "admi.002", child: "MsgRjct", body: "Rsn" },
    Row { kind: Kind::Head001, name: "head.001", child: "AppHdr", body: "AppHdr" },
];

impl Kind {
    /// Every kind.
    pub fn all() -> impl Iterator<Item = Kind> {
        ROWS.iter().map(|row| row.kind)
    }

    fn row(self) -> &'static Row {
        ROWS.iter().find(|row| row.kind == self).expect("every kind has its row")
    }

    /// Like `pain.001`.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The kind of that name.
    pub fn parse(name: &str) -> Option<Kind> {
        ROWS.iter().find(|row| row.name == name).map(|row| row.kind)
    }

    /// Name of the one child of `Document`, like `CstmrPmtStsRpt`; for `head.001` the root `AppHdr`.
    pub fn child(self) -> &'static str {
        self.row().child
    }

    /// Name of the element that the child repeats, like `PmtInf`, `TxInfAndSts`, `Ntfctn`.
    pub fn body(self) -> &'static str {
        self.row().body
    }

    /// The kind whose child of `Document` has that name. First versions wrote the version behind it
    /// (`BkToCstmrStmtV01`) or the message id in its place (`pain.001.001.02`).
    pub fn of_child(name: &str) -> Option<Kind> {
        let plain = match name.rsplit_once('V') {
            Some((plain, digits)) if is_two_digits(digits) => plain,
            _ => name,
        };
        let by_name = ROWS.iter().find(|row| row.child == plain).map(|row| row.kind);
        by_name.or_else(|| Definition::parse(name).map(|definition| definition.kind))
    }
}

/// A message definition of ISO 20022 itself (variant `001`): kind and version, like `pain.001.001.09`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Definition {
    /// Which message.
    pub kind: Kind,
    /// Which version of it.
    pub version: u8,
}

impl Definition {
    /// Reads a message id like `pain.001.001.09`. National variants (`pain.001.003.03`) are other definitions and
    /// are not named by this type.
    pub fn parse(message_id: &str) -> Option<Definition> {
        let (head, version) = message_id.rsplit_once('.')?;
        let kind = Kind::parse(head.strip_suffix(".001")?)?;
        let version = is_two_digits(version).then(|| version.parse().ok()).flatten()?;
        Some(Definition { kind, version })
    }

    /// The definition that a namespace names, if it is one of the standard's own.
    pub fn of_namespace(namespace: &str) -> Option<Definition> {
        namespace.strip_prefix(NAMESPACE_PREFIX).and_then(Definition::parse)
    }

    /// The namespace of documents of this definition.
    pub fn namespace(self) -> String {
        format!("{NAMESPACE_PREFIX}{self}")
    }
}

impl fmt::Display for Definition {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.001.{:02}", self.kind.name(), self.version)
    }
}

fn is_two_digits(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit())
}
