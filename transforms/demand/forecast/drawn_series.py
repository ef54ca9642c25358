"""Series that never were: what a trained engine has seen before it sees a region's own.

With a few weeks of history nothing can be learned of waves. So the engines are also trained on
series drawn from a structural model (Harvey, Forecasting, structural time series models and the
Kalman filter, 1989): cycles that all places share and cycles of their own, a random walk, a
weekday pattern, and counts. How fast, how large, and how noisy differs from region to region over
wide ranges. What is drawn never depends on a history.
"""

from datetime import date
from functools import lru_cache

import numpy as np

from transforms.demand.forecast.panel import Panel

REGIONS, PLACES, PERIODS = 64, 8, 104


@lru_cache(maxsize=4)
def drawn_panels(step: int, season: int) -> tuple[Panel, ...]:
    """The drawn regions, the same in every call: of weeks, or of days."""
    return tuple(_region(np.random.default_rng(1000 + n), step, season) for n in range(REGIONS))


def _region(chance: np.random.Generator, step: int, season: int) -> Panel:
    rate = np.exp(_level(chance))
    if step == 1:
        weeks = np.arange(PERIODS)
        days = np.arange(7 * PERIODS - 6) / 7
        rate = np.stack([np.interp(days, weeks, row) for row in rate])
        rate = (
            rate
            * _pattern(chance, season, rate.shape)
            * chance.lognormal(0, chance.uniform(0.02, 0.1), rate.shape)
        )
    counts = chance.poisson(np.minimum(rate, 1e7)).astype(float)
    ids = tuple(f"{n:02d}" for n in range(PLACES))
    return Panel(ids, date(2000, 1, 3), step, season, counts**0.25)


def _level(chance: np.random.Generator) -> np.ndarray:
    """Places × weeks: the logarithm of what is expected."""
    rounds = int(chance.integers(2, 5))
    shared = chance.uniform(0.3, 1.2) * _cycle(chance, 1, (0.93, 0.99), rounds)
    own = chance.uniform(0.1, 0.5) * _cycle(chance, PLACES, (0.9, 0.98), rounds)
    walk = np.cumsum(chance.normal(0, chance.uniform(0, 0.05), own.shape), axis=1)
    noise = chance.normal(0, chance.uniform(0.03, 0.12), own.shape)
    size = chance.normal(np.log(chance.uniform(20, 300)), chance.uniform(0.5, 1.3), PLACES)
    return size[:, None] + shared + own + walk + noise


def _cycle(
    chance: np.random.Generator, number: int, lasting: tuple[float, float], rounds: int
) -> np.ndarray:
    """A stochastic cycle of 16 to 60 weeks and variance 1, smoothed twice over ``rounds`` weeks."""
    turn, keep = 2 * np.pi / chance.uniform(16, 60), chance.uniform(*lasting)
    turned = keep * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    state, rows = chance.normal(size=(number, 2)), []
    for _ in range(PERIODS + 2 * (rounds - 1)):
        state = state @ turned + np.sqrt(1 - keep**2) * chance.normal(size=(number, 2))
        rows.append(state[:, 0])
    smooth = np.convolve(np.ones(rounds), np.ones(rounds)) / rounds**2
    return np.stack([np.convolve(row, smooth, "valid") for row in np.stack(rows, axis=1)])


def _pattern(chance: np.random.Generator, season: int, shape: tuple[int, ...]) -> np.ndarray:
    common = chance.normal(0, chance.uniform(0, 0.2), season)
    own = chance.normal(0, 0.03, (shape[0], season))
    return np.exp(common + own)[:, np.arange(shape[1]) % season]
