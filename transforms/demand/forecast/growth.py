"""The engine for turning points: each series grows as it did last week, or as all series did."""

import numpy as np

from transforms.demand.forecast.panel import LONGEST_PROFILE

# What is added to a sum so that few count little, the part of growth that is left after a day, and
# the most that is believed: a doubling from one sum to the next.
ADDED, DAMPING, MOST = 2.0, 0.93, np.log(2)


def growth(past: np.ndarray, horizon: int, season: int) -> np.ndarray:
    """The mean of the last cycle, carried on with its growth over the cycle before, damped.

    A series' own growth is shrunk towards that of all series by empirical Bayes: as much as its
    counts are too few to tell (Efron and Morris, Data analysis using Stein's estimator, 1975).
    Takes and returns fourth roots, as ``simple``.
    """
    cycle = season if season <= LONGEST_PROFILE else 1
    span, damping = (cycle, DAMPING) if cycle > 1 else (2, DAMPING**7)
    value = np.nan_to_num(past**4)
    factor = _factors(value, cycle)
    phase = (np.arange(value.shape[1]) - value.shape[1]) % cycle
    steady = value / factor[phase]
    newer = steady[:, -span:].sum(axis=1)
    older = steady[:, -2 * span : -span].sum(axis=1)
    rate = np.clip(_shrunk(newer, older), -MOST, MOST) / span
    ahead = (span - 1) / 2 + np.cumsum(damping ** np.arange(1, horizon + 1))
    level = newer[:, None] / span * np.exp(rate[:, None] * ahead)
    return (level * factor[np.arange(horizon) % cycle]) ** 0.25


def _factors(value: np.ndarray, cycle: int) -> np.ndarray:
    """How all series together differ by phase from their mean; element 0 is the next one."""
    cycles = value.shape[1] // cycle
    if cycle == 1 or cycles < 2:
        return np.ones(cycle)
    total = value[:, -cycles * cycle :].sum(axis=0).reshape(cycles, cycle)
    share = (total / np.maximum(total.mean(axis=1, keepdims=True), 1e-9)).sum(axis=0)
    return (share + 1) / (cycles + 1)


def _shrunk(newer: np.ndarray, older: np.ndarray) -> np.ndarray:
    """The logarithm of newer to older, of each series, shrunk towards that of all of them."""
    every = np.log((newer.sum() + ADDED) / (older.sum() + ADDED))
    own = np.log((newer + ADDED) / (older + ADDED)) - every
    chance = 1 / (newer + ADDED) + 1 / (older + ADDED)
    differ = max(0.0, float(np.average(own**2 - chance, weights=1 / chance)))
    return every + own * differ / (differ + chance)
