"""How wide a forecast is: conformal quantiles from what an engine missed at past origins."""

from dataclasses import dataclass
from math import gcd

import numpy as np
from scipy.stats import norm

from transforms.demand.forecast.engines import points
from transforms.demand.forecast.panel import Panel

# Past errors kept per horizon, the origins that they come from, and the least of a level band.
ERRORS, LEAST_ORIGINS, MOST_ORIGINS, LEAST_BAND = 150_000, 15, 120, 300
# Errors that are supposed besides those seen, of a random walk of the series' own width: so many,
# and as many as five more origins would have, for what is missed at one origin is missed together.
SUPPOSED, SUPPOSED_ORIGINS = 20, 5
# No quantile is nearer to the middle than this part of that walk's: nothing is certain.
LEAST_WIDTH = 0.1
MEAN_LEVELS, MEAN_DAYS = (np.arange(50) + 0.5) / 50, 56


@dataclass(frozen=True)
class Track:
    """What an engine forecast at each origin, and by how many widths it missed.

    Attributes:
        origins: sorted indices.
        points: origins × series × horizon, fourth roots.
        errors: the same, (value − point) ÷ width at the origin; NaN where not known.
    """

    panel: Panel
    origins: np.ndarray
    points: np.ndarray
    errors: np.ndarray

    def known(self, origin: int) -> np.ndarray:
        """The errors that were known at an origin, of the latest origins before it."""
        before = np.flatnonzero(self.origins < origin)[-most_origins(self.panel) :]
        steps = np.arange(1, self.points.shape[2] + 1)
        arrived = self.origins[before, None, None] + steps <= origin
        return np.where(arrived, self.errors[before], np.nan)


def most_origins(panel: Panel) -> int:
    """How many past origins are looked at: fewer of many series."""
    return int(np.clip(ERRORS // len(panel.ids), LEAST_ORIGINS, MOST_ORIGINS))


def past_origins(panel: Panel, origin: int) -> np.ndarray:
    """The latest origins before one, rotating over weekdays and the same from any later origin."""
    stride = 1 if len(panel.ids) <= 500 or panel.step > 1 else 3
    assert gcd(stride, panel.cycle) == 1
    index = np.arange(origin)
    return index[(index + panel.begins) % stride == 0][-most_origins(panel) :]


def track(panel: Panel, engine: str, origins: np.ndarray, horizon: int) -> Track:
    """Forecast at the origins and at the past ones of each, and measure what was missed."""
    wanted = [past_origins(panel, origin) for origin in origins]
    every = np.unique(np.concatenate([*wanted, origins])).astype(int)
    found = points(panel, engine, every, horizon)
    ahead = every[:, None] + np.arange(1, horizon + 1)
    truth = np.pad(panel.root, ((0, 0), (0, horizon)), constant_values=np.nan)[:, ahead]
    errors = (truth.transpose(1, 0, 2) - found) / panel.width[:, every].T[:, :, None]
    return Track(panel, every, found, errors)


def quantiles(past: Track, origin: int, levels: np.ndarray) -> np.ndarray:
    """The quantiles of what is to come, at an origin of the track.

    Returns:
        series × horizon × levels, values not below 0, rising with the level.
    """
    place = int(np.searchsorted(past.origins, origin))
    centre = past.points[place][:, :, None]
    panel = past.panel
    steps = np.arange(1, centre.shape[1] + 1)
    stale = np.sqrt(1 + panel.stale[:, origin][:, None] / steps)
    width = (panel.width[:, origin][:, None] * stale)[:, :, None]
    return np.maximum(centre + width * _missed(past, origin, levels), 0.0) ** 4


def mean(past: Track, origin: int) -> np.ndarray:
    """The mean of what is to come, series × horizon: over fifty equally likely values.

    Of a history shorter than ``MEAN_DAYS`` it is the engine's own: wide quantiles tell no mean.
    """
    place = int(np.searchsorted(past.origins, origin))
    long = past.panel.length[:, origin] >= MEAN_DAYS
    spread = quantiles(past, origin, MEAN_LEVELS).mean(axis=2)
    return np.where(long[:, None], spread, past.points[place] ** 4)


def _missed(past: Track, origin: int, levels: np.ndarray) -> np.ndarray:
    """Series × horizon × levels: quantiles of the errors of the series' level band, in widths."""
    errors = past.known(origin)
    before = past.origins[past.origins < origin]
    level = past.panel.filled[:, before[len(before) - len(errors) :]].T
    now = past.panel.filled[:, origin]
    edges = _edges(level, errors)
    band_then, band_now = np.searchsorted(edges, level), np.searchsorted(edges, now)
    found = np.empty((len(now), errors.shape[2], len(levels)))
    for band in np.unique(band_now):
        seen = errors[band_then == band]
        number = SUPPOSED + SUPPOSED_ORIGINS * len(seen) // max(1, len(errors))
        found[band_now == band] = _of_band(seen, number, past.panel, levels)
    return found


def _edges(level: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """Where the levels of past origins fall into three bands, if each has errors enough."""
    counted = level[~np.isnan(errors[:, :, -1])] if len(errors) else level
    if counted.size < 3 * LEAST_BAND:
        return np.empty(0)
    return np.quantile(counted, [1 / 3, 2 / 3])


def _of_band(errors: np.ndarray, number: int, panel: Panel, levels: np.ndarray) -> np.ndarray:
    """Horizon × levels: quantiles of a band's errors, either way alike, and ``number`` supposed."""
    supposed = norm.ppf((np.arange(number) + 0.5) / number)
    rows = []
    for step in range(errors.shape[1]):
        seen = errors[:, step]
        seen = seen[~np.isnan(seen)]
        walk = np.sqrt(max(1.0, (step + 1) / panel.cycle))
        found = np.quantile(np.concatenate([seen, -seen, supposed * walk]), levels)
        least = LEAST_WIDTH * walk * norm.ppf(levels)
        rows.append(np.where(levels < 0.5, np.minimum(found, least), np.maximum(found, least)))
    return np.stack(rows)
