//! What is wrong with an instruction, where, and what would be right. One table of codes; never the checks themselves.

use crate::domain::payout::Rail;
use std::fmt;

/// Whether a finding stops the payout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// It is refused.
    Error,
    /// It goes on; the client should know.
    Warning,
}

/// Where an instruction stands in what the client handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// The whole input is one instruction, or the place is the input as a whole.
    Whole,
    /// Row of a CSV file; the header is row 1, a row with line feeds in quotes is one row.
    Row(u64),
    /// Line of an NDJSON file, from 1.
    Line(u64),
    /// Item of a JSON list, from 0.
    Item(u64),
}

/// One finding. The text of values stands in `proposal` alone, which goes to the client and never into a log.
#[derive(Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which instruction.
    pub origin: Origin,
    /// Member with dots, which is also the CSV column: `creditor.address.town`; empty for the instruction as a whole.
    pub member: String,
    /// Stable code of [`CODES`].
    pub code: &'static str,
    /// Whether it stops the payout.
    pub severity: Severity,
    /// In words, without values.
    pub message: String,
    /// What would be right, or what will be sent instead.
    pub proposal: Option<String>,
    /// The rail whose rule it is.
    pub rail: Option<Rail>,
}

impl Finding {
    /// An error without proposal.
    pub fn error(origin: Origin, member: &str, code: &'static str, message: impl fmt::Display) -> Finding {
        debug_assert!(is_code(code), "{code} is missing in CODES");
        Finding {
            origin,
            member: member.to_owned(),
            code,
            severity: Severity::Error,
            message: message.to_string(),
            proposal: None,
            rail: None,
        }
    }

    /// JSON pointer (RFC 6901) from the instruction: `/creditor/address/town`.
    pub fn pointer(&self) -> String {
        let mut pointer = String::with_capacity(self.member.len() + 1);
        for part in self.member.split('.').filter(|part| !part.is_empty()) {
            pointer.push('/');
            pointer.push_str(&part.replace('~', "~0").replace('/', "~1"));
        }
        pointer
    }

    /// `17:creditor.name: name.length`, `[16]/creditor/name: name.length`.
    pub fn place(&self) -> String {
        match self.origin {
            Origin::Row(row) => format!("{row}:{}", self.member),
            Origin::Line(line) => format!("{line}:{}", self.pointer()),
            Origin::Item(item) => format!("[{item}]{}", self.pointer()),
            Origin::Whole => self.pointer(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}: {}", self.place(), self.code, self.message)
    }
}

impl fmt::Debug for Finding {
    /// Without the proposal, which may be somebody's name.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

/// Whether the code is in the table.
pub fn is_code(code: &str) -> bool {
    CODES.iter().any(|(known, _)| *known == code)
}

/// Every code of the input layer and what it means. `docs/errors.md` has the same table.
pub const CODES: &[(&str, &str)] = &[
    ("account.form_not_on_rail", "the rail cannot pay to this form of account"),
    ("account.other_agent", "the other form names its bank by bank code or by BIC: exactly one of them"),
    ("account.own", "creditor account and debtor account are the same"),
    ("account.required", "no creditor account"),
    ("account.several_forms", "more than one form of creditor account"),
    ("address.country", "the country is no two-letter code of ISO 3166"),
    ("address.country_required", "the address has no country"),
    ("address.duplicate_line", "an address line repeats town, postcode or country"),
    ("address.line_length", "an address line is empty or longer than 70 characters"),
    ("address.lines_not_on_rail", "the rail takes addresses without lines only"),
    ("address.part_length", "a part of the address is empty or too long"),
    ("address.placeholder", "a part of the address stands for 'unknown'"),
    ("address.required", "the rail wants the creditor's address with town and country"),
    ("address.too_many_lines", "more than two address lines"),
    ("address.town_required", "the address has no town"),
    ("address.unstructured", "address lines only; refused by the networks since November 2026"),
    ("agent.bic_required", "the rail wants the BIC of the creditor's bank"),
    ("agent.clearing", "clearing code and member id of the creditor's bank are given together"),
    ("amount.above_rail", "more than the rail or the bank takes in one payment"),
    ("amount.below_rail", "less than the rail takes"),
    ("amount.decimals", "more decimals than the currency has"),
    ("amount.digits", "more than 18 digits"),
    ("amount.empty", "no amount"),
    ("amount.format", "not ASCII digits with an optional decimal point"),
    ("amount.number", "the amount is a JSON number; it must be a string"),
    ("amount.scientific", "the amount is in scientific notation"),
    ("amount.separator", "decimal comma or thousands separator"),
    ("amount.sign", "the amount carries a sign"),
    ("amount.zero", "the amount is zero"),
    ("batch.count", "the number of payouts differs from expected_count"),
    ("batch.mode", "mode is neither per_item nor atomic"),
    ("batch.sum", "the sum of a currency differs from expected_sum"),
    ("batch_id.format", "a batch id has 1 to 64 of A-Z a-z 0-9 . _ : -"),
    ("bic.format", "not a BIC"),
    ("bic.iban_country", "BIC and IBAN are of different countries (warning)"),
    ("cell.scientific", "a number in scientific notation: a spreadsheet has changed it"),
    ("charge_bearer.not_on_rail", "the rail does not offer this sharing of charges"),
    ("charge_bearer.unknown", "not one of auto, shared, debtor, creditor, service_level"),
    ("contact.email", "not an e-mail address"),
    ("country.unknown", "no two-letter code of ISO 3166"),
    ("csv.control", "a NUL in the row"),
    ("csv.duplicate_column", "a column stands twice in the header"),
    ("csv.encoding", "the row is not UTF-8"),
    ("csv.fields", "the row has more or fewer fields than the header"),
    ("csv.header", "no header row"),
    ("csv.missing_column", "an obligatory column is missing"),
    ("csv.quote", "a quote where RFC 4180 allows none; nothing after it was read"),
    ("csv.too_many_columns", "the header has more columns than there are members"),
    ("csv.unknown_column", "no such column"),
    ("currency.debtor_account", "the debtor account is in another currency"),
    ("currency.format", "a currency code is three capital letters"),
    ("currency.not_payable", "a code of ISO 4217 that is no money to pay with: metals, tests, funds"),
    ("currency.unknown", "no currency of ISO 4217"),
    ("date.format", "not YYYY-MM-DD, today, or + and a number of days"),
    ("date.horizon", "further ahead than the bank takes"),
    ("date.instant_future", "an instant payment is executed at once and cannot be dated ahead"),
    ("date.not_business_day", "no business day (or past its cut-off) and date_policy is reject"),
    ("date.past", "before the bank's business date"),
    ("date.policy", "date_policy is neither roll_forward nor reject"),
    ("date.rolled", "the date was moved to the next business day (warning)"),
    ("debtor.unknown", "no configured account has this name"),
    ("definition.unfit", "the message definition of the bank has no room for it"),
    (
        "end_to_end_id.duplicate_in_file",
        "another payout of this file has it for the same debtor account, case aside",
    ),
    ("external_id.duplicate_in_file", "another payout of this file has it"),
    ("flag.unknown", "neither true nor false"),
    ("gb.account", "not eight digits"),
    ("gb.secondary_reference", "no building society reference"),
    ("gb.sort_code", "not six digits"),
    ("iban.checksum", "IBAN check digits do not match"),
    ("iban.country", "no country with IBANs"),
    ("iban.length", "wrong length for its country"),
    ("iban.structure", "wrong character at a position"),
    ("identifier.format", "scheme and value have 1 to 35 characters each"),
    ("identifier.lei", "not a valid LEI"),
    ("input.unreadable", "the input could not be read to its end"),
    ("json.duplicate_member", "a member stands twice in an object"),
    ("json.shape", "not an instruction, a list of instructions or an object with payouts"),
    ("json.syntax", "not JSON; nothing after it was read"),
    ("json.too_large", "one instruction is larger than 1 MiB"),
    ("lei.checksum", "LEI check digits do not match"),
    ("lei.format", "not an LEI"),
    ("member.empty", "empty text; leave the member out instead"),
    ("member.not_kept", "accepted, but not kept by this release (warning)"),
    ("member.required", "an obligatory member is missing"),
    ("member.too_long", "longer than any member may be"),
    ("member.too_many", "more entries in a list than can be sent"),
    ("member.type", "of another JSON type"),
    ("member.unknown", "no such member"),
    ("member.unsupported", "a known member that this release cannot honour"),
    ("name.empty_after_transliteration", "nothing readable remains of the name in the rail's characters"),
    ("name.length", "longer than a name may be, here or on the rail"),
    ("name.required", "no letter or digit in the name"),
    ("other.account", "no account number"),
    ("other.bank_code", "no bank code"),
    ("party.type", "neither individual nor organisation"),
    (
        "purpose.format",
        "a purpose is a code of four capitals or digits, or a proprietary text of 1 to 35 characters",
    ),
    ("purpose.required", "the rail wants a purpose"),
    ("purpose.unknown", "a code that is not in the external list (warning)"),
    ("qrr.checksum", "QR reference check digit does not match"),
    ("qrr.format", "not 27 digits"),
    ("rail.unknown", "no rail of this name"),
    ("reference.charset", "a character that does not travel in a reference"),
    ("reference.empty", "an empty reference"),
    ("reference.length", "longer than the reference may be, here or on the rail"),
    ("reference.not_on_rail", "the rail cannot carry a structured reference of this type"),
    ("reference.placeholder", "NOTPROVIDED is no reference"),
    ("reference.slashes", "a reference must not start or end with / nor contain //"),
    ("reference.type", "reference type is neither SCOR nor QRR"),
    ("remittance.both", "unstructured and structured remittance exclude each other"),
    ("remittance.length", "longer than the rail carries"),
    ("replaces.self", "a payout cannot replace itself"),
    ("rf.checksum", "creditor reference check digits do not match"),
    ("rf.format", "no creditor reference of ISO 11649"),
    ("route.none", "no rail moves this currency at this speed"),
    ("route.not_offered", "the bank does not offer the rail"),
    ("route.not_preferred", "the rail is not among those allowed by rail_preference"),
    ("route.speed", "the rail is slower than the wished speed"),
    ("speed.unknown", "no such speed"),
    ("text.changed", "white space or capitals were changed to fit the rail (warning)"),
    ("text.charset", "characters replaced (warning), or refused where replacing is switched off"),
    ("text.control", "a control character"),
    ("text.length", "too long"),
    ("text.truncated", "cut to what the rail carries, as allow_truncation says (warning)"),
    ("us.account", "not 1 to 17 letters or digits"),
    ("us.account_type", "neither checking nor savings"),
    ("us.routing", "not nine digits"),
    ("us.routing_checksum", "routing number check digit does not match"),
];
