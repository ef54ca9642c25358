from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.demand.forecast import (
    ENGINES,
    LEVELS,
    backtest,
    choose,
    forecast,
    methods,
    preferred,
)

FIRST = date(2025, 1, 6)


def history(*series: list[float | None], step: int = 1) -> pl.DataFrame:
    rows = [
        {"series_id": f"s{n}", "date": FIRST + timedelta(days=step * t), "value": value}
        for n, values in enumerate(series)
        for t, value in enumerate(values)
    ]
    return pl.DataFrame(rows, {"series_id": pl.String, "date": pl.Date, "value": pl.Float64})


def weekly_pattern(days: int, level: float = 100.0) -> list[float | None]:
    return [level * (0.5 if t % 7 > 4 else 1.0) for t in range(days)]


def noisy(days: int, seed: int, level: float = 50.0) -> list[float | None]:
    chance = np.random.default_rng(seed)
    return [float(v) for v in chance.poisson(level * (1 + 0.2 * np.sin(np.arange(days) / 9)))]


def at(frame: pl.DataFrame, horizon: int, quantile: float) -> float:
    return frame.filter(horizon=horizon, quantile=quantile, series_id="s0")["value"].item()


def test_a_forecast_has_every_series_day_and_level_and_the_mean() -> None:
    told = forecast(history(noisy(80, 1), noisy(80, 2)), 14)
    assert told.columns == ["series_id", "date", "horizon", "quantile", "value"]
    assert told.height == 2 * 14 * (len(LEVELS) + 1)
    assert told["date"].min() == FIRST + timedelta(days=80)
    assert told["date"].max() == FIRST + timedelta(days=93)
    assert told.filter(pl.col("quantile").is_null()).height == 28


def test_the_same_history_gives_the_same_forecast_to_the_last_bit() -> None:
    past = history(noisy(90, 3), noisy(60, 4))
    assert forecast(past, 7).equals(forecast(past.sample(fraction=1, shuffle=True, seed=1), 7))


def test_weeks_follow_weeks() -> None:
    told = forecast(history(noisy(30, 5), step=7), 4, "week")
    assert told["date"].unique().sort().to_list() == [
        FIRST + timedelta(days=7 * week) for week in range(30, 34)
    ]


@pytest.mark.parametrize(
    ("values", "engine", "expected"),
    [
        ([1.0, 2, 3, 4, 5, 6, 7, 8], "last_value", [8, 8, 8]),
        ([1.0, 2, 3, 4, 5, 6, 7, 8], "seasonal_naive", [2, 3, 4]),
        ([16.0] * 10, "recent_mean", [16, 16, 16]),
        (weekly_pattern(70), "seasonal_naive", [100, 100, 100, 100, 100, 50, 50]),
        (weekly_pattern(70), "recent_mean", [100, 100, 100, 100, 100, 50, 50]),
    ],
)
def test_simple_engines_by_hand(
    values: list[float | None], engine: str, expected: list[float]
) -> None:
    told = forecast(history(values), len(expected), chosen=engine).filter(quantile=0.5)
    assert told["value"].to_list() == pytest.approx(expected, rel=0.02)


def test_smoothing_keeps_the_weekday_and_follows_growth() -> None:
    growing = [10.0 * 1.02**t * (0.8 if t % 7 > 4 else 1.0) for t in range(70)]
    told = forecast(history(growing), 7, chosen="damped_trend").filter(quantile=0.5)
    values = told["value"].to_list()
    assert values[0] > growing[-7] and values[4] > growing[-3]
    assert values[5] < values[4] * 0.95


@given(st.data())
@settings(max_examples=12)
def test_nothing_after_an_origin_changes_what_was_forecast_at_it(data: st.DataObject) -> None:
    step, frequency = data.draw(st.sampled_from([(1, "day"), (7, "week")]))
    days = data.draw(st.integers(20, 90))
    cut = data.draw(st.integers(10, days - 1))
    value = st.one_of(st.none(), st.floats(0, 1000))
    kept = data.draw(st.lists(value, min_size=cut, max_size=cut))
    later = data.draw(st.lists(value, min_size=days - cut, max_size=days - cut))
    start = [5.0, 7.0, *kept]
    origin = FIRST + timedelta(days=step * (len(start) - 1))
    scored = []
    for rest in (later, [None if v is None else v * 2 + 1 for v in later]):
        truth = [17.0]
        whole = history([*start, *truth, *rest], noisy(len(start) + 1 + len(rest), 6), step=step)
        scored.append(backtest(whole, 1, frequency, [origin]))
    assert scored[0].equals(scored[1])


@given(
    st.lists(st.one_of(st.none(), st.floats(0, 1e6)), min_size=1, max_size=60),
    st.sampled_from([None, *ENGINES]),
    st.sampled_from(["day", "week"]),
)
@settings(max_examples=20)
def test_quantiles_never_cross_and_are_never_below_0(
    values: list[float | None], chosen: str | None, frequency: str
) -> None:
    past = history([3.0, *values], step=1 if frequency == "day" else 7)
    told = forecast(past, 5, frequency, chosen=chosen)
    assert told["value"].is_finite().all() and (told["value"] >= 0).all()
    by_level = told.drop_nulls("quantile").sort("horizon", "quantile")
    assert (
        (by_level.select(pl.col("value").diff().over("horizon")).drop_nulls() >= 0)
        .to_series()
        .all()
    )


def test_one_value_of_one_day_is_forecast_with_bounds_as_wide_as_a_count_alone() -> None:
    told = forecast(history([100.0]), 14)
    assert at(told, 1, 0.5) == pytest.approx(100)
    assert told.filter(pl.col("quantile").is_null())["value"].to_list() == pytest.approx([100] * 14)
    assert at(told, 1, 0.025) < 80 and at(told, 1, 0.975) > 120
    assert at(told, 14, 0.975) > at(told, 1, 0.975)


def test_a_constant_series_is_narrower_the_longer_it_lasts_and_never_certain() -> None:
    short, long = (forecast(history([40.0] * days), 7) for days in (5, 200))
    widths = [at(told, 7, 0.9) - at(told, 7, 0.1) for told in (short, long)]
    assert widths[0] > 2 * widths[1] > 0


def test_zeros_stay_zeros_in_the_middle() -> None:
    told = forecast(history([0.0] * 60), 7)
    assert at(told, 7, 0.5) == 0
    assert at(told, 7, 0.99) > 0


def test_a_gap_is_bridged_and_a_silent_series_is_less_certain() -> None:
    whole = noisy(100, 7)
    gap = [*whole[:60], *[None] * 20, *whole[80:]]
    assert at(forecast(history(gap), 7), 1, 0.5) == pytest.approx(
        at(forecast(history(whole), 7), 1, 0.5), rel=0.15
    )
    silent = forecast(history([*whole[:90], *[None] * 10], whole), 7, chosen="last_value")
    heard = forecast(history(whole[:90]), 7, chosen="last_value")
    width = [at(told, 1, 0.9) - at(told, 1, 0.1) for told in (silent, heard)]
    assert width[0] > 1.5 * width[1]


def test_after_a_level_shift_the_new_level_is_forecast_with_room() -> None:
    shifted = [v and v * (3 if t > 79 else 1) for t, v in enumerate(noisy(100, 8))]
    told = forecast(history(shifted, *[noisy(100, s) for s in range(5)]), 7)
    newest = float(np.mean([v for v in shifted[-10:] if v]))
    assert at(told, 3, 0.1) < newest < at(told, 3, 0.9)


def test_a_series_that_starts_late_is_forecast_by_what_its_length_allows() -> None:
    lengths = {"s0": 800, "s1": 60, "s2": 20, "s3": 9, "s4": 3}
    series = [[None] * (800 - n) + noisy(n, n) for n in lengths.values()]
    told = methods(history(*series), 7, chosen="damped_trend")
    assert dict(told.select("series_id", "history_length").iter_rows()) == {
        "s0": "two_years",
        "s1": "eight_weeks",
        "s2": "two_weeks",
        "s3": "one_week",
        "s4": "one_day",
    }
    assert told["engine"].to_list() == [*["damped_trend"] * 3, "recent_mean", "last_value"]


def test_the_weekday_wins_where_there_is_one_and_scores_are_relative_to_the_better_naive() -> None:
    days = [v and v * 3 + n for v, n in zip(weekly_pattern(150), noisy(150, 9, 20), strict=True)]
    origins = [FIRST + timedelta(days=n) for n in range(60, 135, 5)]
    scores = backtest(history(days, noisy(150, 3)), 14, "day", origins)
    assert scores["horizon"].unique().sort().to_list() == ["1-7", "8-14", "all"]
    every = scores.filter(horizon="all")
    assert choose(every) != "last_value"
    naive = every.filter(pl.col("engine").is_in(["last_value", "seasonal_naive"]))
    assert naive["mae_relative"].min() == 1
    assert every["n"].to_list() == [2 * 15 * 14] * 5
    best = every.filter(engine=choose(every))
    assert 0.6 < best["coverage_80"].item() < 0.95


def test_the_winner_has_the_least_weighted_interval_score_and_of_equals_is_the_simplest() -> None:
    two = {"engine": ["last_value", "damped_trend"], "horizon": "all", "n": [9, 9]}
    scores = pl.DataFrame(two | {"wis": [2.0, 1.0]})
    assert choose(scores) == "damped_trend"
    assert choose(pl.DataFrame(two | {"wis": [1.005, 1.0]})) == "last_value"
    assert choose(scores.clear()) == "recent_mean"


@pytest.mark.parametrize(("wis", "expected"), [(1.04, "ridge"), (1.06, "last_value")])
def test_ridge_is_kept_of_long_days_unless_another_is_better_by_a_twentieth(
    wis: float, expected: str
) -> None:
    both = {"engine": ["last_value", "ridge"], "horizon": "all", "n": [9, 9], "wis": [1.0, wis]}
    assert choose(pl.DataFrame(both), preferred("day", 116)) == expected
    assert choose(pl.DataFrame(both), preferred("day", 115)) == "last_value"
    assert choose(pl.DataFrame(both), preferred("week", 116)) == "last_value"


@pytest.mark.parametrize(
    ("past", "told"),
    [
        (history([1.0, -2.0]), "below 0"),
        (history([1.0, float("inf")]), "infinite"),
        (history([None, None]), "no series has a known value"),
        (pl.concat([history([1.0]), history([2.0])]), "two rows"),
    ],
)
def test_a_history_that_cannot_be_is_refused(past: pl.DataFrame, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        forecast(past, 3)


def test_weeks_on_different_weekdays_an_unknown_engine_and_no_horizon_are_refused() -> None:
    with pytest.raises(ValueError, match="different weekdays"):
        forecast(history([1.0, 2.0]), 3, "week")
    with pytest.raises(ValueError, match="not one of last_value"):
        forecast(history([1.0]), 3, chosen="oracle")
    with pytest.raises(ValueError, match="expected 1 or more"):
        forecast(history([1.0]), 0)
    with pytest.raises(ValueError, match="expected one of day, week"):
        forecast(history([1.0]), 3, "month")
    with pytest.raises(ValueError, match="between 0 and 1"):
        forecast(history([1.0]), 3, quantiles=[0.0, 0.5])
