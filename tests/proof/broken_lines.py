"""The line between gateway and bank breaks in every way that a proxy can break it without reading it: before, amid and
after a request, in the answer, slowly, for ever, with another certificate. The checker judges what became of it."""

import json
import pathlib
import socket
import subprocess
import time

from kills import judged
from line import Line, Load, free_ports

# A connection for each call and short deadlines, so that stalls end soon.
SHORT = [("keep_alive_ms", 1), ("first_byte_ms", 2_000), ("total_ms", 4_000)]
DEEDS = ["reset_connect", "reset_handshake", "reset_before", "reset_amid", "reset_answer", "truncate_answer",
         "close_quietly", "corrupt_answer", "delay_answer", "half_close", "swap_answers", "stall_answer",
         "trickle_answer", "wrong_certificate"]


def script(seed, pki):
    """Every deed strikes a share of the connections; after so many of each the line is well again."""
    rules = [f"version = 1\nseed = {seed}\n\n[identity]\ncertificate = \"{pki}/treasury-tls-cert.pem\"\n"
             f"key = \"{pki}/treasury-tls-key.pem\"\nca = \"{pki}/ca-cert.pem\"\n"]
    for deed in DEEDS:
        rules.append(f"[[rule]]\ndoes = \"{deed}\"\nper_mille = 60\ntimes = 6\n")
        if deed == "trickle_answer":
            rules.append("delay_ms = 100\n")
        elif deed.startswith("delay") or deed == "swap_answers":
            rules.append("delay_ms = 400\n")
    return "\n".join(rules)


def run(program, python, folder, seed, seconds):
    """A run with a broken line; after `seconds` no new payouts come and the rest has to settle."""
    shown = free_ports(1, seed * 91 + 5_000)[0]
    line = Line(program, folder, seed, bank_port_shown=shown, escalate_ms=20_000, timeouts=SHORT)
    told = {"seed": seed, "struck": {}}
    proxy = None
    try:
        line.start_bank()
        text = line.folder / "line.toml"
        text.write_text(script(seed, line.folder / "pki"))
        log = open(line.folder / "proxy.ndjson", "wb")
        proxy = subprocess.Popen([str(program), "sandbox", "proxy", "--listen", f"127.0.0.1:{shown}", "--to",
                                  f"127.0.0.1:{line.bank_port}", "--script", str(text)], stdout=log,
                                 stderr=subprocess.DEVNULL)
        log.close()
        wait_for(shown)
        line.start_gateway()
        load = Load(line, threads=2, batch=5, pause=0.15)
        time.sleep(seconds)
        answered = load.finish()
        took = line.settle(300)
        told["settled_s"] = None if took is None else round(took, 1)
        told["exit"] = line.stop()
        for said in (line.folder / "proxy.ndjson").read_text().splitlines():
            said = json.loads(said)
            if said.get("struck"):
                told["struck"][said["does"]] = told["struck"].get(said["does"], 0) + 1
        evidence = line.gather(pathlib.Path(folder) / "evidence", answered and took is not None)
        told["checker"], told["invariants"], words = judged(python, evidence)
        told["good"] = told["checker"] == 0 and took is not None and told["exit"] == 0
        if not told["good"]:
            told["text"] = words
        return told
    finally:
        for child in (line.gateway, line.bank, proxy):
            if child is not None and child.poll() is None:
                child.kill()
                child.wait()


def wait_for(port):
    """Until somebody listens."""
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("the proxy did not start")
