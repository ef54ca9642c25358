"""Forecast any number of daily or weekly series from their own past.

One pure function, ``forecast``; the engine is the one that did best at the past origins of the
same history (``backtest``, ``choose``), and what it missed there says how wide the quantiles are.
"""

from collections.abc import Iterable, Sequence
from datetime import date

import numpy as np
import polars as pl

from transforms.demand.forecast import engines
from transforms.demand.forecast.backtest import backtest, choose, preferred, winner
from transforms.demand.forecast.engines import ENGINES
from transforms.demand.forecast.panel import Panel, panel
from transforms.demand.forecast.paths import drawn
from transforms.demand.forecast.score import LEVELS
from transforms.demand.forecast.spread import Track, mean, track
from transforms.demand.forecast.spread import quantiles as quantiles_at

__all__ = ["ENGINES", "LEVELS", "backtest", "choose", "forecast", "methods", "paths", "preferred"]


def forecast(
    history: pl.DataFrame,
    horizon: int,
    frequency: str = "day",
    quantiles: Sequence[float] = LEVELS,
    season: int | None = None,
    holidays: Iterable[date] | None = None,
    chosen: str | None = None,
) -> pl.DataFrame:
    """Forecast every series from the day after the last date of the history.

    Args:
        history: series_id | date | value (null is unknown); a series without a known value is
            left out. Dates that are missing are unknown.
        horizon: periods ahead, at least 1.
        frequency: ``day`` or ``week``.
        quantiles: levels between 0 and 1.
        season: periods of a season; None is 7 days or 52 weeks.
        holidays: days whose values are known to differ, past and to come.
        chosen: one of ``ENGINES``; None is the best one at the past origins of this history.

    Returns:
        series_id | date | horizon (1 …) | quantile | value, sorted; values rise with the quantile
        and are never below 0. The row whose quantile is null has the mean.

    Raises:
        ValueError: the history is refused (``panel``), or an argument is not one of the above.
    """
    laid = panel(history, frequency, season, holidays)
    past = _tonight(laid, horizon, chosen)
    levels = np.array(sorted(quantiles), dtype=float)
    if len(levels) and not (levels[0] > 0 and levels[-1] < 1):
        raise ValueError("quantiles are levels between 0 and 1")
    values = np.concatenate(
        [mean(past, laid.last)[:, :, None], quantiles_at(past, laid.last, levels)], axis=2
    )
    return _told(laid, values, [None, *levels])


def paths(
    history: pl.DataFrame,
    horizon: int,
    count: int,
    seed: int,
    frequency: str = "day",
    season: int | None = None,
    holidays: Iterable[date] | None = None,
    chosen: str | None = None,
) -> pl.DataFrame:
    """Draw joint paths that have the forecast's quantiles and keep what goes together.

    Args:
        count: paths to draw.
        seed: the same seed draws the same paths.
        history, horizon, frequency, season, holidays, chosen: as in ``forecast``.

    Returns:
        scenario (1 …) | series_id | date | value, sorted.
    """
    laid = panel(history, frequency, season, holidays)
    values = drawn(_tonight(laid, horizon, chosen), laid.last, count, seed)
    cells = _cells(laid, horizon)
    rows = pl.concat([cells] * count).with_columns(
        scenario=np.repeat(np.arange(1, count + 1), cells.height), value=values.ravel()
    )
    return rows.select("scenario", "series_id", "date", "value")


def methods(
    history: pl.DataFrame, horizon: int, frequency: str = "day", chosen: str | None = None
) -> pl.DataFrame:
    """What each series is forecast by, and how long its history is.

    Returns:
        series_id | history_length (``two_years``, ``eight_weeks``, ``two_weeks``, ``one_week``,
        ``one_day``) | engine.
    """
    laid = panel(history, frequency)
    return engines.methods(laid, chosen or winner(laid, horizon))


def _tonight(laid: Panel, horizon: int, chosen: str | None) -> Track:
    if horizon < 1:
        raise ValueError(f"horizon is {horizon}, expected 1 or more periods")
    if chosen is not None and chosen not in ENGINES:
        raise ValueError(f"engine {chosen!r} is not one of {', '.join(ENGINES)}")
    return track(laid, chosen or winner(laid, horizon), np.array([laid.last]), horizon)


def _cells(laid: Panel, horizon: int) -> pl.DataFrame:
    days = pl.DataFrame(
        {
            "date": [laid.day(laid.last + step) for step in range(1, horizon + 1)],
            "horizon": range(1, horizon + 1),
        },
        {"date": pl.Date, "horizon": pl.Int64},
    )
    return pl.DataFrame({"series_id": laid.ids}).join(
        days, how="cross", maintain_order="left_right"
    )


def _told(laid: Panel, values: np.ndarray, levels: list[float | None]) -> pl.DataFrame:
    quantile = pl.DataFrame({"quantile": levels}, {"quantile": pl.Float64})
    cells = _cells(laid, values.shape[1]).join(quantile, how="cross", maintain_order="left_right")
    return cells.with_columns(value=values.ravel())
