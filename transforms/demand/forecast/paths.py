"""Joint paths: what may come on every day and at every place at once."""

import numpy as np

from transforms.demand.forecast.spread import Track, quantiles

# Levels between which a path is interpolated, and the origins needed to know what goes together.
FINE = (np.arange(100) + 0.5) / 100
LEAST_ORIGINS = 8


def drawn(past: Track, origin: int, count: int, seed: int) -> np.ndarray:
    """Draw paths, each after the ranks of the errors of one whole past origin.

    What an origin missed at one place and day it missed at others in its own way: the ranks of
    all its errors are kept together, and each is read off the forecast's own quantiles. With fewer
    than ``LEAST_ORIGINS`` all series and days rise and fall together. The same seed draws the same.

    Returns:
        paths × series × horizon, values.
    """
    chance = np.random.default_rng(seed)
    ranks = _ranks(past.known(origin))
    within = chance.permuted((np.arange(count) + 0.5) / count)
    if len(ranks) < LEAST_ORIGINS:
        level = np.broadcast_to(within[:, None, None], (count, *past.points.shape[1:]))
    else:
        order = np.concatenate(
            [chance.permutation(len(ranks)) for _ in range(-(-count // len(ranks)))]
        )
        level = (ranks[order[:count]] + within[:, None, None]) / len(ranks)
    return _read_off(quantiles(past, origin, FINE), level)


def _ranks(errors: np.ndarray) -> np.ndarray:
    """The rank of each error among those of its series and step; unknown ones by their origin."""
    whole = errors[~np.isnan(errors).all(axis=(1, 2))]
    if not len(whole):
        return whole
    scale = np.nanmean(np.where(np.isnan(whole), np.nan, whole), axis=(1, 2))
    filled = np.where(np.isnan(whole), scale[:, None, None], whole)
    return filled.argsort(axis=0, kind="stable").argsort(axis=0, kind="stable").astype(float)


def _read_off(values: np.ndarray, level: np.ndarray) -> np.ndarray:
    place = np.clip(level * len(FINE) - 0.5, 0, len(FINE) - 1)
    low = np.floor(place).astype(int)
    high = np.minimum(low + 1, len(FINE) - 1)
    series, step = np.ogrid[: values.shape[0], : values.shape[1]]
    under, above = values[series, step, low], values[series, step, high]
    return under + (place - low) * (above - under)
