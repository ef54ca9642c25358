from dataclasses import replace
from datetime import date

import numpy as np

from transforms.demand.forecast.backtest import default, winner
from transforms.demand.forecast.drawn_series import drawn_panels
from transforms.demand.forecast.engines import offered, points
from transforms.demand.forecast.features import Kind, features
from transforms.demand.forecast.learned import cut_of
from transforms.demand.forecast.panel import Panel


def panel(periods: int, series: int, step: int = 1, seed: int = 1) -> Panel:
    chance = np.random.default_rng(seed)
    wave = 60 * np.exp(np.sin(np.arange(periods) * step / 40))
    root = chance.poisson(wave * np.ones((series, 1))) ** 0.25
    season = 7 if step == 1 else 52
    return Panel(tuple(f"s{n:02d}" for n in range(series)), date(2025, 1, 6), step, season, root)


def test_a_model_is_kept_until_the_history_has_grown_by_a_quarter() -> None:
    laid = panel(200, 1)
    cuts = cut_of(laid, np.arange(200))
    assert (cuts[:55] == -1).all()
    assert sorted({int(c) + 1 for c in cuts[55:]}) == [56, 70, 88, 110, 137, 171]
    assert (cuts <= np.arange(200)).all()
    shifted = cut_of(replace(laid, refit=0.5), np.arange(200))
    assert (shifted <= np.arange(200)).all() and (shifted != cuts).any()


def test_trees_follow_a_wave_that_all_places_share() -> None:
    laid = panel(60, 10, step=7)
    origins = np.arange(10, 56)
    ahead = origins[:, None] + np.arange(1, 5)
    came = laid.root[:, ahead].transpose(1, 0, 2) ** 4
    missed = {
        engine: np.abs(points(laid, engine, origins, 4) ** 4 - came).mean()
        for engine in ("boosted", "last_value")
    }
    assert missed["boosted"] < 0.8 * missed["last_value"]


def test_ridge_learns_a_holiday_that_is_named() -> None:
    laid = panel(400, 6)
    days = range(5, 430, 28)
    root = laid.root.copy()
    root[:, [d + 3 for d in days if d + 3 < 400]] *= 0.6
    named = replace(laid, root=root, holidays=frozenset(laid.day(d + 3) for d in days))
    origin = max(d for d in days if d + 3 < 390) + 2
    with_names, without = (
        points(replace(named, holidays=h), "ridge", np.array([origin]), 2)[0, :, 0].mean()
        for h in (named.holidays, frozenset())
    )
    assert with_names < 0.9 * without


def test_features_do_not_change_with_the_size_of_a_series_when_scaled() -> None:
    laid = panel(120, 3)
    small = replace(laid, root=laid.root * 2, holidays=frozenset())
    origins = np.array([80, 100])
    one, two = (features(p, origins, 7, Kind(scaled=True)).own for p in (laid, small))
    assert np.abs(one - two).max() < 0.35 * np.abs(one).max()


def test_engines_that_train_are_tried_where_there_is_enough_to_train_on() -> None:
    simple = ["last_value", "seasonal_naive", "recent_mean", "damped_trend", "growth"]
    assert offered(panel(100, 2)) == simple
    assert offered(panel(200, 10)) == [*simple, "ridge"]
    assert offered(panel(20, 2, step=7)) == [*simple, "boosted"]
    assert offered(panel(400, 40)) == [*simple, "ridge"]
    assert offered(panel(700, 200)) == [*simple, "ridge", "boosted"]


def test_drawn_series_are_the_same_in_every_call() -> None:
    one = drawn_panels(7, 52)
    drawn_panels.cache_clear()
    assert all((a.root == b.root).all() for a, b in zip(one, drawn_panels(7, 52), strict=True))
    assert len({float(p.root.mean()) for p in one}) == len(one)


def test_of_weeks_nothing_is_chosen_by_less_than_a_year() -> None:
    short, laid = panel(40, 10, step=7), panel(60, 10, step=7)
    assert winner(short, 4) == default(short) == "boosted"
    flat = replace(laid, root=np.full_like(laid.root, 3.0))
    assert winner(flat, 4) == "last_value"


def test_a_place_is_told_what_all_places_saw_in_the_last_days() -> None:
    laid = panel(120, 4)
    other = replace(laid, root=laid.root.copy())
    other.root[1:, 119] *= 0.8
    origins = np.array([119])
    one, two = (features(p, origins, 7, Kind(scaled=False)).own[0, 0] for p in (laid, other))
    assert (one != two).sum() > 2
