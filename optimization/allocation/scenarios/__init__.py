"""Planning on drawn paths of demand: the first days' plan is the one that does best over them.

First the region is solved on all paths at once (``model``); its decisions for the first days are
the plan's. Then the plan's later days are solved on the expected demand with those first days held.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from optimization.allocation.accounting import carried_out, policy_outcome
from optimization.allocation.inputs import Instance
from optimization.allocation.scenarios.copies import copies
from optimization.allocation.scenarios.model import build_paths, tiers_over_paths
from optimization.allocation.scenarios.outcome import (
    PathOutcome,
    followed_through,
    on_path,
)
from optimization.allocation.solve import FirstDays, Solved, amounts_decided, solve
from optimization.solver import SolveRecord, SolveSettings, solve_tiers
from schemas.assumptions.allocation import Scenarios
from schemas.errors import InputRefused
from schemas.events import Count

# By interior point 100,000 columns take some 20 seconds, 200,000 a minute or two.
MOST_COLUMNS = 250_000


@dataclass(frozen=True, slots=True, eq=False)
class SolvedPaths:
    """The plan, solved with its ``first`` days held; each path followed through; how the paths
    were solved.
    """

    solved: Solved
    first: FirstDays
    paths: Sequence[PathOutcome]
    record: SolveRecord


def columns_of_path(instance: Instance) -> int:
    """Columns that one path adds to the matrix."""
    arcs, moves, names = instance.arcs.km.size, instance.moves.km.size, instance.names
    ends = {*zip(instance.moves.giver, instance.moves.resource, strict=True)}
    ends |= {*zip(instance.moves.taker, instance.moves.resource, strict=True)}
    cells = int(instance.cells.sum()) * 2
    by_day = 2 * arcs + int(instance.served.sum()) + 2 * int(instance.wards.sum()) + cells
    return (by_day + moves + len(ends)) * len(names.days)


def fitting_paths(instance: Instance) -> int:
    """How many paths the solver takes of a region of this size."""
    return max(0, MOST_COLUMNS // columns_of_path(instance) - 1)


def refuse_too_large(instance: Instance, number: int) -> None:
    """Refuse more paths than the solver takes in reasonable time.

    Raises:
        InputRefused: with the size, and how many paths would fit.
    """
    fit = fitting_paths(instance)
    if number > fit:
        size = (number + 1) * columns_of_path(instance)
        advice = (
            f"at most {Count(fit):# fits|# fit}"
            if fit
            else "none fit: plan on the mean, or for fewer days"
        )
        raise InputRefused(
            f"allocation.demand.scenarios: {Count(number):path makes|paths make} {size:,} columns,"
            f" more than {MOST_COLUMNS:,}; {advice}"
        )


def solve_paths(
    instance: Instance,
    paths: np.ndarray,
    chosen: Scenarios,
    settings: SolveSettings,
    inputs: Mapping[str, object],
) -> SolvedPaths:
    """Solve ``instance`` on ``paths`` (path x zone x class x day), then its plan.

    Raises:
        InputRefused: too many paths for a region of this size.
        SolverStopped: no plan by the time limit.
    """
    refuse_too_large(instance, len(paths))
    start = time.monotonic()
    model = build_paths(instance, paths, chosen)
    built = time.monotonic() - start
    inside = replace(settings, look_ahead=False, interior=True)
    record = solve_tiers(model, tiers_over_paths(instance), inside, inputs, built)
    days = min(chosen.fixed_days, instance.horizon)
    first, *later = _split(instance, paths, model, days)
    first = _needed(instance, paths, first)
    outcomes = [followed_through(instance, d, first, o) for d, o in zip(paths, later, strict=True)]
    return SolvedPaths(solve(instance, settings, inputs, first), first, outcomes, record)


def _split(instance: Instance, paths: np.ndarray, model: object, days: int) -> list[FirstDays]:
    """Decisions of every copy; of copy 0 those of the first days alone."""
    number = len(paths) + 1
    admit, move, surge = amounts_decided(copies(instance, paths, days), model)
    parts = zip(
        np.split(admit, number), np.split(move, number), np.split(surge, number), strict=True
    )
    early = np.arange(instance.horizon) < days
    return [
        FirstDays(days, *(part * early if k == 0 else part for part in three))
        for k, three in enumerate(parts)
    ]


def _needed(instance: Instance, paths: np.ndarray, first: FirstDays) -> FirstDays:
    """Without the surge of the first days that no path uses."""
    used = np.zeros_like(first.surge)
    for demand in (instance.demand, *paths):
        came = on_path(instance, demand)
        admit = carried_out(instance, came, first.admit)
        used = np.maximum(used, policy_outcome(came, admit, first.move, first.surge).surge)
    early = np.arange(instance.horizon) < first.days
    return replace(first, surge=used * early)
