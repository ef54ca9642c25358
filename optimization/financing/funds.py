"""Public money: constraint (3)."""

from typing import Any

import pyomo.environ as pyo


def declare(m: pyo.ConcreteModel) -> None:
    """Add the funds' constraints."""
    periods = m.given.periods
    m.fund_balance = pyo.Constraint(
        [(f, p) for f in m.given.funds for p in periods], rule=fund_balance
    )
    bounded = [
        (f, i, p)
        for f, fund in m.given.funds.items()
        if fund.max_share < 1
        for i in fund.eligible
        for p in periods
    ]
    m.share_of_fund = pyo.Constraint(bounded, rule=share_of_fund)


def fund_balance(m: pyo.ConcreteModel, f: str, p: int) -> Any:
    """sum_i support[f,i,p] + carry[f,p] = B_f[p] + carry[f,p-1]   (see ``available``)"""
    used = pyo.quicksum(m.support[f, i, p] for i in m.given.funds[f].eligible)
    return used + m.carry[f, p] == available(m, f, p)


def share_of_fund(m: pyo.ConcreteModel, f: str, i: str, p: int) -> Any:
    """support[f,i,p] ≤ max_share[f] · (B_f[p] + carry[f,p-1])   (below 1; else (3) says so)"""
    return m.support[f, i, p] <= m.given.funds[f].max_share * available(m, f, p)


def available(m: pyo.ConcreteModel, f: str, p: int) -> Any:
    """B_f[p] + carry[f,p-1]; without the carry in the first period and where money lapses"""
    fund = m.given.funds[f]
    if fund.carry_over and p > m.given.periods[0]:
        return fund.budget[p] + m.carry[f, p - 1]
    return fund.budget[p]
