"""Analysts who read the published file all the time, and never see a mixture."""

import fcntl
import hashlib
import itertools
import json
import os
import time
from pathlib import Path
from typing import BinaryIO

from process import Child

READERS = 3
# A file that has changed is read at once; one that has not, again and again.
LOOK, EVERY = 0.1, 6.0
_numbers = itertools.cycle(range(100, 900))


class Readers:
    """Three processes that read ``home``'s published file until they are stopped."""

    def __init__(self, home: Path) -> None:
        self.stop = home.with_suffix(".stop")
        logs = [home.with_suffix(f".reader{n}") for n in range(READERS)]
        self.children = [Child(lambda: _read_on(home, self.stop), log) for log in logs]

    def end(self) -> int:
        """Stop them; returns how often they read, or fails with what they saw."""
        self.stop.touch()
        ended = [child.wait() for child in self.children]
        for one in ended:
            assert one.done, f"a reader saw a mixture: {one.said[-600:]}"
        return sum(int(one.said.split()[-1]) for one in ended)


def _read_on(home: Path, stop: Path) -> None:
    reads, due, known = 0, 0.0, {}
    folder = home / "published"
    while not stop.exists() or reads == 0:
        if time.monotonic() >= due or _seen((folder / "catchment.duckdb").stat()) not in known:
            try:
                _read_once(folder, known)
            except AssertionError as mixture:
                print(mixture)  # counts of a region that does not exist
                raise
            reads, due = reads + 1, time.monotonic() + EVERY
        time.sleep(LOOK)
    print(reads)


def _seen(stat: os.stat_result) -> tuple[int, ...]:
    """What tells one file from another, or from itself once it was written to."""
    return stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


def _read_once(folder: Path, known: dict[tuple, dict]) -> None:
    """One reading: the bytes are those of a night that was kept, and the tables are its tables.

    ``known`` are manifests of the files whose bytes were hashed, by what ``_seen`` says of them.
    """
    import duckdb

    with (folder / "catchment.duckdb").open("rb") as file:
        seen = _seen(os.fstat(file.fileno()))
        said = known.get(seen) or known.setdefault(seen, _manifest(folder, file))
        inside = f"/proc/self/fd/{_own_number(file)}"
        with duckdb.connect(inside, read_only=True, config={"threads": "1"}) as con:
            counts = ", ".join(f"(SELECT count(*) FROM {table})" for table in said["rows"])
            night = "(SELECT any_value(value) FROM ops.about WHERE item = 'night')"
            (found,) = con.execute(f"SELECT {', '.join(filter(None, [night, counts]))}").fetchall()
        os.close(int(inside.rsplit("/", 1)[1]))
    wanted = (said["night"], *said["rows"].values())
    assert found == wanted, f"night and rows are {found}, in the manifest {wanted}"


def _own_number(file: BinaryIO) -> int:
    """A descriptor of a number that no reading had before: to DuckDB one path is one file."""
    return fcntl.fcntl(file.fileno(), fcntl.F_DUPFD, next(_numbers))


def _manifest(folder: Path, file: BinaryIO) -> dict:
    """The manifest of the kept night whose bytes these are."""
    seen = hashlib.file_digest(file, "sha256").hexdigest()
    manifests = [json.loads(p.read_text()) for p in (folder / "nights").glob("*.json")]
    found = [m for m in manifests if m["sha256"] == seen]
    assert found, "the bytes are those of no kept night"
    return found[0]
