"""What an earlier night knew: origins see what had arrived, and late reports are made up for."""

from datetime import date, timedelta

import polars as pl
import pytest

from transforms.demand.outlook import demand_forecast
from transforms.demand.outlook.past import completed, reported_shares, scores
from transforms.demand.outlook.series import Series

from .conftest import NIGHT, REGION, tables

PLACES = pl.DataFrame({"series_id": ["a|x"], "institution_id": ["a"], "need_id": ["x"]})


def daily(last: date, values: list[float | None]) -> Series:
    """A series of daily values up to ``last``."""
    dates = [last - timedelta(days=k) for k in range(len(values))][::-1]
    rows = {"series_id": "a|x", "date": dates, "value": pl.Series(values, dtype=pl.Float64)}
    return Series("in_use", "day", pl.DataFrame(rows), PLACES, last)


def late(days: int = 60, states: int = 4) -> tuple[Series, list[Series]]:
    """100 every day, of which 80 are known by the end of the day and 90 a day later."""
    known = [100.0] * (days - 2) + [90.0, 80.0]
    before = [daily(NIGHT - timedelta(days=back), known[back:]) for back in range(8, 8 + states)]
    return daily(NIGHT, known), before


def test_the_part_that_is_known_at_first_is_learnt_from_earlier_states():
    now, before = late()
    assert reported_shares(now, before)[:3] == [0.8, 0.9, 1.0]


def test_the_newest_values_are_divided_by_it():
    now, before = late()
    whole = completed(now, reported_shares(now, before))
    assert whole.history["value"].to_list() == pytest.approx([100.0] * 60)


@pytest.mark.parametrize("states", [0, 2])
def test_of_few_states_nothing_is_learnt(states):
    now, before = late(states=states)
    assert set(reported_shares(now, before)) == {1.0}


def test_states_that_are_not_settled_teach_nothing():
    now, _ = late()
    fresh = [daily(NIGHT - timedelta(days=k), [100.0] * 30 + [80.0]) for k in range(1, 7)]
    assert set(reported_shares(now, fresh)) == {1.0}


def test_an_origin_sees_what_was_known_then():
    """The day before an origin was first said to be 100 lower: last value misses by so much."""
    now = daily(NIGHT, [200.0] * 60)
    then = daily(NIGHT - timedelta(days=10), [200.0] * 49 + [100.0])
    plain = scores(now, [], 1, ()).filter(engine="last_value", horizon="1")
    seen = scores(now, [then], 1, ()).filter(engine="last_value", horizon="1")
    assert plain["mae"].to_list() == pytest.approx([0.0], abs=1e-6)
    assert seen["n"].item() == plain["n"].item() + 1
    assert seen["mae"].item() == pytest.approx(100.0 / seen["n"].item())


def test_a_state_that_was_not_restated_is_like_any_other_day():
    now = daily(NIGHT, [float(v) for v in range(60)])
    then = daily(NIGHT - timedelta(days=10), [float(v) for v in range(50)])
    assert scores(now, [then], 3, ()).equals(scores(now, [], 3, ()))


def test_the_night_scores_with_earlier_states_of_its_tables(world):
    low = tables(used=lambda i, d: 10)
    day = NIGHT - timedelta(days=10)
    then = low["capacity_estimate"].filter(pl.col("date") <= day)
    earlier = {day: {**world, "capacity_estimate": then}}
    _, plain = demand_forecast(world, REGION, NIGHT)
    _, seen = demand_forecast(world, REGION, NIGHT, earlier)
    last = {"engine": "last_value", "demand_measure": "in_use", "horizon_band": "all"}
    worse, better = (f.filter(**last)["mean_absolute_error"].item() for f in (seen, plain))
    assert worse > better
