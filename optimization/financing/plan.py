"""The financing, from input tables to result tables."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl
import pyomo.environ as pyo

from optimization.financing import balance, remedy, results, summary, tiers
from optimization.financing.inputs import FinancingInputs
from optimization.financing.ledger import CENTS, EXACT, Decisions, Unit, post
from optimization.financing.model import build
from optimization.financing.status_quo import status_quo
from optimization.financing.tables import Tables, inputs_from_tables, scaled
from optimization.solver import SolveRecord, SolveSettings, solve_tiers
from optimization.verify.financing import verify_financing

CENT = 0.01


@dataclass(frozen=True)
class FinancingPlan:
    """A solved and verified plan.

    ``frames`` are the result tables by name in whole cents, with ``plan_run`` and
    ``plan_seconds``; ``exact`` the same as the solver left them.
    """

    frames: Mapping[str, pl.DataFrame]
    exact: Mapping[str, pl.DataFrame]
    record: SolveRecord


def plan(tables: Tables, threads: int = 2, time_limit_s: float = 300.0) -> FinancingPlan:
    """Find who pays for what, in four tiers, verify it, and publish it in whole cents.

    ``tables`` are the input tables of ``schemas.results.financing`` by name.

    Raises:
        InputRefused: a number that the solver would misread, rows that contradict each other.
        SolverStopped: no plan by the time limit.
        PlanRefused: the plan does not follow from its inputs.
    """
    start = time.monotonic()
    given = inputs_from_tables(tables)
    model = build(given)
    built = time.monotonic() - start
    settings = SolveSettings(time_limit_s=time_limit_s, threads=threads)
    record = solve_tiers(model, tiers.ORDER, settings, scaled(tables), build_seconds=built)
    exact = _published(tables, given, model, record, EXACT, 1.0)
    frames = _published(tables, given, model, record, CENTS, CENT)
    worst = _verified(tables, exact, frames, record)
    closing = {"plan_run": record.run_table(worst), "plan_seconds": record.seconds_table()}
    return FinancingPlan(frames | closing, exact | closing, record)


def _verified(
    tables: Tables,
    exact: Mapping[str, pl.DataFrame],
    frames: Mapping[str, pl.DataFrame],
    record: SolveRecord,
) -> float:
    """The worst violation of the exact plan; the rounded one is verified too."""
    start = time.monotonic()
    run = {"plan_run": record.run_table(0.0)}
    worst = verify_financing({**tables, **exact, **run}).worst_violation
    verify_financing({**tables, **frames, **run})
    record.seconds["verify"] = time.monotonic() - start  # type: ignore[index]
    return worst


def _published(
    tables: Tables,
    given: FinancingInputs,
    model: pyo.ConcreteModel,
    record: SolveRecord,
    unit: Unit,
    tick: float,
) -> dict[str, pl.DataFrame]:
    """The result tables, counted in ``unit`` and in ticks of currency."""
    own = inputs_from_tables(tables, money_unit=tick)
    books = post(own, decisions(model, given.money_unit / tick), unit)
    days = dict(tables["financing_period"].select("period", "days").iter_rows())
    view = results.Published(own, books, status_quo(own, unit), days, unit, 1 / tick)
    outcome = summary.outcomes(view)
    constraints = [c.name for c in model.component_objects(pyo.Constraint)]
    return {
        "financing_flow": results.flows(view),
        "financing_position": results.positions(view),
        "financing_receivable": results.receivables(view),
        "financing_debt": results.debts(view),
        "financing_status_quo": results.status_quo_table(view),
        "financing_source": summary.sources(view, record),
        "financing_outcome": outcome,
        "financing_fairness": summary.fairness(view, outcome),
        "financing_balance": balance.balances(view),
        "financing_remedy": remedy.remedies(view),
        "financing_price": summary.prices(record, constraints),
        "financing_objective": summary.objectives(view, record, given.money_unit, outcome),
    }


def decisions(model: pyo.ConcreteModel, ticks: float) -> Decisions:
    """What the solver chose, in ticks."""
    chosen = {
        name: {index: data.value * ticks for index, data in model.component(name).items()}
        for name in ("pay", "support", "draw", "gap")
    }
    return Decisions(**chosen)
