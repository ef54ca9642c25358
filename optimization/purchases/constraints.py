"""Every constraint of the choice: a function each, its formula in words and symbols.

Symbols and units stand in ``optimization.purchases``.
"""

from typing import Any

import pyomo.environ as pyo

from optimization.solver import sum_over


def bought_once(m: pyo.ConcreteModel, k: str) -> Any:
    """sum_p buy[k,p] ≤ 1"""
    return sum_over(m.buy[k, p] for p in m.periods_of[k]) <= 1


def paid_in_full(m: pyo.ConcreteModel, k: str, p: int) -> Any:
    """sum_f grant[k,f,p] + sum_l draw[k,l,p] = price[k] · buy[k,p]"""
    granted = sum_over(m.grant[k, f, p] for f in m.funds_of[k])
    drawn = sum_over(m.draw[k, x, p] for x in m.loans_in[p])
    return granted + drawn == m.price[k] * m.buy[k, p]


def within_budget(m: pyo.ConcreteModel, f: str, p: int) -> Any:
    """sum_{k} grant[k,f,p] ≤ B_f[p] + what is left of earlier budgets   (where money stays)"""
    return sum_over(m.grant[k, f, p] for k in m.granted[f, p]) <= available(m, f, p)


def share_of_fund(m: pyo.ConcreteModel, f: str, i: str, p: int) -> Any:
    """sum_{k of i} grant[k,f,p] ≤ max_share[f] · (the right side above)"""
    used = sum_over(m.grant[k, f, p] for k in m.granted_to[f, i, p])
    return used <= m.max_share[f] * available(m, f, p)


def loan_limit(m: pyo.ConcreteModel, x: str, p: int) -> Any:
    """sum_{k,q≤p} left[l,p-q] · draw[k,l,q] ≤ limit[l]"""
    return sum_over(m.left[x, p, q] * m.draw[k, x, q] for k, q in m.owed[x, p]) <= m.limit[x]


def income_limit(m: pyo.ConcreteModel, x: str, i: str, p: int) -> Any:
    """sum_{k of i,q≤p} left[l,p-q] · draw[k,l,q] ≤ lev[l] · income[i]"""
    owed = sum_over(m.left[x, p, q] * m.draw[k, x, q] for k, q in m.owed_by[x, i, p])
    return owed <= m.limit_by_income[x, i]


def available(m: pyo.ConcreteModel, f: str, p: int) -> Any:
    """B_f[p]; where money stays, with what earlier periods left"""
    return m.budget[f, p] - sum_over(m.grant[k, f, q] for k, q in m.granted_before[f, p])
