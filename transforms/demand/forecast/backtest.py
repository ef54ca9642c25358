"""Forecast the past of a history as it would have been, and score it."""

from collections.abc import Iterable, Sequence
from datetime import date

import numpy as np
import polars as pl

from transforms.demand.forecast.engines import ENGINES, offered
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

# Origins by which the engine of tonight is chosen, the periods between them, and the most series.
CHOOSING, APART, CHOOSING_SERIES = 26, {1: 5, 7: 1}, 100
# With fewer origins in a history nothing is chosen by them: a year of weeks, so that one wave and
# the calm after it do not choose.
LEAST_SCORED, DEFAULT = {1: 8, 7: 52}, "damped_trend"
TIE = 0.01


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


def choose(scores: pl.DataFrame) -> str:
    """The simplest engine within 1 % of the least score (WIS); ``damped_trend`` if none is scored.

    Args:
        scores: from ``backtest``.
    """
    every = scores.filter(pl.col("wis").is_not_nan())
    if not every.height:
        return DEFAULT
    wide = every.filter(pl.col("n") == pl.col("n").max())
    good = wide.filter(pl.col("wis") <= pl.col("wis").min() * (1 + TIE))["engine"].to_list()
    return min(good, key=ENGINES.index)


def default(laid: Panel) -> str:
    """The engine where too little is scored: of weeks that which drawn series taught."""
    return "boosted" if "boosted" in offered(laid) else DEFAULT


def winner(laid: Panel, horizon: int) -> str:
    """The engine that did best at the latest origins whose outcome is known."""
    if (laid.last - 1) // APART[laid.step] < LEAST_SCORED[laid.step]:
        return default(laid)
    origins = laid.last - 1 - APART[laid.step] * np.arange(CHOOSING)
    every = max(1, len(laid.ids) // CHOOSING_SERIES)
    return choose(scored(laid.part(every), horizon, origins[origins > 0]))


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
