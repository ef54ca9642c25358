"""What other ways of taking demand, or of being fair, would have planned."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from optimization.allocation.accounting import (
    PolicyOutcome,
    carried_out,
    harm,
    institution_shares,
    policy_outcome,
    zone_shares,
)
from optimization.allocation.inputs import Instance
from optimization.allocation.inputs.paths import read_paths
from optimization.allocation.inputs.read import demand_above_mean, read_instance
from optimization.allocation.policies import measures
from optimization.allocation.scenarios import fitting_paths, solve_paths
from optimization.allocation.solve import solve
from optimization.solver import SolveSettings
from schemas.assumptions.allocation import AllocationAssumptions, Budget, Scenarios
from schemas.results.allocation import AllocationAlternative
from schemas.table import check, conform

DRAWS = 100
SEED = 20260101
DEMANDS: Mapping[str, Any] = {
    "mean": "mean",
    "budget 1": Budget(budget=1),
    "budget 2": Budget(budget=2),
    "upper": "upper",
}
FAIRNESS = ("none", "worst_share", "graduated")


def simulated_harms(
    expected: Instance, deviation: np.ndarray, plan: PolicyOutcome, draws: int, seed: int
) -> np.ndarray:
    """Harm of ``plan`` under ``draws`` drawn demands, points.

    ``expected`` has mean demand; ``deviation`` is its standard deviation by zone, class and day.
    Half of the variance is the day's, shared by all; half each zone's and class's own. Where more
    come than planned, they go where usual; where fewer, fewer are sent in proportion.
    """
    random = np.random.default_rng(seed)
    drawn = (_drawn(expected.demand, deviation, random) for _ in range(draws))
    return np.array([harm(*followed(expected, demand, plan)) for demand in drawn])


def followed(
    expected: Instance, demand: np.ndarray, plan: PolicyOutcome
) -> tuple[Instance, PolicyOutcome]:
    """What ``plan`` does where ``demand`` comes, and nothing is kept free for more."""
    came = replace(expected, demand=demand, reserve=np.zeros_like(expected.reserve))
    planned = replace(expected, demand=_planned_demand(expected, plan))
    admit = carried_out(planned, came, plan.admit)
    return came, policy_outcome(came, admit, plan.move, plan.surge)


def _drawn(mean: np.ndarray, deviation: np.ndarray, random: np.random.Generator) -> np.ndarray:
    shared = random.standard_normal((1, 1, mean.shape[2]))
    own = random.standard_normal(mean.shape)
    return np.maximum(mean + deviation * (shared + own) / np.sqrt(2), 0.0).round(6)


def _planned_demand(instance: Instance, plan: PolicyOutcome) -> np.ndarray:
    """What ``plan`` was made for, admitted and not: zone x class x day."""
    demand = plan.unmet.copy()
    np.add.at(demand, (instance.arcs.zone, instance.arcs.care), plan.admit)
    return demand


def alternatives(
    tables: Mapping[str, pl.DataFrame],
    zones: pl.DataFrame,
    institutions: pl.DataFrame,
    assumptions: AllocationAssumptions,
    settings: SolveSettings,
    upper_deviations: float,
) -> pl.DataFrame:
    """``AllocationAlternative``: one plan for each way of taking demand and of being fair.

    All are measured on mean demand, and on the same drawn demands, whose standard deviation is
    (upper - mean) / ``upper_deviations``. In all of them units move in any amount and without a
    fixed cost: whole units would take minutes, and blur what the settings cost.

    Raises:
        SolverStopped: one of them was not solved by the time limit.
    """
    given = tables, zones, institutions
    expected = _divisible(read_instance(*given, assumptions.model_copy(update={"demand": "mean"})))
    deviation = demand_above_mean(tables, expected.names) / (upper_deviations or np.inf)
    found: dict[tuple[str, str], dict[str, float]] = {}
    rows = []
    for setting, changes in _settings(tables, expected, assumptions).items():
        changed = assumptions.model_copy(update=changes)
        same = (str(changed.demand), changed.fairness)
        if same not in found:
            instance = _divisible(read_instance(*given, changed))
            solution = _plan(instance, changed.demand, tables, settings)
            harms = simulated_harms(expected, deviation, solution, DRAWS, SEED)
            found[same] = _row(*followed(expected, expected.demand, solution), harms)
        rows.append({"alternative": setting} | found[same])
    frame = pl.DataFrame(rows).with_columns(pl.selectors.float().round(9))
    return check(AllocationAlternative, conform(AllocationAlternative, frame))


def _divisible(instance: Instance) -> Instance:
    """The instance without whole units, least moves and fixed costs of a move."""
    resources = instance.resources
    free = replace(
        resources,
        whole=np.zeros_like(resources.whole),
        least_move=np.zeros_like(resources.least_move),
        cost_move=np.zeros_like(resources.cost_move),
    )
    return replace(instance, resources=free)


def _plan(
    instance: Instance, demand: Any, tables: Mapping[str, pl.DataFrame], settings: SolveSettings
) -> PolicyOutcome:
    if not isinstance(demand, Scenarios):
        return solve(instance, settings, dict(tables)).plan
    paths = read_paths(tables["allocation_scenario"], instance, demand.scenarios)
    return solve_paths(instance, paths, demand, settings, dict(tables)).solved.plan


def _settings(
    tables: Mapping[str, pl.DataFrame], instance: Instance, assumptions: AllocationAssumptions
) -> dict[str, dict[str, Any]]:
    """What each alternative changes; scenarios where paths were drawn that fit the solver."""
    demands = dict(DEMANDS)
    drawn = int(tables["allocation_scenario"]["path"].max() or 0)  # type: ignore[arg-type]
    if drawn and drawn <= fitting_paths(instance):
        own = assumptions.demand
        demands["scenarios"] = own if isinstance(own, Scenarios) else Scenarios(scenarios=drawn)
    robust = {f"demand {name}": {"demand": value} for name, value in demands.items()}
    fair = {f"fairness {rule}": {"fairness": rule} for rule in FAIRNESS}
    return robust | fair


def _row(expected: Instance, result: PolicyOutcome, harms: np.ndarray) -> dict[str, float]:
    found = measures(expected, result)
    kept = ("harm", "unmet", "worst", "crowded", "sent", "moved", "surge_unit_days", "cost")
    return {column: found[column] for column in kept} | {
        "zones_worst_tenth": _worst_tenth(zone_shares(expected, result)),
        "institutions_worst_tenth": _worst_tenth(institution_shares(expected, result)),
        "simulated_harm": float(harms.mean()),
        "simulated_harm_bad": float(np.quantile(harms, 0.9)),
    }


def _worst_tenth(shares: np.ndarray) -> float:
    """Mean share of the tenth of members that fare worst."""
    worst = np.sort(shares)[::-1][: max(1, shares.size // 10)]
    return float(worst.mean()) if worst.size else 0.0
