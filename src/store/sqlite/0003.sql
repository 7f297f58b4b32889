-- Layout 3: cancellations that the bank is asked for. A released step is never changed.

ALTER TABLE payout ADD COLUMN cancel_stage TEXT;
ALTER TABLE payout ADD COLUMN cancel_request INTEGER;
ALTER TABLE payout ADD COLUMN cancel_answer TEXT;
ALTER TABLE payout ADD COLUMN cancel_evidence BLOB;
CREATE INDEX payout_cancel_wanted ON payout (key) WHERE cancel_stage = 'wanted';

-- The payout that a request is about; a pain.001 has blocks instead.
ALTER TABLE message ADD COLUMN about INTEGER;

-- The newest statements of an account, for the chain.
CREATE INDEX statement_account ON statement (account_ref, kind, key);
