"""Engines that need no training: each forecasts from the past of a series alone.

Each takes the past (series × periods, fourth roots without gaps; NaN before a series begins), the
horizon and the season in periods, and returns series × horizon.
"""

import numpy as np

from transforms.demand.forecast.panel import LONGEST_PROFILE

CYCLES = 8
DAMPING = 0.9
# Shares of the newest error that go into the level and into the trend.
SMOOTHING = [(0.2, 0.0), (0.5, 0.0), (0.8, 0.0), (0.4, 0.1), (0.6, 0.2), (0.8, 0.4)]


def last_value(past: np.ndarray, horizon: int, season: int) -> np.ndarray:
    """The last value, on every day to come."""
    return np.repeat(past[:, -1:], horizon, axis=1)


def seasonal_naive(past: np.ndarray, horizon: int, season: int) -> np.ndarray:
    """The value one season before; the last value where the history is shorter."""
    flat = last_value(past, horizon, season)
    if past.shape[1] < season:
        return flat
    before = past[:, past.shape[1] - season + np.arange(horizon) % season]
    return np.where(np.isnan(before), flat, before)


def recent_mean(past: np.ndarray, horizon: int, season: int) -> np.ndarray:
    """The mean of the last four weeks by weekday; of one week, or four periods, where not more."""
    cycle = season if season <= LONGEST_PROFILE else 1
    cycles = min(4, past.shape[1] // cycle)
    flat = _mean(past[:, -max(4, cycle) :])[:, None]
    if cycles < 2 or cycle == 1:
        return np.repeat(flat, horizon, axis=1)
    weeks = past[:, -cycles * cycle :].reshape(len(past), cycles, cycle)
    begun = (~np.isnan(weeks)).sum(axis=1) > 1
    by_phase = np.where(begun, _mean(weeks, axis=1), flat)
    return by_phase[:, np.arange(horizon) % cycle]


def damped_trend(past: np.ndarray, horizon: int, season: int) -> np.ndarray:
    """Exponential smoothing with a damped trend, on what the weekday does not explain.

    Of six pairs of smoothing shares each series takes that with the least squared error one
    period ahead.
    """
    cycle = season if season <= LONGEST_PROFILE else 1
    past = past[:, -max(CYCLES * cycle, 26) :]
    profile = weekday_profile(past, cycle)
    phase = (np.arange(past.shape[1]) - past.shape[1]) % cycle
    level, trend = _smoothed(past - profile[:, phase])
    growth = np.cumsum(DAMPING ** np.arange(1, horizon + 1))
    return level[:, None] + trend[:, None] * growth + profile[:, np.arange(horizon) % cycle]


def weekday_profile(past: np.ndarray, cycle: int) -> np.ndarray:
    """Series × cycle: how far a phase is from the mean of the cycle around it; column 0 is next.

    Of few cycles a part is believed: n of n + 1.
    """
    cycles = min(CYCLES, past.shape[1] // cycle - 1)
    if cycle == 1 or cycles < 1:
        return np.zeros((len(past), cycle))
    middle = np.lib.stride_tricks.sliding_window_view(past, cycle, axis=1).mean(axis=2)
    edge = cycle // 2
    apart = np.full_like(past, np.nan)
    apart[:, edge : edge + middle.shape[1]] = past[:, edge : edge + middle.shape[1]] - middle
    weeks = apart[:, -cycles * cycle :].reshape(len(past), cycles, cycle)
    number = (~np.isnan(weeks)).sum(axis=1)
    return np.where(np.isnan(weeks), 0.0, weeks).sum(axis=1) / (number + 1)


def _smoothed(past: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    share, gain = np.array(SMOOTHING).T[:, :, None]
    level = np.repeat(past[None, :, 0], len(SMOOTHING), axis=0)
    trend, squares = np.zeros_like(level), np.zeros_like(level)
    for value in past.T[1:]:
        expected = level + DAMPING * trend
        error = np.where(np.isnan(expected), 0.0, value - expected)
        level = np.where(np.isnan(expected), value, expected + share * error)
        trend = DAMPING * trend + share * gain * error
        squares += error**2
    best = squares.argmin(axis=0)[None, :]
    return np.take_along_axis(level, best, 0)[0], np.take_along_axis(trend, best, 0)[0]


def _mean(values: np.ndarray, axis: int = 1) -> np.ndarray:
    known = ~np.isnan(values)
    total = np.where(known, values, 0.0).sum(axis=axis)
    number = known.sum(axis=axis)
    return np.divide(total, number, out=np.full_like(total, np.nan), where=number > 0)
