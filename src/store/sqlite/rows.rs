//! Rows of the views as SQLite keeps them: the columns of each table in one order, for reading and
//! writing. Never decides what a row says.

use super::cells::{Cells, Written};
use crate::domain::entry::Digest;
use crate::domain::lifecycle::State;
use crate::domain::payout::Rail;
use crate::domain::reference::PayoutToken;
use crate::domain::row::{
    BlockRow, CancelStage, Cancellation, Channel, DocumentRow, EntryRow, ExceptionRow, Hold, MessageRow,
    PayoutRow, SendPhase, StatementRow,
};
use crate::store::facts::read_value::{class, direction};
use crate::store::facts::{subject_of, subject_parts};
use crate::store::listing::{EntryListed, ExceptionListed, PayoutListed, StatementListed};
use crate::store::view::RequestRow;
use rusqlite::{Result, Row};

/// Columns of a payout, for a table named `p`.
pub const PAYOUT: &str = "p.key, p.version, p.tenant, p.token, p.external_id, p.end_to_end_id, p.batch_id, \
    p.debtor_account_ref, p.bank, p.rail, p.amount_minor, p.currency, p.execution_date, p.replaced_by, p.likeness, \
    p.content, p.recorded_at, p.changed_at, p.held_kind, p.held_text, p.cancelled, p.cancel_requested, p.block, \
    p.status_code, p.status_created, p.reason_code, p.reason_proprietary, p.reason_text, p.status_evidence, \
    p.bank_references, p.exceptions, p.booked_minor, p.booked_currency, p.booked_reference, p.booking_date, \
    p.value_date, p.notified, p.on_statement, p.returned_minor, p.returned_currency, p.return_reason, \
    p.return_reference, p.return_date, p.return_evidence, p.cancel_stage, p.cancel_request, p.cancel_answer, \
    p.cancel_evidence";

/// Number of columns in [`PAYOUT`].
pub const PAYOUT_COLUMNS: usize = 48;

/// Columns of a message.
pub const MESSAGE: &str = "key, version, tenant, message_id, bank, document, count, sum, phase, attempt, maybe_sent, \
    first_attempt_at, last_attempt_ended_at, inquiries, due_at, bank_reference, status_code, status_created, \
    reason_code, reason_proprietary, reason_text, status_evidence, last_code, dissolved, frozen_at, unknown_since, \
    inquired_at, told, duplicate_at, escalation, escalated_at, proposed, proposed_by, proposed_at, proposed_reason, \
    decision, about";

/// Columns of a block.
pub const BLOCK: &str = "key, version, message, payment_information_id, debtor_account_ref, currency, execution_date, \
    count, sum, status_code, status_created, reason_code, reason_proprietary, reason_text, status_evidence, last_code, \
    booked, booked_minor, booked_currency, booked_reference, booking_date, value_date, notified, on_statement";

/// Columns of a document.
pub const DOCUMENT: &str = "key, version, digest, bank, channel, authenticated, size, parts_read, finished, \
    message_id, received_at";

/// Columns of an unmatched entry, and whose it is.
pub const ENTRY: &str = "key, identity, account_ref, class, direction, amount, currency, booking_date, \
    transaction_code, account_servicer_reference, notified, on_statement, tenant";

/// Columns of an exception item, and whose it is.
pub const EXCEPTION: &str = "key, subject_kind, subject_key, code, text, evidence, raised_at, tenant";

/// Columns of a statement, and whose it is.
pub const STATEMENT: &str = "key, identity, account_ref, id, kind, sequence, date, opening, closing, currency, \
    movement, document, tenant";

/// Reads [`PAYOUT`].
pub fn read_payout(row: &Row<'_>) -> Result<PayoutRow> {
    let mut cells = Cells::of(row);
    Ok(PayoutRow {
        key: cells.plain()?,
        version: cells.plain()?,
        tenant: cells.plain()?,
        token: cells.checked(|octets: [u8; 16]| PayoutToken::from_octets(octets).ok())?,
        external_id: cells.plain()?,
        end_to_end_id: cells.plain()?,
        batch_id: cells.plain()?,
        debtor_account_ref: cells.plain()?,
        bank: cells.plain()?,
        rail: cells.checked(|name: String| Rail::parse(&name))?,
        amount: cells.amount()?,
        execution_date: cells.date()?,
        replaced_by: cells.plain()?,
        likeness: cells.bits()?,
        content: cells.bits()?,
        recorded_at: cells.time()?,
        changed_at: cells.time()?,
        held: read_hold(&mut cells)?,
        cancelled: cells.plain()?,
        cancel_requested: cells.plain()?,
        block: cells.plain()?,
        status: cells.news_if()?,
        status_evidence: cells.evidence_if()?,
        bank_references: cells.texts()?,
        exceptions: cells.texts()?,
        booking: cells.booking_if()?,
        returned: cells.return_if()?,
        cancellation: read_cancellation(&mut cells)?,
    })
}

/// Reads [`PAYOUT`], then state, `MsgId` and `PmtInfId`.
pub fn read_listed(row: &Row<'_>) -> Result<PayoutListed> {
    let mut cells = Cells::from(row, PAYOUT_COLUMNS);
    Ok(PayoutListed {
        row: read_payout(row)?,
        state: cells.checked(|name: String| State::parse(&name))?,
        message_id: cells.plain()?,
        payment_information_id: cells.plain()?,
    })
}

fn read_hold(cells: &mut Cells<'_, '_>) -> Result<Option<Hold>> {
    let kind: Option<String> = cells.plain()?;
    let text: Option<String> = cells.plain()?;
    Ok(match (kind.as_deref(), text) {
        (Some("suspected_duplicate"), Some(earlier)) => Some(Hold::SuspectedDuplicate(earlier)),
        (Some(_), Some(reason)) => Some(Hold::Operator(reason)),
        _ => None,
    })
}

fn read_cancellation(cells: &mut Cells<'_, '_>) -> Result<Option<Cancellation>> {
    let stage = cells.checked_if(|name: String| CancelStage::parse(&name))?;
    let (request, answer, evidence) = (cells.plain()?, cells.plain()?, cells.evidence_if()?);
    Ok(stage.map(|stage| Cancellation { stage, request, answer, evidence }))
}

/// A cancellation as four cells.
pub fn write_cancellation<'v>(known: Option<&'v Cancellation>, cells: &mut Written<'v>) {
    cells.text_if(known.map(|known| known.stage.name()));
    cells.number_if(known.and_then(|known| known.request));
    cells.text_if(known.and_then(|known| known.answer.as_deref()));
    cells.evidence_if(known.and_then(|known| known.evidence.as_ref()));
}

/// A hold as two cells.
pub fn write_hold<'v>(hold: Option<&'v Hold>, cells: &mut Written<'v>) {
    let (kind, text) = match hold {
        Some(Hold::SuspectedDuplicate(earlier)) => (Some("suspected_duplicate"), Some(earlier.as_str())),
        Some(Hold::Operator(reason)) => (Some("operator"), Some(reason.as_str())),
        None => (None, None),
    };
    cells.text_if(kind).text_if(text);
}

/// Writes [`PAYOUT`].
pub fn write_payout<'v>(row: &'v PayoutRow, token: &'v [u8; 16], cells: &mut Written<'v>) {
    cells
        .number(row.key)
        .number(row.version)
        .text(&row.tenant)
        .octets(token)
        .text(&row.external_id)
        .text(&row.end_to_end_id)
        .text_if(row.batch_id.as_deref())
        .text(&row.debtor_account_ref)
        .text(&row.bank)
        .text(row.rail.name())
        .amount_if(Some(&row.amount))
        .date_if(Some(row.execution_date))
        .number_if(row.replaced_by)
        .bits(row.likeness)
        .bits(row.content)
        .time(row.recorded_at)
        .time(row.changed_at);
    write_hold(row.held.as_ref(), cells);
    cells.flag(row.cancelled).flag(row.cancel_requested).number_if(row.block);
    cells.news_if(row.status.as_ref()).evidence_if(row.status_evidence.as_ref());
    cells.texts(&row.bank_references).texts(&row.exceptions);
    cells.booking_if(row.booking.as_ref()).return_if(row.returned.as_ref());
    write_cancellation(row.cancellation.as_ref(), cells);
}

/// Reads [`MESSAGE`].
pub fn read_message(row: &Row<'_>) -> Result<MessageRow> {
    let mut cells = Cells::of(row);
    Ok(MessageRow {
        key: cells.plain()?,
        version: cells.plain()?,
        tenant: cells.plain()?,
        message_id: cells.plain()?,
        bank: cells.plain()?,
        document: cells.digest()?,
        count: cells.count()?,
        sum: cells.decimal()?,
        phase: cells.checked(|name: String| SendPhase::parse(&name))?,
        attempt: cells.small()?,
        maybe_sent: cells.plain()?,
        first_attempt_at: cells.time_if()?,
        last_attempt_ended_at: cells.time_if()?,
        inquiries: cells.small()?,
        due_at: cells.time_if()?,
        bank_reference: cells.plain()?,
        status: cells.news_if()?,
        status_evidence: cells.evidence_if()?,
        last_code: cells.plain()?,
        dissolved: cells.plain()?,
        frozen_at: cells.time()?,
        unknown: cells.unknown()?,
        about: cells.plain()?,
    })
}

/// Writes [`MESSAGE`].
pub fn write_message<'v>(row: &'v MessageRow, cells: &mut Written<'v>) {
    cells
        .number(row.key)
        .number(row.version)
        .text(&row.tenant)
        .text(&row.message_id)
        .text(&row.bank)
        .octets(&row.document.0)
        .count(row.count)
        .decimal_if(Some(&row.sum))
        .text(row.phase.name())
        .number(i64::from(row.attempt))
        .flag(row.maybe_sent)
        .time_if(row.first_attempt_at)
        .time_if(row.last_attempt_ended_at)
        .number(i64::from(row.inquiries))
        .time_if(row.due_at)
        .text_if(row.bank_reference.as_deref())
        .news_if(row.status.as_ref())
        .evidence_if(row.status_evidence.as_ref())
        .text_if(row.last_code.as_deref())
        .flag(row.dissolved)
        .time(row.frozen_at)
        .unknown(&row.unknown)
        .number_if(row.about);
}

/// Reads [`BLOCK`].
pub fn read_block(row: &Row<'_>) -> Result<BlockRow> {
    let mut cells = Cells::of(row);
    Ok(BlockRow {
        key: cells.plain()?,
        version: cells.plain()?,
        message: cells.plain()?,
        payment_information_id: cells.plain()?,
        debtor_account_ref: cells.plain()?,
        currency: cells.currency()?,
        execution_date: cells.date()?,
        count: cells.count()?,
        sum: cells.decimal()?,
        status: cells.news_if()?,
        status_evidence: cells.evidence_if()?,
        last_code: cells.plain()?,
        booked: cells.plain()?,
        booking: cells.booking_if()?,
    })
}

/// Writes [`BLOCK`].
pub fn write_block<'v>(row: &'v BlockRow, cells: &mut Written<'v>) {
    cells
        .number(row.key)
        .number(row.version)
        .number(row.message)
        .text(&row.payment_information_id)
        .text(&row.debtor_account_ref)
        .text(row.currency.code())
        .date_if(Some(row.execution_date))
        .count(row.count)
        .decimal_if(Some(&row.sum))
        .news_if(row.status.as_ref())
        .evidence_if(row.status_evidence.as_ref())
        .text_if(row.last_code.as_deref())
        .flag(row.booked)
        .booking_if(row.booking.as_ref());
}

/// Reads [`DOCUMENT`].
pub fn read_document(row: &Row<'_>) -> Result<DocumentRow> {
    let mut cells = Cells::of(row);
    Ok(DocumentRow {
        key: cells.plain()?,
        version: cells.plain()?,
        digest: cells.digest()?,
        bank: cells.plain()?,
        channel: cells.checked(|name: String| Channel::parse(&name))?,
        authenticated: cells.plain()?,
        size: cells.count()?,
        parts_read: cells.small()?,
        finished: cells.plain()?,
        message_id: cells.plain()?,
        received_at: cells.time()?,
    })
}

/// Writes [`DOCUMENT`].
pub fn write_document<'v>(row: &'v DocumentRow, cells: &mut Written<'v>) {
    cells
        .number(row.key)
        .number(row.version)
        .octets(&row.digest.0)
        .text(&row.bank)
        .text(row.channel.name())
        .flag(row.authenticated)
        .count(row.size)
        .number(i64::from(row.parts_read))
        .flag(row.finished)
        .text_if(row.message_id.as_deref())
        .time(row.received_at);
}

/// Reads [`ENTRY`].
pub fn read_entry(row: &Row<'_>) -> Result<EntryListed> {
    let mut cells = Cells::of(row);
    let row = EntryRow {
        key: cells.plain()?,
        identity: cells.plain()?,
        account_ref: cells.plain()?,
        class: cells.checked(|name: String| class("class", &name).ok())?,
        direction: cells.checked(|name: String| direction("direction", &name).ok())?,
        amount: cells.decimal()?,
        currency: cells.currency()?,
        booking_date: cells.date_if()?,
        transaction_code: cells.plain()?,
        account_servicer_reference: cells.plain()?,
        notified: cells.evidence_if()?,
        on_statement: cells.evidence_if()?,
    };
    Ok(EntryListed { row, tenant: cells.plain()? })
}

/// Writes [`ENTRY`].
pub fn write_entry<'v>(row: &'v EntryRow, tenant: &'v str, cells: &mut Written<'v>) {
    cells
        .number(row.key)
        .text(&row.identity)
        .text(&row.account_ref)
        .text(row.class.name())
        .text(row.direction.name())
        .decimal_if(Some(&row.amount))
        .text(row.currency.code())
        .date_if(row.booking_date)
        .text_if(row.transaction_code.as_deref())
        .text_if(row.account_servicer_reference.as_deref())
        .evidence_if(row.notified.as_ref())
        .evidence_if(row.on_statement.as_ref())
        .text(tenant);
}

/// Reads [`EXCEPTION`].
pub fn read_exception(row: &Row<'_>) -> Result<ExceptionListed> {
    let mut cells = Cells::of(row);
    let key = cells.plain()?;
    let kind = cells.plain()?;
    let row = ExceptionRow {
        key,
        subject: cells.checked(|key| subject_of(kind, key))?,
        code: cells.plain()?,
        text: cells.plain()?,
        evidence: cells.evidence_if()?,
        raised_at: cells.time()?,
    };
    Ok(ExceptionListed { row, tenant: cells.plain()? })
}

/// Writes [`EXCEPTION`].
pub fn write_exception<'v>(row: &'v ExceptionRow, tenant: &'v str, cells: &mut Written<'v>) {
    let (kind, key) = subject_parts(row.subject);
    cells
        .number(row.key)
        .number(i64::from(kind))
        .number(key)
        .text(&row.code)
        .text(&row.text)
        .evidence_if(row.evidence.as_ref())
        .time(row.raised_at)
        .text(tenant);
}

/// Reads [`STATEMENT`].
pub fn read_statement(row: &Row<'_>) -> Result<StatementListed> {
    let mut cells = Cells::of(row);
    let row = StatementRow {
        key: cells.plain()?,
        identity: cells.plain()?,
        account_ref: cells.plain()?,
        id: cells.plain()?,
        kind: cells.plain()?,
        sequence: cells.plain()?,
        date: cells.date_if()?,
        opening: cells.decimal_if()?,
        closing: cells.decimal_if()?,
        currency: cells.checked_if(|code: String| crate::domain::currency::Currency::parse(&code).ok())?,
        movement: cells.decimal()?,
        document: cells.digest()?,
    };
    Ok(StatementListed { row, tenant: cells.plain()? })
}

/// Writes [`STATEMENT`].
pub fn write_statement<'v>(row: &'v StatementRow, tenant: &'v str, cells: &mut Written<'v>) {
    cells
        .number(row.key)
        .text(&row.identity)
        .text(&row.account_ref)
        .text(&row.id)
        .text(&row.kind)
        .text_if(row.sequence.as_deref())
        .date_if(row.date)
        .decimal_if(row.opening.as_ref())
        .decimal_if(row.closing.as_ref())
        .text_if(row.currency.map(|currency| currency.code()))
        .decimal_if(Some(&row.movement))
        .octets(&row.document.0)
        .text(tenant);
}

/// Reads `body, status, answer` of an answered request.
pub fn read_request(row: &Row<'_>) -> Result<RequestRow> {
    let mut cells = Cells::of(row);
    let body = Digest(cells.plain()?);
    Ok(RequestRow { body, status: cells.plain()?, answer: Digest(cells.plain()?) })
}
