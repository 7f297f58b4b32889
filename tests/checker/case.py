"""One run laid out for judging: who is who among payouts, orders, requests and postings. Judges nothing."""

from collections import defaultdict
from decimal import Decimal

from evidence import Evidence, micros, uetr_of
from lifecycle import Fold
from messages import transfers, words

SUBMISSIONS = {"POST"}
MONEY_BACK = {"return", "refund"}


class Arrival:
    """A request with money effect as it reached the bank."""

    def __init__(self, at, digest, key, whole):
        self.at, self.digest, self.key, self.whole = at, digest, key, whole


class Case:
    def __init__(self, folder):
        self.evidence = Evidence(folder)
        self.run = self.evidence.run
        self.fold = Fold(self.evidence.facts) if self.evidence.facts is not None else None
        self.bank = self.evidence.bank
        self.exported = {}
        for line in self.evidence.export or []:
            self.exported[line["id"]] = line
        self.by_uetr, self.by_end_to_end, self.by_external = {}, defaultdict(list), defaultdict(list)
        for id_, external, end_to_end in self.identities():
            self.by_uetr[uetr_of(id_)] = id_
            self.by_end_to_end[(end_to_end or "").upper()].append(id_)
            self.by_external[external].append(id_)
        self._transfers, self._words = {}, {}
        self.debits, self.credits, self.strangers = self._postings()

    # ------------------------------------------------------------ who is who

    def identities(self):
        found = {}
        for line in self.exported.values():
            found[line["id"]] = (line["external_id"], line.get("end_to_end_id"))
        for payout in self.fold.payouts.values() if self.fold else []:
            found[payout.id] = (payout.external_id, payout.end_to_end_id)
        self.external = {id_: external for id_, (external, _) in found.items()}
        return [(id_, *rest) for id_, rest in found.items()]

    def payout(self, id_):
        return self.fold.by_id.get(id_) if self.fold else None

    def state(self, id_):
        """What the gateway says; None if it does not say anything about this payout."""
        line = self.exported.get(id_)
        return line["state"] if line else None

    def transfers_of(self, digest):
        """Payments in the octets of a digest; None if nobody kept the octets."""
        if digest not in self._transfers:
            octets = self.evidence.octets(digest)
            self._transfers[digest] = transfers(octets) if octets is not None else None
        return self._transfers[digest]

    def words_of(self, digest):
        if digest not in self._words:
            octets = self.evidence.octets(digest)
            self._words[digest] = words(octets) if octets is not None else (None, None)
        return self._words[digest]

    def named_by(self, transfer):
        """Payouts that each identifier of a transfer names: (by instruction, by UETR, by end-to-end id)."""
        by_instruction = transfer.instruction_id if transfer.instruction_id in self.external else None
        by_uetr = self.by_uetr.get((transfer.uetr or "").lower())
        same = self.by_end_to_end.get((transfer.end_to_end_id or "").upper(), [])
        return by_instruction, by_uetr, same

    def owner(self, transfer):
        """The one payout that a transfer is; None where its strong identifiers name none."""
        by_instruction, by_uetr, same = self.named_by(transfer)
        return by_instruction or by_uetr or (same[0] if len(same) == 1 else None)

    # ------------------------------------------------------------ the bank's ledger

    def _postings(self):
        debits, credits, strangers = defaultdict(list), defaultdict(list), []
        for posting in self.bank.postings if self.bank else []:
            kind, order = posting["kind"], posting.get("order")
            if order is None or posting.get("line") is None or kind not in MONEY_BACK | {"payment"}:
                continue
            transfer = self.ordered(order, posting["line"])
            owner = self.owner(transfer) if transfer else self.owner_by_text(posting)
            row = {"posting": posting, "order": order, "transfer": transfer, "amount": Decimal(str(posting["amount"]))}
            if owner is None:
                strangers.append(row)
            elif kind == "payment":
                debits[owner].append(row)
            else:
                credits[owner].append(row)
        return dict(debits), dict(credits), strangers

    def ordered(self, order, line):
        """The payment at a position of an order; None where its octets are not here."""
        digest = self.bank.orders.get(order, {}).get("digest")
        found = self.transfers_of(digest) if digest else None
        return found[line] if found and 0 <= line < len(found) else None

    def owner_by_text(self, posting):
        same = self.by_end_to_end.get((posting.get("end_to_end_id") or "").upper(), [])
        return same[0] if len(same) == 1 else None

    def net(self, id_):
        """Debits less what the bank gave back: how often the money is gone."""
        debited, returned = len(self.debits.get(id_, [])), len(self.credits.get(id_, []))
        return debited - min(returned, debited)

    # ------------------------------------------------------------ the bank's request log

    def arrivals(self):
        """Requests with money effect in the order in which they came."""
        found = []
        if self.bank.requests is not None:
            for line in self.bank.requests:
                if line.get("method", "POST") in SUBMISSIONS and is_submission(line.get("path")):
                    digest = line.get("digest") or line.get("sha256")
                    found.append(Arrival(micros(line["at"]), digest, key_of(line), digest is not None))
        else:
            for line in self.bank.orders.values():
                found.append(Arrival(micros(line["at"]), line["digest"], None, True))
        return sorted(found, key=lambda arrival: arrival.at)

    def sent_digests(self):
        """Digests of everything that was or may have been sent, whoever says so."""
        found = {}
        if self.bank:
            for arrival in self.arrivals():
                if arrival.digest:
                    found.setdefault(arrival.digest, "the bank's log")
            for line in self.bank.orders.values():
                found.setdefault(line["digest"], "the bank's orders")
        for message in self.fold.messages.values() if self.fold else []:
            for attempt in message.attempts:
                found.setdefault(attempt["started"].body["document"], "a step_started fact")
        for line in self.evidence.journal or []:
            found.setdefault(line["digest"], "the send journal")
        return found

    # ------------------------------------------------------------ what the client knows

    def asked(self):
        """What the client asked for, by external id, from its own log; the first word stands."""
        found = {}
        for line in self.evidence.client or []:
            for item in line.get("items") or []:
                found.setdefault(item["external_id"], item)
        return found

    def accepted(self):
        """External id to payout ids that the client was told, for everything answered with success."""
        found = defaultdict(set)
        for line in self.evidence.client or []:
            if line.get("status") not in (200, 201):
                continue
            for item in line.get("answer") or []:
                if item.get("accepted") or item.get("known"):
                    found[item["external_id"]] |= {item.get("id")} - {None}
        return found


def is_submission(path):
    """Whether a call hands a message over. Requests to cancel move nothing by themselves."""
    return path is None or (path.startswith("/v1/payments") and "cancel" not in path)


def key_of(line):
    """The idempotency key of a request, without the quotes that the field's syntax wants."""
    fields = {name.lower(): value for name, value in line.get("head") or []}
    key = line.get("idempotency_key") or fields.get("idempotency-key")
    return key.strip('"') if key else None
