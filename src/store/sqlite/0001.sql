-- Layout 1. A released step is never changed: its SHA-256 is kept in the store.
-- Times are microseconds since 1970 UTC, dates ISO text, digests 32 octets, evidence a digest and
-- the record's number in 8 octets, exact decimals text, money in minor units of its currency.

-- SQLite has one lane, so the number alone is the key; (lane, seq) is the key where there are several.
CREATE TABLE facts (
    seq INTEGER PRIMARY KEY,
    lane INTEGER NOT NULL DEFAULT 0 CHECK (lane = 0),
    subject_kind INTEGER NOT NULL,
    subject_key INTEGER NOT NULL,
    at INTEGER NOT NULL,
    body TEXT NOT NULL,
    hash BLOB NOT NULL
);
CREATE INDEX facts_subject ON facts (subject_kind, subject_key);

CREATE TABLE merkle (section INTEGER PRIMARY KEY, last_seq INTEGER NOT NULL, root BLOB NOT NULL);

CREATE TABLE meta (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    head_seq INTEGER NOT NULL,
    head_hash BLOB NOT NULL,
    epoch INTEGER NOT NULL,
    next_payout INTEGER NOT NULL,
    next_message INTEGER NOT NULL,
    next_block INTEGER NOT NULL,
    next_document INTEGER NOT NULL,
    next_entry INTEGER NOT NULL,
    next_statement INTEGER NOT NULL,
    next_exception INTEGER NOT NULL
);
INSERT INTO meta VALUES (1, 0, zeroblob(32), 0, 1, 1, 1, 1, 1, 1, 1);

CREATE TABLE payout (
    key INTEGER PRIMARY KEY,
    version INTEGER NOT NULL,
    tenant TEXT NOT NULL,
    token BLOB NOT NULL,
    external_id TEXT NOT NULL,
    end_to_end_id TEXT NOT NULL,
    batch_id TEXT,
    debtor_account_ref TEXT NOT NULL,
    bank TEXT NOT NULL,
    rail TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    currency TEXT NOT NULL,
    execution_date TEXT NOT NULL,
    replaced_by INTEGER,
    likeness INTEGER NOT NULL,
    content INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    held_kind TEXT,
    held_text TEXT,
    cancelled INTEGER NOT NULL,
    cancel_requested INTEGER NOT NULL,
    block INTEGER,
    status_code TEXT,
    status_created TEXT,
    reason_code TEXT,
    reason_proprietary TEXT,
    reason_text TEXT,
    status_evidence BLOB,
    bank_references TEXT,
    exceptions TEXT,
    booked_minor INTEGER,
    booked_currency TEXT,
    booked_reference TEXT,
    booking_date TEXT,
    value_date TEXT,
    notified BLOB,
    on_statement BLOB,
    returned_minor INTEGER,
    returned_currency TEXT,
    return_reason TEXT,
    return_reference TEXT,
    return_date TEXT,
    return_evidence BLOB,
    recorded_seq INTEGER NOT NULL
);
-- The one random unique key: payout id, instruction id, UETR and, by derivation, the external id.
CREATE UNIQUE INDEX payout_token ON payout (token);
CREATE UNIQUE INDEX payout_end_to_end ON payout (debtor_account_ref, upper(end_to_end_id));
CREATE INDEX payout_likeness ON payout (likeness);
CREATE INDEX payout_block ON payout (block) WHERE block IS NOT NULL;
CREATE INDEX payout_batch ON payout (batch_id) WHERE batch_id IS NOT NULL;
CREATE INDEX payout_unbatched ON payout (bank, key) WHERE block IS NULL AND held_kind IS NULL AND cancelled = 0;

CREATE TABLE bank_reference (
    reference TEXT NOT NULL,
    payout INTEGER NOT NULL,
    PRIMARY KEY (reference, payout)
) WITHOUT ROWID;

CREATE TABLE message (
    key INTEGER PRIMARY KEY,
    version INTEGER NOT NULL,
    tenant TEXT NOT NULL,
    message_id TEXT NOT NULL,
    bank TEXT NOT NULL,
    document BLOB NOT NULL,
    count INTEGER NOT NULL,
    sum TEXT NOT NULL,
    phase TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    maybe_sent INTEGER NOT NULL,
    first_attempt_at INTEGER,
    last_attempt_ended_at INTEGER,
    inquiries INTEGER NOT NULL,
    due_at INTEGER,
    bank_reference TEXT,
    status_code TEXT,
    status_created TEXT,
    reason_code TEXT,
    reason_proprietary TEXT,
    reason_text TEXT,
    status_evidence BLOB,
    last_code TEXT,
    dissolved INTEGER NOT NULL,
    frozen_at INTEGER NOT NULL,
    owner TEXT,
    epoch INTEGER NOT NULL DEFAULT 0,
    lease_until INTEGER
);
-- A dissolved message's members may be frozen again in the same order, which gives the same id.
CREATE UNIQUE INDEX message_live_id ON message (message_id) WHERE dissolved = 0;
CREATE INDEX message_id ON message (message_id);
CREATE INDEX message_bank_reference ON message (bank_reference) WHERE bank_reference IS NOT NULL;
CREATE INDEX message_due ON message (phase, due_at) WHERE dissolved = 0;

CREATE TABLE block (
    key INTEGER PRIMARY KEY,
    version INTEGER NOT NULL,
    message INTEGER NOT NULL,
    payment_information_id TEXT NOT NULL,
    debtor_account_ref TEXT NOT NULL,
    currency TEXT NOT NULL,
    execution_date TEXT NOT NULL,
    count INTEGER NOT NULL,
    sum TEXT NOT NULL,
    status_code TEXT,
    status_created TEXT,
    reason_code TEXT,
    reason_proprietary TEXT,
    reason_text TEXT,
    status_evidence BLOB,
    last_code TEXT,
    booked INTEGER NOT NULL,
    booked_minor INTEGER,
    booked_currency TEXT,
    booked_reference TEXT,
    booking_date TEXT,
    value_date TEXT,
    notified BLOB,
    on_statement BLOB,
    tenant TEXT NOT NULL
);
CREATE INDEX block_message ON block (message);
CREATE INDEX block_id ON block (payment_information_id);

CREATE TABLE document (
    key INTEGER PRIMARY KEY,
    version INTEGER NOT NULL,
    digest BLOB NOT NULL,
    bank TEXT NOT NULL,
    channel TEXT NOT NULL,
    authenticated INTEGER NOT NULL,
    size INTEGER NOT NULL,
    parts_read INTEGER NOT NULL,
    finished INTEGER NOT NULL,
    message_id TEXT,
    received_at INTEGER NOT NULL,
    tenant TEXT NOT NULL
);
-- Not unique: octets that came unauthenticated may come again with proof.
CREATE INDEX document_digest ON document (digest);
CREATE INDEX document_message ON document (bank, message_id) WHERE message_id IS NOT NULL;
CREATE INDEX document_unread ON document (key) WHERE finished = 0 AND authenticated = 1;

CREATE TABLE document_body (digest BLOB PRIMARY KEY, octets BLOB NOT NULL);

CREATE TABLE entry (
    key INTEGER PRIMARY KEY,
    identity TEXT NOT NULL UNIQUE,
    account_ref TEXT NOT NULL,
    class TEXT NOT NULL,
    direction TEXT NOT NULL,
    amount TEXT NOT NULL,
    currency TEXT NOT NULL,
    booking_date TEXT,
    transaction_code TEXT,
    account_servicer_reference TEXT,
    notified BLOB,
    on_statement BLOB,
    tenant TEXT NOT NULL
);
CREATE INDEX entry_reference ON entry (account_servicer_reference) WHERE account_servicer_reference IS NOT NULL;

CREATE TABLE exception (
    key INTEGER PRIMARY KEY,
    subject_kind INTEGER NOT NULL,
    subject_key INTEGER NOT NULL,
    code TEXT NOT NULL,
    text TEXT NOT NULL,
    evidence BLOB,
    raised_at INTEGER NOT NULL,
    tenant TEXT NOT NULL
);
CREATE INDEX exception_subject ON exception (subject_kind, subject_key);

CREATE TABLE statement (
    key INTEGER PRIMARY KEY,
    identity TEXT NOT NULL UNIQUE,
    account_ref TEXT NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    sequence TEXT,
    date TEXT,
    opening TEXT,
    closing TEXT,
    currency TEXT,
    movement TEXT NOT NULL,
    document BLOB NOT NULL,
    tenant TEXT NOT NULL
);

CREATE TABLE request (
    request TEXT PRIMARY KEY,
    body BLOB NOT NULL,
    status INTEGER NOT NULL,
    answer BLOB NOT NULL,
    tenant TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE cursor (bank TEXT PRIMARY KEY, cursor TEXT NOT NULL) WITHOUT ROWID;

-- What a status code alone amounts to; filled from the program's table whenever the store is opened.
CREATE TABLE status_meaning (code TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID;

-- Says what lifecycle::effective says; a test compares them.
CREATE VIEW payout_state AS
SELECT p.key AS payout,
    CASE
        WHEN p.returned_minor IS NOT NULL THEN 'Returned'
        WHEN p.booked_minor IS NOT NULL OR b.booked = 1 THEN 'Booked'
        WHEN p.cancelled = 1 THEN 'Cancelled'
        ELSE coalesce(
            (SELECT s.state FROM status_meaning s
             WHERE s.code = coalesce(p.status_code, b.status_code, m.status_code)),
            CASE m.phase
                WHEN 'frozen' THEN 'Batched'
                WHEN 'not_sent' THEN 'Batched'
                WHEN 'open' THEN 'Unconfirmed'
                WHEN 'unknown' THEN 'Unconfirmed'
                WHEN 'received' THEN 'Submitted'
                WHEN 'refused' THEN 'Rejected'
                ELSE CASE WHEN p.held_kind IS NOT NULL THEN 'Held' ELSE 'Recorded' END
            END)
    END AS state
FROM payout p
LEFT JOIN block b ON b.key = p.block
LEFT JOIN message m ON m.key = b.message;
