"""Reads the evidence folder of a run: what the client, the gateway and the bank each wrote down. Judges nothing.

The layouts understood: a flat folder (client.ndjson, export.ndjson, facts.ndjson, send.journal, bank.journal,
bank.requests.ndjson, callbacks.ndjson, documents/, run.json), and the folder of a demonstration (gateway/, bank/).
Whatever is missing is None: an invariant without its evidence is not judged.
"""

import base64
import hashlib
import json
import sqlite3
import uuid
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path


def micros(value):
    """A time as microseconds since 1970, whether it is written as a number or as RFC 3339; None if it is neither."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return value
    try:
        at = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=timezone.utc)
    whole = at - datetime(1970, 1, 1, tzinfo=timezone.utc)
    return (whole.days * 86_400 + whole.seconds) * 1_000_000 + whole.microseconds


def sha256(octets):
    return hashlib.sha256(octets).hexdigest()


def uetr_of(token):
    """The UUID whose bits a payout id of 26 base32 letters holds."""
    try:
        return str(uuid.UUID(bytes=base64.b32decode(token.upper() + "======")))
    except ValueError:
        return None


class Fact:
    """One fact as it is stored: its octets, its place in the chain and what it says."""

    def __init__(self, seq, octets, digest, previous=None):
        self.seq, self.octets, self.hash, self.previous = seq, octets, digest, previous
        said = json.loads(octets, parse_float=Decimal)
        self.kind, self.at, self.body = said["kind"], said["at"], said["body"]
        self.tenant, self.actor, self.cause = said.get("tenant"), said.get("actor"), said.get("cause", {})
        name, _, key = said["subject"].partition(":")
        self.subject = (name, int(key) if key else 0)

    @property
    def key(self):
        return self.subject[1]


class Bank:
    """The bank's journal and request log."""

    def __init__(self):
        self.orders, self.postings, self.documents, self.requests, self.entries = {}, [], [], None, []
        self.callbacks = []
        self.has_ledger = False

    def take(self, line):
        kind = line.get("is")
        if kind == "order":
            self.orders[line["number"]] = line
        elif kind == "posting":
            self.postings.append(line)
        elif kind == "entry":
            self.entries.append(line)
        elif kind == "document":
            self.documents.append(line)
        elif kind == "request":
            self.requests = self.requests or []
            self.requests.append(line)
        elif kind == "callback":
            self.callbacks.append(line)


class Evidence:
    """Everything that lies in one folder."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.notes = []
        self.run = self._json("run.json") or {}
        self.client = self._lines("client.ndjson")
        self.callbacks = self._lines("callbacks.ndjson")
        self.database = None
        self.meta = None
        self.facts = self._facts()
        self.journal, self.journal_damage = self._journal()
        self.bank = self._bank()
        self.export = self._export()
        self.listed_exceptions = self._lines("exceptions.ndjson")
        self.listed_unmatched = self._lines("unmatched.ndjson")
        self._octets = {}
        self._bank_files = {}
        self.report_digests = self._reports()

    # ------------------------------------------------------------------ files

    def _first(self, *names):
        return next((self.folder / name for name in names if (self.folder / name).exists()), None)

    def _json(self, name):
        path = self._first(name)
        return json.loads(path.read_text()) if path else None

    def _lines(self, *names):
        path = self._first(*names)
        if path is None:
            return None
        found = []
        for number, text in enumerate(path.read_bytes().splitlines(), 1):
            if not text.strip():
                continue
            try:
                found.append(json.loads(text, parse_float=Decimal))
            except ValueError:
                # A process that was killed amid a line leaves a torn one; only the last may be torn.
                self.notes.append(f"{path.name}:{number}: not a whole line")
        return found

    def _facts(self):
        lines = self._lines("facts.ndjson")
        store = self._first("store.sqlite3", "gateway/store.sqlite3", "data/store.sqlite3")
        if store is not None:
            # Not immutable: what lies in the write-ahead log counts. The connection only reads.
            self.database = sqlite3.connect(store)
            self.database.execute("PRAGMA query_only = ON")
            try:
                row = self.database.execute("SELECT head_seq, head_hash, epoch FROM meta").fetchone()
                self.meta = {"seq": row[0], "hash": bytes(row[1]).hex(), "epoch": row[2]}
            except sqlite3.Error as cause:
                self.notes.append(f"{store.name}: {cause}")
                self.database = None
        if lines is not None:
            return [
                Fact(line["seq"], line["fact"].encode(), line.get("hash"), line.get("previous")) for line in lines
            ]
        if self.database is None:
            return None
        rows = self.database.execute("SELECT seq, body, hash FROM facts ORDER BY seq")
        return [Fact(seq, body.encode() if isinstance(body, str) else bytes(body), bytes(link).hex())
                for seq, body, link in rows]

    def _journal(self):
        path = self._first("send.journal", "gateway/send.journal", "data/send.journal")
        if path is None:
            return None, []
        whole, damaged = [], []
        for number, text in enumerate(path.read_bytes().splitlines(), 1):
            if not text.strip():
                continue
            try:
                whole.append(json.loads(text))
            except ValueError:
                if text.rstrip().endswith(b"}}"):
                    damaged.append(number)
        return whole, damaged

    def _bank(self):
        lines = self._lines("bank.journal", "bank/journal.ndjson")
        requests = self._lines("bank.requests.ndjson", "bank/requests.ndjson")
        if lines is None and requests is None:
            return None
        bank = Bank()
        bank.has_ledger = lines is not None
        for line in lines or []:
            bank.take(line)
        for line in requests or []:
            bank.take({"is": "request"} | line)
        if requests is not None and bank.requests is None:
            bank.requests = []
        return bank

    def _export(self):
        lines = self._lines("export.ndjson")
        if lines is None:
            return None
        # The feed may name a payout more than once, each time as it is: the last word counts.
        return [line for line in lines if "id" in line and "state" in line]

    def _reports(self):
        """Digest of every report that the bank made, where its octets or digests are here; else None."""
        if self.bank is None:
            return None
        found = set()
        for line in self.bank.documents:
            digest = line.get("digest")
            if digest is None:
                octets = self.report_octets(line["file"])
                digest = sha256(octets) if octets is not None else None
            if digest is None:
                return None
            found.add(digest)
        return found

    def report_octets(self, file):
        path = self._first(f"bank.documents/{file:08}.xml", f"bank/documents/{file:08}.xml")
        return path.read_bytes() if path else None

    def octets(self, digest):
        """Octets of a frozen message or received document, from whoever kept them; None if nobody did."""
        if digest not in self._octets:
            self._octets[digest] = self.kept(digest)
            if self._octets[digest] is None:
                path = self._first(f"bank.orders/{digest}.xml", f"bank/orders/{digest}.xml")
                self._octets[digest] = path.read_bytes() if path else None
        return self._octets[digest]

    def kept(self, digest):
        """The octets as the gateway itself keeps them."""
        if not digest or not all(letter in "0123456789abcdef" for letter in digest):
            return None
        path = self._first(f"documents/{digest}", f"documents/{digest[:2]}/{digest}",
                           f"gateway/documents/{digest[:2]}/{digest}", f"data/documents/{digest[:2]}/{digest}")
        if path is not None:
            return path.read_bytes()
        if self.database is not None:
            row = self.database.execute(
                "SELECT octets FROM document_body WHERE digest = ?", (bytes.fromhex(digest),)).fetchone()
            return bytes(row[0]) if row else None
        return None

    @property
    def keeps_documents(self):
        return self.database is not None or self._first("documents") is not None

    @property
    def converged(self):
        return self.run.get("converged") is True
