"""Invariants about conduct and evidence: I8-I10, I12, I13, I15-I17. Each function yields breaks or raises NotJudged."""

import hashlib
from collections import Counter, defaultdict
from decimal import Decimal

from evidence import micros, sha256
from lifecycle import CODES, DUPLICATES, ENDS, heavier
from money import Break, NotJudged, about, need

GENESIS = "00" * 32


def only_drawn_arrows(case):
    """I8: states change along drawn arrows, the gateway shows what follows from its facts, contradictions are items."""
    need(("facts", case.fold))
    for payout, fact, before, after in case.fold.undrawn:
        yield about(case, payout.id, "a drawn arrow", f"{before} became {after} by {fact.kind}", f"fact {fact.seq}")
    strange = {fact.subject for facts in case.fold.unknown_kinds.values() for fact in facts}
    for id_, line in case.exported.items():
        payout = case.payout(id_)
        if payout is None or case.fold.subjects_of(payout) & strange:
            continue
        if line["state"] != payout.state:
            yield about(case, id_, f"{payout.state}, as the facts lead to", f"{line['state']}", "facts, export")
    for row, fact, what in case.fold.silent:
        subjects = case.fold.subjects_of(row) if hasattr(row, "external_id") else {fact.subject}
        if not any(item.subject in subjects for item in case.fold.exceptions):
            yield Break(getattr(row, "id", None), getattr(row, "external_id", None), "an exception item",
                        f"{what}, and nobody is told", f"fact {fact.seq}")


def append_only_evidence(case):
    """I9: each inbound message is kept raw, once, before it is read; what is said points to it."""
    need(("facts", case.fold))
    trusted = {}
    for digest, facts in case.fold.documents.items():
        proofs = [fact for fact in facts if fact.body.get("authenticated")]
        doubted = [fact for fact in facts if not fact.body.get("authenticated")]
        if len(proofs) > 1 or len(doubted) > 1 or (proofs and doubted and doubted[-1].seq > proofs[0].seq):
            yield Break(None, None, "one record of a received document",
                        f"{digest[:12]} recorded {len(facts)} times", f"facts {[fact.seq for fact in facts]}")
        if proofs:
            trusted[digest] = proofs[0]
        if case.evidence.keeps_documents:
            octets = case.evidence.kept(digest)
            if octets is None or sha256(octets) != digest:
                yield Break(None, None, "the octets as they came", f"{digest[:12]} is "
                            + ("gone" if octets is None else "another document"), f"fact {facts[0].seq}")
    for fact in case.evidence.facts:
        for place in places(fact.body):
            source = trusted.get(place.get("document"))
            if source is None or source.seq > fact.seq:
                payout = case.fold.payouts.get(fact.key) if fact.subject[0] == "payout" else None
                yield Break(payout and payout.id, payout and payout.external_id,
                            "points to a document received before and proved",
                            f"{str(place.get('document'))[:12]} is none", f"fact {fact.seq} {fact.kind}")


def places(body):
    """All evidence in a fact's body."""
    for name, value in body.items():
        if name in ("evidence", "notified", "on_statement") and isinstance(value, dict) and "document" in value:
            yield value
        elif isinstance(value, dict):
            yield from places(value)


def one_writer(case):
    """I10: no attempt is opened by an epoch that another has followed."""
    need(("facts", case.fold))
    drawn = sorted((micros(one["at"]), one["epoch"]) for one in case.run.get("epochs") or [])
    opened = [attempt["started"] for message in case.fold.messages.values() for attempt in message.attempts]
    if not opened and not case.evidence.journal:
        raise NotJudged("nothing was ever sent")
    highest = 0
    for fact in sorted(opened, key=lambda fact: fact.seq):
        epoch = fact.body["epoch"]
        newest = max([highest] + [one for at, one in drawn if at is not None and at <= fact.at])
        if epoch < newest:
            members = case.fold.messages[fact.key].members
            yield about(case, case.fold.payouts[members[0]].id, f"epoch {newest} or later", f"epoch {epoch} opened it",
                        f"fact {fact.seq}")
        highest = max(highest, epoch)
    if case.evidence.meta and highest > case.evidence.meta["epoch"]:
        yield Break(None, None, f"no epoch after {case.evidence.meta['epoch']}", f"epoch {highest}", "facts, store")
    highest = 0
    for line in case.evidence.journal or []:
        if line["epoch"] < highest:
            yield Break(None, None, f"epoch {highest} or later", f"epoch {line['epoch']} for {line['message_id']}",
                        "send journal")
        highest = max(highest, line["epoch"])


def idempotent_api(case):
    """I12: one key and one body give one payout, for ever; another body under the key is refused."""
    need(("client log", case.evidence.client is not None))
    bodies, ids = defaultdict(list), defaultdict(set)
    for line in case.evidence.client:
        if line.get("status") in (200, 201):
            bodies[line["request"]].append(line)
            for item in line.get("answer") or []:
                if item.get("id"):
                    ids[item["external_id"]].add(item["id"])
    for key, lines in bodies.items():
        # What counts is what was in force first: the first request under the key that was answered.
        first = lines[0]
        for line in lines[1:]:
            if line.get("body_sha256") != first.get("body_sha256"):
                yield Break(None, ", ".join((line.get("external_ids") or [])[:3]), "another body under a key is refused",
                            f"answered {line['status']}", f"client log, key {key}")
    for external_id, found in ids.items():
        if len(found) > 1:
            yield Break(", ".join(sorted(found)), external_id, "one payout per external id", f"{len(found)} payouts",
                        "client log")
    for payouts in twice_recorded(case):
        yield about(case, payouts[0].id, "one payout per external id",
                    f"recorded {len(payouts)} times", f"facts {[payout.seq for payout in payouts]}")
    used = defaultdict(list)
    for payout in case.fold.payouts.values() if case.fold else []:
        used[(payout.tenant, payout.debtor_account_ref, payout.end_to_end_id.upper())].append(payout)
    for (_, account, end_to_end_id), payouts in used.items():
        if len(payouts) > 1:
            yield about(case, payouts[1].id, f"EndToEndId {end_to_end_id} once on {account}",
                        f"{len(payouts)} payouts carry it", f"facts {[payout.seq for payout in payouts]}")


def twice_recorded(case):
    found = defaultdict(list)
    for payout in case.fold.payouts.values() if case.fold else []:
        found[(payout.tenant, payout.external_id)].append(payout)
    return [payouts for payouts in found.values() if len(payouts) > 1]


class Told:
    """What the bank's documents say of one payout, as a set: no order, no repetition."""

    def __init__(self):
        self.own, self.block, self.message = None, None, None
        self.debited = self.returned = self.doubtful = False


def confluent(case):
    """I13: the set of what the bank said, in whatever order it came, leads to the state that is shown."""
    need(("facts", case.fold), ("export", case.evidence.export is not None))
    read = {fact.key for fact in case.evidence.facts if fact.kind == "document_read" and fact.body.get("finished")}
    digests = {fact.body["digest"] for facts in case.fold.documents.values() for fact in facts
               if fact.key in read and fact.body.get("authenticated")}
    if not digests:
        raise NotJudged("no document of the bank was read")
    if any(case.words_of(digest)[1] is None for digest in digests):
        raise NotJudged("the octets of the bank's documents are not here")
    told = gather(case, sorted(digests))
    judged = 0
    for id_, payout in case.fold.by_id.items():
        said, shown = told[id_], case.state(id_)
        expected = expectation(said)
        if expected is None or shown is None or said.doubtful or payout.cancelled:
            continue
        judged += 1
        if shown != expected:
            yield about(case, id_, f"{expected}, whatever the order of the bank's reports", f"{shown}",
                        "the bank's documents, export")
    if not judged:
        raise NotJudged("the bank's documents name no payout")


def expectation(said):
    if said.returned:
        return "Returned"
    if said.debited:
        return "Booked"
    word = said.own or said.block or said.message
    return CODES[word[0]][1] if word else None


def gather(case, digests):
    told = defaultdict(Told)
    messages = {message.id: message for message in case.fold.messages.values() if not message.dissolved}
    blocks = {block.id: block for block in case.fold.blocks.values() if not block.message.dissolved}
    references, nameless = defaultdict(set), []
    for digest in digests:
        kind, said = case.words_of(digest)
        for word in said:
            if (kind or "").startswith("pain.002"):
                status(case, told, (messages, blocks), word)
            else:
                movement(case, told, blocks, word, (references, nameless))
    for word in nameless:
        owners = {id_ for reference in word.ids["bank"] for id_ in references.get(reference, ())}
        if len(owners) == 1:
            moved(case, told, owners.pop(), word)
    return told


def status(case, told, rows, word):
    if word.code not in CODES or (word.code == "RJCT" and word.reason in DUPLICATES):
        return
    messages, blocks = rows
    news = (word.code, "")
    if word.level == "payment":
        id_ = named(case, word, blocks)
        if id_:
            told[id_].own = heavier(told[id_].own, news)
            return
    level = "message" if word.level == "message" else "block"
    row = messages.get(word.ids.get("message_id")) if level == "message" else blocks.get(
        word.ids.get("payment_information_id"))
    if row is not None and word.level == level:
        for member in row.members:
            one = told[case.fold.payouts[member].id]
            setattr(one, level, heavier(getattr(one, level), news))


def named(case, word, blocks):
    if word.ids.get("instruction_id") in case.fold.by_id:
        return word.ids["instruction_id"]
    by_uetr = case.by_uetr.get((word.ids.get("uetr") or "").lower())
    same = case.by_end_to_end.get((word.ids.get("end_to_end_id") or "").upper(), [])
    return by_uetr or (same[0] if len(same) == 1 else None)


def movement(case, told, blocks, word, learnt):
    references, nameless = learnt
    if word.level == "block":
        block = blocks.get(word.ids.get("payment_information_id"))
        for member in block.members if block and word.code == "DBIT" else []:
            told[case.fold.payouts[member].id].debited = True
        return
    id_ = named(case, word, blocks)
    if id_ is None:
        nameless.append(word)
        return
    for reference in word.ids["bank"]:
        references[reference].add(id_)
    moved(case, told, id_, word)


def moved(case, told, id_, word):
    payout, (value, currency) = case.payout(id_), word.money or (None, None)
    if word.code == "CRDT":
        told[id_].returned = True
    elif (value, currency) == (Decimal(payout.amount), payout.currency):
        told[id_].debited = True
    else:
        # A charge, or an amount that charges must explain: the fold of the facts judges it.
        told[id_].doubtful = True


def same_ends(case, other):
    """I13: two runs with the same messages in another order end alike."""
    mine = {line["external_id"]: line["state"] for line in case.exported.values()}
    theirs = {line["external_id"]: line["state"] for line in other.exported.values()}
    for external_id in sorted(set(mine) | set(theirs)):
        if mine.get(external_id) != theirs.get(external_id):
            yield Break(None, external_id, f"{theirs.get(external_id)} as in the other run",
                        f"{mine.get(external_id)}", "both exports")


def silent_logs(case):
    """I15: nothing that was planted as recognisable stands in a log, an error or a file name."""
    canaries = case.run.get("canaries") or []
    logs = sorted(path for path in list(case.evidence.folder.glob("logs/*")) + list(case.evidence.folder.glob("*.log"))
                  if path.is_file())
    need(("canaries in run.json", canaries), ("logs", logs))
    for path in logs:
        octets = path.read_bytes()
        for canary in canaries:
            place = octets.find(canary.encode())
            if place >= 0 or canary in path.name:
                line = octets[:max(place, 0)].count(b"\n") + 1
                yield Break(None, None, f"nothing of {canary[:4]}…", "it stands there in full", f"{path.name}:{line}")


def unbroken_chain(case):
    """I16: the chain of facts verifies from the first to the last, and its end is the one that others remember."""
    need(("facts", case.evidence.facts is not None))
    previous, expected, at = GENESIS, 1, {0: GENESIS}
    for fact in case.evidence.facts:
        if fact.seq != expected:
            yield Break(None, None, f"fact {expected}", f"fact {fact.seq}", "facts")
        if fact.previous is not None and fact.previous != previous:
            yield Break(None, None, f"previous {previous[:12]}", f"{fact.previous[:12]}", f"fact {fact.seq}")
        link = hashlib.sha256(bytes.fromhex(previous) + fact.octets).hexdigest()
        if fact.hash != link:
            yield Break(None, None, f"hash {link[:12]}", f"{str(fact.hash)[:12]}", f"fact {fact.seq}")
        # Go on from what is written: one changed fact is one break.
        previous, expected = fact.hash or link, fact.seq + 1
        at[fact.seq] = previous
    meta = case.evidence.meta
    if meta and (meta["seq"], meta["hash"]) != (expected - 1, previous):
        yield Break(None, None, f"the chain ends at fact {meta['seq']}", f"it ends at {expected - 1}", "store")
    for line in case.evidence.journal or []:
        head = line["head"]
        if at.get(head["seq"]) != head["hash"]:
            yield Break(None, None, f"fact {head['seq']} has the hash that the send journal remembers",
                        "it has not, or it is gone", f"send journal, {line['message_id']} attempt {line['attempt']}")
    for number in case.evidence.journal_damage:
        yield Break(None, None, "whole lines", "a changed one", f"send journal:{number}")


def live(case):
    """I17: when faults stop, every payout that waits for no person has its end."""
    need(("export", case.evidence.export is not None))
    if not case.evidence.converged:
        raise NotJudged("the run did not settle down (run.json: converged)")
    waits = Counter(line["state"] for line in case.exported.values() if line["state"] not in ENDS)
    for id_, line in case.exported.items():
        payout = case.payout(id_)
        if line["state"] in ENDS or line["state"] == "Held":
            continue
        if case.fold and payout and case.fold.items_about(payout):
            continue
        if case.fold is None and waits:
            raise NotJudged("no facts: whether a person was asked is not known")
        yield about(case, id_, "an end, or a person who was asked", f"{line['state']}", "export, facts")
