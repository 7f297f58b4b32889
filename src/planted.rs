//! Planted defects: errors that a careless programmer would make, each named, each switched on by a test alone, so that
//! whoever judges a run can show that it would have noticed. They exist only under the feature `planted`, which a
//! release profile refuses; without it no defect is ever on. Never anything that a program for real needs.

/// One defect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defect {
    /// An attempt without an answer is repeated at once instead of asking the bank.
    ResendOnTimeout,
    /// The request leaves before the attempt is announced.
    SkippedIntent,
    /// Each further attempt carries a message id of its own.
    MessageIdPerAttempt,
    /// Each further attempt carries end-to-end ids of its own.
    EndToEndIdPerAttempt,
    /// A server error is taken for a refusal.
    ErrorIsRefusal,
    /// A refusal as a duplicate is taken for a rejection.
    DuplicateIsRejection,
    /// The last status wins, whatever its rank.
    LastStatusWins,
    /// A report that came before is stored again.
    RepeatedDocumentStored,
    /// A bank that does not find a message has rejected it.
    NotFoundIsRejected,
    /// Amounts lose what a number of 24 bits does not hold.
    RoundedAmount,
    /// A redirect is followed with the whole request.
    RedirectFollowed,
    /// The client repeats a request whose connection broke.
    ClientRetries,
    /// A connection that broke is taken as proof that nothing was sent.
    BrokenIsNotSent,
    /// The rejection of one payment rejects its block.
    PartIsWhole,
    /// A return takes the booking back.
    ReturnUnsettles,
    /// After some inquiries without an answer a message has failed.
    SilenceIsFailure,
    /// The signature of an answer is not looked at.
    UnsignedReplyTrusted,
    /// A receipt for another message is taken for ours.
    ForeignReceipt,
    /// The age of a callback's signature is not looked at.
    StaleCallback,
    /// The body of a callback need not be the one that was signed.
    BodyNotCovered,
    /// A callback without proof is applied.
    UnprovedCallback,
    /// Messages are logged in full.
    MessageLogged,
    /// A key that was used answers every body.
    KeyIgnoresBody,
    /// A stranger's entry of the same amount is matched.
    MatchedByAmount,
    /// A receipt is taken for settlement.
    ReceiptIsSettlement,
    /// The send journal is written when the attempt has ended.
    JournalAfterSend,
    /// A contradiction overwrites what was known, and nobody is told.
    ContradictionOverwrites,
    /// Received documents are not kept.
    EvidenceNotKept,
    /// The chain of facts begins anew with each start.
    ChainRestarts,
    /// Rejected payouts are left out of the export.
    ExportHidesRejected,
    /// The store does not wait for the disk.
    SynchronousOff,
    /// An attempt of an older epoch is taken.
    EpochUnchecked,
    /// Requests are answered first and written later, the last ones when more come; what is not yet written when the process is told
    /// to stop is dropped.
    DroppedOnStop,
}

/// One row of the table of defects.
#[derive(Debug)]
pub struct Described {
    /// The defect.
    pub defect: Defect,
    /// Stable name, as `GIROGATE_DEFECT` takes it.
    pub name: &'static str,
    /// What a run with it breaks first, as the judge reports it.
    pub invariant: &'static str,
}

const fn row(defect: Defect, name: &'static str, invariant: &'static str) -> Described {
    Described { defect, name, invariant }
}

/// Every defect.
pub const DEFECTS: &[Described] = &[
    row(Defect::ResendOnTimeout, "resend_on_timeout", "I2"),
    row(Defect::SkippedIntent, "skipped_intent", "I6"),
    row(Defect::MessageIdPerAttempt, "message_id_per_attempt", "I7"),
    row(Defect::EndToEndIdPerAttempt, "end_to_end_id_per_attempt", "I7"),
    row(Defect::ErrorIsRefusal, "error_is_refusal", "I4"),
    row(Defect::DuplicateIsRejection, "duplicate_is_rejection", "I4"),
    row(Defect::LastStatusWins, "last_status_wins", "I13"),
    row(Defect::RepeatedDocumentStored, "repeated_document_stored", "I9"),
    row(Defect::NotFoundIsRejected, "not_found_is_rejected", "I4"),
    row(Defect::RoundedAmount, "rounded_amount", "I3"),
    row(Defect::RedirectFollowed, "redirect_followed", "I6"),
    row(Defect::ClientRetries, "client_retries", "I6"),
    row(Defect::BrokenIsNotSent, "broken_is_not_sent", "I6"),
    row(Defect::PartIsWhole, "part_is_whole", "I4"),
    row(Defect::ReturnUnsettles, "return_unsettles", "I8"),
    row(Defect::SilenceIsFailure, "silence_is_failure", "I4"),
    row(Defect::UnsignedReplyTrusted, "unsigned_reply_trusted", "I5"),
    row(Defect::ForeignReceipt, "foreign_receipt", "I5"),
    row(Defect::StaleCallback, "stale_callback", "I5"),
    row(Defect::BodyNotCovered, "body_not_covered", "I5"),
    row(Defect::UnprovedCallback, "unproved_callback", "I5"),
    row(Defect::MessageLogged, "message_logged", "I15"),
    row(Defect::KeyIgnoresBody, "key_ignores_body", "I12"),
    row(Defect::MatchedByAmount, "matched_by_amount", "I5"),
    row(Defect::ReceiptIsSettlement, "receipt_is_settlement", "I5"),
    row(Defect::JournalAfterSend, "journal_after_send", "I6"),
    row(Defect::ContradictionOverwrites, "contradiction_overwrites", "I8"),
    row(Defect::EvidenceNotKept, "evidence_not_kept", "I9"),
    row(Defect::ChainRestarts, "chain_restarts", "I16"),
    row(Defect::ExportHidesRejected, "export_hides_rejected", "I1"),
    row(Defect::SynchronousOff, "synchronous_off", "I1"),
    row(Defect::EpochUnchecked, "epoch_unchecked", "I10"),
    row(Defect::DroppedOnStop, "dropped_on_stop", "I1"),
];

/// The defect of that name.
pub fn parse(name: &str) -> Option<Defect> {
    DEFECTS.iter().find(|row| row.name == name).map(|row| row.defect)
}

#[cfg(feature = "planted")]
thread_local! {
    static HERE: std::cell::Cell<Option<Defect>> = const { std::cell::Cell::new(None) };
}

/// Switches a defect on for what this thread does, or all off again.
#[cfg(feature = "planted")]
pub fn plant_here(defect: Option<Defect>) {
    HERE.set(defect);
}

/// One more than the number of the defect that is on in the whole process; 0 for none.
#[cfg(feature = "planted")]
static EVERYWHERE: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);

/// Switches a defect on for the whole process, or all off again.
#[cfg(feature = "planted")]
pub fn plant_everywhere(defect: Option<Defect>) {
    let number = defect.map_or(0, |defect| defect as usize + 1);
    EVERYWHERE.store(number, std::sync::atomic::Ordering::SeqCst);
}

/// Whether a defect is on: for this thread, for the whole process, or by `GIROGATE_DEFECT`.
#[cfg(feature = "planted")]
pub fn is(defect: Defect) -> bool {
    static CHOSEN: std::sync::OnceLock<Option<Defect>> = std::sync::OnceLock::new();
    let chosen = *CHOSEN.get_or_init(|| parse(&std::env::var("GIROGATE_DEFECT").ok()?));
    let everywhere = EVERYWHERE.load(std::sync::atomic::Ordering::SeqCst);
    chosen == Some(defect) || HERE.get() == Some(defect) || everywhere == defect as usize + 1
}

/// Nothing can be switched on.
#[cfg(not(feature = "planted"))]
pub const fn plant_everywhere(_defect: Option<Defect>) {}

/// No defect is ever on.
#[cfg(not(feature = "planted"))]
pub const fn is(_defect: Defect) -> bool {
    false
}
