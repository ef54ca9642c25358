"""Outcomes of plans in the published file of a region whose counts of people are protected."""

from datetime import date, timedelta

import duckdb
import numpy as np
import polars as pl
import pytest

from flows.publish import publish
from flows.store.home import Home
from flows.store.warehouse import initialise, opened, replace
from schemas.results.allocation import AllocationClass, AllocationResource
from schemas.results.outcome import TABLES, PlanOutcome, PlanOutcomeDay, PlanOutcomeInstitution
from schemas.table import check, conform, key, layer, name, observed, polars_schema

HEAVIEST = 3.7  # the weight of a unit-day, and the largest
COUNTS = [(t, column) for t in TABLES for column in observed(t)]
HARMS = ("harm_usual", "harm_promised", "harm_realised", "harm_hindsight")
PLANS = [date(2026, 2, 1) + timedelta(days=k) for k in range(60)]


def totals(random: np.random.Generator) -> pl.DataFrame:
    """Plans of many nights in two regions: some with harms of few people, some of none."""
    rows = []
    for planned_on in PLANS:
        for area in ("R1", "R2"):
            size = random.choice([0.0, 5.0, 40.0, 900.0])
            usual, promised, realised, best = (size * random.uniform(0, 1, 4)).round(9)
            could = usual - best
            rows.append(
                {
                    "planned_on": planned_on,
                    "area": area,
                    "first_day": planned_on,
                    "last_day": planned_on,
                    "date": planned_on,
                    "realised_by": "paper",
                    **dict(zip(HARMS, (usual, promised, realised, best), strict=True)),
                    "regret": realised - best,
                    "kept_share": (usual - realised) / could if could > 0 else None,
                    "input_hash": "0",
                }
            )
    return pl.DataFrame(rows)


def institutions(random: np.random.Generator) -> pl.DataFrame:
    rows = []
    for planned_on in PLANS:
        usual, worse = (random.choice([9.0, 60.0], 2) * random.uniform(0, 1, 2)).round(9)
        rows.append(
            {
                "planned_on": planned_on,
                "institution_id": "H",
                "resource_id": "bed",
                "usual_unit_days": usual,
                "realised_unit_days": usual + worse,
                "worse_unit_days": worse,
                "worse_harm": round(HEAVIEST * worse, 9),
            }
        )
    return pl.DataFrame(rows)


def made() -> dict:
    random = np.random.default_rng(1)
    outcome = totals(random)
    frames = {
        PlanOutcome: outcome,
        PlanOutcomeDay: outcome,
        PlanOutcomeInstitution: institutions(random),
        AllocationClass: pl.DataFrame([figures(AllocationClass, "class_id", "harm_weight")]),
        AllocationResource: pl.DataFrame(
            [figures(AllocationResource, "resource_id", "crowding_weight")]
        ),
    }
    return {t: check(t, conform(t, frame)) for t, frame in frames.items()}


def figures(table, named: str, weighed: str) -> dict:
    """A row whose name is "bed" and whose weight is the largest."""
    kinds = polars_schema(table)
    row = {c: 0.5 if kind.is_float() else 1 for c, kind in kinds.items() if kind.is_numeric()}
    flags = {c: False for c, kind in kinds.items() if kind == pl.Boolean}
    return {**row, **flags, named: "bed", weighed: HEAVIEST}


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> tuple[dict, dict]:
    """The tables as exact and as published, by name."""
    home = Home(tmp_path_factory.mktemp("outcomes") / "home").prepare()
    initialise(home)
    frames = made()
    with opened(home) as con:
        for table, frame in frames.items():
            replace(con, table, frame)
    publish(home)
    with duckdb.connect(str(home.published), read_only=True) as con:
        shown = {name(t): con.sql(f'FROM "{layer(t)}"."{name(t)}"').pl() for t in TABLES}
    return {name(t): frame for t, frame in frames.items()}, shown


@pytest.mark.parametrize(("table", "column"), COUNTS)
def test_no_figure_stands_for_few_people(files, table, column):
    exact, shown = (frames[name(table)].sort(key(table)) for frames in files)
    people = shown[column] / (HEAVIEST if "harm" in column else 1.0)
    known = people.drop_nulls()
    assert known.filter((known > 0) & (known < 11)).is_empty()
    assert (known / 5).round(9).to_list() == (known / 5).round().to_list()
    assert known.filter(known > 0).len() > 0
    few = exact[column].is_between(0, 11 * (HEAVIEST if "harm" in column else 1.0), "none")
    assert few.any()
    assert shown.filter(few)[column].is_null().all()
    assert shown.filter(shown[column].is_null())["disclosure"].unique().to_list() == ["withheld"]


def test_regret_and_kept_share_follow_from_shown_harms(files):
    shown = files[1]["plan_outcome"]
    usual, realised, best = (shown[f"harm_{way}"] for way in ("usual", "realised", "hindsight"))
    assert shown["regret"].equals(realised - best)
    could = (usual - best).to_list()
    gained = (usual - realised).to_list()
    shares = [
        g / c if c is not None and g is not None and c > 0 else None
        for g, c in zip(gained, could, strict=True)
    ]
    assert shown["kept_share"].to_list() == shares
    assert 0 < shown["regret"].null_count() < shown.height


def test_what_is_worse_follows_from_shown_unit_days_to_the_last_digit(files):
    shown = files[1]["plan_outcome_institution"]
    known = shown.drop_nulls("worse_unit_days")
    assert 0 < known.height < shown.height
    assert known["worse_unit_days"].equals(known["realised_unit_days"] - known["usual_unit_days"])
    assert known["worse_harm"].equals(known["worse_unit_days"] * HEAVIEST)
    apart = shown["realised_unit_days"] - shown["usual_unit_days"]
    assert (
        apart.drop_nulls().filter((apart.drop_nulls() > 0) & (apart.drop_nulls() < 11)).is_empty()
    )
    assert shown["worse_harm"].null_count() == shown["worse_unit_days"].null_count()
