from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from schemas.columns.forecast import LEVELS
from schemas.regional import DemandForecast, ForecastScore
from schemas.table import check, empty
from transforms.demand.outlook import demand_forecast, demand_paths
from transforms.inputs.allocation import planning_inputs
from transforms.inputs.allocation.inputs import start_of
from transforms.inputs.allocation.offer import units_today
from transforms.inputs.allocation.paths import drawn_demand
from transforms.supply.care import use

from .conftest import NIGHT, REGION, planning, tables

FIRST = NIGHT + timedelta(days=1)
ENGINES = ["damped_trend", "last_value", "recent_mean", "seasonal_naive"]


def test_a_row_for_each_series_and_day_begins_the_day_after_the_last_known(world):
    forecast, scores = demand_forecast(world, REGION, NIGHT)
    check(DemandForecast, forecast)
    check(ForecastScore, scores)
    keys = forecast.select("demand_measure", "series_key", "horizon").rows()
    assert sorted(keys) == [
        (measure, key, day)
        for measure, keys in (("admissions", ("y/icu", "z/icu")), ("in_use", ("a/bed", "b/bed")))
        for key in keys
        for day in (1, 2, 3)
    ]
    assert forecast.filter(horizon=1)["date"].unique().to_list() == [FIRST]


def test_a_rhythm_of_the_week_is_forecast(world):
    """At a 20 beds are used on Mondays, and half a bed more on each later day of the week."""
    forecast, _ = demand_forecast(world, REGION, NIGHT)
    of_a = forecast.filter(series_key="a/bed").sort("date")["forecast_mean"].to_list()
    assert of_a == pytest.approx([20, 20.5, 21], abs=0.3)


def test_quantiles_rise_and_the_upper_bound_is_not_below_the_mean(world):
    forecast, _ = demand_forecast(world, REGION, NIGHT)
    steps = forecast.select(*LEVELS).to_numpy()
    assert (steps[:, 1:] >= steps[:, :-1]).all()
    assert (forecast["forecast_upper"] >= forecast["forecast_mean"]).all()


def test_the_engine_with_the_best_score_is_used_and_said(world):
    forecast, scores = demand_forecast(world, REGION, NIGHT)
    for (measure,), rows in scores.filter(horizon_band="all").group_by("demand_measure"):
        (chosen,) = rows.filter("chosen").rows(named=True)
        least = rows["weighted_interval_score"].min()
        assert chosen["weighted_interval_score"] <= 1.01 * least
        used = forecast.filter(demand_measure=measure)["engine"].unique().to_list()
        assert used == [chosen["engine"]]
        assert set(ENGINES) <= set(rows["engine"])


def test_of_equally_good_engines_the_simplest_is_used(world):
    """Two patients a day on any weekday: all are as good, the last value is the simplest."""
    _, scores = demand_forecast(world, REGION, NIGHT)
    chosen = scores.filter("chosen", demand_measure="admissions")["engine"].unique()
    assert chosen.to_list() == ["last_value"]


def test_zones_share_what_their_institution_admits(world):
    """Each zone has half of a's two patients a day; the chance of living there widens it."""
    forecast, _ = demand_forecast(world, REGION, NIGHT)
    y = forecast.filter(series_key="y/icu", horizon=1).row(0, named=True)
    assert y["forecast_mean"] == pytest.approx(1.0, abs=0.2)
    assert y["forecast_source"] == "institution_share"
    assert y["quantile_10"] < 1.0 - 0.8
    assert y["quantile_90"] > 1.0 + 0.8


@settings(max_examples=15)
@given(st.integers(1, 40), st.integers(0, 500))
def test_what_comes_after_the_night_changes_nothing(later, value):
    def used(i: int, day: date) -> float:
        return value if day > NIGHT - timedelta(days=later) else 20 + i + day.weekday() / 2

    night = NIGHT - timedelta(days=later)
    changed, plain = tables(used=used), tables()
    gone = plain["encounter"].filter(pl.col("admitted_at").dt.date() <= night)
    for table, other in zip(
        demand_forecast(changed, REGION, night),
        demand_forecast({**plain, "encounter": gone}, REGION, night),
        strict=True,
    ):
        assert_frame_equal(table, other)


def test_one_day_is_forecast_by_its_last_value_by_name():
    forecast, scores = demand_forecast(tables(days=1, people=False), REGION, NIGHT)
    ward = forecast.filter(series_key="b/bed")
    assert ward["engine"].unique().to_list() == ["last_value"]
    assert ward["history_length"].unique().to_list() == ["one_day"]
    assert ward["forecast_mean"].to_list() == pytest.approx([24.0] * 3)
    assert scores["chosen"].sum() == 0 or scores.is_empty()


def test_weekly_means_are_forecast_by_week_and_spread_over_its_days():
    """Four weeks back from Sunday each have 20, 21, 22 and 23 beds in use."""
    world = tables(people=False)
    dates = [NIGHT - timedelta(days=6 + 7 * k) for k in range(4)]
    rows = world["capacity_estimate"].filter(pl.col("date").is_in(dates))
    ranks = pl.col("date").rank("dense").over("institution_id", "resource_id") + 19.0
    weekly = rows.with_columns(in_use_reported=ranks, period_days=pl.lit(7, pl.Int64))
    forecast, scores = demand_forecast({**world, "capacity_estimate": weekly}, REGION, NIGHT)
    assert scores["frequency"].unique().to_list() == ["week"]
    means = forecast.filter(series_key="a/bed").sort("date")
    assert means["date"].to_list() == [FIRST + timedelta(days=t) for t in range(3)]
    assert means["forecast_mean"].n_unique() == 1
    assert 20 < means["forecast_mean"][0] < 25


def test_a_region_without_capacity_expects_nothing(world):
    nothing = {**world, "capacity_estimate": world["capacity_estimate"].clear()}
    assert demand_forecast(nothing, REGION, NIGHT)[0].equals(empty(DemandForecast))


def test_demand_differs_from_day_to_day_in_what_the_model_reads(world):
    """In use as usual follows the forecast, day by day, and so do admissions of zones."""
    forecast, _ = demand_forecast(world, REGION, NIGHT)
    made = planning_inputs({**world, "demand_forecast": forecast}, REGION, NIGHT)
    asked = made["allocation_demand"].filter(zone_id="y", class_id="icu").sort("date")
    told = forecast.filter(series_key="y/icu").sort("date")
    assert asked["mean"].to_list() == told["forecast_mean"].to_list()
    assert asked["upper"].to_list() == told["forecast_upper"].to_list()
    ward = made["allocation_demand"].filter(zone_id="y", class_id="ward").sort("date")["mean"]
    still = made["allocation_census"].filter(institution_id="a", class_id="ward").sort("date")
    stay = made["allocation_stay"].filter(class_id="ward").sort("day")["staying_share"]
    beds = forecast.filter(series_key="a/bed").sort("date")["forecast_mean"]
    for t in range(3):
        here = still["patients"][t] + sum(stay[t - k] * ward[k] for k in range(t + 1))
        assert 2 * here == pytest.approx(beds[t])
    assert ward.n_unique() == 3


def test_the_mean_of_the_last_weeks_stays_a_choice(world):
    forecast, _ = demand_forecast(world, REGION, NIGHT)
    region = planning(expect="recent_mean")
    given_ = {**world, "demand_forecast": forecast}
    flat = planning_inputs(given_, region, NIGHT)["allocation_demand"]
    ward = flat.filter(zone_id="y", class_id="ward")
    assert ward["mean"].to_list() == pytest.approx([23 / 2 / 5] * 3)


def test_paths_have_the_forecasts_mean_and_the_plan_reads_them_by_zone(world):
    forecast, _ = demand_forecast(world, REGION, NIGHT)
    admissions, in_use = demand_paths(world, REGION, NIGHT, forecast, 200, 7)
    assert admissions["path"].unique().sort().to_list() == list(range(1, 201))
    for rows, key in ((admissions, "zone_id"), (in_use, "institution_id")):
        found = rows.group_by(key, "date").agg(pl.col("value").mean()).sort(key, "date")
        measure = forecast.filter(pl.col(key).is_not_null())
        told = measure.sort(key, "date")["forecast_mean"].to_list()
        assert found["value"].to_list() == pytest.approx(told, rel=0.02)
    again = demand_paths(world, REGION, NIGHT, forecast, 200, 7)
    assert admissions.sort(admissions.columns).equals(again[0].sort(admissions.columns))


def test_on_each_path_arrivals_make_up_the_census(world):
    """Two beds a patient: n + sum s·a is half of the path's beds, at either hospital."""
    forecast, _ = demand_forecast(world, REGION, NIGHT)
    clean = {**world, "demand_forecast": forecast}
    units = units_today(
        world["capacity_estimate"], world["institution"], use(REGION.classes), NIGHT, 60
    )
    begun = start_of(clean, REGION, units, NIGHT)
    drawn = drawn_demand(clean, REGION, begun, 5, 1)
    _, in_use = demand_paths(world, REGION, NIGHT, forecast, 5, 1)
    ward = drawn.filter(zone_id="y", class_id="ward", path=3).sort("date")["demand_patients"]
    beds = in_use.filter(institution_id="a", path=3).sort("date")["value"]
    still = begun.census.filter(institution_id="a", class_id="ward").sort("date")["patients"]
    share = begun.curves["ward"]
    for t in range(3):
        here = still[t] + sum(share[t - k] * ward[k] for k in range(t + 1))
        assert 2 * here == pytest.approx(beds[t], abs=1e-4)
