import json
import shutil

import duckdb
import polars as pl
import pytest

from flows.publish import audit, publish
from flows.publish.keep import KEPT, damaged, last_whole, nights, published_nights, rollback
from flows.store.audit_log import log_file
from flows.store.files import file_hash
from flows.store.home import Home
from flows.store.warehouse import append, initialise, opened, replace
from schemas import clean, ops
from schemas.errors import AuditFailed, HomeRefused
from schemas.results.run import PlanRun
from schemas.table import conform


@pytest.fixture
def home(tmp_path) -> Home:
    made = Home(tmp_path / "home").prepare()
    initialise(made)
    return made


def night(home: Home, day: str, regions: int = 4) -> None:
    ids = [f"{day}-{n}" for n in range(regions)]
    facts = pl.DataFrame({"item": ["night"], "value": [day]})
    with opened(home) as con:
        replace(con, clean.Region, conform(clean.Region, pl.DataFrame({"region_id": ids})))
        replace(con, ops.About, facts)
    publish(home)


@pytest.fixture(scope="module")
def three(tmp_path_factory) -> Home:
    """A home after three nights, to copy."""
    made = Home(tmp_path_factory.mktemp("three") / "home").prepare()
    initialise(made)
    for day in ("2026-02-08", "2026-02-09", "2026-02-10"):
        night(made, day)
    return made


@pytest.fixture
def kept_home(three, tmp_path) -> Home:
    shutil.copytree(three.root, tmp_path / "home")
    return Home(tmp_path / "home")


def shown(home: Home) -> str:
    with duckdb.connect(str(home.published), read_only=True) as con:
        return con.execute("SELECT min(region_id) FROM clean.region").fetchall()[0][0]


def test_the_manifest_says_what_the_file_is(home):
    night(home, "2026-02-10")
    (kept,) = published_nights(home)
    beside = json.loads(home.published.with_suffix(".json").read_text())
    assert kept.sha256 == beside["sha256"] == file_hash(home.published)
    assert kept.night == "2026-02-10"
    assert kept.rows["clean.region"] == 4


def test_only_the_last_nights_are_kept(home, monkeypatch):
    assert KEPT == 14
    monkeypatch.setattr("flows.publish.keep.KEPT", 2)
    for day in range(10, 14):
        night(home, f"2026-02-{day}")
    assert len(list(nights(home).glob("*.duckdb"))) == 2
    assert [m.night for m in published_nights(home)][0] == "2026-02-12"


def test_rollback_puts_back_the_night_before_or_the_one_named(kept_home):
    assert rollback(kept_home, None).night == "2026-02-09"
    assert shown(kept_home) == "2026-02-09-0"
    assert rollback(kept_home, "2026-02-08").night == "2026-02-08"
    assert shown(kept_home) == "2026-02-08-0"
    assert json.loads(kept_home.published.with_suffix(".json").read_text())["night"] == "2026-02-08"


def test_rollback_goes_back_and_back_and_never_forward(kept_home):
    days = ["2026-02-08", "2026-02-09", "2026-02-10"]
    assert [rollback(kept_home, None).night for _ in range(2)] == days[1::-1]
    with pytest.raises(HomeRefused, match="no other"):
        rollback(kept_home, None)
    assert rollback(kept_home, "2026-02-10").night == "2026-02-10"


def test_rollback_does_not_believe_a_changed_manifest(kept_home):
    (kept,) = [m for m in published_nights(kept_home) if m.night == "2026-02-09"]
    file = nights(kept_home) / f"{kept.stem}.json"
    file.write_text(file.read_text().replace('"night": "2026-02-09"', '"night": "2026-02-11"'))
    with pytest.raises(HomeRefused, match="was changed: the file says otherwise"):
        rollback(kept_home, None)
    file.write_text(file.read_text().replace('"night": "2026-02-11"', '"night": "2026-02-12"', 1))
    with pytest.raises(HomeRefused, match="was changed: the file says otherwise"):
        rollback(kept_home, "2026-02-12")


def test_a_broken_manifest_stops_nothing(kept_home):
    sorted(nights(kept_home).glob("*.json"))[0].write_text("{")
    kept_home.published.with_suffix(".json").write_text("")
    assert not damaged(kept_home)
    assert rollback(kept_home, None).night == "2026-02-09"
    night(kept_home, "2026-02-11")
    assert shown(kept_home) == "2026-02-11-0"


def test_nothing_is_put_back_that_cannot_be_recorded(kept_home):
    log_file(kept_home).write_text(log_file(kept_home).read_text().splitlines()[0] + "\n")
    with pytest.raises(HomeRefused, match="catchment audit restart"):
        rollback(kept_home, None)
    assert shown(kept_home) == "2026-02-10-0"


def test_rollback_refuses_what_is_not_kept_or_damaged(kept_home):
    with pytest.raises(HomeRefused, match="nights kept: .*2026-02-09"):
        rollback(kept_home, "2026-01-01")
    (kept,) = [m for m in published_nights(kept_home) if m.night == "2026-02-09"]
    file = nights(kept_home) / f"{kept.stem}.duckdb"
    file.chmod(0o644)
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    with pytest.raises(HomeRefused, match="damaged"):
        rollback(kept_home, None)
    assert shown(kept_home) == "2026-02-10-0"


def test_a_night_that_lost_most_of_its_rows_is_not_shown(home):
    night(home, "2026-02-09", regions=10)
    with pytest.raises(AuditFailed, match="region fell from 10 to 4 rows"):
        night(home, "2026-02-10", regions=4)
    assert shown(home) == "2026-02-09-0"


def test_rows_that_do_not_add_up_are_not_shown(home):
    counts = {"rows_read": 2, "loaded": 1, "quarantined": 0, "duplicate": 0, "excluded": 0}
    row = pl.DataFrame([{"delivery_id": "d", **counts, "merged": 0, "cells_nulled": 0}])
    with opened(home) as con:
        append(con, ops.Reconciliation, conform(ops.Reconciliation, row))
    with pytest.raises(AuditFailed, match="1 delivery whose rows do not add up"):
        publish(home)
    assert not home.published.exists()


def test_a_plan_that_is_not_verified_is_not_shown(home):
    row = {
        "model": "allocation",
        "objective_tier": 1,
        "objective_name": "harm",
        "status": "optimal",
        "objective": 1.0,
        "bound": 1.0,
        "gap": 0.0,
        "components": 1,
        "matrix_rows": 1,
        "matrix_columns": 1,
        "nonzeros": 1,
        "widened": 0,
        "worst_violation": 1e-3,
        "versions": "",
        "input_hash": "",
    }
    with opened(home) as con:
        append(con, PlanRun, conform(PlanRun, pl.DataFrame([row])))
    with pytest.raises(AuditFailed, match="the allocation plan is not verified"):
        publish(home)


def test_a_forbidden_column_is_not_shown(kept_home):
    leaky = kept_home.root / "leaky.duckdb"
    leaky.write_bytes(kept_home.published.read_bytes())
    with duckdb.connect(str(leaky)) as con:
        con.execute("ALTER TABLE ops.about ADD COLUMN patient_key VARCHAR")
    with pytest.raises(AuditFailed, match="column patient_key may not be published"):
        audit(leaky, None)


def test_a_damaged_published_file_is_said_and_the_next_night_takes_its_place(home):
    night(home, "2026-02-09")
    home.published.chmod(0o644)
    data = bytearray(home.published.read_bytes())
    data[len(data) // 2] ^= 1
    home.published.write_bytes(data)
    assert damaged(home)
    assert last_whole(home).parent == nights(home)
    night(home, "2026-02-10")
    assert not damaged(home)
    events = [json.loads(line)["event"] for line in log_file(home).read_text().splitlines()]
    assert events == ["publish", "published file was damaged", "publish"]


def test_a_lost_byte_is_lost_in_one_copy_alone(home):
    night(home, "2026-02-09")
    home.published.chmod(0o644)
    with home.published.open("r+b") as file:
        file.write(b"\0\0\0\0")
    assert rollback(home, "2026-02-09").night == "2026-02-09"
    assert shown(home) == "2026-02-09-0"
