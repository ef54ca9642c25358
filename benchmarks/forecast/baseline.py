"""The forecast hubs' flat baseline: the last value, spread by past changes of one week."""

import numpy as np

from transforms.demand.forecast.panel import Panel

DRAWS = 2000


def flat_baseline(
    panel: Panel, origins: np.ndarray, horizon: int, levels: np.ndarray
) -> np.ndarray:
    """Quantiles of the last value plus past changes, made symmetric and added up over the weeks.

    Returns:
        origins × series × horizon × levels, not below 0.
    """
    chance = np.random.default_rng(1)
    value = panel.root**4
    found = np.empty((len(origins), len(panel.ids), horizon, len(levels)))
    for place, origin in enumerate(origins):
        for series in range(len(panel.ids)):
            change = np.diff(value[series, : origin + 1])
            change = change[~np.isnan(change)]
            spread = np.concatenate([change, -change]) if len(change) else np.zeros(1)
            walk = np.quantile(spread, chance.random((DRAWS, horizon))).cumsum(axis=1)
            middle = np.median(walk, axis=0)
            found[place, series] = np.quantile(walk - middle, levels, axis=0).T
    last = panel.filled[:, origins].T ** 4
    return np.maximum(last[:, :, None, None] + found, 0.0)
