"""What a plan comes to on drawn paths: each followed through, mean and tail of their harm."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from optimization.allocation.accounting import (
    STEPS,
    PolicyOutcome,
    carried_out,
    change_cost,
    crowd_capacity,
    harm,
    harm_at_stake,
    move_cost,
    part_of_region,
    policy_outcome,
    transfer_cost,
    worst_by_region,
)
from optimization.allocation.inputs import Instance
from optimization.allocation.solve import FirstDays
from schemas.assumptions.allocation import Scenarios


@dataclass(frozen=True, slots=True, eq=False)
class PathOutcome:
    """The region on one path, and what is done on it."""

    instance: Instance
    result: PolicyOutcome


def on_path(instance: Instance, demand: np.ndarray) -> Instance:
    """``instance`` with the demand of a path, zone x class x day."""
    return replace(instance, demand=demand)


def followed_through(
    instance: Instance, demand: np.ndarray, first: FirstDays, later: FirstDays
) -> PathOutcome:
    """One path, with the ``first`` days' decisions and, after them, those of ``later``."""
    came = on_path(instance, demand)
    early = np.arange(instance.horizon) < first.days
    admit = np.where(early, carried_out(instance, came, first.admit), later.admit)
    move = np.where(early, first.move, later.move)
    surge = np.where(early, first.surge, later.surge)
    return PathOutcome(came, policy_outcome(came, admit, move, surge, first.days))


def conditional_value_at_risk(harms: Sequence[float], tail: float) -> float:
    """min over v of v + mean of max(0, harm - v) / (1 - tail); points."""
    values = np.asarray(harms, float)
    above = np.maximum(values[None, :] - values[:, None], 0.0).mean(axis=1)
    return float((values + above / (1 - tail)).min())


def objectives_over_paths(
    plan: PolicyOutcome, instance: Instance, paths: Sequence[PathOutcome], chosen: Scenarios
) -> dict[str, float]:
    """Every tier's value on the paths, by its name; ``plan`` has the first days."""
    harms = [harm(path.instance, path.result) for path in paths]
    tail = conditional_value_at_risk(harms, chosen.tail)
    weight = chosen.tail_weight
    return {
        "harm_over_paths": (1 - weight) * float(np.mean(harms)) + weight * tail,
        "unfairness_over_paths": _unfairness(instance, paths),
        "cost_over_paths": _cost(plan, instance, paths, min(chosen.fixed_days, instance.horizon)),
    }


def _unfairness(instance: Instance, paths: Sequence[PathOutcome]) -> float:
    """Z2 of sums over the paths."""
    unmet, crowding = (
        np.sum([getattr(p.result, part) for p in paths], axis=0) for part in ("unmet", "crowding")
    )
    missed = np.einsum("oct,ct->o", unmet, instance.harm_unmet)
    crowded = np.einsum("irt,r->i", crowding, instance.resources.harm)
    stake = np.sum([harm_at_stake(p.instance) for p in paths], axis=0)
    room = crowd_capacity(instance) * len(paths)
    total = 0.0
    for harmed, weight, region in (
        (missed, stake, instance.zone_region),
        (crowded, room, instance.institution_region),
    ):
        share = np.divide(harmed, weight, out=np.zeros_like(weight), where=weight > 0)
        total += float(worst_by_region(share, region, len(instance.names.regions)).sum())
        if instance.fairness == "graduated":
            above = np.maximum(share[:, None] - np.array(STEPS), 0.0).sum(axis=1)
            total += float((part_of_region(weight, region) * above).sum())
    return total


def _cost(
    plan: PolicyOutcome, instance: Instance, paths: Sequence[PathOutcome], first: int
) -> float:
    """Z3 of the first days, and the mean of later ones, whose moves have no fixed cost."""
    surge = instance.resources.cost_surge[None, :, None]
    early = (transfer_cost(instance, plan), move_cost(instance, plan), plan.surge * surge)
    planned = sum(float(part[..., :first].sum()) for part in early)
    days = instance.announced.days & (np.arange(instance.horizon) < first)
    asked = replace(instance, announced=replace(instance.announced, days=days))
    no_fixed = replace(
        instance, resources=replace(instance.resources, cost_move=np.zeros_like(surge[0, :, 0]))
    )
    later = [
        float(part[..., first:].sum())
        for p in paths
        for part in (
            transfer_cost(instance, p.result),
            move_cost(no_fixed, p.result),
            p.result.surge * surge,
        )
    ]
    return planned + change_cost(asked, plan) + sum(later) / len(paths)
