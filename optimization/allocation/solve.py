"""An instance built, solved and followed through; and what other settings would have planned."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
import pyomo.environ as pyo

from optimization.allocation.accounting import (
    PolicyOutcome,
    as_usual,
    carried_out,
    harm,
    institution_shares,
    policy_outcome,
    zone_shares,
)
from optimization.allocation.inputs import Instance
from optimization.allocation.inputs.read import demand_above_mean, read_instance
from optimization.allocation.model import build, surges, tier_names
from optimization.allocation.policies import measures
from optimization.solver import SolveRecord, SolveSettings, solve_fixed, solve_tiers
from schemas.assumptions.allocation import AllocationAssumptions, Budget
from schemas.results.allocation import AllocationAlternative
from schemas.table import check, conform

DECIMALS = 9
LEAST = 1e-7
DRAWS = 100
SEED = 20260101
DEMANDS: Mapping[str, Any] = {
    "mean": "mean",
    "budget 1": Budget(budget=1),
    "budget 2": Budget(budget=2),
    "upper": "upper",
}
FAIRNESS = ("none", "worst_share", "graduated")


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """What a solved model decides, and how it was solved."""

    plan: PolicyOutcome
    record: SolveRecord


@dataclass(frozen=True, slots=True, eq=False)
class FirstDays:
    """Decisions of the first ``days``, by day: ``admit`` by arc, ``move`` by move arc, ``surge`` by
    institution and resource.
    """

    days: int
    admit: np.ndarray
    move: np.ndarray
    surge: np.ndarray


def solve(
    instance: Instance,
    settings: SolveSettings,
    inputs: Mapping[str, object],
    first: FirstDays | None = None,
    tiers: Sequence[str] | None = None,
) -> Solved:
    """Build and solve the model of ``instance``, all its tiers or some, and follow its plan
    through; where ``first`` is given, with the first days' decisions held to it.
    """
    start = time.monotonic()
    model = build(instance)
    if first is not None:
        _held(instance, model, first)
    built = time.monotonic() - start
    record = solve_tiers(model, tiers or tier_names(instance), settings, inputs, built)
    return Solved(decided(instance, model, first), record)


def _held(instance: Instance, model: pyo.ConcreteModel, first: FirstDays) -> None:
    for variable, amounts in (
        (model.admit, first.admit),
        (model.move, first.move),
        (model.surge, first.surge[surges(instance)]),
    ):
        for one, amount in zip(variable.values(), amounts.ravel().tolist(), strict=True):
            if one.index()[-1] <= first.days:
                one.setlb(amount)
                one.setub(amount)


def turned_away(instance: Instance, solved: Solved, settings: SolveSettings) -> PolicyOutcome:
    """The policy ``turn_away``: the same model with elsewhere, move and surge held at 0.

    Where every class is dearer to turn away than to crowd in, it turns nobody away: a patient
    left out spares at most the crowding of the days in bed. It is then the status quo.
    """
    if (instance.classes.harm > instance.use @ instance.resources.harm).all():
        return as_usual(instance)
    held = ("elsewhere", "move", "moved", "surge")
    solve_fixed(solved.record, held, settings)
    return decided(instance, solved.record.source)


def decided(
    instance: Instance, model: pyo.ConcreteModel, first: FirstDays | None = None
) -> PolicyOutcome:
    """What a solved model decides, without the solver's noise; on the first days as held."""
    admit, move, surge = decisions(instance, model)
    if first is None:
        return policy_outcome(instance, admit, move, surge)
    early = np.arange(instance.horizon) < first.days
    return policy_outcome(
        instance,
        np.where(early, first.admit, admit),
        np.where(early, first.move, move),
        np.where(early, first.surge, surge),
        first.days,
    )


def decisions(
    instance: Instance, model: pyo.ConcreteModel
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """``admit``, ``move`` and ``surge`` of a solved model, without the solver's noise."""
    days = instance.horizon
    admit = _values(model.admit).reshape(-1, days)
    unmet = np.zeros_like(instance.demand)
    unmet[instance.served] = _values(model.unmet).reshape(-1, days)
    surge = np.zeros_like(instance.capacity)
    surge[surges(instance)] = _values(model.surge).reshape(-1, days)
    move = tidied(_values(model.move).reshape(-1, days))
    return settled_admissions(instance, admit, unmet), move, surge


def _values(variable: pyo.Var) -> np.ndarray:
    return np.fromiter((v.value for v in variable.values()), float, len(variable))


def settled_admissions(instance: Instance, admit: np.ndarray, unmet: np.ndarray) -> np.ndarray:
    """Admissions (arc x day) without amounts below ``LEAST``, to the billionth of a patient.

    What this takes from or adds to a zone, class and day goes to its largest admission, so that
    admitted and unmet still add up to demand.
    """
    tidy = tidied(admit)
    arcs = instance.arcs
    wanted = instance.demand - tidied(unmet)
    total = np.zeros_like(instance.demand)
    np.add.at(total, (arcs.zone, arcs.care), tidy)
    most = np.zeros_like(instance.demand)
    np.maximum.at(most, (arcs.zone, arcs.care), tidy)
    largest = tidy == most[arcs.zone, arcs.care]
    first = np.full(instance.demand.shape, arcs.zone.size)
    order = np.where(largest, np.arange(arcs.zone.size)[:, None], arcs.zone.size)
    np.minimum.at(first, (arcs.zone, arcs.care), order)
    takes = first[arcs.zone, arcs.care] == np.arange(arcs.zone.size)[:, None]
    missing = (wanted - total)[arcs.zone, arcs.care]
    return np.maximum(np.where(takes, tidy + missing, tidy), 0.0)


def tidied(amounts: np.ndarray) -> np.ndarray:
    """Amounts to the billionth; those below ``LEAST`` are 0."""
    return np.where(amounts < LEAST, 0.0, amounts.round(DECIMALS))


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
