"""Forecast the past of a history as it would have been, and score it."""

from collections.abc import Iterable, Sequence
from datetime import date

import numpy as np
import polars as pl

from transforms.demand.forecast.engines import ENGINES, NEEDS, offered
from transforms.demand.forecast.panel import Panel, panel
from transforms.demand.forecast.score import (
    LEVELS,
    MEASURES,
    TOLD,
    bands,
    relative,
    scores,
)
from transforms.demand.forecast.spread import quantiles as quantiles_at
from transforms.demand.forecast.spread import track

# Origins by which the engine of tonight is chosen, the periods between them, and the most series:
# two months of days, so that a turn is seen soon.
CHOOSING, APART, CHOOSING_SERIES = {1: 12, 7: 26}, {1: 5, 7: 1}, 100
# With fewer origins in a history nothing is chosen by them: a year of weeks, so that one wave and
# the calm after it do not choose.
LEAST_SCORED, DEFAULT = {1: 8, 7: 52}, "damped_trend"
# How much worse than the best a simpler engine may be, and the engine that is kept.
TIE, KEPT_TIE = 0.01, 0.05
UNSCORED = "recent_mean"


def backtest(
    history: pl.DataFrame,
    horizon: int,
    frequency: str,
    origins: Sequence[date],
    quantiles: Sequence[float] = LEVELS,
    season: int | None = None,
    holidays: Iterable[date] | None = None,
) -> pl.DataFrame:
    """Score the engines on past origins; nothing after an origin is known at it.

    The engines that train are left out where a history is too small to train on (``offered``).

    Args:
        history: series_id | date | value (null is unknown).
        horizon: periods ahead.
        frequency: ``day`` or ``week``.
        origins: the last known days; let them rotate over weekdays.
        quantiles: levels over which the weighted interval score is the mean.
        season: periods of a season; None is 7 days or 52 weeks.
        holidays: days whose values are known to differ.

    Returns:
        engine | horizon (``1-7`` days, ``1`` weeks, ``all``) | n (cells) | mae, wis (unit of the
        values) | coverage_50, coverage_80 (shares) | mae_relative, wis_relative (to the better of
        ``last_value`` and ``seasonal_naive`` on the same cells).
    """
    laid = panel(history, frequency, season, holidays)
    return scored(laid, horizon, np.array([laid.index(day) for day in origins]), quantiles)


def scored(
    laid: Panel,
    horizon: int,
    origins: np.ndarray,
    quantiles: Sequence[float] = LEVELS,
    engines: Sequence[str] | None = None,
) -> pl.DataFrame:
    """As ``backtest``, of a panel and of indices."""
    origins = np.unique(origins[(origins >= 0) & (origins < laid.last)])
    rows = []
    for engine in (engines or offered(laid)) if len(origins) else ():
        found = cells(laid, engine, origins, horizon, quantiles)
        for name, part in bands(horizon, laid.step).items():
            rows.append({"engine": engine, "horizon": name} | told(found, part))
    floats = [*MEASURES]
    schema = {"engine": pl.String, "horizon": pl.String, "n": pl.Int64}
    return relative(pl.DataFrame(rows, schema | dict.fromkeys(floats, pl.Float64)))


def choose(scores: pl.DataFrame, kept: str | None = None) -> str:
    """The engine with the least score (WIS): the kept one within 5 %, the simplest within 1 %.

    Where none is scored it is ``recent_mean``.

    Args:
        scores: from ``backtest``.
        kept: from ``preferred``.
    """
    every = scores.filter(pl.col("wis").is_not_nan())
    if not every.height:
        return UNSCORED
    wide = every.filter(pl.col("n") == pl.col("n").max())
    ratio = pl.col("wis") / pl.max_horizontal(pl.col("wis").min(), 1e-12)
    good = wide.filter((ratio <= 1 + TIE) | (pl.col("wis") == pl.col("wis").min()))["engine"]
    if wide.filter((pl.col("engine") == (kept or "")) & (ratio <= 1 + KEPT_TIE)).height:
        return str(kept)
    return min(good.to_list(), key=ENGINES.index)


def preferred(frequency: str, periods: int) -> str | None:
    """The engine that stays where another is hardly better: changing costs more than it brings.

    Of days, ``ridge``, where the history is long enough for it at most origins.
    """
    long = NEEDS["ridge"] + CHOOSING[1] * APART[1]
    return "ridge" if frequency == "day" and periods >= long else None


def default(laid: Panel) -> str:
    """The engine where too little is scored: of weeks that which drawn series taught."""
    return "boosted" if "boosted" in offered(laid) else DEFAULT


def winner(laid: Panel, horizon: int) -> str:
    """The engine that did best at the latest origins whose outcome is known."""
    if (laid.last - 1) // APART[laid.step] < LEAST_SCORED[laid.step]:
        return default(laid)
    origins = laid.last - 1 - APART[laid.step] * np.arange(CHOOSING[laid.step])
    every = max(1, len(laid.ids) // CHOOSING_SERIES)
    found = scored(laid.part(every), horizon, origins[origins > 0])
    return choose(found, preferred("day" if laid.step == 1 else "week", laid.last + 1))


def cells(
    laid: Panel, engine: str, origins: np.ndarray, horizon: int, wanted: Sequence[float]
) -> dict[str, np.ndarray]:
    """Every measure of one engine, origins × series × horizon; NaN where the truth is unknown."""
    levels = np.unique(np.round([*wanted, *TOLD], 6))
    counted = np.isin(levels, np.round(wanted, 6))
    past = track(laid, engine, origins, horizon)
    ahead = origins[:, None] + np.arange(1, horizon + 1)
    truth = np.pad(laid.root**4, ((0, 0), (0, horizon)), constant_values=np.nan)[:, ahead]
    found = np.stack([quantiles_at(past, origin, levels) for origin in origins])
    return scores(found, truth.transpose(1, 0, 2), levels, counted)


def told(found: dict[str, np.ndarray], part: slice) -> dict[str, float | int]:
    """The means over a band of the horizon, and how many cells they are of."""
    taken = {name: values[:, :, part] for name, values in found.items()}
    known = ~np.isnan(taken["mae"])
    number = int(known.sum())
    means = {m: float(v[known].mean()) if number else float("nan") for m, v in taken.items()}
    return {"n": number} | means
