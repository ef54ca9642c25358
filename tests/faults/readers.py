"""Analysts who read the published file all the time, and never see a mixture."""

import hashlib
import json
import os
import time
from pathlib import Path

from process import Child

READERS = 3
PAUSE = 0.3


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
    reads = 0
    while not stop.exists() or reads == 0:
        _read_once(home / "published")
        reads += 1
        time.sleep(PAUSE)
    print(reads)


def _read_once(folder: Path) -> None:
    """One reading: the bytes are those of a night that was kept, and the tables are its tables."""
    import duckdb

    with (folder / "catchment.duckdb").open("rb") as file:
        seen = hashlib.file_digest(file, "sha256").hexdigest()
        manifests = [json.loads(p.read_text()) for p in (folder / "nights").glob("*.json")]
        (said,) = [m for m in manifests if m["sha256"] == seen][:1] or [None]
        assert said, "the bytes are those of no kept night"
        inside = f"/proc/self/fd/{os.dup(file.fileno())}"
        with duckdb.connect(inside, read_only=True) as con:
            for table, rows in said["rows"].items():
                found = con.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]
                assert found == rows, f"{table} has {found} rows, its night has {rows}"
            nights = con.execute("SELECT value FROM ops.about WHERE item = 'night'").fetchall()
            assert nights == [(said["night"],)]
        os.close(int(inside.rsplit("/", 1)[1]))
