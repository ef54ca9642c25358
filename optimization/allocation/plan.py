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
from optimization.allocation.read import read_instance
from optimization.allocation.settle import settled_admissions, tidied
from optimization.highs import SolveRecord, SolveSettings, solve_tiers
from schemas.assumptions.allocation import AllocationAssumptions, Budget
from schemas.base import conform, empty, name
from schemas.errors import PlanRefused
from schemas.results.allocation import RESULTS, AllocationSetting

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
    solution, record = solve(instance, settings, {**tables, **_settings(assumptions)})
    usual = as_usual(instance)
    exact = _frames(instance, solution, usual) | {"allocation_setting": _table(assumptions)}
    record = reached(record, objectives(instance, solution))
    frames = {key: published_tables.published(frame) for key, frame in exact.items()}
    return AllocationPlan(frames, exact, record)


def solve(
    instance: Instance, settings: SolveSettings, inputs: Mapping[str, object]
) -> tuple[Outcome, SolveRecord]:
    """Build and solve the model of ``instance``, and follow its plan through."""
    start = time.monotonic()
    model = build(instance)
    built = time.monotonic() - start
    record = solve_tiers(model, tier_names(instance), settings, inputs, built)
    return decided(instance, model), record


def decided(instance: Instance, model: pyo.ConcreteModel) -> Outcome:
    """What a solved model decides, without the solver's noise."""
    days = instance.horizon
    admit = _values(model.admit).reshape(-1, days)
    unmet = np.zeros_like(instance.demand)
    unmet[instance.served] = _values(model.unmet).reshape(-1, days)
    surge = np.zeros_like(instance.capacity)
    surge[instance.cells] = _values(model.surge).reshape(-1, days)
    move = tidied(_values(model.move).reshape(-1, days))
    return outcome(instance, settled_admissions(instance, admit, unmet), move, surge)


def _values(variable: pyo.Var) -> np.ndarray:
    return np.fromiter((v.value for v in variable.values()), float, len(variable))


def _frames(instance: Instance, solution: Outcome, usual: Outcome) -> dict[str, pl.DataFrame]:
    transfers: list[str | None] = [None] * len(published_tables.transfers(solution))
    moves: list[str | None] = [None] * len(published_tables.moves(solution))
    frames = {name(table): empty(table) for table in RESULTS}
    return frames | {
        "allocation_admission": published_tables.admission(instance, solution),
        "allocation_transfer": published_tables.transfer(instance, solution, transfers),
        "allocation_move": published_tables.move(instance, solution, moves),
        "allocation_load": published_tables.load(instance, solution, usual),
        "allocation_unmet": published_tables.unmet(instance, solution),
        "allocation_fairness": published_tables.fairness(instance, solution, usual),
        "policy_comparison": comparison(instance, {"plan": solution, "usual": usual}),
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
