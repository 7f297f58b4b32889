"""Power cuts: snapshots of a live file system at random moments, mounted and recovered, compared with the answers that
clients had by then. The control run writes without waiting for the disk and must lose what it acknowledged."""

import contextlib
import json
import os
import pathlib
import random
import shutil
import sqlite3
import subprocess
import time

from line import Line, Load


def shell(*command, check=True):
    return subprocess.run(command, check=check, capture_output=True, text=True)


def possible():
    """Why not, or None: root, loop devices, a file system with reflinks."""
    if os.geteuid() != 0:
        return "needs root for mounting"
    for tool in ("mkfs.ext4", "losetup", "mount"):
        if shutil.which(tool) is None:
            return f"{tool} is not installed"
    if shutil.which("mkfs.xfs") is None:
        return "mkfs.xfs is not installed"
    return None


class Impossible(Exception):
    """The machine does not let us mount what a power cut needs."""


class Disk:
    """An ext4 image on an XFS image: a copy by reflink is the disk as it is at one moment, without the page cache."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        self.outer, self.inner, self.copy = (self.folder / name for name in ("outer", "inner", "copy"))
        for place in (self.outer, self.inner, self.copy):
            place.mkdir()
        image = self.folder / "outer.img"
        self.image = self.outer / "inner.img"
        try:
            shell("truncate", "-s", "1500M", str(image))
            shell("mkfs.xfs", "-q", "-m", "reflink=1", str(image))
            shell("mount", "-o", "loop", str(image), str(self.outer))
            shell("truncate", "-s", "300M", str(self.image))
            shell("mkfs.ext4", "-q", "-F", str(self.image))
            shell("mount", "-o", "loop", str(self.image), str(self.inner))
        except subprocess.CalledProcessError as cause:
            self.close()
            raise Impossible(f"{cause.cmd[0]}: {cause.stderr.strip()[:200]}") from cause

    def cut(self, number):
        """The disk as a power cut would leave it now, mounted; unmount with `heal`."""
        taken = self.outer / f"cut-{number}.img"
        shell("cp", "--reflink=always", str(self.image), str(taken))
        shell("mount", "-o", "loop", str(taken), str(self.copy))
        return self.copy

    def heal(self, number):
        shell("umount", str(self.copy))
        (self.outer / f"cut-{number}.img").unlink()

    def close(self):
        for place in (self.copy, self.inner, self.outer):
            shell("umount", str(place), check=False)


def acknowledged(line):
    """External ids whose acceptance a client had been told."""
    found = set()
    for text in (line.folder / "client.ndjson").read_text().splitlines():
        said = json.loads(text)
        found.update(item["external_id"] for item in said["answer"] or [] if item["accepted"] or item["known"])
    return found


def stored(folder):
    """External ids in a recovered store, read by SQLite itself; None where it cannot be read."""
    path = folder / "gateway" / "store.sqlite3"
    if not path.exists():
        return None
    try:
        with contextlib.closing(sqlite3.connect(path)) as database:
            if database.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
                return None
            return {row[0] for row in database.execute("SELECT external_id FROM payout")}
    except sqlite3.DatabaseError:
        return None


def run(program, folder, seed, cuts, environment=None):
    """Cuts the power so often while clients submit; how many acknowledged payouts each cut lost."""
    folder = pathlib.Path(folder)
    disk = Disk(folder / "disk")
    lost = []
    line = None
    try:
        line = Line(program, folder / "line", seed)
        # The gateway's folder lies on the disk whose power is cut; the client's log does not.
        (disk.inner / "gateway").mkdir()
        (line.folder / "gateway").symlink_to(disk.inner / "gateway")
        line.start_bank()
        line.start_gateway(environment=environment)
        load = Load(line, threads=2, batch=4, pause=0.01)
        draw = random.Random(seed)
        for number in range(cuts):
            time.sleep(draw.uniform(0.1, 0.6))
            # Whatever was acknowledged before the copy begins must be in it.
            known = acknowledged(line)
            place = disk.cut(number)
            found = stored(place)
            disk.heal(number)
            lost.append(len(known) if found is None else len(known - found))
        load.finish()
        line.stop()
        return {"seed": seed, "cuts": cuts, "acknowledged": len(acknowledged(line)), "lost": sum(lost),
                "cuts_with_loss": sum(1 for count in lost if count)}
    finally:
        for child in (line.gateway, line.bank) if line else ():
            if child is not None and child.poll() is None:
                child.kill()
                child.wait()
        disk.close()
        shutil.rmtree(folder / "disk", ignore_errors=True)
