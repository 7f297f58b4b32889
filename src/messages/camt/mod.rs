//! Reads camt.052, camt.053 and camt.054 of any version into records of account reports, entries and transactions.
//! Never what an entry means for a payout.
//!
//! Values stand as in the document, without the white space around them. Of a value that occurs twice where it
//! may occur once the first stays; the schema walk reports the second. A report goes out before its first entry;
//! an entry, with its transactions, when it ends (`tape`): memory grows with one entry, never with the document.

mod charges;
mod fill;
mod node;
mod tape;

use crate::messages::reading::{
    Begun, Output, Place, Remark, Took, Trail, Value, boolean, direction, keep, keep_amount, trimmed,
};
use crate::messages::record::{AccountReport, Balance, EntriesSummary, EntriesTotal, Record};
use crate::schema::event::Element;

use fill::{Donor, Ended, EntryRead, Lacking, TransactionRead, fill_account};
use node::{Node, Totalled, Whose};
use tape::{Mark, Tape};

/// What of the header belongs to each report.
#[derive(Default)]
struct Header {
    message_id: Option<String>,
    page: Option<String>,
    last_page: Option<bool>,
}

/// Reads one document of account reports.
pub struct AccountReader {
    trail: Trail<Node>,
    message: String,
    header: Header,
    report: AccountReport,
    report_place: Option<Place>,
    /// The open report's record is out.
    report_given: bool,
    /// Some report's record is out.
    any_given: bool,
    entry: EntryRead,
    entry_place: Option<Place>,
    /// The first transaction of the entry, and where it began.
    first: TransactionRead,
    first_place: Option<Place>,
    /// The others.
    tape: Tape,
    transaction_open: bool,
    currency: String,
    remarks: Vec<Remark>,
}

impl AccountReader {
    /// A reader that stands in the root element; `message` is the id of the definition it is read through.
    pub fn new(message: &str) -> AccountReader {
        AccountReader {
            trail: Trail::in_root(Node::Root),
            message: message.to_owned(),
            header: Header::default(),
            report: AccountReport::default(),
            report_place: None,
            report_given: false,
            any_given: false,
            entry: EntryRead::default(),
            entry_place: None,
            first: TransactionRead::default(),
            first_place: None,
            tape: Tape::default(),
            transaction_open: false,
            currency: String::new(),
            remarks: Vec::new(),
        }
    }

    /// An element begins.
    #[inline]
    pub fn start<'e>(&mut self, member: Option<u16>, element: impl Fn() -> Element<'e>) -> Begun {
        let Some(node) = self.trail.start((member, &element), Node::child) else { return Begun::Inside };
        match node {
            Node::Report | Node::Entry | Node::Transaction => return Begun::Record,
            Node::Balance => self.report.balances.push(Balance::default()),
            _ if node.opens_group() => self.fill(node, ""),
            _ if node.is_amount() => {
                self.currency.clear();
                self.currency.push_str(element().attribute("Ccy").unwrap_or(""));
            }
            _ => {}
        }
        Begun::Inside
    }

    /// An element with text and nothing else, where it is neither a record nor a group.
    #[inline]
    pub fn leaf<'e>(&mut self, member: Option<u16>, element: impl Fn() -> Element<'e>, text: &str) -> Took {
        let Some(node) = self.trail.leaf((member, &element), Node::child) else { return Took::All };
        let is_record = matches!(node, Node::Report | Node::Entry | Node::Transaction | Node::Header);
        if is_record || node == Node::Balance || node.opens_group() {
            return Took::Nothing;
        }
        let text = trimmed(text);
        if !(text.is_empty() && node.is_either()) {
            let currency = if node.is_amount() { element().attribute("Ccy") } else { None };
            self.fill_value(node, Value { text, currency: currency.filter(|currency| !currency.is_empty()) });
        }
        Took::All
    }

    /// The record that `start` announced begins here.
    pub fn begin(&mut self, place: Place, output: &mut Output<'_>) {
        match self.trail.here() {
            Some(Node::Report) => {
                self.report_place = Some(place);
                self.report_given = false;
            }
            Some(Node::Entry) => {
                self.give_report_once(output);
                self.entry_place = Some(place);
            }
            Some(Node::Transaction) => {
                self.begin_transaction(place, output);
            }
            _ => {}
        }
    }

    /// The text of the open element.
    #[inline]
    pub fn text(&mut self, text: &str) {
        let Some(node) = self.trail.here() else { return };
        let text = trimmed(text);
        self.trail.text_seen();
        if !(text.is_empty() && node.is_either()) {
            self.fill(node, text);
        }
    }

    /// The open element ends.
    #[inline]
    pub fn end(&mut self, output: &mut Output<'_>) {
        let Some(left) = self.trail.leave() else { return };
        match left.node {
            Node::Transaction => self.transaction_open = false,
            Node::Entry => self.give_entry(Ended::Whole, output),
            Node::Report => self.end_report(output),
            Node::Header if self.any_given => self.remark_late_header(),
            node if node.opens_group() => {}
            node if left.empty => self.fill(node, ""),
            _ => {}
        }
        if left.node.is_amount() {
            self.currency.clear();
        }
    }

    /// The document breaks off: hands out what was begun, as far as it was read.
    pub fn break_off(&mut self, output: &mut Output<'_>) {
        self.transaction_open = false;
        if self.entry_place.is_some() {
            self.give_entry(Ended::BrokenOff, output);
        }
        if self.report_place.is_some() {
            self.end_report(output);
        }
    }

    /// Whether something did not fit into a record since the last call of `take_remarks`.
    #[inline]
    pub fn has_remarks(&self) -> bool {
        !self.remarks.is_empty()
    }

    /// What did not fit into a record since the last call.
    pub fn take_remarks(&mut self) -> Vec<Remark> {
        std::mem::take(&mut self.remarks)
    }

    fn fill(&mut self, node: Node, text: &str) {
        let own = std::mem::take(&mut self.currency);
        let currency = Some(own.as_str()).filter(|currency| !currency.is_empty() && node.is_amount());
        self.fill_value(node, Value { text, currency });
        self.currency = own;
    }

    #[inline]
    fn fill_value(&mut self, node: Node, value: Value<'_>) {
        let text = value.text;
        if self.transaction_open && self.tape.count() == 0 {
            self.first.fill(node, value);
        } else if self.transaction_open {
            self.tape.write(node, value);
        } else if self.entry_place.is_some() {
            self.entry.fill(node, value);
        } else if self.report_place.is_some() {
            fill_report(&mut self.report, node, value);
        } else {
            match node {
                Node::HeaderMessageId => keep(&mut self.header.message_id, text),
                Node::HeaderPage => keep(&mut self.header.page, text),
                Node::HeaderLastPage => self.header.last_page = boolean(text),
                _ => {}
            }
        }
    }

    fn give_report_once(&mut self, output: &mut Output<'_>) {
        let (Some(place), false) = (self.report_place, self.report_given) else { return };
        (self.report_given, self.any_given) = (true, true);
        let mut report = std::mem::take(&mut self.report);
        report.message.clone_from(&self.message);
        report.message_id.clone_from(&self.header.message_id);
        if report.page.is_none() && report.last_page.is_none() {
            report.page.clone_from(&self.header.page);
            report.last_page = self.header.last_page;
        }
        output.give(Record::AccountReport(Box::new(report)), place);
    }

    fn end_report(&mut self, output: &mut Output<'_>) {
        self.give_report_once(output);
        self.report_place = None;
        let late = std::mem::take(&mut self.report);
        if late != AccountReport::default() {
            self.remarks.push(Remark::late("Ntry", "account_report", &late));
        }
    }

    fn give_entry(&mut self, ended: Ended, output: &mut Output<'_>) {
        let place = self.entry_place.take().unwrap_or_default();
        let entry = self.entry.take(self.tape.count() + u64::from(self.first_place.is_some()));
        let lacking = if self.tape.count() > 0 { Lacking::all() } else { self.first.lacking() };
        let donor = Donor::of(&entry, ended, lacking);
        let lent = output.lend(Record::Entry(entry), place);
        self.entry.take_back(lent);
        if let Some(began) = self.first_place.take() {
            let lent = output.lend(Record::Transaction(self.first.take(&donor)), began);
            self.first.take_back(lent);
        }
        if self.tape.count() > 0 {
            self.give_taped(&donor, output);
        }
    }

    /// The transactions behind the first.
    fn give_taped(&mut self, donor: &Donor, output: &mut Output<'_>) {
        let read = &mut self.first;
        let mut began: Option<Place> = None;
        let count = self.tape.count();
        let mut given = 0;
        let replayed = self.tape.replay(|mark| match mark {
            Mark::Field(node, value) => read.fill(node, value),
            Mark::Transaction(place) => {
                given += 1;
                if let Some(began) = began.replace(place) {
                    let lent = output.lend(Record::Transaction(read.take(donor)), began);
                    read.take_back(lent);
                }
            }
        });
        if let Err(cause) = replayed {
            let lost = count - given;
            let text =
                format!("{lost} transactions of this entry were set aside and cannot be read back: {cause}");
            self.remarks.push(Remark { code: "record.lost", text });
        }
        if let Some(began) = began {
            let lent = output.lend(Record::Transaction(read.take(donor)), began);
            read.take_back(lent);
        }
    }

    fn begin_transaction(&mut self, place: Place, output: &Output<'_>) {
        self.transaction_open = true;
        match self.first_place {
            None => self.first_place = Some(place),
            Some(_) => self.tape.begin(place, output.spool()),
        }
    }

    fn remark_late_header(&mut self) {
        let late = AccountReport {
            message_id: self.header.message_id.clone(),
            page: self.header.page.clone(),
            last_page: self.header.last_page,
            ..AccountReport::default()
        };
        self.remarks.push(Remark::late("the report", "account_report", &late));
    }
}

fn fill_report(report: &mut AccountReport, node: Node, value: Value<'_>) {
    let slot = match node {
        Node::ReportId => &mut report.id,
        Node::Sequence => &mut report.sequence,
        Node::LegalSequence => &mut report.legal_sequence,
        Node::From => &mut report.from,
        Node::To => &mut report.to,
        Node::Copy => &mut report.copy,
        Node::Page => &mut report.page,
        Node::ReportCurrency => &mut report.currency,
        Node::LastPage => return report.last_page = boolean(value.text),
        Node::Iban(Whose::Report) | Node::OtherId(Whose::Report) => {
            return fill_account(&mut report.account, node, value.text);
        }
        Node::SummaryCount(_) | Node::SummarySum(_) | Node::SummaryNetAmount | Node::SummaryNetDirection => {
            return fill_summary(report.summary.get_or_insert_default(), node, value);
        }
        _ => return fill_balance(report.balances.last_mut(), node, value),
    };
    keep(slot, value.text);
}

fn fill_summary(summary: &mut EntriesSummary, node: Node, value: Value<'_>) {
    match node {
        Node::SummaryCount(which) => keep(&mut total_of(summary, which).count, value.text),
        Node::SummarySum(which) => keep(&mut total_of(summary, which).sum, value.text),
        Node::SummaryNetAmount => keep(&mut summary.net, value.text),
        Node::SummaryNetDirection => summary.net_direction = direction(value.text),
        _ => {}
    }
}

fn total_of(summary: &mut EntriesSummary, which: Totalled) -> &mut EntriesTotal {
    let slot = match which {
        Totalled::All => &mut summary.entries,
        Totalled::Credits => &mut summary.credits,
        Totalled::Debits => &mut summary.debits,
    };
    slot.get_or_insert_default()
}

fn fill_balance(balance: Option<&mut Balance>, node: Node, value: Value<'_>) {
    let Some(balance) = balance else { return };
    match node {
        Node::BalanceKind => keep(&mut balance.kind, value.text),
        Node::BalanceSubKind => keep(&mut balance.sub_type, value.text),
        Node::BalanceAmount => keep_amount(&mut balance.amount, &mut balance.currency, value),
        Node::BalanceDirection => balance.direction = direction(value.text),
        Node::BalanceDate => keep(&mut balance.date, value.text),
        _ => {}
    }
}
