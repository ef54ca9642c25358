"""Whole cents, by one rule that keeps totals: largest remainder.

An amount that stands alone is rounded to the nearest cent. Amounts that share a purse (what a
payer, fund or loan pays in a period) are rounded down, and the cents that their total still has
go to the largest remainders, in the order of the keys where those are equal; so the purse pays
its own total, rounded, and never more than it holds.
"""

from collections.abc import Callable, Mapping
from typing import TypeVar

import numpy as np

Key = TypeVar("Key")
Settle = Callable[[float], float]
Share = Callable[[Mapping[Key, float], float], dict[Key, float]]


def whole(amount: float) -> float:
    """The nearest whole number of cents."""
    return float(round(amount))


def whole_shares(amounts: Mapping[Key, float], most: float) -> dict[Key, float]:
    """Whole cents whose total is the total of ``amounts``, rounded, and at most ``most``."""
    return shared_out(amounts, round(min(float(_positive(amounts).sum()), most)))


def shared_out(amounts: Mapping[Key, float], total: int) -> dict[Key, float]:
    """Whole cents near ``amounts`` that add up to ``total``."""
    values = _positive(amounts)
    cents = np.floor(values + 1e-6)
    missing = total - int(cents.sum())
    order = np.argsort(cents - values, kind="stable")
    if missing >= 0:
        each, left = divmod(missing, max(len(cents), 1))
        cents += each
        cents[order[:left]] += 1
    else:
        cents = _cut(cents, -missing)
    return dict(zip(amounts, cents.tolist(), strict=True))


def _positive(amounts: Mapping[Key, float]) -> np.ndarray:
    return np.maximum(np.fromiter(amounts.values(), float, len(amounts)), 0.0)


def _cut(cents: np.ndarray, excess: float) -> np.ndarray:
    """Take ``excess`` off the largest, as far as they go."""
    for k in np.argsort(-cents, kind="stable"):
        taken = min(cents[k], excess)
        cents[k] -= taken
        excess -= taken
    return cents


def exact(amount: float) -> float:
    """The amount as it is."""
    return amount


def exact_shares(amounts: Mapping[Key, float], most: float) -> dict[Key, float]:
    """The amounts as they are, what is below 0 by the solver's tolerance put to 0."""
    return {key: max(amount, 0.0) for key, amount in amounts.items()}
