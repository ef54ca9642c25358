"""Room kept free so that the plan holds when demand is higher than expected."""

import numpy as np

from optimization.allocation.instance import Arcs


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
