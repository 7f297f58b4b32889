"""The checker's own table of states and arrows, and its own fold of the facts. Written down from the design and the
fact sheets (status life cycle 2-4, faults and threats 2.2), not from the gateway's code, and compared with what it shows.
"""

# Code: (rank, what it amounts to). Source: status life cycle, section 2.
CODES = {
    "RCVD": (10, "Submitted"), "PATC": (15, "Held"), "RVNC": (16, "Submitted"), "RCVC": (17, "Submitted"),
    "RVMC": (17, "Submitted"), "RVNM": (17, "Submitted"), "RVNA": (17, "Submitted"), "RVCM": (17, "Held"),
    "ACTC": (20, "InReview"), "ACCP": (30, "InReview"), "ACFW": (34, "Held"), "ACFC": (35, "InReview"),
    "ACWC": (36, "InReview"), "PDNG": (40, "InReview"), "ACSP": (50, "InProcess"), "ACIS": (50, "InProcess"),
    "ACPD": (55, "InProcess"), "ACSC": (70, "Settled"), "ACWP": (72, "InProcess"), "ACCC": (80, "Settled"),
    "CPUC": (80, "Settled"), "BLCK": (85, "Held"), "RJCT": (69, "Rejected"), "CANC": (69, "Cancelled"),
}
# A refusal as a duplicate shows that something of ours is at the bank: it never rejects. Faults and threats, 2.4.
DUPLICATES = {"DU01", "DU02", "DU03", "DU04", "DU05", "AM05"}
# Answers that a bank gives before it has processed anything; all others prove nothing. Faults and threats, 2.5.
REFUSED_BEFORE_PROCESSING = {400, 401, 403, 404, 405, 406, 411, 413, 414, 415, 417, 422, 431}
SETTLED_WORDS = {code for code, (_, state) in CODES.items() if state == "Settled"} | {"ACWP", "BLCK"}
REFUSING_WORDS = {"RJCT", "CANC"}

STATES = ["Recorded", "Held", "Batched", "Unconfirmed", "Submitted", "InReview", "InProcess", "Settled", "Booked",
          "Returned", "Rejected", "Cancelled"]
ENDS = {"Booked", "Returned", "Rejected", "Cancelled"}
MONEY_LEFT = {"Settled", "Booked", "Returned"}
AT_BANK = ["Unconfirmed", "Submitted", "InReview", "InProcess", "Settled", "Booked", "Returned"]


def arrows():
    """Every drawn arrow, as pairs of states."""
    drawn = {("Recorded", "Held"), ("Recorded", "Batched"), ("Recorded", "Cancelled"), ("Held", "Recorded"),
             ("Held", "Cancelled"), ("Batched", "Recorded"), ("Batched", "Cancelled"), ("Batched", "Unconfirmed"),
             ("Unconfirmed", "Batched")}  # the last one: proof that no byte left
    for place, state in enumerate(AT_BANK):
        drawn |= {(state, later) for later in AT_BANK[place + 1:]}
        if state in ("Unconfirmed", "Submitted", "InReview", "InProcess"):
            drawn |= {(state, "Rejected"), (state, "Cancelled"), (state, "Held")}
    drawn.add(("Settled", "Held"))
    drawn |= {("Held", state) for state in AT_BANK[1:] + ["Rejected"]}
    # Money outranks words: these raise an exception item as well.
    for refused in ("Rejected", "Cancelled"):
        drawn |= {(refused, state) for state in MONEY_LEFT}
    return drawn


ARROWS = arrows()
CONTRADICTIONS = {("Rejected", "Settled"), ("Rejected", "Booked"), ("Cancelled", "Settled"), ("Cancelled", "Booked")}


def heavier(known, news):
    """Of two words (code, created) the one that stands, whichever came first."""
    if CODES.get(news[0], (0,))[0] == 0:
        return known
    if known is None:
        return news
    weight, other = CODES[news[0]][0], CODES[known[0]][0]
    if weight != other:
        return news if weight > other else known
    # Refused against cancelled: the earlier word of the bank stands.
    return min(known, news, key=lambda word: (word[1], word[0])) if news[0] != known[0] else known


class Payout:
    def __init__(self, key, seq, body):
        said = body["payout"]
        asked = said["instruction"]
        self.key, self.seq = key, seq
        self.id, self.tenant = said["token"], said["tenant"]
        self.external_id, self.end_to_end_id = asked["external_id"], said["end_to_end_id"]
        self.amount, self.currency = asked["amount"], asked["currency"]
        self.debtor_account_ref = asked["debtor_account_ref"]
        self.creditor_account = asked["creditor_account"]
        self.execution_date = said.get("execution_date")
        self.requested_date = asked.get("requested_execution_date")
        self.replaces = body.get("replaces")
        self.held, self.cancelled, self.block = "held" in body, False, None
        self.status, self.booked, self.returned = None, [], []
        self.state, self.history, self.evidence, self.codes = "Recorded", [], [], []


class Message:
    def __init__(self, key, body):
        self.key, self.id, self.digest, self.bank = key, body["message_id"], body["document"], body["bank"]
        self.phase, self.maybe_sent, self.dissolved, self.status = "frozen", False, False, None
        self.escalated = False
        self.members, self.attempts, self.evidence = [], [], []


class Block:
    def __init__(self, message, body):
        self.key, self.message, self.id = body["key"], message, body["payment_information_id"]
        self.members, self.status, self.booked = list(body["members"]), None, []
        self.evidence = []


class Fold:
    """What follows from the facts, by the checker's own reckoning."""

    def __init__(self, facts):
        self.payouts, self.messages, self.blocks, self.documents = {}, {}, {}, {}
        self.exceptions, self.unmatched, self.unknown_kinds = [], [], {}
        self.undrawn, self.silent = [], []
        for fact in facts:
            self.take(fact)
        self.by_id = {payout.id: payout for payout in self.payouts.values()}

    # ------------------------------------------------------------ one fact

    def take(self, fact):
        handler = getattr(self, "on_" + fact.kind, None)
        if handler is None:
            self.unknown_kinds.setdefault(fact.kind, []).append(fact)
            return
        for key in handler(fact) or ():
            self.look(self.payouts.get(key), fact)

    def look(self, payout, fact):
        if payout is None:
            return
        state = self.effective(payout)
        if state == payout.state:
            return
        payout.history.append((fact.seq, fact.kind, payout.state, state))
        if (payout.state, state) not in ARROWS:
            self.undrawn.append((payout, fact, payout.state, state))
        if (payout.state, state) in CONTRADICTIONS:
            self.silent.append((payout, fact, f"{payout.state} became {state}"))
        payout.state = state

    def effective(self, payout):
        block = self.blocks.get(payout.block)
        message = block.message if block else None
        if payout.returned:
            return "Returned"
        if payout.booked or (block and block.booked):
            return "Booked"
        if payout.cancelled:
            return "Cancelled"
        said = payout.status or (block and block.status) or (message and message.status)
        if said:
            return CODES[said[0]][1]
        if message is None:
            return "Held" if payout.held else "Recorded"
        if message.phase == "unknown" and message.escalated:
            return "Held"
        return {"frozen": "Batched", "not_sent": "Batched", "open": "Unconfirmed", "unknown": "Unconfirmed",
                "received": "Submitted", "refused": "Rejected"}[message.phase]

    # ------------------------------------------------------------ payouts

    def on_payout_recorded(self, fact):
        payout = Payout(fact.key, fact.seq, fact.body)
        payout.state = "Held" if payout.held else "Recorded"
        self.payouts[fact.key] = payout

    def on_payout_held(self, fact):
        self.payouts[fact.key].held = True
        return [fact.key]

    def on_payout_released(self, fact):
        self.payouts[fact.key].held = False
        return [fact.key]

    def on_payout_cancelled(self, fact):
        self.payouts[fact.key].cancelled = True
        return [fact.key]

    def on_cancel_requested(self, fact):
        return []

    def on_request_answered(self, fact):
        return []

    def on_payout_status(self, fact):
        payout, news = self.payouts[fact.key], (fact.body["code"], fact.body.get("created", ""))
        payout.codes.append((fact, news[0]))
        payout.evidence.append(fact)
        if news[0] in REFUSING_WORDS and payout.state in ("Settled", "Booked"):
            self.silent.append((payout, fact, f"{news[0]} for what is {payout.state}"))
        payout.status = heavier(payout.status, news)
        return [fact.key]

    def on_interbank_status(self, fact):
        return []

    def on_entry_booked(self, fact):
        payout = self.payouts[fact.key]
        payout.booked.append(fact)
        payout.evidence.append(fact)
        return [fact.key]

    def on_entry_returned(self, fact):
        payout = self.payouts[fact.key]
        payout.returned.append(fact)
        payout.evidence.append(fact)
        return [fact.key]

    # ------------------------------------------------------------ messages and blocks

    def on_message_frozen(self, fact):
        message = Message(fact.key, fact.body)
        self.messages[fact.key] = message
        for body in fact.body["blocks"]:
            block = Block(message, body)
            self.blocks[block.key] = block
            message.members += block.members
            for member in block.members:
                if member in self.payouts:
                    self.payouts[member].block = block.key
        return message.members

    def on_message_dissolved(self, fact):
        message = self.messages[fact.key]
        message.dissolved = True
        for member in message.members:
            payout = self.payouts.get(member)
            if payout and payout.block in self.blocks and self.blocks[payout.block].message is message:
                payout.block = None
        return message.members

    def on_step_started(self, fact):
        message = self.messages[fact.key]
        message.phase = "open"
        message.attempts.append({"started": fact, "ended": None})
        return message.members

    def on_step_ended(self, fact):
        message = self.messages[fact.key]
        for attempt in message.attempts:
            if attempt["started"].body["attempt"] == fact.body["attempt"]:
                attempt["ended"] = fact
        outcome = fact.body["end"]["outcome"]
        if outcome == "unknown":
            message.maybe_sent = True
        if outcome == "not_sent":
            # That this attempt sent nothing proves nothing about the ones before it.
            message.phase = "unknown" if message.maybe_sent else "not_sent"
        else:
            message.phase = {"received": "received", "refused": "refused", "unknown": "unknown"}[outcome]
        message.evidence.append(fact)
        return message.members

    def on_inquiry_ended(self, fact):
        message = self.messages[fact.key]
        if fact.body["end"] == "found" and message.phase != "refused":
            message.phase = "received"
        return message.members

    def on_duplicate_seen(self, fact):
        return []

    def on_unknown_waits(self, fact):
        return []

    def on_unknown_escalated(self, fact):
        self.messages[fact.key].escalated = True
        return self.messages[fact.key].members

    def on_unknown_resolved(self, fact):
        self.messages[fact.key].phase = "received"
        return self.messages[fact.key].members

    def on_decision_proposed(self, fact):
        return []

    def on_decision_confirmed(self, fact):
        if fact.body["decision"] == "sent":
            self.messages[fact.key].phase = "received"
        return self.messages[fact.key].members

    def spoken(self, row, fact, members):
        news = (fact.body["code"], fact.body.get("created", ""))
        row.evidence.append(fact)
        known = row.status[0] if row.status else None
        if (known in SETTLED_WORDS and news[0] in REFUSING_WORDS) or (
                known in REFUSING_WORDS and news[0] in SETTLED_WORDS):
            self.silent.append((row, fact, f"{news[0]} after {known}"))
        row.status = heavier(row.status, news)
        return members

    def on_message_status(self, fact):
        message = self.messages[fact.key]
        return self.spoken(message, fact, message.members)

    def on_block_status(self, fact):
        block = self.blocks[fact.key]
        return self.spoken(block, fact, block.members)

    def on_block_booked(self, fact):
        block = self.blocks[fact.key]
        block.booked.append(fact)
        block.evidence.append(fact)
        return block.members

    # ------------------------------------------------------------ documents and the rest

    def on_document_received(self, fact):
        self.documents.setdefault(fact.body["digest"], []).append(fact)
        return []

    def on_document_read(self, fact):
        return []

    def on_entry_unmatched(self, fact):
        self.unmatched.append(fact)
        return []

    def on_statement_read(self, fact):
        return []

    def on_exception_raised(self, fact):
        self.exceptions.append(fact)
        return []

    def on_collected_up_to(self, fact):
        return []

    # ------------------------------------------------------------ questions

    def subjects_of(self, payout):
        """Everything that an exception item about this payout may be about."""
        found = {("payout", payout.key)}
        block = self.blocks.get(payout.block)
        if block:
            found |= {("block", block.key), ("message", block.message.key)}
        return found

    def items_about(self, payout):
        subjects = self.subjects_of(payout)
        return [fact for fact in self.exceptions if fact.subject in subjects]

    def evidence_of(self, payout):
        """All facts that say something about the payout, its block or its message."""
        block = self.blocks.get(payout.block)
        return payout.evidence + (block.evidence + block.message.evidence if block else [])
