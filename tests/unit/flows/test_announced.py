from datetime import date
from pathlib import Path

import polars as pl
import pytest

from flows.home import Home
from flows.night.announced import announced
from flows.night.context import Night
from flows.publish import publish
from flows.publish.keep import manifests, nights
from flows.warehouse import initialise, opened, replace
from schemas import ops
from schemas.base import conform
from schemas.results.allocation import AllocationTransfer

DEMO = Path(__file__).parents[3] / "config" / "demo.toml"


def transfers(patients: float) -> pl.DataFrame:
    row = {
        "zone_id": "z",
        "institution_id": "i",
        "class_id": "c",
        "date": date(2026, 2, 10),
        "patients": patients,
        "km": 1.0,
        "cost": 1.0,
    }
    return conform(AllocationTransfer, pl.DataFrame([row]))


@pytest.fixture
def home(tmp_path) -> Home:
    made = Home(tmp_path / "home").prepare()
    initialise(made)
    for day, patients in (("2026-02-08", 1.0), ("2026-02-09", 2.0), ("2026-02-10", 3.0)):
        with opened(made) as con:
            facts = pl.DataFrame({"item": ["night"], "value": [day]})
            replace(con, ops.RegionInfo, conform(ops.RegionInfo, facts))
            replace(con, AllocationTransfer, transfers(patients))
        publish(made)
    return made


def on(home: Home, day: int) -> dict[str, pl.DataFrame] | None:
    return announced(Night(DEMO, home.root, home.root, date(2026, 2, day)))


def test_a_night_compares_with_the_last_earlier_one_and_never_with_itself(home):
    assert on(home, 10)["allocation_transfer"]["patients"].to_list() == [2.0]
    assert on(home, 11)["allocation_transfer"]["patients"].to_list() == [3.0]
    assert on(home, 8) is None


def test_a_damaged_kept_night_announced_nothing(home):
    (kept,) = [m for m in manifests(home) if m.night == "2026-02-09"]
    file = nights(home) / f"{kept.stem}.duckdb"
    file.chmod(0o644)
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    assert on(home, 10) is None
    file.unlink()
    assert on(home, 10) is None
