"""What a plan would have done, had demand been other than expected."""

from dataclasses import replace

import numpy as np

from optimization.allocation.accounting import Outcome, harm, outcome
from optimization.allocation.instance import Instance


def simulated_harms(
    expected: Instance, deviation: np.ndarray, plan: Outcome, draws: int, seed: int
) -> np.ndarray:
    """Harm of ``plan`` under ``draws`` drawn demands, points.

    ``expected`` has mean demand; ``deviation`` is its standard deviation by zone, class and day.
    Half of the variance is the day's, shared by all; half each zone's and class's own. Where more
    or fewer come than planned, they are admitted, sent and left out in the shares of the plan.
    """
    random = np.random.default_rng(seed)
    drawn = (_drawn(expected.demand, deviation, random) for _ in range(draws))
    return np.array([harm(*followed(expected, demand, plan)) for demand in drawn])


def followed(expected: Instance, demand: np.ndarray, plan: Outcome) -> tuple[Instance, Outcome]:
    """What ``plan`` does where ``demand`` comes, and nothing is kept free for more."""
    came = replace(expected, demand=demand, reserve=np.zeros_like(expected.reserve))
    admit = _shares(expected, plan) * demand[expected.arcs.zone, expected.arcs.care]
    return came, outcome(came, admit, plan.move, plan.surge)


def _drawn(mean: np.ndarray, deviation: np.ndarray, random: np.random.Generator) -> np.ndarray:
    shared = random.standard_normal((1, 1, mean.shape[2]))
    own = random.standard_normal(mean.shape)
    return np.maximum(mean + deviation * (shared + own) / np.sqrt(2), 0.0).round(6)


def _shares(instance: Instance, plan: Outcome) -> np.ndarray:
    """Part of a zone's patients of a class whom each arc takes on each day."""
    taken = np.zeros_like(instance.demand)
    np.add.at(taken, (instance.arcs.zone, instance.arcs.care), plan.admit)
    everyone = (taken + plan.unmet)[instance.arcs.zone, instance.arcs.care]
    return np.divide(plan.admit, everyone, out=np.zeros_like(plan.admit), where=everyone > 0)
