"""The proof that anyone can re-run: simulation, planted defects, kills, syscall faults, power cuts, conservation.
Fails on any break, says loudly what the machine cannot do, and writes what was found as docs/evidence.md."""

import argparse
import concurrent.futures
import datetime
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time

import broken_lines
import conserve
import kills
import matrix
import powercut

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PYTHON = next((path for path in ("/usr/bin/python3", sys.executable)
               if pathlib.Path(path).exists()
               and subprocess.run([path, "-c", "import lxml"], capture_output=True).returncode == 0), sys.executable)
LEVELS = {
    "change": {"histories": 2_000, "kills": 50, "cuts": 20, "seconds": 20, "sweep": "", "defects": ""},
    "release": {"histories": 100_000, "kills": 500, "cuts": 100, "seconds": 900, "sweep": "all", "defects": "all"},
    "moonshot": {"histories": 10_000_000, "kills": 20_000, "cuts": 10_000, "seconds": 86_400, "sweep": "all",
                 "defects": "all"},
}
KILLS_A_LINE = 25


class Part:
    """One part of the campaign and what became of it."""

    def __init__(self, name, command):
        self.name, self.command = name, command
        self.figures, self.broken, self.skipped = [], [], []
        self.took = 0.0

    def keep(self, folder):
        """Keeps what was found until the part is run again."""
        told = dict(vars(self), revision=revision(), date=datetime.date.today().isoformat())
        (folder / f"{self.name}.json").write_text(json.dumps(told))

    def verdict(self):
        return "BROKEN" if self.broken else ("skipped" if self.skipped and not self.figures else "holds")


def cargo(arguments, environment):
    """A run of cargo: exit code and everything it said."""
    command = ["cargo", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=dict(os.environ, **environment), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout


def tests(part, target, environment, wanted, filters=()):
    """Runs a test target; lines that fit `wanted` are its figures, lines that begin with SKIPPED its gaps."""
    code, said = cargo(["test", "--profile", "ci", "--features", "planted", "--locked", "--test", target, *filters,
                        "--", "--nocapture"], environment)
    lines = [line.strip() for line in said.splitlines()]
    part.figures += [line for line in lines if re.search(wanted, line)]
    part.skipped += [line for line in lines if line.startswith("SKIPPED")]
    if code != 0:
        part.broken.append(f"exit {code}: " + " | ".join(lines[-25:]))


def simulation(part, options):
    environment = {"GIROGATE_SIMULATION_HISTORIES": str(options.histories), "GIROGATE_SIMULATION_FIRST": str(options.seed)}
    tests(part, "simulation", environment, r"^(simulation:|sometimes )")


def defects(part, options):
    environment = {"GIROGATE_TEST_DEFECTS": options.defects} if options.defects else {}
    tests(part, "checker", environment, r"^test .*::\S+ \.\.\. ")
    table = (ROOT / "tests" / "checker" / "defects.tsv").read_text().splitlines()
    rows = [line.split("\t") for line in table if line and not line.startswith(("#", "defect\t"))]
    if len(rows) < 25:
        part.broken.append("fewer than 25 planted defects")
    if not part.broken:
        part.figures.append(f"{len(rows)} of {len(rows)} planted defects caught, each at its invariant, and the same runs without"
                            " them hold: " + ", ".join(f"{row[0]} ({row[2]})" for row in rows))


def sweep(part, options):
    environment = {"GIROGATE_TEST_SWEEP": options.sweep} if options.sweep else {}
    tests(part, "crash", environment, r" strikes, ", ("whatever_call_of_the_disk",))


def one_line_of_kills(arguments):
    program, python, folder, seed, count = arguments
    try:
        return kills.run(program, python, folder, seed, count, kills.POINTS)
    except Exception as cause:  # a run that stops early is a break, whatever stopped it
        return {"seed": seed, "good": False, "kills": 0, "points": {}, "random": 0, "text": f"{type(cause).__name__}: {cause}"}


def killing(part, options):
    lines = max(1, -(-options.kills // KILLS_A_LINE))
    asked = [(options.program, PYTHON, f"{options.folder}/kills-{number}", options.seed + number,
              min(KILLS_A_LINE, options.kills - number * KILLS_A_LINE)) for number in range(lines)]
    points, killed, at_random, settled, checked = {}, 0, 0, [], 0
    with concurrent.futures.ProcessPoolExecutor(options.together) as pool:
        for told in pool.map(one_line_of_kills, asked):
            killed += told["kills"]
            at_random += told["random"]
            for point, count in told["points"].items():
                points[point] = points.get(point, 0) + count
            if told.get("settled_s") is not None:
                settled.append(told["settled_s"])
            checked += told.get("checker") == 0
            if told["good"]:
                shutil.rmtree(f"{options.folder}/kills-{told['seed'] - options.seed}", ignore_errors=True)
            else:
                part.broken.append(f"seed {told['seed']}: {json.dumps(told)[:3_000]}")
    part.figures.append(f"kill -9: {killed}, of them {at_random} at random moments, over {lines} runs")
    part.figures.append("kill points hit: " + ", ".join(f"{name} {points.get(name, 0)}" for name in kills.POINTS))
    part.figures.append(f"the independent checker passed {checked} of {lines} runs; settled within {max(settled, default=0)} s")
    missing = [name for name in kills.POINTS if not points.get(name)]
    if missing:
        part.broken.append(f"kill points never hit: {', '.join(missing)}")


def cutting(part, options):
    cannot = powercut.possible()
    if cannot:
        part.skipped.append(f"SKIPPED: power cuts: {cannot}")
        return
    try:
        full = powercut.run(options.program, f"{options.folder}/power", options.seed, options.cuts)
    except powercut.Impossible as cause:
        part.skipped.append(f"SKIPPED: power cuts: {cause}")
        return
    part.figures.append(f"cuts: {full['cuts']}, payouts acknowledged: {full['acknowledged']}, lost: {full['lost']}")
    if full["lost"]:
        part.broken.append(json.dumps(full))
    control = powercut.run(options.program, f"{options.folder}/control", options.seed, max(20, options.cuts // 5),
                           {"GIROGATE_DEFECT": "synchronous_off"})
    part.figures.append(f"control without waiting for the disk: {control['cuts_with_loss']} of {control['cuts']} cuts lose"
                        f" acknowledged payouts ({control['lost']})")
    if not control["lost"]:
        part.broken.append("the control run lost nothing: the cuts prove nothing")


def breaking(part, options):
    told = broken_lines.run(options.program, PYTHON, f"{options.folder}/line", options.seed, 12)
    part.figures.append("connections struck: " + ", ".join(f"{deed} {told['struck'].get(deed, 0)}" for deed in broken_lines.DEEDS))
    part.figures.append(f"settled within {told['settled_s']} s; the independent checker {'passed' if told['checker'] == 0 else 'did not pass'}")
    missing = [deed for deed in broken_lines.DEEDS if not told["struck"].get(deed)]
    if missing or not told["good"]:
        part.broken.append(json.dumps({"never": missing, **told})[:3_000])


def conserving(part, options):
    told = conserve.run(options.program, PYTHON, f"{options.folder}/mixed", options.seed, options.seconds)
    for currency, entry in told.get("totals", {}).items():
        part.figures.append(f"{currency} accepted {entry['accepted']['count']} / {entry['accepted']['sum']}; " + ", ".join(
            f"{name} {row['count']} / {row['sum']}" for name, row in entry["portions"].items()))
    part.figures.append(f"asked {told['asked']} times in {options.seconds} s (longest gap {told['longest_gap_s']} s),"
                        f" {told['kills']} kills, {told['days']} business days: {len(told['broken'])} times it did not hold")
    if not told["good"]:
        part.broken.append(json.dumps({name: value for name, value in told.items() if name != "totals"})[:3_000])


def demonstration(part, options):
    count = 20_000 if options.level != "change" else 2_000
    folder = f"{options.folder}/demo"
    done = subprocess.run([options.program, "demo", "--faults", "--kill", "--payouts", str(count), "--dir", folder],
                          capture_output=True, text=True, timeout=3_600)
    lines = done.stdout.splitlines()
    part.figures += [line.strip() for line in lines if re.match(r"\s*(killed|reconciled|returned|rejected|held|on the statement)", line)]
    part.figures += [line for line in lines if line.startswith("unexplained")]
    if done.returncode != 0:
        part.broken.append(f"exit {done.returncode}: " + " | ".join(lines[-30:]))
        return
    verdict, records, said = kills.judged(PYTHON, folder)
    counts = {word: sum(1 for record in records if record.get("verdict") == word) for word in ("ok", "broken", "not judged")}
    part.figures.append("the independent checker on its folder: " + ", ".join(f"{count} {word}" for word, count in counts.items()))
    if verdict != 0:
        part.broken.append(said)


def rows(part, options):
    found = matrix.check(ROOT)
    part.figures.append(f"rows of the fault matrix automated: {found['automated']} of {found['rows']}"
                        f" ({found['nodes']} wait for several nodes, {found['open']} are open)")
    part.broken += found["broken"]
    if found["automated"] < 90:
        part.broken.append("fewer than 90 rows are automated")


PARTS = {"matrix": rows, "kills": killing, "line": breaking, "power": cutting, "conservation": conserving, "demo": demonstration,
         "simulation": simulation, "defects": defects, "sweep": sweep}
TITLES = {
    "matrix": "Fault matrix", "kills": "kill -9 under load", "line": "Broken lines", "power": "Power cuts", "conservation": "Conservation, asked every second",
    "demo": "Demonstration with faults and kills", "simulation": "Seeded simulation", "defects": "Planted defects",
    "sweep": "Faults of system calls",
}


def machine():
    """What it ran on, without names."""
    cpu = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    memory = next(int(line.split()[1]) // 1_048_576 for line in open("/proc/meminfo") if line.startswith("MemTotal"))
    return f"{cpu}, {os.cpu_count()} virtual cores, {memory} GB, {platform.system()} {platform.release()}"


def revision():
    """What was run: the revision of the tree."""
    asked = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    return asked.stdout.strip() or "unknown"


def written(folder):
    """The page: of every part what its last run at this machine found."""
    kept = [json.loads(path.read_text()) for path in (folder / f"{name}.json" for name in PARTS) if path.exists()]
    verdict = {part["name"]: "BROKEN" if part["broken"] else "holds" if part["figures"] else "skipped" for part in kept}
    lines = ["# Evidence", "",
             "Written by `tests/campaign`: of each part what its last run found. Run it again with the command of the part, or all of them with",
             "`tests/campaign --level release`.", "", f"Machine: {machine()}", "",
             "| part | verdict | seconds | revision | date |", "|---|---|---|---|---|"]
    lines += [f"| {TITLES[part['name']]} | {verdict[part['name']]} | {part['took']:.0f} | `{part['revision']}` | {part['date']} |"
              for part in kept]
    for part in kept:
        lines += ["", f"## {TITLES[part['name']]}", "", f"`{part['command']}`", ""]
        lines += [f"* {line}" for line in part["figures"]]
        lines += [f"* {line}" for line in dict.fromkeys(part["skipped"])]
        lines += [f"* BROKEN: {line}" for line in part["broken"]]
    return "\n".join(lines) + "\n"


def main():
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--level", choices=LEVELS, default="change")
    reader.add_argument("--seed", type=int, default=1, help="first seed of all parts")
    reader.add_argument("--only", default="", help="parts, separated by commas: " + ", ".join(PARTS))
    for name in ("histories", "kills", "cuts", "seconds"):
        reader.add_argument(f"--{name}", type=int, help="instead of the level's")
    reader.add_argument("--program", help="the program under test; built if not named")
    reader.add_argument("--keep", help="folder of the runs; what holds is removed from it")
    options = reader.parse_args()
    own = {name: getattr(options, name) for name in ("histories", "kills", "cuts", "seconds")}
    options.changed = "".join(f" --{name} {value}" for name, value in own.items() if value is not None)
    for name, value in LEVELS[options.level].items():
        if getattr(options, name, None) is None:
            setattr(options, name, value)
    options.together = max(1, min(4, os.cpu_count() or 1))
    if not options.program:
        code, said = cargo(["build", "--profile", "ci", "--features", "planted", "--locked", "--bin", "girogate"], {})
        if code:
            print(said[-3_000:], file=sys.stderr)
            return 2
        target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
        options.program = str((target / "ci" / "girogate").resolve())
    kept = ROOT / "target" / "campaign"
    kept.mkdir(parents=True, exist_ok=True)
    parts = []
    with tempfile.TemporaryDirectory(prefix="girogate-campaign-") as folder:
        options.folder = options.keep or folder
        pathlib.Path(options.folder).mkdir(exist_ok=True)
        for name in [name for name in PARTS if not options.only or name in options.only.split(",")]:
            part = Part(name, f"tests/campaign --level {options.level} --seed {options.seed} --only {name}{options.changed}")
            print(f"== {TITLES[name]}", flush=True)
            started = time.monotonic()
            try:
                PARTS[name](part, options)
            except Exception as cause:  # one part's failure must not hide the others
                part.broken.append(f"{type(cause).__name__}: {cause}")
            part.took = time.monotonic() - started
            parts.append(part)
            if options.level != "change":
                part.keep(kept)
            for line in [*part.figures, *dict.fromkeys(part.skipped), *(f"BROKEN: {line}" for line in part.broken)]:
                print(f"   {line}", flush=True)
            print(f"-- {TITLES[name]}: {part.verdict()}, {part.took:.0f} s", flush=True)
    if options.level != "change":
        (ROOT / "docs" / "evidence.md").write_text(written(kept))
    broken = [part.name for part in parts if part.broken]
    print(f"campaign {options.level}: {len(parts) - len(broken)} of {len(parts)} parts hold"
          + (f"; BROKEN: {', '.join(broken)}" if broken else ""))
    return 1 if broken else 0


sys.exit(main())
