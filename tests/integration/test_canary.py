"""Canaries: marks planted wherever a patient extract has text are found nowhere the night wrote."""

import csv
import gzip
import io
import os
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import replace
from itertools import count
from pathlib import Path

import duckdb
import polars as pl
import pytest

from flows.clerk.sample import write_sample
from flows.night.run import _without_values
from flows.night.steps import steps_of
from flows.protect.keys import is_encrypted
from flows.store.home import Home
from flows.store.night import plan_night
from schemas.clean import Encounter
from schemas.errors import StepFailed
from schemas.table import check
from tests.integration.places import CONFIG, short_region
from tests.waiting import HANGS

MARK = "QZCANARY"
ENCODED = [MARK.encode(code) for code in ("utf-8", "utf-16-le", "utf-16-be")]
numbers = count(1)


def canary() -> str:
    return f"{MARK}{next(numbers):05d}"


def planted(folder: Path) -> Path:
    """The sample's extracts, with canaries in every text column of its stays, good and bad."""
    write_sample(folder, seed=1, institutions=3, days=28)
    (path,) = folder.glob("*encounter*.csv")
    rows = list(csv.reader(path.open(encoding="utf-8", newline="")))
    header, body = rows[0], rows[1:]
    place = {name: i for i, name in enumerate(header)}
    for row in body[:400]:
        row[place["encounter_id"]], row[place["patient_key"]] = canary(), canary()
    for n, column in enumerate(header):
        body[500 + n][place[column]] = canary()
    body[600] = body[600][:-2] + [canary()]
    body[601] = [canary()]
    body[602] = [*body[602], canary(), canary()]
    body[603] = [canary() + "\x01" for _ in header]
    body[604], body[605] = header, list(body[700])
    body[605][place["sex"]] = canary()
    body.append([canary() for _ in header])
    path.write_text(_text([header, *body]), encoding="utf-8")
    _rejected(folder, header, body[700:720], place)
    return folder


def _rejected(folder: Path, header: list[str], rows: list[list[str]], place: dict) -> None:
    """Files of the same feed that are refused, each for another reason, and one that is held."""
    for row in rows:
        row[place["encounter_id"]], row[place["patient_key"]] = canary(), canary()
    whole = _text([header, *rows])
    files = {
        "2026-02-01.csv": _text([[*header, "patient_name"], *([*r, canary()] for r in rows)]),
        "2026-02-02.csv": whole.encode("utf-16"),
        "2026-02-03.csv.gz": gzip.compress(whole.encode())[:-9],
        "2026-02-04.csv": whole + f'"{canary()},unclosed\n' + whole,
        "2026-02-05.csv": _text(rows),
        "2026-02-06.csv": f"{canary()}\n\n" + whole,
        "2026-02-07.csv": whole.replace(",", ";"),
        "2026-02-08.csv": _text([header[1:], *(r[1:] for r in rows)]),
        "2199-01-01.csv": whole,
    }
    for name, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        (folder / f"encounter_{name}").write_bytes(data)


def _text(rows) -> str:
    target = io.StringIO(newline="")
    csv.writer(target, lineterminator="\n").writerows(rows)
    return target.getvalue()


def found(folder: Path) -> list[str]:
    """Where a canary stands below ``folder``: in bytes, in tables of DuckDB, in those of SQLite."""
    places = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        data = path.read_bytes()
        if data[:2] == b"\x1f\x8b":
            data += gzip.decompress(data)
        if any(mark in data for mark in ENCODED):
            places.append(f"{path.relative_to(folder)}: bytes")
        if data[8:12] == b"DUCK":
            places += [f"{path.relative_to(folder)}: {t}" for t in _in_duckdb(path)]
        if data[:15] == b"SQLite format 3":
            places += [f"{path.relative_to(folder)}: {t}" for t in _in_sqlite(path)]
    return places


def _in_duckdb(path: Path) -> list[str]:
    with duckdb.connect(str(path), read_only=True) as con:
        columns = con.execute(
            "SELECT schema_name, table_name, column_name FROM duckdb_columns() WHERE NOT internal"
        ).fetchall()
        return [
            f"{schema}.{table}.{column}"
            for schema, table, column in columns
            if con.execute(
                f'SELECT count(*) FROM "{schema}"."{table}"'
                f" WHERE contains(CAST(\"{column}\" AS VARCHAR), '{MARK}')"
            ).fetchall()
            != [(0,)]
        ]


def _in_sqlite(path: Path) -> list[str]:
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as con:
        tables = [t for (t,) in con.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        return [
            table
            for table in tables
            if any(MARK in str(row) for row in con.execute(f'SELECT * FROM "{table}"'))
        ]


@pytest.fixture(scope="module")
def night(tmp_path_factory) -> Path:
    """All that a night on Prefect wrote: its home, its backup, what it said, temporary files."""
    folder = tmp_path_factory.mktemp("canary")
    extracts = planted(tmp_path_factory.mktemp("planted"))
    config = short_region(tmp_path_factory.mktemp("config"), days=1)
    home, temporary = folder / "home", folder / "tmp"
    temporary.mkdir()
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
    env = {**clean, "TMPDIR": str(temporary), "HOME": str(folder / "user")}
    env["PREFECT_LOGGING_LEVEL"] = "DEBUG"
    env["PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS"] = f"{HANGS:.0f}"
    command = [sys.executable, "-m", "flows.commands.main"]
    region = ["--region", config, "--extracts", extracts, "--home", home]
    for number, arguments in enumerate(
        (["nightly", *region], ["backup", "--to", folder / "backups", "--home", home])
    ):
        ended = subprocess.run(
            [*command, *arguments], env=env, capture_output=True, timeout=HANGS, check=False
        )
        (folder / f"said{number}").write_bytes(ended.stdout + ended.stderr)
        assert ended.returncode == 0, ended.stderr[-2000:]
    return folder


def ask(home: Path, query: str) -> list[tuple]:
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as con:
        return con.execute(query).fetchall()


def test_the_night_ran_on_a_temporary_server(night):
    ended = ask(night / "home", "SELECT DISTINCT orchestrator, outcome FROM ops.run")
    assert ended == [("prefect", "completed")]
    assert (night / "home" / "published" / "catchment.duckdb").exists()


def test_no_canary_is_found_anywhere_the_night_wrote(night):
    assert found(night) == []


def test_the_canaries_had_every_chance(night):
    """They were loaded, quarantined, refused and held; and Prefect's database was searched."""
    home = night / "home"
    verdicts = dict(ask(home, "SELECT verdict, count(*) FROM ops.delivery GROUP BY verdict"))
    assert verdicts["rejected"] >= 6
    assert verdicts["held"] == 1
    ((quarantined,),) = ask(
        home,
        "SELECT quarantined FROM ops.reconciliation JOIN ops.delivery USING (delivery_id)"
        " WHERE feed = 'canonical_encounter' AND verdict = 'loaded'",
    )
    assert quarantined >= 8
    assert ask(home, "SELECT count(*) FROM history.encounter")[0][0] > 4000
    assert any(p.read_bytes()[:15] == b"SQLite format 3" for p in home.rglob("*.db"))
    assert list((night / "backups").glob("*.backup"))


def test_the_search_finds_a_leak_wherever_it_is(night, tmp_path):
    shutil.copytree(night / "home", tmp_path / "home", symlinks=True)
    home = Home(tmp_path / "home")
    with duckdb.connect(str(home.warehouse)) as con:
        con.execute(f"UPDATE history.encounter SET payer_id = '{canary()}'")
    (home.root / "a.log").write_text(f"said {canary()} aloud")
    (home.root / "b.gz").write_bytes(gzip.compress(canary().encode()))
    (home.root / "c.txt").write_bytes(canary().encode("utf-16"))
    with sqlite3.connect(home.root / "d.db") as con:
        con.execute("CREATE TABLE log (message TEXT)")
        con.execute("INSERT INTO log VALUES (?)", [canary()])
    places = found(tmp_path)
    assert "home/warehouse.duckdb: history.encounter.payer_id" in places
    assert {p.split(":")[0] for p in places} == {
        "home/warehouse.duckdb",
        "home/a.log",
        "home/b.gz",
        "home/c.txt",
        "home/d.db",
    }


def test_only_the_owner_may_enter_and_landed_files_are_shut(night):
    home = night / "home"
    assert home.stat().st_mode & 0o777 == 0o700
    landed = [p for p in (home / "landing").glob("??/*") if p.suffix != ".json"]
    assert len(landed) > 10
    assert all(is_encrypted(p) for p in landed)
    for path in (*(home / "landing").rglob("*"), *(home / "receipts").rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path
    assert (home / "warehouse.duckdb").stat().st_mode & 0o777 == 0o600
    assert {p.stat().st_mode & 0o777 for p in (home / "keys").glob("*.key")} == {0o400}
    assert (home / "published" / "catchment.duckdb").stat().st_mode & 0o777 == 0o444
    assert {p.stat().st_mode & 0o777 for p in (night / "backups").iterdir()} == {0o600}


def polars_error(value: str) -> None:
    pl.DataFrame({"a": [value]}).with_columns(pl.col("a").cast(pl.Int64))


def duckdb_error(value: str) -> None:
    with duckdb.connect() as con:
        con.execute(f"SELECT CAST('{value}' AS INTEGER)")


def table_error(value: str) -> None:
    check(Encounter, pl.DataFrame({"encounter_id": [value], "sex": [value]}))


@pytest.mark.parametrize("error", [polars_error, duckdb_error, table_error])
def test_an_error_at_any_step_is_told_without_what_it_carries(error, night):
    value = canary()
    with pytest.raises(Exception) as bare:
        error(value)
    planned = plan_night(CONFIG / "demo.toml", night, night / "home", None)
    for step in steps_of(planned):
        with pytest.raises(Exception) as told:
            _without_values(replace(step, make=lambda *_: error(value)), planned)
        assert MARK not in str(told.value)
        assert told.value.__context__ is None
        assert isinstance(told.value, StepFailed) or error is table_error
    assert bare is not None
