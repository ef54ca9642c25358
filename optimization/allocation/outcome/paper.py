"""A kept plan carried out on paper, with those who came.

Of the patients who came at most as many as planned leave their usual institution; they are sent,
or turned away, in the shares of the plan, and no more of a zone's patients are sent than (8b)
allows. Units move as planned, as far as the giver has them to spare; surge opens as planned, as far
as there is any.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from optimization.allocation.accounting import PolicyOutcome, policy_outcome, stock_after
from optimization.allocation.inputs import Instance, Names
from optimization.allocation.inputs.read import amounts_on_arcs, by_day

Tables = Mapping[str, pl.DataFrame]
LEAST = 1e-9
SLACK = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Shifts:
    """What a plan changes of the usual: ``leaves`` and ``comes`` patients/day by arc and day,
    ``turned_away`` by zone, class and day; ``move`` by move arc and day; ``surge`` by cell and day.
    """

    leaves: np.ndarray
    comes: np.ndarray
    turned_away: np.ndarray
    move: np.ndarray
    surge: np.ndarray


def planned_shifts(instance: Instance, plan: Tables) -> Shifts:
    """The shifts of a kept plan, on the arcs of what came."""
    place = ["zone_id", "class_id"]
    wanted = plan["allocation_unmet"].select(*place, "date", "demand_patients")
    usual = plan["allocation_arc"].filter(pl.col("usual") > 0).join(wanted, on=place)
    usual = usual.with_columns(expected=pl.col("usual") * pl.col("demand_patients"))
    admitted = amounts_on_arcs(instance, plan["allocation_admission"], "patients_per_day")
    leaves = amounts_on_arcs(instance, usual, "expected") - admitted
    return Shifts(
        leaves=np.where(leaves > LEAST, leaves, 0.0),
        comes=instance.announced.sent,
        turned_away=on_its_days(plan["allocation_unmet"], "unmet_patients", instance.names),
        move=instance.announced.moved,
        surge=on_its_days(plan["allocation_load"], "surge", instance.names),
    )


def on_its_days(frame: pl.DataFrame, value: str, names: Names) -> np.ndarray:
    """``value`` of the plan's table as an array, on the days of ``names`` alone."""
    return by_day(frame.filter(pl.col("date").is_in(names.days)), value, names)


def on_paper(instance: Instance, shifts: Shifts) -> PolicyOutcome:
    """The plan carried out on paper, with those who came."""
    arcs = instance.arcs
    usual = instance.expected
    leaves = np.minimum(shifts.leaves, usual)
    left, planned = _by_zone(instance, leaves), _by_zone(instance, shifts.leaves)
    part = _ratio(left, planned)
    sent = _by_zone(instance, shifts.comes) * part
    limit = instance.classes.limit[None, :, None] * instance.demand
    may = np.minimum(1.0, np.where(sent > 0, limit / np.where(sent > 0, sent, 1.0), 1.0))
    out = sent + shifts.turned_away * part
    kept = _ratio(sent * may + shifts.turned_away * part, out)
    at = arcs.zone, arcs.care
    admit = usual - leaves * kept[at] + shifts.comes * (part * may)[at]
    move = spared(instance, shifts.move)
    surge = np.minimum(shifts.surge, instance.surge_limit)
    return policy_outcome(instance, np.maximum(admit, 0.0), move, surge)


def _by_zone(instance: Instance, amounts: np.ndarray) -> np.ndarray:
    """Amounts by arc and day, added by zone, class and day."""
    total = np.zeros_like(instance.demand)
    np.add.at(total, (instance.arcs.zone, instance.arcs.care), amounts)
    return total


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def spared(instance: Instance, planned: np.ndarray) -> np.ndarray:
    """Of the ``planned`` moves (move arc x day) those that leave each giver what (5) asks for.

    Where a giver would have too little on some day, the last of its moves until then shrinks, to
    whole units where they must be; a move below the least move is not made.
    """
    moves, resources = instance.moves, instance.resources
    made = planned.copy()
    ends = np.zeros(instance.keep.shape, dtype=bool)
    for end in (moves.giver, moves.taker):
        ends[end, moves.resource] = True
    while True:
        lack = np.where(
            ends[:, :, None], instance.keep[:, :, None] - stock_after(instance, made), 0
        )
        own = lack[moves.giver, moves.resource]
        gives = np.cumsum(made, axis=1) > 0
        short = np.argwhere((own > SLACK) & gives)
        if not short.size:
            return made
        arc, day = short[np.lexsort((short[:, 0], short[:, 1]))[0]]
        last = np.flatnonzero(made[arc, : day + 1])[-1]
        left = made[arc, last] - lack[moves.giver[arc], moves.resource[arc], day]
        left = np.floor(left) if resources.whole[moves.resource[arc]] else left
        least = max(resources.least_move[moves.resource[arc]], LEAST)
        made[arc, last] = left if left >= least else 0.0
