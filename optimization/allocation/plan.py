"""The allocation, from input tables to result tables."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import polars as pl

from optimization.allocation import results
from optimization.allocation.accounting import as_usual, objectives
from optimization.allocation.alternatives import alternatives
from optimization.allocation.inputs import Instance
from optimization.allocation.inputs.paths import read_paths
from optimization.allocation.inputs.read import read_instance
from optimization.allocation.policies import comparison, simple_policies
from optimization.allocation.results import changes
from optimization.allocation.results.prices import (
    best_units,
    move_reasons,
    tight_days,
    transfer_reasons,
    unit_prices,
    value,
)
from optimization.allocation.scenarios import solve_paths
from optimization.allocation.scenarios.outcome import objectives_over_paths
from optimization.allocation.scenarios.results import risk, scenario_flow, scenario_harm
from optimization.allocation.solve import Solved, solve, turned_away
from optimization.solver import Plan, SolveRecord, SolveSettings
from schemas.assumptions.allocation import AllocationAssumptions, Budget, Levels, Scenarios
from schemas.assumptions.region import Region
from schemas.errors import PlanRefused
from schemas.results.allocation import (
    INPUTS,
    ON_PATHS,
    AllocationAlternative,
    AllocationSetting,
)
from schemas.table import conform, empty, name

DOUBT = 1e-5


def plan(frames: Mapping[str, pl.DataFrame], region: Region, threads: int) -> Plan:
    """Decide who is treated where and what moves.

    ``frames`` by table name: the input tables of ``schemas.results.allocation``, ``zone`` with
    zone_id, region_id, and ``institution`` with institution_id, region_id. Demand's upper bound
    lies ``planning.upper_deviations`` above its mean: simulations draw from them.

    Raises:
        InputRefused: numbers or tables that contradict each other.
        SolverStopped: no plan by the time limit.
    """
    assumptions = region.allocation
    given = {name(table): frames[name(table)] for table in INPUTS}
    places = frames["zone"], frames["institution"]
    instance = read_instance(given, *places, assumptions)
    settings = SolveSettings(assumptions.time_limit_s, threads, look_ahead=True)
    asked = {**given, **_settings(assumptions)}
    solved, over_paths, exact = _solved(instance, assumptions.demand, settings, asked)
    exact |= _frames(instance, solved, settings) | {"allocation_setting": _table(assumptions)}
    exact["allocation_change"] = changes(exact, given)
    exact["allocation_alternative"] = empty(AllocationAlternative)
    if assumptions.compare_settings:
        exact["allocation_alternative"] = alternatives(
            given, *places, assumptions, settings, region.planning.upper_deviations
        )
    record = reached(solved.record, objectives(instance, solved.plan))
    rounded = {key: results.published(frame) for key, frame in exact.items()}
    return Plan(rounded, exact, record, over_paths)


def _solved(
    instance: Instance, demand: object, settings: SolveSettings, given: Mapping[str, Any]
) -> tuple[Solved, tuple[SolveRecord, ...], dict[str, pl.DataFrame]]:
    """The plan; how it was solved on paths, and their tables, where it is made on paths."""
    if not isinstance(demand, Scenarios):
        return solve(instance, settings, given), (), {name(t): empty(t) for t in ON_PATHS}
    paths = read_paths(given["allocation_scenario"], instance, demand.scenarios)
    made = solve_paths(instance, paths, demand, settings, given)
    values = objectives_over_paths(made.solved.plan, instance, made.paths, demand)
    harms = scenario_harm(made.paths)
    tables = (scenario_flow(made.paths), harms, risk(harms, demand.tail))
    frames = {name(t): frame for t, frame in zip(ON_PATHS, tables, strict=True)}
    return made.solved, (reached(made.record, values),), frames


def decisions(
    frames: Mapping[str, pl.DataFrame], region: Region, threads: int
) -> dict[str, pl.DataFrame]:
    """What ``plan`` decides, without prices, comparisons and reasons.

    Returns:
        allocation_admission, _transfer, _move, _load and _unmet, by name.
    """
    given = {name(table): frames[name(table)] for table in INPUTS}
    instance = read_instance(given, frames["zone"], frames["institution"], region.allocation)
    settings = SolveSettings(region.allocation.time_limit_s, threads, look_ahead=True)
    found = _solved(instance, region.allocation.demand, settings, given)[0].plan
    usual = as_usual(instance)
    made = {
        "admission": results.admission(instance, found),
        "transfer": results.transfer(instance, found, [None] * len(results.transfers(found))),
        "move": results.move(instance, found, [None] * len(results.moves(found))),
        "load": results.load(instance, found, usual),
        "unmet": results.unmet(instance, found),
    }
    return {f"allocation_{table}": frame for table, frame in made.items()}


def _frames(instance: Instance, solved: Solved, settings: SolveSettings) -> dict[str, pl.DataFrame]:
    plan, policies = solved.plan, simple_policies(instance)
    policies = {"plan": plan, "turn_away": turned_away(instance, solved, settings)} | policies
    prices = unit_prices(instance, solved.record)
    tight = tight_days(instance, policies["usual"], prices)
    sent, moved = transfer_reasons(instance, plan, tight), move_reasons(instance, plan, tight)
    return {
        "allocation_admission": results.admission(instance, plan),
        "allocation_transfer": results.transfer(instance, plan, sent),
        "allocation_move": results.move(instance, plan, moved),
        "allocation_load": results.load(instance, plan, policies["usual"]),
        "allocation_unmet": results.unmet(instance, plan),
        "allocation_fairness": results.fairness(instance, plan, policies["usual"]),
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
            words = "the plan reaches what the solver claims"
            raise PlanRefused("allocation", "objective", words, {"tier": tier.name}, value, claimed)
        gap = None if tier.bound is None else max(0.0, value - tier.bound) / max(1.0, abs(value))
        tiers.append(replace(tier, objective=value, gap=gap))
    return replace(record, tiers=tuple(tiers))


def _settings(assumptions: AllocationAssumptions) -> dict[str, str]:
    demand = assumptions.demand
    return _demand(demand) | {
        "fairness": assumptions.fairness,
        "integer": " ".join(sorted(assumptions.integer)),
        "no_worse": str(assumptions.no_worse).lower(),
    }


def _demand(demand: str | Budget | Levels | Scenarios) -> dict[str, str]:
    if isinstance(demand, Budget):
        return {"demand": f"budget {demand.budget}"}
    if isinstance(demand, Levels):
        return {"demand": f"levels {demand.levels} {demand.spread}"}
    if isinstance(demand, Scenarios):
        facts = demand.model_dump()
        return {"demand": f"scenarios {facts.pop('scenarios')}"} | {
            k: str(v) for k, v in facts.items()
        }
    return {"demand": demand}


def _table(assumptions: AllocationAssumptions) -> pl.DataFrame:
    rows = list(_settings(assumptions).items())
    frame = pl.DataFrame(rows, schema=["setting", "value"], orient="row")
    return conform(AllocationSetting, frame)
