-- Layout 2. What is known about a message whose outcome is or was unknown: asked, told, called a duplicate, why it
-- waits for people, what one of them proposed and what two of them decided.
ALTER TABLE message ADD COLUMN unknown_since INTEGER;
ALTER TABLE message ADD COLUMN inquired_at INTEGER;
ALTER TABLE message ADD COLUMN told TEXT;
ALTER TABLE message ADD COLUMN duplicate_at INTEGER;
ALTER TABLE message ADD COLUMN escalation TEXT;
ALTER TABLE message ADD COLUMN escalated_at INTEGER;
ALTER TABLE message ADD COLUMN proposed TEXT;
ALTER TABLE message ADD COLUMN proposed_by TEXT;
ALTER TABLE message ADD COLUMN proposed_at INTEGER;
ALTER TABLE message ADD COLUMN proposed_reason TEXT;
ALTER TABLE message ADD COLUMN decision TEXT;

-- Says what lifecycle::effective says; a test compares them.
DROP VIEW payout_state;
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
                WHEN 'unknown' THEN CASE WHEN m.escalation IS NOT NULL THEN 'Held' ELSE 'Unconfirmed' END
                WHEN 'received' THEN 'Submitted'
                WHEN 'refused' THEN 'Rejected'
                ELSE CASE WHEN p.held_kind IS NOT NULL THEN 'Held' ELSE 'Recorded' END
            END)
    END AS state
FROM payout p
LEFT JOIN block b ON b.key = p.block
LEFT JOIN message m ON m.key = b.message;
