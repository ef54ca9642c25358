import subprocess
import sys
from pathlib import Path

import duckdb
import polars as pl
import pytest

from flows.publish import publish
from flows.store.home import Home
from flows.store.warehouse import initialise, opened, replace
from schemas import clean
from schemas.columns import COLUMNS
from schemas.errors import HomeRefused
from schemas.table import conform, name
from schemas.tables import ALL, PUBLISHED
from tests.waiting import HANGS


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home").prepare()
    initialise(made)
    return made


@pytest.fixture(scope="module")
def bare(tmp_path_factory) -> Home:
    """A home without rows, published; tests only read it."""
    made = Home(tmp_path_factory.mktemp("bare") / "home").prepare()
    initialise(made)
    publish(made)
    return made


def regions(*ids: str) -> pl.DataFrame:
    return conform(clean.Region, pl.DataFrame({"region_id": list(ids)}))


def fill(home: Home, *ids: str) -> None:
    with opened(home) as con:
        replace(con, clean.Region, regions(*ids))


def published_regions(home: Home) -> list[str]:
    with duckdb.connect(str(home.published), read_only=True) as con:
        return [r[0] for r in con.execute("SELECT region_id FROM clean.region").fetchall()]


def test_published_file_holds_what_the_warehouse_holds_in_key_order(home):
    fill(home, "b", "a")
    assert publish(home) == 2
    assert published_regions(home) == ["a", "b"]


def test_no_encounter_and_no_capacity_of_single_patients_is_published(bare):
    with duckdb.connect(str(bare.published), read_only=True) as con:
        tables = {r[0] for r in con.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
        columns = {r[0] for r in con.execute("SELECT column_name FROM duckdb_columns()").fetchall()}
    assert tables == {name(t) for t in PUBLISHED}
    assert not tables & {"encounter", "capacity", "finance", "population"}
    assert not columns & {"patient_key", "encounter_id"}


def test_every_table_and_column_carries_its_comment(bare):
    with duckdb.connect(str(bare.published), read_only=True) as con:
        without_comment = con.execute(
            "SELECT table_name FROM duckdb_tables() WHERE comment IS NULL"
            " UNION ALL SELECT column_name FROM duckdb_columns() WHERE comment IS NULL"
            " AND NOT internal"
        ).fetchall()
        beds = con.execute(
            "SELECT comment FROM duckdb_columns()"
            " WHERE table_name = 'supply' AND column_name = 'in_service'"
        ).fetchone()
    assert without_comment == []
    assert beds == (COLUMNS["in_service"].comment,)
    assert "[units] 可用数量" in beds[0]


def test_readers_cannot_write_it_and_a_new_one_takes_its_place(home):
    fill(home, "old")
    publish(home)
    assert home.published.stat().st_mode & 0o777 == 0o444
    with duckdb.connect(str(home.published), read_only=True) as reader:
        fill(home, "new")
        subprocess.run([sys.executable, "-c", _publish_in(home)], check=True)
        assert reader.execute("SELECT region_id FROM clean.region").fetchall() == [("old",)]
    assert published_regions(home) == ["new"]


def _publish_in(home: Home) -> str:
    return (
        "from pathlib import Path; from flows.store.home import Home;"
        "from flows.publish import publish;"
        f"publish(Home(Path({str(home.root)!r})))"
    )


def test_a_wal_left_by_a_killed_reader_does_no_harm(home):
    fill(home, "old")
    publish(home)
    home.published.chmod(0o644)
    killed = (
        "import duckdb, os, signal;"
        f"con = duckdb.connect({str(home.published)!r});"
        "con.execute(\"INSERT INTO clean.region VALUES ('stray', NULL, NULL)\");"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", killed], check=False)
    wal = home.published.with_name("catchment.duckdb.wal")
    assert wal.exists()
    fill(home, "new")
    publish(home)
    assert not wal.exists()
    assert published_regions(home) == ["new"]


def test_the_last_file_stays_when_the_new_one_cannot_be_proved(home, monkeypatch):
    fill(home, "old")
    publish(home)
    monkeypatch.setattr("flows.publish.PROOF", "raise SystemExit(1)")
    fill(home, "new")
    with pytest.raises(HomeRefused, match="the last one stays"):
        publish(home)
    assert published_regions(home) == ["old"]


def test_storage_is_the_one_that_duckdb_1_4_reads(bare):
    with duckdb.connect(str(bare.published), read_only=True) as con:
        (tags,) = con.execute("SELECT tags FROM duckdb_databases() WHERE NOT internal").fetchone()
    assert tags["storage_version"].startswith("v1.4")


def test_home_is_closed_to_others(home):
    assert home.root.stat().st_mode & 0o777 == 0o700
    assert home.landing.stat().st_mode & 0o777 == 0o700


def test_a_warehouse_of_another_layout_is_named(home):
    with opened(home) as con:
        con.execute("UPDATE history.version SET version = '0'")
    with pytest.raises(HomeRefused, match="layout 0"):
        initialise(home)


def test_a_warehouse_held_by_another_process_is_named(home):
    hold = (
        f"import duckdb, sys; con = duckdb.connect({str(home.warehouse)!r});"
        "print('held', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(HomeRefused, match="another process holds it"), opened(home):
            pass
    finally:
        holder.stdin.close()
        holder.wait(HANGS)


def test_every_table_says_what_one_row_is():
    for table in ALL:
        assert (table.__doc__ or "").strip().endswith("."), name(table)


def test_unwritable_home_is_refused(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(HomeRefused, match="--home"):
        Home(blocked / "home").prepare()
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
