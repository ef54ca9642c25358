from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from flows.night.plans import earlier_plans
from flows.publish import publish
from flows.publish.keep import nights, published_nights
from flows.store.home import Home
from flows.store.night import plan_night
from flows.store.warehouse import initialise, opened, replace
from schemas import clean, ops
from schemas.results.allocation import AllocationCapacity, AllocationTransfer
from schemas.table import conform

DEMO = Path(__file__).parents[4] / "config" / "demo.toml"


def transfers(patients: float) -> pl.DataFrame:
    row = {
        "zone_id": "z",
        "institution_id": "i",
        "class_id": "c",
        "date": date(2026, 2, 10),
        "patients_per_day": patients,
        "km": 1.0,
        "cost_per_day": 1.0,
    }
    return conform(AllocationTransfer, pl.DataFrame([row]))


def capacity(first: date) -> pl.DataFrame:
    days = [first + timedelta(days=t) for t in range(3)]
    rows = pl.DataFrame({"institution_id": "i", "resource_id": "r", "date": days})
    return conform(AllocationCapacity, rows.with_columns(in_service=1.0, surge_limit=0.0))


def institutions(*ids: str) -> pl.DataFrame:
    rows = pl.DataFrame({"institution_id": ids}).with_columns(
        name="institution_id", zone_id=pl.lit("z"), region_id=pl.lit("r")
    )
    return conform(clean.Institution, rows)


@pytest.fixture(scope="module")
def kept(tmp_path_factory) -> Home:
    made = Home(tmp_path_factory.mktemp("kept") / "home").prepare()
    initialise(made)
    for day, patients in ((8, 1.0), (9, 2.0), (10, 3.0)):
        with opened(made) as con:
            facts = pl.DataFrame({"item": ["night"], "value": [f"2026-02-{day:02}"]})
            replace(con, ops.About, conform(ops.About, facts))
            replace(con, AllocationTransfer, transfers(patients))
            replace(con, AllocationCapacity, capacity(date(2026, 2, day + 1)))
            replace(con, clean.Institution, institutions("i"))
        publish(made)
    return made


def on(home: Home, day: int, known: str = "i"):
    night = plan_night(DEMO, home.root, home.root, date(2026, 2, day))
    return earlier_plans(night, date(2026, 2, day + 1), pl.Series([known]))


def sent(plans) -> list[float]:
    return [p.tables["allocation_transfer"]["patients_per_day"].item() for p in plans]


def test_a_night_starts_from_the_earlier_ones_and_never_from_itself(kept):
    assert sent(on(kept, 10)) == [1.0, 2.0]
    assert sent(on(kept, 11)) == [1.0, 2.0, 3.0]
    assert on(kept, 8) == []


def test_a_plan_is_in_force_until_the_first_day_of_the_next(kept):
    plans = on(kept, 11)
    assert [(p.first.day, p.until.day, p.last.day) for p in plans] == [
        (9, 10, 11),
        (10, 11, 12),
        (11, 12, 13),
    ]


def test_what_was_planned_for_an_institution_that_is_gone_is_left_out(kept):
    plans = on(kept, 11, known="other")
    assert len(plans) == 3
    assert all(p.tables["allocation_transfer"].is_empty() for p in plans)


def test_a_damaged_kept_night_tells_nothing(kept):
    (manifest,) = [m for m in published_nights(kept) if m.night == "2026-02-09"]
    file = nights(kept) / f"{manifest.stem}.duckdb"
    whole = file.read_bytes()
    data = bytearray(whole)
    data[len(data) // 2] ^= 1
    file.chmod(0o644)
    file.write_bytes(data)
    assert sent(on(kept, 10)) == [1.0]
    file.unlink()
    assert sent(on(kept, 10)) == [1.0]
    file.write_bytes(whole)
