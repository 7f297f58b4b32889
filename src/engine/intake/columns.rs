//! The CSV columns as a client sees them: explanations and one example row per account form. Never how they are read.

use super::draft::MEMBERS;

/// A column with its explanation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name in the header.
    pub name: &'static str,
    /// A line of explanation.
    pub explanation: &'static str,
}

/// A row that would be accepted with the demonstration accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Example {
    /// Which form of account it shows.
    pub form: &'static str,
    /// Columns and their texts.
    pub cells: &'static [(&'static str, &'static str)],
}

/// Every column, in the order in which findings are listed. A file has the columns that it needs, in any order.
pub fn columns() -> impl Iterator<Item = Column> {
    MEMBERS.iter().map(|member| Column { name: member.name, explanation: member.explanation })
}

/// One example for each form of account.
pub const EXAMPLES: &[Example] = &[
    Example {
        form: "iban",
        cells: &[
            ("external_id", "creator-000123"),
            ("debtor.account_ref", "demo-eur"),
            ("amount.value", "1250.00"),
            ("amount.currency", "EUR"),
            ("creditor.name", "Zoe Example"),
            ("creditor_account.iban", "DE89370400440532013000"),
            ("remittance.unstructured", "November reward 000123"),
        ],
    },
    Example {
        form: "gb",
        cells: &[
            ("external_id", "creator-000124"),
            ("debtor.account_ref", "demo-gbp"),
            ("amount.value", "75.50"),
            ("amount.currency", "GBP"),
            ("creditor.name", "Alex Example"),
            ("creditor_account.gb.sort_code", "040004"),
            ("creditor_account.gb.account", "12345678"),
        ],
    },
    Example {
        form: "us",
        cells: &[
            ("external_id", "creator-000125"),
            ("debtor.account_ref", "demo-usd"),
            ("amount.value", "320.00"),
            ("amount.currency", "USD"),
            ("creditor.name", "Sam Example"),
            ("creditor_account.us.routing", "011000015"),
            ("creditor_account.us.account", "000123456789"),
            ("creditor_account.us.account_type", "checking"),
        ],
    },
    // No rail of the reference bank pays to this form; a profile with one for the currency does.
    Example {
        form: "other",
        cells: &[
            ("external_id", "creator-000126"),
            ("debtor.account_ref", "demo-usd"),
            ("amount.value", "900.00"),
            ("amount.currency", "USD"),
            ("creditor.name", "Kim Example"),
            ("creditor_account.other.country", "SG"),
            ("creditor_account.other.bank_code", "7171001"),
            ("creditor_account.other.account", "0011234567"),
        ],
    },
];
