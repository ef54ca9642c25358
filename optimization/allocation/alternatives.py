"""What other settings would have planned: the price of robustness, the price of fairness."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from optimization.allocation.accounting import Outcome, institution_shares, zone_shares
from optimization.allocation.comparison import measures
from optimization.allocation.instance import Instance
from optimization.allocation.read import demand_above_mean, read_instance
from optimization.allocation.simulate import followed, simulated_harms
from optimization.allocation.solve import solve
from optimization.solver import SolveSettings
from schemas.assumptions.allocation import AllocationAssumptions, Budget
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
    for setting, changes in _settings().items():
        changed = assumptions.model_copy(update=changes)
        same = (str(changed.demand), changed.fairness)
        if same not in found:
            instance = _divisible(read_instance(*given, changed))
            solution = solve(instance, settings, dict(tables)).plan
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


def _settings() -> dict[str, dict[str, Any]]:
    robust = {f"demand {name}": {"demand": value} for name, value in DEMANDS.items()}
    fair = {f"fairness {rule}": {"fairness": rule} for rule in FAIRNESS}
    return robust | fair


def _row(expected: Instance, result: Outcome, harms: np.ndarray) -> dict[str, float]:
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
