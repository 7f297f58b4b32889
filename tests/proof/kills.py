"""kill -9: at every named crash point and at random moments, under load. After the last kill the run settles and the
independent checker judges client log, store, send journal and the bank's books."""

import json
import pathlib
import random
import subprocess
import time

from line import Line, Load

CHECKER = pathlib.Path(__file__).resolve().parent.parent / "checker" / "check.py"
POINTS = ["after_recorded", "after_frozen", "after_prepared", "after_step_started", "after_delivered",
          "after_step_ended", "after_arrived", "after_part"]
FAULTS = 'version = 1\nseed = {seed}\npreset = "faults"\n'


def judged(python, folder):
    """The checker's verdict on an evidence folder: exit code and its lines."""
    done = subprocess.run([python, str(CHECKER), str(folder), "--format", "json"], capture_output=True, text=True)
    records = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return done.returncode, records, done.stdout[-3000:] + done.stderr[-1000:]


def run(program, python, folder, seed, kills, named):
    """One line with so many kills. `named` gives the points in turn; the rest are killed at random."""
    draw = random.Random(seed)
    faults = seed % 2 == 0
    line = Line(program, folder, seed, FAULTS.format(seed=seed) if faults else "", escalate_ms=20_000)
    told = {"seed": seed, "faults": faults, "kills": 0, "points": {}, "missed": {}, "random": 0}
    line.start_bank()
    load = None
    try:
        for number in range(kills):
            point = named[number // 2 % len(named)] if named and number % 2 == 0 else None
            crash_at = f"{point}:{draw.randrange(1, 4)}" if point else None
            ready = line.start_gateway(crash_at)
            load = load or Load(line, threads=2, batch=6, pause=0.08)
            if point:
                if not ready or line.gateway_died_within(6):
                    line.gateway.wait()
                    told["points"][point] = told["points"].get(point, 0) + 1
                else:
                    line.kill_gateway()
                    told["missed"][point] = told["missed"].get(point, 0) + 1
            else:
                time.sleep(draw.uniform(0.02, 1.2))
                line.kill_gateway()
                told["random"] += 1
            told["kills"] += 1
        line.start_gateway()
        answered = load.finish()
        took = line.settle()
        told["settled_s"] = None if took is None else round(took, 1)
        code = line.stop()
        evidence = line.gather(pathlib.Path(folder) / "evidence", answered and took is not None)
        verdict, records, text = judged(python, evidence)
        told.update(checker=verdict, invariants=records, refused=load.refused[:5], exit=code)
        told["good"] = verdict == 0 and took is not None and code == 0 and not load.refused
        if not told["good"]:
            told["text"] = text
        return told
    finally:
        for child in (line.gateway, line.bank):
            if child is not None and child.poll() is None:
                child.kill()
