"""Invariants about money and identity: I1-I7 and I11. Each function yields breaks or raises NotJudged."""

from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal

from evidence import micros, uetr_of
from lifecycle import DUPLICATES, MONEY_LEFT, REFUSED_BEFORE_PROCESSING, SETTLED_WORDS


class NotJudged(Exception):
    """The folder has no evidence for this invariant."""


class Break:
    def __init__(self, payout, external_id, expected, seen, evidence):
        self.payout, self.external_id = payout, external_id
        self.expected, self.seen, self.evidence = expected, seen, evidence


def need(*pairs):
    missing = [what for what, there in pairs if not there]
    if missing:
        raise NotJudged("no " + ", no ".join(missing))


def about(case, id_, expected, seen, evidence):
    return Break(id_, case.external.get(id_), expected, seen, evidence)


def no_loss(case):
    """I1: what the client was told is accepted is in the facts and in the export, once."""
    need(("client log", case.evidence.client is not None), ("export", case.evidence.export is not None))
    for external_id, told in case.accepted().items():
        found = set(case.by_external.get(external_id, []))
        exported = {id_ for id_ in found if id_ in case.exported}
        if len(exported) != 1:
            yield Break(None, external_id, "one payout in the export", f"{len(exported)}", "client log, export")
        if case.fold and not any(case.payout(id_) for id_ in found):
            yield Break(None, external_id, "a payout_recorded fact", "none", "client log, facts")
        for id_ in told - found:
            yield Break(id_, external_id, "the payout that the client was told of", "it is nowhere", "client log")
    for id_, payout in (case.fold.by_id if case.fold else {}).items():
        if id_ not in case.exported:
            yield about(case, id_, "recorded, so in the export", "not there", f"fact {payout.seq}")


def no_double(case):
    """I2: at most one debit per payout, net of returns."""
    need(("bank ledger", case.bank is not None and case.bank.has_ledger),
         ("facts or export", case.fold or case.exported))
    for id_, rows in case.debits.items():
        if case.net(id_) <= 1:
            continue
        orders = Counter(row["order"] for row in rows)
        numbers = ", ".join(str(row["posting"]["number"]) for row in rows)
        if len(orders) > 1:
            yield about(case, id_, "at most one debit net of returns",
                        f"{len(rows)} debits of {len(orders)} orders", f"bank postings {numbers}")
        elif case.evidence.converged and case.fold and not case.fold.items_about(case.payout(id_)):
            # One order, debited twice: the bank's own doing, which somebody has to be told of.
            yield about(case, id_, "one debit, or an exception item about the bank's second one",
                        f"{len(rows)} debits and no item", f"bank postings {numbers}")


def account_text(account):
    if isinstance(account, str):
        return account
    account = account or {}
    return account.get("iban") or account.get("account")


def rolled(requested, sent):
    """Whether a date sent answers the date asked for: that day, or moved forward over closed days and cut-offs."""
    return requested is None or 0 <= (date.fromisoformat(sent) - date.fromisoformat(str(requested)[:10])).days <= 14


def no_phantom(case):
    """I3: each debit that carries our ids is one accepted payout with the same money, accounts and date."""
    need(("bank ledger", case.bank is not None and case.bank.has_ledger),
         ("facts or client log", case.fold or case.evidence.client))
    for row in case.strangers:
        seen = row["transfer"].end_to_end_id if row["transfer"] else row["posting"].get("end_to_end_id")
        yield Break(None, seen, "a debit of an accepted payout", "a debit of our account that is no payout",
                    f"bank posting {row['posting']['number']}, order {row['order']}")
    asked, accounts = case.asked(), defaultdict(set)
    for id_, rows in case.debits.items():
        payout, item = case.payout(id_), asked.get(case.external.get(id_))
        for row in rows:
            yield from differing(case, id_, row, payout, item)
            if payout and row["transfer"]:
                accounts[payout.debtor_account_ref].add(row["posting"]["debit"])
    known = case.run.get("accounts") or {}
    for ref, used in accounts.items():
        if len(used) > 1 or (ref in known and used != {known[ref]}):
            yield Break(None, None, f"{ref} is one account: {known.get(ref, 'always the same')}",
                        f"debited {sorted(used)}", "bank postings")


def differing(case, id_, row, payout, item):
    posting, transfer = row["posting"], row["transfer"]
    where = f"bank posting {posting['number']}, order {row['order']}"
    wanted = []
    if item:
        wanted.append(("the client's log", Decimal(str(item["amount"])), item["currency"], item.get("creditor_account")))
    if payout:
        wanted.append(("the fact", Decimal(payout.amount), payout.currency, payout.creditor_account))
    for source, amount, currency, creditor in wanted:
        if (row["amount"], posting["currency"]) != (amount, currency):
            yield about(case, id_, f"{amount} {currency} as in {source}",
                        f"{row['amount']} {posting['currency']} debited", where)
        creditor = account_text(creditor)
        if transfer and creditor and transfer.creditor_account != creditor:
            yield about(case, id_, f"creditor account as in {source}", "another one", where)
    if transfer and transfer.amount != row["amount"]:
        yield about(case, id_, f"{transfer.amount} as ordered", f"{row['amount']} debited", where)
    if transfer and payout:
        requested = (item or {}).get("execution_date") or payout.requested_date
        if transfer.date != payout.execution_date or not rolled(requested, transfer.date):
            yield about(case, id_, f"execution date {payout.execution_date} (asked for {requested})",
                        f"{transfer.date} in the octets sent", where)


def refusals(case, payout):
    """Words of the bank that truly refuse this payout: not those that call it a duplicate."""
    found = []
    for fact in case.fold.evidence_of(payout):
        reason = (fact.body.get("reason") or {}).get("code") or (fact.body.get("reason") or {}).get("proprietary")
        if fact.kind.endswith("_status") and fact.body["code"] in ("RJCT", "CANC") and reason not in DUPLICATES:
            found.append(fact)
    return found


def no_false_failure(case):
    """I4: nothing that the bank booked is said to be rejected or failed."""
    need(("bank ledger", case.bank is not None and case.bank.has_ledger),
         ("facts or export", case.fold or case.exported))
    if case.fold:
        yield from refused_and_taken(case)
        yield from rejected_as_duplicate(case)
        yield from unfounded(case, ("RJCT", "CANC"))
        yield from failed_by_nobody(case)
    for id_ in case.debits:
        state = case.state(id_)
        if state not in ("Rejected", "Cancelled") or case.net(id_) == 0:
            continue
        payout = case.payout(id_)
        if payout and refusals(case, payout) and not case.evidence.converged:
            continue  # The bank itself refused it first; the run ended before its contradiction could arrive.
        yield about(case, id_, "not reported as failed: the bank booked it", f"{state}",
                    f"bank posting {case.debits[id_][0]['posting']['number']}, export")


def failed_by_nobody(case):
    """Rejected although no word and no answer of the bank's refuses it: silence and "not found" are no refusal."""
    for id_ in case.exported:
        payout = case.payout(id_)
        if payout is None or case.state(id_) != "Rejected" or refusals(case, payout):
            continue
        block = case.fold.blocks.get(payout.block)
        ends = [attempt["ended"].body["end"] for attempt in block.message.attempts if attempt["ended"]] if block else []
        if not any(end["outcome"] == "refused" and end["status"] in REFUSED_BEFORE_PROCESSING for end in ends):
            yield about(case, id_, "a refusal by the bank", "Rejected, and the bank refused nothing", "facts, export")


def refused_and_taken(case):
    """An answer that proves nothing was taken for a refusal, while the bank has the order."""
    taken = {line["digest"]: number for number, line in case.bank.orders.items()}
    for message in case.fold.messages.values():
        for attempt in message.attempts:
            end = attempt["ended"].body["end"] if attempt["ended"] else {}
            proves = end.get("status") in REFUSED_BEFORE_PROCESSING
            if end.get("outcome") == "refused" and message.digest in taken and not proves:
                payout = case.fold.payouts[message.members[0]]
                yield about(case, payout.id, f"answer {end.get('status')} proves nothing: unknown",
                            f"all {len(message.members)} payouts of {message.id} refused; the bank took them",
                            f"fact {attempt['ended'].seq}, bank order {taken[message.digest]}")


def rejected_as_duplicate(case):
    for row in list(case.fold.messages.values()) + list(case.fold.blocks.values()):
        for fact in row.evidence:
            reason = (fact.body.get("reason") or {}).get("code")
            if fact.kind.endswith("_status") and fact.body["code"] == "RJCT" and reason in DUPLICATES and row.members:
                payout = case.fold.payouts[row.members[0]]
                yield about(case, payout.id, f"{reason} shows that the bank has something of ours",
                            f"{len(row.members)} payouts rejected by it", f"fact {fact.seq}")
    for payout in case.fold.payouts.values():
        for fact, code in payout.codes:
            reason = (fact.body.get("reason") or {}).get("code")
            if code == "RJCT" and reason in DUPLICATES:
                yield about(case, payout.id, f"{reason} rejects nothing", "rejected by it", f"fact {fact.seq}")


def no_false_success(case):
    """I5: settled, booked and returned need authenticated evidence of the bank's, and the money must have moved."""
    need(("facts", case.fold), ("export", case.evidence.export is not None))
    planted = {line.get("digest") or line.get("sha256") for line in case.evidence.callbacks or []
               if line.get("authentic") is False}
    genuine = {line.get("digest") or line.get("sha256") for line in case.evidence.callbacks or []
               if line.get("authentic") is not False} | (case.evidence.report_digests or set())
    for digest, facts in case.fold.documents.items():
        for fact in facts:
            forged = digest in planted and digest not in genuine
            pushed = fact.body["channel"] == "callback" and case.evidence.report_digests is not None
            if fact.body.get("authenticated") and (forged or (pushed and digest not in genuine)):
                yield Break(None, None, "a document that the bank made", f"{digest[:12]} is none and is trusted",
                            f"fact {fact.seq}")
    yield from receipts(case)
    yield from unfounded(case, SETTLED_WORDS)
    for id_ in case.exported:
        if case.state(id_) in MONEY_LEFT and case.payout(id_):
            yield from proved(case, case.payout(id_), case.state(id_))


def unfounded(case, codes):
    """Each status fact with one of these codes must be what its document says, at the level at which it says it."""
    rows = [("message", row, row.evidence) for row in case.fold.messages.values()]
    rows += [("block", row, row.evidence) for row in case.fold.blocks.values()]
    rows += [("payment", row, row.evidence) for row in case.fold.payouts.values()]
    for level, row, facts in rows:
        for fact in facts:
            if not fact.kind.endswith("_status") or fact.body["code"] not in codes:
                continue
            digest = (fact.body.get("evidence") or {}).get("document")
            trusted = any(one.body.get("authenticated") and one.seq < fact.seq
                          for one in case.fold.documents.get(digest, []))
            _, said = case.words_of(digest)
            if trusted and (said is None or any(speaks(word, level, row, fact.body["code"]) for word in said)):
                continue
            payout = row if level == "payment" else case.fold.payouts.get(row.members[0]) if row.members else None
            yield about(case, payout.id if payout else None, f"a report that says {fact.body['code']} of the {level}",
                        f"{str(digest)[:12]} does not" if trusted else f"{str(digest)[:12]} is no report of the bank's",
                        f"fact {fact.seq}")


def speaks(word, level, row, code):
    if word.level != level or word.code != code:
        return False
    if level == "message":
        return word.ids["message_id"] == row.id
    if level == "block":
        return word.ids["payment_information_id"] == row.id
    named = {word.ids.get("instruction_id"), (word.ids.get("uetr") or "").lower()}
    same = (word.ids.get("end_to_end_id") or "").upper() == row.end_to_end_id.upper()
    return bool({row.id, uetr_of(row.id)} & named) or same


def receipts(case):
    """A receipt must be about our message: its reply, where it is kept, names no other."""
    for message in case.fold.messages.values():
        for attempt in message.attempts:
            end = attempt["ended"].body["end"] if attempt["ended"] else {}
            if end.get("outcome") != "received" or not message.members:
                continue
            first, where = case.fold.payouts[message.members[0]], f"fact {attempt['ended'].seq}"
            taken = {line["digest"] for line in case.bank.orders.values()} if case.bank else None
            if taken is not None and case.bank.has_ledger and message.digest not in taken:
                yield about(case, first.id, "confirmed receipt of what the bank has",
                            f"{message.id} counts as received; the bank has no such order", where)
            octets = case.evidence.kept(end.get("reply"))
            if octets is not None and octets.startswith(b"{") and message.id.encode() not in octets:
                yield about(case, first.id, f"a receipt that names {message.id}", "one that does not", where)


def proved(case, payout, state):
    """What the gateway says about the money, against the facts it points to and against the bank's ledger."""
    wanted = {
        "Settled": lambda fact: fact.kind.endswith("_status") and fact.body["code"] in SETTLED_WORDS,
        "Booked": lambda fact: fact.kind in ("entry_booked", "block_booked"),
        "Returned": lambda fact: fact.kind == "entry_returned",
    }[state]
    facts = [fact for fact in case.fold.evidence_of(payout) if wanted(fact)]
    if not facts:
        yield about(case, payout.id, f"evidence for {state}", "no fact says so", "facts, export")
    for fact in facts:
        for digest in digests_of(fact):
            yield from backed(case, payout, fact, digest)
    if case.bank and case.bank.has_ledger:
        debited, given_back = case.debits.get(payout.id), case.credits.get(payout.id)
        moved = debited if state == "Booked" else given_back
        if state in ("Booked", "Returned") and not moved:
            yield about(case, payout.id, f"{state}: money moved in the bank's ledger", "no posting of this payout",
                        f"facts {[fact.seq for fact in facts]}")


def digests_of(fact):
    booking = fact.body.get("booking") or fact.body.get("returned") or {}
    places = [fact.body.get("evidence"), booking.get("notified"), booking.get("on_statement"), booking.get("evidence")]
    return [place["document"] for place in places if place]


def backed(case, payout, fact, digest):
    received = [one for one in case.fold.documents.get(digest, []) if one.body.get("authenticated")]
    if not any(one.seq < fact.seq for one in received):
        yield about(case, payout.id, "an authenticated document, received before", f"{digest[:12]} is none",
                    f"fact {fact.seq}")


def intent_before_wire(case):
    """I6: for each request that reached the bank, a journal line and a fact with its digest stood before it."""
    need(("bank log", case.bank is not None), ("facts", case.fold), ("send journal", case.evidence.journal is not None))
    started, noted = defaultdict(list), defaultdict(list)
    for message in case.fold.messages.values():
        for attempt in message.attempts:
            fact = attempt["started"]
            started[fact.body["document"]].append(fact.at)
    for line in case.evidence.journal:
        noted[line["digest"]].append(line["at"])
    repeats = case.run.get("network_duplicates") is True
    came = Counter()
    for arrival in case.arrivals():
        digest = arrival.digest or next((one for one in started if arrival.key and one.startswith(arrival.key)), None)
        came[digest] += 1
        count = 1 if repeats else came[digest]
        for name, before in (("step_started fact", started), ("line of the send journal", noted)):
            times = sorted(before.get(digest, []))
            if len([at for at in times if at <= arrival.at]) < count:
                owner = next((case.owner(one) for one in case.transfers_of(digest) or []), None)
                yield about(case, owner, f"{count} {name}(s) before request {count} of {str(digest)[:12]}",
                            f"{len([at for at in times if at <= arrival.at])} before {arrival.at}, {len(times)} in all",
                            "bank log, " + name)


def frozen_identity(case):
    """I7: all octets sent for one payout carry the same identifiers and the same idempotency key."""
    need(("octets sent", case.sent_digests()), ("facts or export", case.fold or case.exported))
    seen, unread = defaultdict(dict), 0
    keys = defaultdict(set)
    for arrival in case.arrivals() if case.bank else []:
        if arrival.digest and arrival.key:
            keys[arrival.digest].add(arrival.key)
    for digest, source in case.sent_digests().items():
        found = case.transfers_of(digest)
        unread += found is None
        for transfer in found or []:
            by_instruction, by_uetr, same = case.named_by(transfer)
            owner = case.owner(transfer)
            if owner is None:
                yield Break(None, transfer.end_to_end_id, "octets sent name a payout of ours",
                            f"{transfer.identity} names none", f"{source}, {digest[:12]}")
                continue
            if by_instruction != owner or (transfer.uetr and by_uetr != owner) or owner not in same:
                yield about(case, owner, "InstrId, UETR and EndToEndId all name it",
                            f"{by_instruction}, {by_uetr}, {same}", f"{source}, {digest[:12]}")
            for key in keys.get(digest) or {None}:
                seen[owner].setdefault((transfer.identity, key), digest)
    if unread and not seen:
        raise NotJudged(f"nobody kept the octets of {unread} digests")
    for owner, identities in seen.items():
        if len({identity for identity, _ in identities}) > 1 or len({key for _, key in identities} - {None}) > 1:
            yield about(case, owner, "one set of identifiers for all that was sent",
                        "; ".join(str(one) for one in sorted(map(str, identities))), "octets sent")


def conservation(case):
    """I11: what was accepted is what the states hold; what the bank debited is what is booked. To the cent."""
    need(("export", case.evidence.export is not None), ("facts or client log", case.fold or case.evidence.client))
    accepted, held = defaultdict(Decimal), defaultdict(Decimal)
    asked, told = case.asked(), case.accepted()
    source = {}
    for external_id in told:
        if external_id in asked:
            item = asked[external_id]
            source[external_id] = (item["currency"], Decimal(str(item["amount"])))
    for payout in case.fold.payouts.values() if case.fold else []:
        source.setdefault(payout.external_id, (payout.currency, Decimal(payout.amount)))
    for currency, amount in source.values():
        accepted[currency] += amount
    for line in case.exported.values():
        held[line["amount"]["currency"]] += Decimal(line["amount"]["value"])
    for currency in sorted(set(accepted) | set(held)):
        if accepted[currency] != held[currency]:
            yield Break(None, differing_ids(case, source), f"accepted {accepted[currency]} {currency}",
                        f"{held[currency]} {currency} over all states", "client log and facts, export")
    if case.bank and case.bank.has_ledger and case.evidence.converged:
        yield from debited_is_booked(case)


def differing_ids(case, source):
    exported = {line["external_id"]: (line["amount"]["currency"], Decimal(line["amount"]["value"]))
                for line in case.exported.values()}
    wrong = sorted(one for one in set(source) | set(exported) if source.get(one) != exported.get(one))
    return ", ".join(wrong[:5]) + (" …" if len(wrong) > 5 else "")


def debited_is_booked(case):
    """Once all has settled down, each debit belongs to a booked payout and each booked payout to a debit."""
    debited, booked = defaultdict(Decimal), defaultdict(Decimal)
    explained = set()
    for id_, rows in case.debits.items():
        payout = case.payout(id_)
        items = case.fold.items_about(payout) if case.fold and payout else []
        if items and (case.state(id_) not in ("Booked", "Returned") or len(rows) > 1):
            explained.add(id_)  # A person has been told of what does not fit.
        else:
            debited[rows[0]["posting"]["currency"]] += sum((row["amount"] for row in rows), Decimal(0))
    for id_, line in case.exported.items():
        if line["state"] in ("Booked", "Returned") and id_ not in explained:
            booked[line["amount"]["currency"]] += Decimal(line["amount"]["value"])
    for currency in sorted(set(debited) | set(booked)):
        if debited[currency] != booked[currency]:
            wrong = [id_ for id_ in set(case.debits) | set(case.exported) if id_ not in explained
                     and bool(case.debits.get(id_)) != (case.state(id_) in ("Booked", "Returned"))]
            id_ = min(wrong) if wrong else None
            yield about(case, id_, f"the bank debited {debited[currency]} {currency}",
                        f"{booked[currency]} {currency} booked and returned; {len(wrong)} payouts differ",
                        "bank ledger, export")
