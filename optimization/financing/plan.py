"""The financing, from input tables to result tables."""

import time

import polars as pl
import pyomo.environ as pyo

from optimization.financing import results, tiers
from optimization.financing.inputs import FinancingInputs
from optimization.financing.inputs.read import Tables
from optimization.financing.ledger import (
    CENTS,
    EXACT,
    Decisions,
    Unit,
    inputs_with_need,
    post,
    status_quo,
)
from optimization.financing.model import build
from optimization.financing.results import remedy, summary
from optimization.solver import Plan, SolveRecord, SolveSettings, solve_tiers
from schemas.assumptions.region import Region
from schemas.money import in_unit
from schemas.results.financing import INPUTS, READ
from schemas.table import name

CENT = 0.01


def plan(frames: Tables, region: Region, threads: int) -> Plan:
    """Find who pays for what, in four tiers, as the solver left it and in whole cents.

    ``frames`` are the input tables of ``schemas.results.financing`` by name.

    Raises:
        InputRefused: a number that the solver would misread, rows that contradict each other.
        SolverStopped: no plan by the time limit.
    """
    tables = {name(table): frames[name(table)] for table in INPUTS}
    start = time.monotonic()
    given = inputs_with_need(tables)
    model = build(given)
    built = time.monotonic() - start
    settings = SolveSettings(region.financing.time_limit_s, threads)
    scaled = in_unit(READ, tables, given.money_unit)
    record = solve_tiers(model, tiers.ORDER, settings, scaled, build_seconds=built)
    exact = _published(tables, given, model, record, EXACT, 1.0)
    rounded = _published(tables, given, model, record, CENTS, CENT)
    return Plan(rounded, exact | {"plan_run": record.run_table(0.0)}, record)


def _published(
    tables: Tables,
    given: FinancingInputs,
    model: pyo.ConcreteModel,
    record: SolveRecord,
    unit: Unit,
    tick: float,
) -> dict[str, pl.DataFrame]:
    """The result tables, counted in ``unit`` and in ticks of currency."""
    own = inputs_with_need(tables, money_unit=tick)
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
        "financing_balance": results.balances(view),
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
