"""Room kept for what may come beyond the mean: on days at the upper bound, on levels of a load."""

from statistics import NormalDist

import numpy as np

from optimization.allocation.inputs import Arcs, Instance, census
from schemas.assumptions.allocation import Levels


def margin(instance: Instance, asked: Levels) -> np.ndarray:
    """v[i,r,t,q] = spread * z[q] * sqrt(sum_c u[c,r]^2 * census as usual), units.

    z[q] is the normal quantile of (q - 1/2) / Q: the middle of each of Q equally likely levels.
    """
    patients = census(instance, instance.expected)
    deviation = np.sqrt(np.einsum("ict,cr->irt", patients, instance.use**2))
    middle = (np.arange(asked.levels) + 0.5) / asked.levels
    quantiles = np.array([NormalDist().inv_cdf(share) for share in middle])
    return np.asarray(asked.spread * deviation[..., None] * quantiles)


def reserve(
    above: np.ndarray, arcs: Arcs, stay: np.ndarray, use: np.ndarray, institutions: int, days: int
) -> np.ndarray:
    """β[i,r,t], units: what demand at its upper bound on any ``days`` days would add.

    The sum of the ``days`` largest, over τ <= t, of
    ``sum_c u[c,r] * s[c,t-τ] * sum_o usual[o,i,c] * (upper - mean)[o,c,τ]``;
    ``above`` is upper - mean by zone, class and day.
    """
    classes, horizon = stay.shape
    kept = np.zeros((institutions, use.shape[1], horizon))
    if days == 0:
        return kept
    more = np.zeros((institutions, classes, horizon))
    np.add.at(
        more, (arcs.institution, arcs.care), arcs.usual[:, None] * above[arcs.zone, arcs.care]
    )
    for t in range(horizon):
        still = stay[:, t::-1]
        added = np.einsum("ick,ck,cr->irk", more[:, :, : t + 1], still, use)
        kept[:, :, t] = np.sort(added, axis=2)[:, :, ::-1][:, :, :days].sum(axis=2)
    return kept
