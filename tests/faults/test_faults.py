"""A few of the faults of ``make faults``, by a fixed seed; and the readers see what they must."""

import json
import subprocess
import sys
import threading
from pathlib import Path

import duckdb
import pytest

from tests.waiting import HANGS

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import kinds  # noqa: E402
import places  # noqa: E402
import points  # noqa: E402
import process  # noqa: E402
import readers  # noqa: E402


def test_a_few_faults_are_survived():
    ended = subprocess.run(
        [sys.executable, HERE / "run.py", "--faults", "3", "--seed", "7", "--json"],
        capture_output=True,
        text=True,
        timeout=2 * HANGS,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-1000:]
    counted = json.loads(ended.stdout.splitlines()[-1])
    assert counted["injected"] == counted["survived"]
    assert sum(counted["injected"].values()) == 3


def test_every_class_comes_among_two_hundred():
    sys.modules.pop("run", None)
    import run

    planned = run.plan(200, 1, None)
    assert len(planned) == 200
    missing = set(kinds.SHARES) - {kind for kind, _ in planned}
    assert missing <= (set() if places.may_mount() else set(kinds.NEED_MOUNT))
    assert planned == run.plan(200, 1, None)


PLACES = [points.NIGHT, points.PUBLISH, points.LOGGED, points.BACKUP, points.RESTORE]


@pytest.mark.parametrize("target", sorted({target for part in PLACES for target, *_ in part}))
def test_every_point_is_a_function_that_there_is(target):
    owner, name = process.holder(target)
    assert callable(getattr(owner, name))


def test_a_thread_that_a_fork_would_lose_is_seen():
    stop, before = threading.Event(), len(process.other_threads())
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        assert len(process.other_threads()) == before + 1
    finally:
        stop.set()
        thread.join()


@pytest.fixture
def folder(tmp_path) -> Path:
    """A published file of one table, as its manifest says."""
    (tmp_path / "nights").mkdir()
    with duckdb.connect(str(tmp_path / "catchment.duckdb")) as con:
        con.execute("CREATE SCHEMA ops")
        con.execute("CREATE TABLE ops.about AS SELECT 'night' AS item, '2026-02-10' AS value")
    write_manifest(tmp_path, {"ops.about": 1})
    return tmp_path


def write_manifest(folder: Path, rows: dict[str, int], night: str = "2026-02-10") -> None:
    from flows.store.files import file_hash

    said = {"sha256": file_hash(folder / "catchment.duckdb"), "rows": rows, "night": night}
    (folder / "nights" / "one.json").write_text(json.dumps(said))


def test_a_reader_is_content_with_a_whole_night(folder):
    readers._read_once(folder, {})


def test_a_reader_sees_other_bytes(folder):
    with duckdb.connect(str(folder / "catchment.duckdb")) as con:
        con.execute("INSERT INTO ops.about VALUES ('more', '1')")
    with pytest.raises(AssertionError, match="no kept night"):
        readers._read_once(folder, {})


@pytest.mark.parametrize(("rows", "night"), [({"ops.about": 2}, "2026-02-10"), ({}, "2026-02-11")])
def test_a_reader_sees_tables_of_another_night(folder, rows, night):
    write_manifest(folder, rows, night)
    with pytest.raises(AssertionError):
        readers._read_once(folder, {})
