"""The allocation, from input tables to result tables."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
import pyomo.environ as pyo

from optimization.allocation import tables as published_tables
from optimization.allocation.accounting import Outcome, as_usual, objectives, outcome
from optimization.allocation.comparison import comparison
from optimization.allocation.instance import Instance
from optimization.allocation.model import build, tier_names
from optimization.allocation.policies import simple_policies
from optimization.allocation.prices import best_units, unit_prices, value
from optimization.allocation.read import read_instance
from optimization.allocation.reasons import move_reasons, tight_days, transfer_reasons
from optimization.allocation.settle import settled_admissions, tidied
from optimization.highs import SolveRecord, SolveSettings, solve_fixed, solve_tiers
from schemas.assumptions.allocation import AllocationAssumptions, Budget
from schemas.base import conform
from schemas.errors import PlanRefused
from schemas.results.allocation import AllocationSetting

DOUBT = 1e-5


@dataclass(frozen=True)
class AllocationPlan:
    """A solved plan: result tables by name, rounded as published and exact; how it was solved."""

    frames: Mapping[str, pl.DataFrame]
    exact: Mapping[str, pl.DataFrame]
    record: SolveRecord


def plan(
    tables: Mapping[str, pl.DataFrame],
    zones: pl.DataFrame,
    institutions: pl.DataFrame,
    assumptions: AllocationAssumptions,
    threads: int = 2,
) -> AllocationPlan:
    """Decide who is treated where and what moves.

    ``tables`` are the input tables of ``schemas.results.allocation`` by name; ``zones`` has
    zone_id, region_id, ``institutions`` institution_id, region_id.

    Raises:
        InputRefused: numbers or tables that contradict each other.
        SolverStopped: no plan by the time limit.
    """
    instance = read_instance(tables, zones, institutions, assumptions)
    settings = SolveSettings(time_limit_s=assumptions.time_limit_s, threads=threads)
    solved = solve(instance, settings, {**tables, **_settings(assumptions)})
    exact = _frames(instance, solved, settings) | {"allocation_setting": _table(assumptions)}
    record = reached(solved.record, objectives(instance, solved.plan))
    frames = {key: published_tables.published(frame) for key, frame in exact.items()}
    return AllocationPlan(frames, exact, record)


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """A solved model, what it decides, and how it was solved."""

    model: pyo.ConcreteModel
    plan: Outcome
    record: SolveRecord


def solve(instance: Instance, settings: SolveSettings, inputs: Mapping[str, object]) -> Solved:
    """Build and solve the model of ``instance``, and follow its plan through."""
    start = time.monotonic()
    model = build(instance)
    built = time.monotonic() - start
    record = solve_tiers(model, tier_names(instance), settings, inputs, built)
    return Solved(model, decided(instance, model), record)


def turned_away(instance: Instance, solved: Solved, settings: SolveSettings) -> Outcome:
    """The policy ``turn_away``: the same model with elsewhere, move and surge held at 0.

    Where every class is dearer to turn away than to crowd in, it turns nobody away: a patient
    left out spares at most the crowding of the days in bed. It is then the status quo.
    """
    if (instance.classes.harm > instance.use @ instance.resources.harm).all():
        return as_usual(instance)
    held = ("elsewhere", "move", "moved", "surge")
    solve_fixed(solved.model, solved.record, held, settings)
    return decided(instance, solved.model)


def decided(instance: Instance, model: pyo.ConcreteModel) -> Outcome:
    """What a solved model decides, without the solver's noise."""
    days = instance.horizon
    admit = _values(model.admit).reshape(-1, days)
    unmet = np.zeros_like(instance.demand)
    unmet[instance.served] = _values(model.unmet).reshape(-1, days)
    surge = np.zeros_like(instance.capacity)
    opens = instance.cells & (instance.surge_limit > 0).any(axis=2)
    surge[opens] = _values(model.surge).reshape(-1, days)
    move = tidied(_values(model.move).reshape(-1, days))
    return outcome(instance, settled_admissions(instance, admit, unmet), move, surge)


def _values(variable: pyo.Var) -> np.ndarray:
    return np.fromiter((v.value for v in variable.values()), float, len(variable))


def _frames(instance: Instance, solved: Solved, settings: SolveSettings) -> dict[str, pl.DataFrame]:
    plan, policies = solved.plan, simple_policies(instance)
    policies = {"plan": plan, "turn_away": turned_away(instance, solved, settings)} | policies
    prices = unit_prices(instance, solved.record)
    tight = tight_days(instance, policies["usual"], prices)
    sent, moved = transfer_reasons(instance, plan, tight), move_reasons(instance, plan, tight)
    return {
        "allocation_admission": published_tables.admission(instance, plan),
        "allocation_transfer": published_tables.transfer(instance, plan, sent),
        "allocation_move": published_tables.move(instance, plan, moved),
        "allocation_load": published_tables.load(instance, plan, policies["usual"]),
        "allocation_unmet": published_tables.unmet(instance, plan),
        "allocation_fairness": published_tables.fairness(instance, plan, policies["usual"]),
        "allocation_value": value(instance, plan, prices),
        "allocation_best_unit": best_units(instance, solved.record, prices, settings),
        "policy_comparison": comparison(instance, policies),
    }


def reached(record: SolveRecord, values: Mapping[str, float]) -> SolveRecord:
    """``record`` with the objectives that the plan itself has.

    Raises:
        PlanRefused: one is worse than what the solver said that it had reached.
    """
    tiers = []
    for tier in record.tiers:
        value, claimed = values[tier.name], tier.objective
        if value > claimed + DOUBT * max(1.0, abs(claimed)):
            raise PlanRefused(f"{tier.name}: the plan does not reach what the solver claims")
        gap = None if tier.bound is None else max(0.0, value - tier.bound) / max(1.0, abs(value))
        tiers.append(replace(tier, objective=value, gap=gap))
    return replace(record, tiers=tuple(tiers))


def _settings(assumptions: AllocationAssumptions) -> dict[str, str]:
    demand = assumptions.demand
    return {
        "demand": f"budget {demand.budget}" if isinstance(demand, Budget) else demand,
        "fairness": assumptions.fairness,
        "integer": " ".join(sorted(assumptions.integer)),
        "no_worse": str(assumptions.no_worse).lower(),
    }


def _table(assumptions: AllocationAssumptions) -> pl.DataFrame:
    rows = list(_settings(assumptions).items())
    frame = pl.DataFrame(rows, schema=["setting", "value"], orient="row")
    return conform(AllocationSetting, frame)
