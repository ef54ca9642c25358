"""Engines that are trained across all series: ridge regression and gradient boosting.

Each is trained on what was known at a cut, and cuts are rare: a model is kept until the history has
grown by a quarter, since refitting within a wave believes too much in that wave.
"""

from collections.abc import Callable
from functools import lru_cache, partial

import lightgbm
import numpy as np

from transforms.demand.forecast.drawn_series import drawn_panels
from transforms.demand.forecast.features import Kind, Rows, features, targets
from transforms.demand.forecast.panel import Panel

# A first cut after eight weeks, then each time the history has grown by so much.
FIRST, GROWTH = 56, 1.25
# Weeks, of all series, from which trees are trained on them too; origins × series at most; and what
# a target is at most, in usual changes.
LEAST_WEEKS, ROWS, FAR = 2_000, 20_000, 6.0
# By series: what all of them saw on a day was seen once.
PENALTY = 20.0
# Drawn series weigh as much as forty weeks of fifty series.
DRAWN_WEEKS, DRAWN_SERIES, DRAWN_ROWS = 40, 50, 16_000
TREES, TREE_ROWS = 150, 40_000
BOOSTING = {
    "objective": "regression_l1",
    "learning_rate": 0.05,
    "num_leaves": 15,
    "min_data_in_leaf": 200,
    "lambda_l2": 1.0,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "feature_fraction": 0.6,
    "max_bin": 63,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "seed": 1,
    "verbose": -1,
}
Predict = Callable[[np.ndarray], np.ndarray]
Fit = Callable[[np.ndarray, np.ndarray, np.ndarray], Predict]


def ridge(panel: Panel, origins: np.ndarray, horizon: int) -> np.ndarray:
    """Ridge regression for each step ahead, on what differs from the recent level by weekday.

    Weeks are too few to learn from alone: of weeks it is trained on drawn series too.
    """
    if panel.cycle == 1:
        return _points(panel, origins, horizon, Kind(), _fit_ridge, True)
    fit = partial(_fit_ridge, series=len(panel.ids))
    return _points(panel, origins, horizon, Kind(scaled=False), fit, False)


def boosted(panel: Panel, origins: np.ndarray, horizon: int) -> np.ndarray:
    """Gradient boosting, the mean over two sets of features, trained on drawn series too."""
    kinds = [Kind(history=True), Kind(size=True)]
    found = [_points(panel, origins, horizon, kind, _fit_trees, True) for kind in kinds]
    return np.mean(found, axis=0)


def _points(
    panel: Panel, origins: np.ndarray, horizon: int, kind: Kind, fit: Fit, drawn: bool
) -> np.ndarray:
    found = np.full((len(origins), len(panel.ids), horizon), np.nan)
    cuts = cut_of(panel, origins)
    size = max(1, ROWS // len(panel.ids) // 2)
    for cut in np.unique(cuts):
        predict = _trained(panel, int(cut), horizon, kind, fit, drawn)
        places = np.flatnonzero(cuts == cut)
        for chunk in np.split(places, range(size, len(places), size)):
            rows = features(panel, origins[chunk], horizon, kind)
            missed = predict(_table(rows)).reshape(rows.base.shape)
            found[chunk] = rows.base + missed * rows.scale[..., None]
    return np.maximum(found, 0.0)


def cut_of(panel: Panel, origins: np.ndarray) -> np.ndarray:
    """The last period that the model of each origin was trained on; -1 before the first cut."""
    first, length = FIRST // panel.step, origins + 1
    grown = np.log(np.maximum(length, first) / first) / np.log(GROWTH)
    cut = np.ceil(first * GROWTH ** (np.floor(grown - panel.refit) + panel.refit)).astype(int)
    return np.where(length < first, -1, np.clip(cut, first, length) - 1)


def _trained(panel: Panel, cut: int, horizon: int, kind: Kind, fit: Fit, drawn: bool) -> Predict:
    # A whole number of weeks or months ahead, so that what is drawn is learned once.
    ahead = -(-horizon * panel.step // 14) * 14 if panel.step == 1 else -(-horizon // 4) * 4
    few = (cut + 1) * panel.step * len(panel.ids) < LEAST_WEEKS * 7
    if drawn and (few or cut < 0):
        return _trained_on_drawn(panel.step, panel.season, ahead, kind, fit)
    if cut < 0:
        return lambda rows: np.zeros(len(rows))
    learned = [_own_rows(panel, cut, ahead, kind)]
    if drawn:
        table, target = _drawn_rows(panel.step, panel.season, ahead, kind)
        share = DRAWN_WEEKS * 7 / panel.step * max(len(panel.ids), DRAWN_SERIES)
        learned.append((table, target, np.full(len(target), share * ahead / len(target))))
    return _fitted(fit, kind, *(np.concatenate(parts) for parts in zip(*learned, strict=True)))


@lru_cache(maxsize=16)
def _trained_on_drawn(step: int, season: int, horizon: int, kind: Kind, fit: Fit) -> Predict:
    table, target = _drawn_rows(step, season, horizon, kind)
    return _fitted(fit, kind, table, target, np.ones(len(target)))


def _own_rows(
    panel: Panel, cut: int, horizon: int, kind: Kind
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    part, origins = _sample(panel, cut)
    rows = features(part, origins, horizon, kind)
    target = targets(part, origins, rows, cut).reshape(-1)
    whole = cut * len(panel.ids) / (len(origins) * len(part.ids))
    return _table(rows), target, np.full(len(target), whole)


def _fitted(
    fit: Fit, kind: Kind, table: np.ndarray, target: np.ndarray, weight: np.ndarray
) -> Predict:
    known = ~np.isnan(target)
    limit = FAR if kind.scaled else np.inf
    return fit(table[known], np.clip(target[known], -limit, limit), weight[known])


def _sample(panel: Panel, cut: int) -> tuple[Panel, np.ndarray]:
    """Origins before a cut that rotate over weekdays, and series, evenly spread over all."""
    every = max(1, len(panel.ids) * min(cut, 100) // ROWS)
    part = panel.part(every) if every > 1 else panel
    stride = -(-cut * len(part.ids) // ROWS)
    stride += panel.cycle > 1 and stride % panel.cycle == 0
    return part, np.arange(cut - 1, -1, -stride)[::-1]


def _table(rows: Rows) -> np.ndarray:
    """Origins × series × steps as rows; the last column is the step."""
    origins, series, horizon = rows.base.shape
    own = np.repeat(rows.own.reshape(-1, rows.own.shape[2]), horizon, axis=0)
    wide = (origins, series, horizon, rows.calendar.shape[2])
    calendar = np.broadcast_to(rows.calendar[:, None], wide).reshape(len(own), -1)
    step = np.tile(np.arange(horizon, dtype=np.float32), origins * series)[:, None]
    return np.concatenate([own, calendar, step], axis=1)


@lru_cache(maxsize=8)
def _drawn_rows(step: int, season: int, horizon: int, kind: Kind) -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(7)
    panels = drawn_panels(step, season)
    taken = []
    for panel in panels:
        origins = np.sort(chance.choice(np.arange(35 // step, panel.last - horizon), 40, False))
        rows = features(panel, origins, horizon, kind)
        table, target = _table(rows), targets(panel, origins, rows, panel.last).reshape(-1)
        some = chance.choice(len(target), DRAWN_ROWS // len(panels), replace=False)
        taken.append((table[some], target[some]))
    return np.concatenate([t for t, _ in taken]), np.concatenate([t for _, t in taken])


def _fit_ridge(
    table: np.ndarray, target: np.ndarray, weight: np.ndarray, series: int = 1
) -> Predict:
    step = table[:, -1].astype(int)
    weight = np.sqrt(weight)[:, None]
    scale = np.sqrt((table[:, :-1].astype(float) ** 2).mean(axis=0)) + 1e-9
    slopes = np.zeros((step.max(initial=-1) + 1, table.shape[1] - 1))
    for ahead in np.unique(step):
        of = step == ahead
        known = weight[of] * table[of, :-1] / scale
        square = known.T @ known + PENALTY * series * np.eye(known.shape[1])
        slopes[ahead] = np.linalg.solve(square, known.T @ (weight[of, 0] * target[of])) / scale
    return lambda rows: np.einsum("nf,nf->n", rows[:, :-1], slopes[rows[:, -1].astype(int)])


def _fit_trees(table: np.ndarray, target: np.ndarray, weight: np.ndarray) -> Predict:
    if len(target) > TREE_ROWS:
        some = np.sort(np.random.default_rng(1).choice(len(target), TREE_ROWS, replace=False))
        table, target, weight = table[some], target[some], weight[some]
    rows = lightgbm.Dataset(table, target, weight=weight)
    model = lightgbm.train(BOOSTING, rows, TREES)
    return lambda rows: np.asarray(model.predict(rows, num_threads=1))
