"""What the trained engines look at: the shape of a series, not its size.

Everything is a difference to the recent level, in the usual change of the series or as it is, so
that one model serves series of every size.
"""

from dataclasses import dataclass

import numpy as np

from transforms.demand.forecast.panel import MARGIN, Panel
from transforms.demand.forecast.simple import CYCLES, weekday_profile

# Share of the newest day in the recent level, and the days and weeks that are looked at.
NEWEST, DAYS, WEEKS = 0.25, 56, 16


@dataclass(frozen=True)
class Kind:
    """A set of features.

    Attributes:
        scaled: differences are in the usual change of the series; else fourth roots.
        history: how high the level is within its own history, and how noisy it is.
        size: the level and the usual change themselves.
    """

    scaled: bool = True
    history: bool = False
    size: bool = False


@dataclass(frozen=True)
class Rows:
    """Features of origins × series, what the forecast starts from, and what it is scaled by.

    Attributes:
        own: origins × series × features.
        calendar: origins × horizon × features of the day to come; none without holidays.
        base: origins × series × horizon, fourth roots: the recent level, by weekday.
        scale: origins × series.
    """

    own: np.ndarray
    calendar: np.ndarray
    base: np.ndarray
    scale: np.ndarray


def features(panel: Panel, origins: np.ndarray, horizon: int, kind: Kind) -> Rows:
    """Look at each origin from nothing later than it."""
    width = panel.width[:, origins].T
    shape = _of_days if panel.cycle > 1 else _of_weeks
    level, base, growth, rest = shape(panel, origins, horizon)
    scale = width if kind.scaled else np.ones_like(width)
    parts = [growth / scale[..., None], *(r / scale[..., None] for r in rest)]
    parts.append(_shared(parts[0]))
    if kind.history:
        place = _place(panel, origins, level) / scale[..., None]
        noise = np.log(np.maximum(width, 1e-6) / np.maximum(level, 0.1))
        parts += [place, _shared(place), noise[..., None]]
    if kind.size:
        parts += [level[..., None], np.log(np.maximum(width, 1e-6))[..., None]]
    if panel.cycle > 1:
        weekday = np.eye(panel.cycle)[(panel.begins + origins) % panel.cycle]
        parts.append(_each(weekday, level.shape[1]))
        parts.append(_each(_holidays(panel, origins[:, None])[:, 0], level.shape[1]))
    own = np.nan_to_num(np.concatenate(parts, axis=2)).astype(np.float32)
    coming = origins[:, None] + np.arange(1, horizon + 1)
    return Rows(own, _holidays(panel, coming).astype(np.float32), base, scale)


def targets(panel: Panel, origins: np.ndarray, rows: Rows, cut: int) -> np.ndarray:
    """Origins × series × horizon: what came, less the base, in the scale; NaN after ``cut``."""
    horizon = rows.base.shape[2]
    ahead = origins[:, None] + np.arange(1, horizon + 1)
    came = np.pad(panel.root, ((0, 0), (0, horizon)), constant_values=np.nan)[:, ahead]
    missed = (came.transpose(1, 0, 2) - rows.base) / rows.scale[..., None]
    return np.where((ahead <= cut)[:, None, :], missed, np.nan)


def _of_days(panel: Panel, origins: np.ndarray, horizon: int) -> tuple:
    """Level, base, growth over weeks, the last two weeks of days (also of all), and the profile."""
    cycle = panel.cycle
    profile = _profile(panel, origins)
    phase = (np.arange(DAYS) - DAYS) % cycle
    steady = windows(panel, origins, DAYS) - profile[:, :, phase]
    level = _recent(steady[:, :, -4 * cycle :])
    weeks = [
        _recent(steady[:, :, DAYS - cycle * k - cycle : DAYS - cycle * k], 0.0) for k in range(8)
    ]
    mean = np.stack([np.where(np.isnan(w), level, w) for w in weeks], axis=2)
    pairs = [(0, 1), (1, 2), (0, 3), (3, 7)]
    growth = np.stack([mean[..., a] - mean[..., b] for a, b in pairs], axis=2)
    base = level[..., None] + profile[:, :, np.arange(horizon) % cycle]
    newest = steady[:, :, -2 * cycle :] - level[..., None]
    return level, base, growth, [newest, _shared(newest), profile]


def _of_weeks(panel: Panel, origins: np.ndarray, horizon: int) -> tuple:
    """Level, base, growth over 2, 4, 8 weeks and smoothed, and the last six changes."""
    past = windows(panel, origins, WEEKS)
    first = np.take_along_axis(past, np.argmax(~np.isnan(past), axis=2)[..., None], axis=2)
    past = np.where(np.isnan(past), first, past)
    change = np.diff(past, axis=2)
    level = past[..., -1]
    growth = [level - past[..., -1 - back] for back in (2, 4, 8)]
    growth += [level - _recent(past, 0.3), *(_recent(change, share) for share in (0.15, 0.3, 0.5))]
    base = np.repeat(level[..., None], horizon, axis=2)
    return level, base, np.stack(growth, axis=2), [change[:, :, -6:]]


def windows(panel: Panel, origins: np.ndarray, length: int) -> np.ndarray:
    """Origins × series × length: the last periods up to each origin, without gaps."""
    padded = np.pad(panel.filled, ((0, 0), (length, 0)), constant_values=np.nan)
    return padded[:, origins[:, None] + 1 + np.arange(length)].transpose(1, 0, 2)


def _profile(panel: Panel, origins: np.ndarray) -> np.ndarray:
    past = windows(panel, origins, (CYCLES + 1) * panel.cycle)
    flat = weekday_profile(past.reshape(-1, past.shape[2]), panel.cycle)
    return flat.reshape(*past.shape[:2], panel.cycle)


def _recent(values: np.ndarray, newest: float = NEWEST) -> np.ndarray:
    """The mean over the last axis, later ones weighing more; NaN where nothing is known."""
    weight = (1 - newest) ** np.arange(values.shape[2])[::-1]
    known = ~np.isnan(values)
    total = np.where(known, values, 0.0) @ weight
    number = known @ weight
    return np.divide(total, number, out=np.full_like(total, np.nan), where=number > 0)


def _shared(values: np.ndarray) -> np.ndarray:
    """The mean over all series, for each of them: what the whole region does."""
    known = ~np.isnan(values)
    total = np.where(known, values, 0.0).sum(axis=1, keepdims=True)
    mean = total / np.maximum(known.sum(axis=1, keepdims=True), 1)
    return np.broadcast_to(mean, values.shape)


def _place(panel: Panel, origins: np.ndarray, level: np.ndarray) -> np.ndarray:
    """How far the level is from the mean, the most and the least of the history so far."""
    known = ~np.isnan(panel.filled)
    sums = np.cumsum(np.where(known, panel.filled, 0.0), axis=1)
    mean = sums / np.maximum(np.cumsum(known, axis=1), 1)
    most = np.maximum.accumulate(np.where(known, panel.filled, -np.inf), axis=1)
    least = np.minimum.accumulate(np.where(known, panel.filled, np.inf), axis=1)
    apart = [level - bound[:, origins].T for bound in (mean, most, least)]
    return np.nan_to_num(np.stack(apart, axis=2), posinf=0.0, neginf=0.0)


def _holidays(panel: Panel, index: np.ndarray) -> np.ndarray:
    """Index × features: is it a holiday on a working day, is one before, after, or near."""
    if panel.cycle == 1:
        return np.zeros((*index.shape, 0))
    free = panel.free
    day = {back: free[index - back + MARGIN] for back in range(-5, 8)}
    near, wide = (sum(day[b] for b in range(-reach, reach + 1)) for reach in (2, 5))
    late = day[4] + day[5] + day[6] + day[7]
    return np.stack([day[0], day[1], day[-1], day[2] + day[3], near, wide, late], axis=-1)


def _each(values: np.ndarray, series: int) -> np.ndarray:
    return np.broadcast_to(values[:, None, :], (len(values), series, values.shape[1]))
