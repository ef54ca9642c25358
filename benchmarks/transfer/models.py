"""The instance written for Pyomo: once as most people would, once as templates."""

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
import pyomo.environ as pyo

from benchmarks.transfer.instance import PENALTY, Transfer
from optimization.solver import sum_over, templatized


def plain(transfer: Transfer) -> pyo.ConcreteModel:
    """Rules over Python lists and arrays, expanded row by row."""
    supply, need, km = transfer.supply.tolist(), transfer.need.tolist(), transfer.km.tolist()
    leaving, arriving = transfer.leaving(), transfer.arriving()
    m = _variables(transfer)

    def met(m: Any, i: int, r: int, t: int) -> Any:
        out = sum(m.ship[a, r, t] for a in leaving[i])
        come = sum(m.ship[a, r, t] for a in arriving[i])
        return supply[i][r][t] - out + come + m.missing[i, r, t] >= need[i][r][t]

    def held(m: Any, i: int, r: int, t: int) -> Any:
        return sum(m.ship[a, r, t] for a in leaving[i]) <= supply[i][r][t]

    m.met = pyo.Constraint(m.institutions, m.resources, m.days, rule=met)
    m.held = pyo.Constraint(m.institutions, m.resources, m.days, rule=held)
    shipped = sum(km[a] * ship for (a, _, _), ship in m.ship.items())
    m.cost = pyo.Objective(expr=shipped + PENALTY * sum(m.missing.values()))
    return m


def templates(transfer: Transfer) -> pyo.ConcreteModel:
    """Rules over Pyomo sets and parameters, as all models of Catchment are written."""
    with templatized():
        m = _variables(transfer)
        m.leaving = pyo.Set(m.institutions, initialize=dict(enumerate(transfer.leaving())))
        m.arriving = pyo.Set(m.institutions, initialize=dict(enumerate(transfer.arriving())))
        cells = (m.institutions, m.resources, m.days)
        m.supply = _param(cells, transfer.supply)
        m.need = _param(cells, transfer.need)
        m.km = _param([m.arcs], transfer.km)
        m.met = pyo.Constraint(*cells, rule=_met)
        m.held = pyo.Constraint(*cells, rule=_held)
        m.cost = pyo.Objective(rule=_cost)
    return m


def _met(m: Any, i: int, r: int, t: int) -> Any:
    out = sum_over(m.ship[a, r, t] for a in m.leaving[i])
    come = sum_over(m.ship[a, r, t] for a in m.arriving[i])
    return m.supply[i, r, t] - out + come + m.missing[i, r, t] >= m.need[i, r, t]


def _held(m: Any, i: int, r: int, t: int) -> Any:
    return sum_over(m.ship[a, r, t] for a in m.leaving[i]) <= m.supply[i, r, t]


def _cost(m: Any) -> Any:
    shipped = sum_over(
        m.km[a] * m.ship[a, r, t] for a in m.arcs for r in m.resources for t in m.days
    )
    missing = sum_over(
        m.missing[i, r, t] for i in m.institutions for r in m.resources for t in m.days
    )
    return shipped + PENALTY * missing


def _variables(transfer: Transfer) -> pyo.ConcreteModel:
    size = transfer.size
    m = pyo.ConcreteModel(name="transfer")
    m.institutions, m.arcs = (
        pyo.RangeSet(0, size.institutions - 1),
        pyo.RangeSet(0, transfer.arcs - 1),
    )
    m.resources, m.days = pyo.RangeSet(0, size.resources - 1), pyo.RangeSet(0, size.days - 1)
    m.ship = pyo.Var(m.arcs, m.resources, m.days, domain=pyo.NonNegativeReals)
    m.missing = pyo.Var(m.institutions, m.resources, m.days, domain=pyo.NonNegativeReals)
    return m


def _param(sets: Sequence[pyo.Set], values: np.ndarray) -> pyo.Param:
    """A parameter by rule, as the allocation has them: quicker than by mapping."""
    by_key = dict(zip(product(*map(range, values.shape)), values.ravel().tolist(), strict=True))
    return pyo.Param(*sets, initialize=lambda _, *key: by_key[key])
