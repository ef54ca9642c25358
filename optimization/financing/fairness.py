"""Between regions, between years, between institutions: constraints (8), (10) and (11)."""

from typing import Any

import pyomo.environ as pyo


def declare(m: pyo.ConcreteModel) -> None:
    """Add the fairness constraints."""
    m.equity = pyo.Constraint(list(m.below), rule=equity)
    m.pace = pyo.Constraint(list(m.slower), rule=pace)
    m.worst_off = pyo.Constraint(list(m.given.institutions), rule=worst_off)


def equity(m: pyo.ConcreteModel, r: str) -> Any:
    """over operating funds open to several regions:
    sum_{i∈ρ} support + below[ρ] ≥ min((1-band)·θ[ρ]·sum B_f, sum_{i∈ρ} need[i])
    """
    given = m.given
    support = pyo.quicksum(
        m.support[f, i, p]
        for f in given.pooled_funds
        for i in given.funds[f].eligible
        if given.region[i] == r
        for p in given.periods
    )
    return support + m.below[r] >= given.equity_targets[r]


def pace(m: pyo.ConcreteModel, i: str) -> Any:
    """sum_{f,p} support[f,i,p] + slower[i] ≥ (1 - cut) · last_support[i]   (where that is known)"""
    given = m.given
    support = pyo.quicksum(
        m.support[f, i, p] for f in given.funds_of.get(i, ()) for p in given.periods
    )
    return support + m.slower[i] >= (1 - given.largest_cut) * given.last_support[i]


def worst_off(m: pyo.ConcreteModel, i: str) -> Any:
    """sum_p gap[i,p] + beyond[i] ≤ worst[region(i)] · need[i]   (without need: neither)"""
    given = m.given
    left = pyo.quicksum(m.gap[i, p] for p in given.periods)
    if i in m.beyond:
        left += m.beyond[i]
    if given.need[i] > 0:
        return left <= m.worst[given.region[i]] * given.need[i]
    return left <= 0
