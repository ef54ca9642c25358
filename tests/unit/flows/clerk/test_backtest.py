"""Nights replayed from the delivery history of a home that was filled in one night."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from flows.clerk.backtest import (
    CERTAIN,
    Delivered,
    _cleaned,
    _delivered,
    _nights,
    _on_paper,
    backtest,
)
from flows.clerk.sample import write_sample
from flows.night.run import begin, run_step
from flows.night.steps import steps_of
from flows.store.night import Night, plan_night
from schemas import clean
from schemas.assumptions.allocation import Levels
from schemas.errors import ConfigRefused, HomeRefused

DEMO = Path(__file__).parents[4] / "config" / "demo.toml"
LAST = date(2026, 2, 10)


@pytest.fixture(scope="module")
def filled(tmp_path_factory) -> Night:
    folder = tmp_path_factory.mktemp("backtest")
    write_sample(folder / "extracts", institutions=3, days=28)
    night = begin(plan_night(DEMO, folder / "extracts", folder / "home", LAST))
    for position, step in enumerate(steps_of(night)):
        if step.part == "ingest":
            run_step(night, step.name, position)
    return night


def on(night: Night, day: date) -> Night:
    return replace(night, date=day)


def later_changed(delivered: Delivered, day: date) -> Delivered:
    """Everything that tells of ``day`` and later is another."""
    histories = dict(delivered.histories)
    capacity, encounter = histories[clean.Capacity], histories[clean.Encounter]
    later = pl.col("date") >= day
    histories[clean.Capacity] = capacity.with_columns(
        in_use=pl.when(later).then(pl.col("in_use") * 3 + 1).otherwise("in_use"),
        in_service=pl.when(later).then(pl.col("in_service") + 9).otherwise("in_service"),
    )
    histories[clean.Encounter] = encounter.filter(pl.col("admitted_at").dt.date() < day)
    return replace(delivered, histories=histories)


def test_a_replayed_night_sees_nothing_that_arrived_later(filled):
    day = LAST - timedelta(days=7)
    delivered = _delivered(filled)
    night = on(filled, day)
    seen = _cleaned(night, delivered.deliveries, delivered.by(day))
    other = later_changed(delivered, day)
    assert other.histories[clean.Capacity]["in_use"].sum() != pytest.approx(
        delivered.histories[clean.Capacity]["in_use"].sum()
    )
    same = _cleaned(night, other.deliveries, other.by(day))
    for table in ("capacity_estimate", "encounter", "institution", "demand_forecast"):
        assert_frame_equal(seen[table], same[table])
    assert seen["capacity_estimate"]["date"].max() == day - timedelta(days=1)


def test_the_mean_is_also_planned_on_as_if_it_were_certain(filled):
    levels = Levels(levels=3)
    planned = filled.region.allocation.model_copy(update={"demand": levels})
    region = filled.region.model_copy(update={"allocation": planned})
    said = [(_on_paper(region, way)) for way in ("forecast", "recent_mean", CERTAIN)]
    assert [r.planning.expect for r in said] == ["forecast", "recent_mean", "recent_mean"]
    assert [r.allocation.demand for r in said] == [levels, levels, "mean"]


def test_plans_on_the_forecast_and_on_the_mean_are_judged_side_by_side(filled):
    result = backtest(DEMO, filled.home, LAST - timedelta(days=3), LAST - timedelta(days=3))
    rows = result.outcome.filter(area="all")
    assert rows["expect"].to_list() == ["forecast", "recent_mean"]
    assert rows["realised_by"].unique().to_list() == ["paper"]
    assert (rows["regret"] >= -1e-4).all()
    assert rows["first_day"].unique().to_list() == [LAST - timedelta(days=3)]
    assert pl.read_parquet(result.folder / "outcome.parquet").equals(result.outcome)


def test_nights_that_brought_nothing_new_are_not_repeated(filled):
    delivered = _delivered(filled)
    days = [n.date for n in _nights(filled, LAST, LAST + timedelta(days=20), delivered)]
    assert len(days) < 20


def test_days_that_nobody_can_judge_are_refused(filled):
    with pytest.raises(HomeRefused, match="no plan of these nights can be judged"):
        backtest(DEMO, filled.home, date(2020, 1, 1), date(2020, 1, 1))
    with pytest.raises(ConfigRefused, match="FIRST..LAST"):
        backtest(DEMO, filled.home, LAST, LAST - timedelta(days=1))
