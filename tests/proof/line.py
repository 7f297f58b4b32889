"""A gateway and its bank as processes, started, killed and asked from outside. Shares no code with the gateway:
configurations are written here as an operator would write them, and the log of the client is kept here."""

import datetime
import hashlib
import http.client
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
READY_S = 60

GATEWAY = """version = 1

[gateway]
data_dir = "gateway"
tenant = "demo"
id_key = "id.key"

[api]
listen = "127.0.0.1:{api}"
certificate = "pki/gateway-tls-cert.pem"
key = "pki/gateway-tls-key.pem"
client_ca = "pki/ca-cert.pem"
clients = [{{ name = "treasury", spki_sha256 = "{treasury}", tenant = "demo", roles = ["submit", "read", "operate"] }}]

[callback]
listen = "127.0.0.1:{callback}"
certificate = "pki/gateway-tls-cert.pem"
key = "pki/gateway-tls-key.pem"
client_ca = "pki/ca-cert.pem"
public_url = "https://127.0.0.1:{callback}"

[metrics]
listen = "127.0.0.1:{metrics}"

[[bank]]
id = "demo-bank"
profile = "{profile}"
base_url = "https://127.0.0.1:{bank}"
server_ca = "pki/ca-cert.pem"

[bank.keys]
tls = {{ certificate = "pki/gateway-tls-cert.pem", key = "pki/gateway-tls-key.pem" }}
signing = {{ certificate = "pki/gateway-signing-cert.pem", key = "pki/gateway-signing-key.pem" }}
bank_signing = "pki/bank-signing-cert.pem"

[client]
url = "https://127.0.0.1:{api}"
certificate = "pki/treasury-tls-cert.pem"
key = "pki/treasury-tls-key.pem"
ca = "pki/ca-cert.pem"

[[account]]
ref = "demo-eur"
bank = "demo-bank"
iban = "DE02120300000000202051"
currency = "EUR"
name = "Demo Payouts"
bic = "BYLADEM1001"
"""

BANK = """version = 1

[bank]
id = "DEMO"
name = "Reference bank"
bic = "DEMODEFFXXX"
listen = "127.0.0.1:{port}"
public_url = "https://127.0.0.1:{shown}"
data_dir = "bank"
behaviour = "behaviour.toml"

[keys]
tls_certificate = "pki/bank-tls-cert.pem"
tls_key = "pki/bank-tls-key.pem"
signing_key = "pki/bank-signing-key.pem"
client_ca = "pki/ca-cert.pem"

[[client]]
name = "gateway"
tls_certificate = "pki/gateway-tls-cert.pem"
signing_certificate = "pki/gateway-signing-cert.pem"
callback_url = "https://127.0.0.1:{callback}/v1/callbacks/demo-bank"
callback_ca = "pki/ca-cert.pem"

[[account]]
client = "gateway"
iban = "DE02120300000000202051"
currency = "EUR"
name = "Demo Payouts"
opening_balance = "1000000000.00"

[processing]
{processing}
"""


def free_ports(count, seed):
    """Ports that are free now, below those that systems take for outgoing connections."""
    start = seed % 11_000
    found = []
    for step in range(11_000):
        port = 21_000 + (start + step) % 11_000
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            return found
    raise RuntimeError("no free ports")


def public_key_digest(certificate):
    """SHA-256 of the SubjectPublicKeyInfo, by openssl."""
    key = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-pubkey"], check=True, capture_output=True)
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=key.stdout, check=True, capture_output=True)
    return hashlib.sha256(der.stdout).hexdigest()


def changed_profile(changes):
    """The reference profile with other numbers."""
    text = (ROOT / "profiles" / "reference-rfc9421.toml").read_text()
    for key, value in changes:
        text, count = re.subn(rf"(?m)^{key} = \d+$", f"{key} = {value}", text)
        assert count == 1, key
    return text


class Line:
    """A run in a folder of its own."""

    def __init__(self, program, folder, seed, behaviour="", processing="", bank_port_shown=None, escalate_ms=None,
                 timeouts=()):
        self.program, self.folder, self.seed = str(program), pathlib.Path(folder), seed
        self.folder.mkdir(parents=True)
        subprocess.run([self.program, "keys", "dev-pki", str(self.folder / "pki")], check=True, capture_output=True)
        self.api, self.callback, self.metrics, self.bank_port = free_ports(4, seed * 37 + os.getpid())
        pki = self.folder / "pki"
        key = self.folder / "id.key"
        key.write_text(hashlib.sha256(f"id {seed}".encode()).hexdigest())
        key.chmod(0o600)
        treasury = public_key_digest(pki / "treasury-tls-cert.pem")
        shown = bank_port_shown or self.bank_port
        profile = "reference-rfc9421"
        if escalate_ms or timeouts:
            profile = "own.toml"
            changes = [*timeouts, *([("escalate_after_ms", escalate_ms)] if escalate_ms else [])]
            (self.folder / profile).write_text(changed_profile(changes))
        ports = {"api": self.api, "callback": self.callback, "metrics": self.metrics, "bank": shown, "profile": profile}
        (self.folder / "gateway.toml").write_text(GATEWAY.format(treasury=treasury, **ports))
        (self.folder / "bank.toml").write_text(BANK.format(port=self.bank_port, shown=shown, callback=self.callback, processing=processing))
        (self.folder / "behaviour.toml").write_text(behaviour or "version = 1\n")
        self.config = self.folder / "gateway.toml"
        self.gateway = self.bank = None
        self.starts = 0
        self.deaths = []
        tls = ssl.create_default_context(cafile=str(pki / "ca-cert.pem"))
        tls.load_cert_chain(str(pki / "treasury-tls-cert.pem"), str(pki / "treasury-tls-key.pem"))
        self.tls = tls
        self.client_log = open(self.folder / "client.ndjson", "ab")
        self.client_lock = threading.Lock()

    # ------------------------------------------------------------------------------------------ processes

    def _spawn(self, name, command, config, environment=None, wrapper=()):
        log = open(self.folder / f"{name}.log", "ab")
        surroundings = dict(os.environ, **(environment or {}))
        child = subprocess.Popen([*wrapper, self.program, command, "-c", str(config)], stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=log, env=surroundings)
        log.close()
        return child

    @staticmethod
    def _await_ready(child):
        """True once the ready line came, false if the process ended before."""
        line = b""
        done = threading.Event()

        def read():
            nonlocal line
            line = child.stdout.readline()
            done.set()

        threading.Thread(target=read, daemon=True).start()
        if not done.wait(READY_S):
            raise RuntimeError("not ready in time")
        return b'"ready":true' in line

    def start_bank(self):
        self.bank = self._spawn("bank", "sandbox", self.folder / "bank.toml")
        if not self._await_ready(self.bank):
            raise RuntimeError(f"the bank did not start: {self.tail('bank')}")

    def start_gateway(self, crash_at=None, environment=None, wrapper=()):
        """True if it became ready; with a crash point it may die before."""
        environment = dict(environment or {})
        if crash_at:
            environment["GIROGATE_CRASH_AT"] = crash_at
        self.gateway = self._spawn("gateway", "serve", self.config, environment, wrapper)
        self.starts += 1
        ready = self._await_ready(self.gateway)
        if not ready and not crash_at and not wrapper:
            raise RuntimeError(f"the gateway did not start: {self.tail('gateway')}")
        return ready

    def kill_gateway(self):
        self.gateway.kill()
        self.gateway.wait()

    def gateway_died_within(self, seconds):
        try:
            self.gateway.wait(seconds)
            return True
        except subprocess.TimeoutExpired:
            return False

    def stop(self):
        """Asks both for an orderly end; the gateway's exit code."""
        code = None
        for child in (self.gateway, self.bank):
            if child is None or child.poll() is not None:
                continue
            child.send_signal(signal.SIGTERM)
            try:
                child.wait(60)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
            code = child.returncode if child is self.gateway else code
        self.client_log.close()
        return code

    def tail(self, name):
        path = self.folder / f"{name}.log"
        return path.read_text(errors="replace")[-1500:] if path.exists() else ""

    # ------------------------------------------------------------------------------------------ client

    def _log(self, line):
        with self.client_lock:
            self.client_log.write(json.dumps(line).encode() + b"\n")
            self.client_log.flush()
            os.fsync(self.client_log.fileno())

    def submit(self, key, payouts, timeout=10):
        """One try; the status, or None where no answer came. Every try is on the disk before it counts."""
        body = json.dumps({"mode": "per_item", "payouts": payouts}).encode()
        status = answer = None
        began = now()
        try:
            connection = http.client.HTTPSConnection("127.0.0.1", self.api, context=self.tls, timeout=timeout)
            headers = {"content-type": "application/json", "idempotency-key": f'"{key}"'}
            connection.request("POST", "/v1/payouts", body, headers)
            reply = connection.getresponse()
            octets = reply.read()
            status = reply.status
            if status in (200, 201):
                told = json.loads(octets)
                items = told.get("items", [told])
                answer = [{"external_id": payout["external_id"], "id": item.get("id"),
                           "accepted": item.get("status") == "accepted", "known": item.get("status") == "known"}
                          for payout, item in zip(payouts, items)]
            connection.close()
        except (OSError, http.client.HTTPException, ValueError):
            status = answer = None
        items = [{"external_id": p["external_id"], "amount": p["amount"]["value"], "currency": p["amount"]["currency"],
                  "debtor_account": p["debtor"]["account_ref"], "creditor_account": p["creditor_account"]["iban"],
                  "execution_date": None} for p in payouts]
        self._log({"at": began, "request": key, "body_sha256": hashlib.sha256(body).hexdigest(),
                   "external_ids": [p["external_id"] for p in payouts], "items": items, "status": status,
                   "answer": answer, "process": self.starts})
        return status

    def ask(self, *arguments):
        """Records of a command of the program, read from the store."""
        command = [self.program, "--format", "json", *arguments, "-c", str(self.config)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
        if done.returncode not in (0, 1):
            raise RuntimeError(f"{' '.join(arguments)}: exit {done.returncode}: {done.stderr[-500:]}")
        return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]

    def totals(self):
        """The currencies of `totals`, or nothing where no store exists yet."""
        return self.ask("totals", "--offline")[0]["currencies"]

    def end_day(self):
        """Ends the bank's business day; false where it could not be asked."""
        command = [self.program, "sandbox", "day-end", "-c", str(self.config)]
        return subprocess.run(command, capture_output=True, timeout=120).returncode == 0

    def settle(self, patience=180):
        """Waits, ending the bank's days, until no payout is open; the seconds it took, or None."""
        began = last = time.monotonic()
        seen = None
        while time.monotonic() - began < patience:
            if self.gateway.poll() is not None:
                raise RuntimeError(f"the gateway ended: {self.tail('gateway')}")
            totals = self.totals()
            states = [(currency, name, row["count"]) for currency, entry in totals.items()
                      for name, row in entry["states"].items()]
            if states != seen:
                seen, last = states, time.monotonic()
            # Settled by word is not the end: the statement brings the entry.
            settled = sum(count for _, name, count in states if name == "Settled")
            if settled == 0 and all(entry["portions"]["open"]["count"] == 0 for entry in totals.values()):
                return time.monotonic() - began
            if time.monotonic() - last > 3:
                self.end_day()
                last = time.monotonic()
            time.sleep(0.3)
        return None

    # ------------------------------------------------------------------------------------------ evidence

    def gather(self, folder, converged):
        """The evidence folder of the run; processes must have ended."""
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True)
        data, bank = self.folder / "gateway", self.folder / "bank"
        for name in ("store.sqlite3", "store.sqlite3-wal", "send.journal"):
            if (data / name).exists():
                shutil.copy(data / name, folder / name)
        for source, name in ((data / "documents", "documents"), (bank / "orders", "bank.orders"),
                             (bank / "documents", "bank.documents")):
            if source.is_dir():
                shutil.copytree(source, folder / name)
        shutil.copy(bank / "journal.ndjson", folder / "bank.journal")
        for source, name in (("requests.ndjson", "bank.requests.ndjson"), ("callbacks.ndjson", "callbacks.ndjson")):
            if (bank / source).exists():
                shutil.copy(bank / source, folder / name)
        shutil.copy(self.folder / "client.ndjson", folder / "client.ndjson")
        (folder / "logs").mkdir()
        shutil.copy(self.folder / "gateway.log", folder / "logs" / "gateway.log")
        exported = self.ask("export", "--offline")
        (folder / "export.ndjson").write_text("".join(json.dumps(line) + "\n" for line in exported))
        (folder / "run.json").write_text(json.dumps({"seed": self.seed, "converged": converged,
                                                     "canaries": CANARIES,
                                                     "accounts": {"demo-eur": "DE02120300000000202051"}}))
        return folder


def now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat()


NAMES = ["Anna Muster", "Jean Dupont", "Maria Rossi", "Ola Nordmann", "Eva Novak"]
IBANS = ["DE89370400440532013000", "FR1420041010050500013M02606", "IT60X0542811101000000123456",
         "NL91ABNA0417164300", "AT611904300234573201"]

# What must stand in no log and in no file name.
CANARIES = NAMES + IBANS + ["DE02120300000000202051", "PRIVATE KEY"]


def payouts(draw, prefix, count, scenario=""):
    """Seeded payouts in euro to people of several countries; no two are alike."""
    made = []
    for number in range(count):
        which = draw.randrange(len(NAMES))
        identity = f"{prefix}-{number}"
        value = f"{draw.randrange(1, 90_000)}.{draw.randrange(100):02d}"
        made.append({
            "external_id": identity,
            "debtor": {"account_ref": "demo-eur"},
            "amount": {"value": value, "currency": "EUR"},
            "creditor": {"type": "individual", "name": f"{NAMES[which]} {scenario}".strip()},
            "creditor_account": {"iban": IBANS[which]},
            "remittance": {"unstructured": f"Payout {identity}"},
        })
    return made


class Load:
    """Clients that submit until told to stop and repeat each request, under its own key, until it is answered."""

    def __init__(self, line, threads=2, batch=8, pause=0.05, most=100_000):
        self.line, self.batch, self.pause = line, batch, pause
        self.stopping = threading.Event()
        self.left = most
        self.lock = threading.Lock()
        self.refused = []
        self.workers = [threading.Thread(target=self._work, args=(number,), daemon=True) for number in range(threads)]
        for worker in self.workers:
            worker.start()

    def _work(self, number):
        draw = random.Random(self.line.seed * 1_000 + number)
        request = 0
        while not self.stopping.is_set():
            with self.lock:
                if self.left <= 0:
                    return
                self.left -= self.batch
            request += 1
            key = f"c{number}-{request}"
            wanted = payouts(draw, f"{self.line.seed}-{key}", draw.randrange(1, self.batch + 1))
            while True:
                status = self.line.submit(key, wanted)
                if status in (200, 201):
                    break
                if status is not None and status not in (429, 503, 507):
                    self.refused.append((key, status))
                    break
                # The same request until it is answered: what is cut off at a kill must be told in the end.
                time.sleep(0.1)
            time.sleep(self.pause)

    def finish(self):
        """No new requests; waits until the last ones are answered."""
        self.stopping.set()
        for worker in self.workers:
            worker.join(120)
        return not any(worker.is_alive() for worker in self.workers)
