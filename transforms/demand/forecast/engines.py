"""The engines by name, and which of them a history is long enough for."""

from collections.abc import Callable

import numpy as np
import polars as pl

from transforms.demand.forecast.growth import growth
from transforms.demand.forecast.learned import boosted, ridge
from transforms.demand.forecast.panel import Panel
from transforms.demand.forecast.simple import (
    damped_trend,
    last_value,
    recent_mean,
    seasonal_naive,
)

SIMPLE: dict[str, Callable[[np.ndarray, int, int], np.ndarray]] = {
    "last_value": last_value,
    "seasonal_naive": seasonal_naive,
    "recent_mean": recent_mean,
    "damped_trend": damped_trend,
    "growth": growth,
}
TRAINED: dict[str, Callable[[Panel, np.ndarray, int], np.ndarray]] = {
    "ridge": ridge,
    "boosted": boosted,
}
ENGINES = (*SIMPLE, *TRAINED)
# Days of history from which an engine is used.
NEEDS = {
    "last_value": 1,
    "seasonal_naive": 7,
    "recent_mean": 7,
    "damped_trend": 14,
    "growth": 14,
    "ridge": 56,
    "boosted": 14,
}
# The lengths of a history by name: from how many days, and what is used when the engine needs more.
LENGTHS = [
    ("two_years", 728, "damped_trend"),
    ("eight_weeks", 56, "damped_trend"),
    ("two_weeks", 14, "damped_trend"),
    ("one_week", 7, "recent_mean"),
    ("one_day", 0, "last_value"),
]
# What past an engine looks at: eight weeks of days, and a year and a half of weeks.
WINDOW = 80

# Weeks, of all series, from which an engine is worth its training on days; of weeks, trees know
# drawn ones.
WORTH = {"ridge": 200, "boosted": 20_000}


def offered(panel: Panel) -> list[str]:
    """The engines that are tried on a history: those that train only where it has enough."""
    weeks = panel.root.size * panel.step / 7
    taught = ["boosted"] if panel.step == 7 else []
    return [e for e in ENGINES if e in taught or weeks >= WORTH.get(e, 0)]


def points(panel: Panel, engine: str, origins: np.ndarray, horizon: int) -> np.ndarray:
    """Forecast from each origin on nothing but what was known then.

    Args:
        engine: one of ``ENGINES``.
        origins: indices of the last known periods.

    Returns:
        origins × series × horizon, fourth roots; NaN where the series had not begun.
    """
    if engine in TRAINED:
        found = TRAINED[engine](panel, origins, horizon)
    else:
        found = np.stack([_simple(panel, engine, origin, horizon) for origin in origins])
    for name, least, instead in LENGTHS:
        if least >= NEEDS[engine]:
            continue
        days = panel.length[:, origins].T
        short = (days >= least) & (days < NEEDS[engine]) & (history_length(days) == name)
        for place in np.flatnonzero(short.any(axis=1)):
            row = _simple(panel, instead, origins[place], horizon)
            found[place] = np.where(short[place][:, None], row, found[place])
    return found


def _simple(panel: Panel, engine: str, origin: int, horizon: int) -> np.ndarray:
    past = panel.filled[:, max(0, origin + 1 - WINDOW) : origin + 1]
    return np.maximum(SIMPLE[engine](past, horizon, panel.season), 0.0)


def history_length(days: np.ndarray) -> np.ndarray:
    """The name of a length of history in days: ``two_years`` … ``one_day``."""
    names, least, _ = zip(*LENGTHS, strict=True)
    return np.select([days >= d for d in least], names, "one_day")


def methods(panel: Panel, engine: str) -> pl.DataFrame:
    """What is used for each series on the last day.

    Returns:
        series_id | history_length (``two_years`` … ``one_day``) | engine (the one asked for, or
        what a shorter history leaves).
    """
    days = panel.length[:, -1]
    lengths = history_length(days)
    instead = {name: other for name, _, other in LENGTHS}
    used = [
        engine if d >= NEEDS[engine] else instead[n] for d, n in zip(days, lengths, strict=True)
    ]
    return pl.DataFrame({"series_id": panel.ids, "history_length": lengths, "engine": used})
