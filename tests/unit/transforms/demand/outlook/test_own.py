from datetime import date, timedelta

import polars as pl
import pytest

from schemas import clean
from schemas.columns.forecast import LEVELS
from schemas.regional import DemandForecast
from schemas.table import check, conform
from transforms.demand.outlook import demand_forecast

from .conftest import NIGHT, REGION, planning, tables

WIDE = {"quantile_10": -1.0, "quantile_50": 0.0, "quantile_90": 1.0}


def sent(value, issues: int = 3, key: tuple[str, ...] = ("all", "a", "all", "bed")) -> pl.DataFrame:
    """Issued each seventh day until the night: ``value`` of each of the next seven days."""
    rows = [
        (issued, *key, day, value(day), *(max(0.0, value(day) + w) for w in WIDE.values()))
        for k in range(issues)
        for issued in [NIGHT - timedelta(days=7 * k)]
        for t in range(1, 8)
        for day in [issued + timedelta(days=t)]
    ]
    schema = ["issued_date", "zone_id", "institution_id", "class_id", "resource_id", "target_date"]
    frame = pl.DataFrame(rows, orient="row", schema=[*schema, "forecast_mean", *WIDE])
    return conform(clean.Forecast, frame)


def erratic(i: int, day: date) -> float:
    """A level that nothing before tells; who knows the hospital's diary knows it."""
    return 20 + i + 7 * (day.toordinal() ** 2 % 5)


def known(day: date) -> float:
    return erratic(0, day)


@pytest.fixture(scope="module")
def noisy() -> dict:
    return tables(used=erratic)


def used(forecast: pl.DataFrame) -> list[tuple]:
    rows = forecast.filter(series_key="a/bed").sort("date")
    return rows.select("engine", "forecast_source", "forecast_mean").rows()


def test_a_better_forecast_of_the_region_is_used_and_its_score_published(noisy):
    forecast, scores = demand_forecast({**noisy, "forecast": sent(known)}, REGION, NIGHT)
    check(DemandForecast, forecast)
    days = [NIGHT + timedelta(days=t) for t in (1, 2, 3)]
    assert used(forecast) == [("own", "own", known(day)) for day in days]
    beside = scores.filter(compared_on="own_issues", demand_measure="in_use").sort("engine")
    assert beside["scored"].to_list() == [14, 14]
    own = beside.filter(engine="own").row(0, named=True)
    assert own["mean_absolute_error"] == 0.0
    assert own["chosen"]
    assert scores.filter("chosen", demand_measure="in_use")["engine"].to_list() == ["own"]


def test_series_that_the_region_does_not_forecast_keep_ours(noisy):
    plain, _ = demand_forecast(noisy, REGION, NIGHT)
    forecast, _ = demand_forecast({**noisy, "forecast": sent(known)}, REGION, NIGHT)
    others = pl.col("series_key") != "a/bed"
    assert forecast.filter(others).equals(plain.filter(others))


def test_a_worse_one_is_scored_and_not_used(world):
    forecast, scores = demand_forecast({**world, "forecast": sent(lambda _: 70.0)}, REGION, NIGHT)
    assert {engine for engine, _, _ in used(forecast)} != {"own"}
    own = scores.filter(engine="own").row(0, named=True)
    assert own["mean_absolute_error"] > 40
    assert not own["chosen"]


def test_the_region_decides_where_it_says_so(world, noisy):
    always, never = planning(own_forecast="always"), planning(own_forecast="never")
    worse, better = {**world, "forecast": sent(lambda _: 70.0)}, {**noisy, "forecast": sent(known)}
    assert {e for e, _, _ in used(demand_forecast(worse, always, NIGHT)[0])} == {"own"}
    assert "own" not in {e for e, _, _ in used(demand_forecast(better, never, NIGHT)[0])}


def test_days_that_were_over_when_it_was_issued_are_not_scored(noisy):
    """One issue, on the night, whose days are all to come: nothing shows that it is better."""
    forecast, scores = demand_forecast({**noisy, "forecast": sent(known, 1)}, REGION, NIGHT)
    assert scores.filter(engine="own").is_empty()
    assert "own" not in {engine for engine, _, _ in used(forecast)}


def test_what_is_issued_after_the_night_is_not_read(noisy):
    night = NIGHT - timedelta(days=7)
    both = [{**noisy, "forecast": sent(known, n)} for n in (3, 3)]
    both[1]["forecast"] = both[1]["forecast"].filter(pl.col("issued_date") <= night)
    first, second = (demand_forecast(world, REGION, night) for world in both)
    assert first[0].equals(second[0])
    assert first[1].equals(second[1])


def test_a_mean_alone_takes_the_width_of_ours(noisy):
    bare = sent(known).with_columns(pl.lit(None, pl.Float64).alias(q) for q in WIDE)
    region = planning(own_forecast="always")
    forecast, _ = demand_forecast({**noisy, "forecast": bare}, region, NIGHT)
    plain, _ = demand_forecast(noisy, REGION, NIGHT)
    mine, ours = (f.filter(series_key="a/bed").sort("date") for f in (forecast, plain))
    above, ours_above = ((f["quantile_90"] - f["forecast_mean"]).to_list() for f in (mine, ours))
    assert above == pytest.approx(ours_above)


def test_the_quantiles_that_the_region_sends_stand_as_they_are(noisy):
    forecast, _ = demand_forecast({**noisy, "forecast": sent(known)}, REGION, NIGHT)
    rows = forecast.filter(series_key="a/bed").sort("date")
    for name, apart in WIDE.items():
        assert (rows[name] - rows["forecast_mean"]).to_list() == pytest.approx([apart] * 3)
    steps = rows.select(*LEVELS).to_numpy()
    assert (steps[:, 1:] >= steps[:, :-1]).all()


def test_a_zone_and_class_can_be_sent_too(world):
    twos = sent(lambda _: 1.0, key=("y", "all", "icu", "all"))
    region = planning(own_forecast="always")
    forecast, _ = demand_forecast({**world, "forecast": twos}, region, NIGHT)
    of_y = forecast.filter(series_key="y/icu")
    assert of_y.select("engine", "forecast_mean").unique().rows() == [("own", 1.0)]


def test_a_place_that_the_region_does_not_know_is_left_out(world):
    strange = sent(lambda _: 1.0, key=("all", "nowhere", "all", "bed"))
    region = planning(own_forecast="always")
    forecast, _ = demand_forecast({**world, "forecast": strange}, region, NIGHT)
    assert forecast.equals(demand_forecast(world, region, NIGHT)[0])
