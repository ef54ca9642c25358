"""Every constraint of the financing: a function each, its formula in words and symbols.

Symbols and units stand in ``optimization.financing``.
"""

from typing import Any

import pyomo.environ as pyo

from optimization.solver import sum_over


def arrears_balance(m: pyo.ConcreteModel, y: str, i: str, p: int) -> Any:
    """arrears[y,i,p] = arrears[y,i,p-1] + claim[y,i,p] - pay[y,i,p]"""
    before = sum_over(m.arrears[y, i, q] for q in m.previous[p])
    return m.arrears[y, i, p] == before + m.claim[y, i, p] - m.pay[y, i, p]


def payers_can_pay(m: pyo.ConcreteModel, y: str, p: int) -> Any:
    """sum_i pay[y,i,p] ≤ B_y[p]"""
    return sum_over(m.pay[y, i, p] for i in m.owed_by[y]) <= m.ceiling[y, p]


def payers_pay_pro_rata(m: pyo.ConcreteModel, y: str, i: str, p: int) -> Any:
    """pay[y,i,p] ≥ min(1, B_y[p] / sum_i claim[y,i,p]) · claim[y,i,p]"""
    return m.pay[y, i, p] >= m.pro_rata[y, i, p]


def fund_balance(m: pyo.ConcreteModel, f: str, p: int) -> Any:
    """sum_i support[f,i,p] + carry[f,p] = B_f[p] + carry[f,p-1]   (see ``available``)"""
    used = sum_over(m.support[f, i, p] for i in m.eligible_for[f])
    return used + m.carry[f, p] == available(m, f, p)


def share_of_fund(m: pyo.ConcreteModel, f: str, i: str, p: int) -> Any:
    """support[f,i,p] ≤ max_share[f] · (B_f[p] + carry[f,p-1])   (below 1; else (3) says so)"""
    return m.support[f, i, p] <= m.max_share[f] * available(m, f, p)


def available(m: pyo.ConcreteModel, f: str, p: int) -> Any:
    """B_f[p] + carry[f,p-1]; without the carry in the first period and where money lapses"""
    return m.budget[f, p] + sum_over(m.carry[f, q] for q in m.carried[f, p])


def loan_limit(m: pyo.ConcreteModel, k: str, p: int) -> Any:
    """sum_i owed[l,i,p] ≤ limit[l]"""
    owed = (m.left[k, p, q] * m.draw[k, i, q] for i in m.institutions for q in m.owed_since[k, p])
    return sum_over(owed) <= m.limit[k]


def income_limit(m: pyo.ConcreteModel, k: str, i: str, p: int) -> Any:
    """owed[l,i,p] ≤ lev[l] · income[i]"""
    owed = sum_over(m.left[k, p, q] * m.draw[k, i, q] for q in m.owed_since[k, p])
    return owed <= m.limit_by_income[k, i]


def debt_outlives(m: pyo.ConcreteModel, i: str) -> Any:
    """beyond[i] ≥ sum over operating loans of owed[l,i,Q] - sum_y arrears[y,i,Q]"""
    last = m.given.last
    arrears = sum_over(m.arrears[y, i, last] for y in m.owing_to[i])
    return m.beyond[i] - operating_debt(m, i, last) + arrears >= 0


def debt_is_covered(m: pyo.ConcreteModel, i: str, p: int) -> Any:
    """interest due + principal due except bullets' on new draws
    ≤ max(0, (claims + other - opex)/dscr - service) + operating support/dscr
    """
    due = sum_over(m.covered_due[k, p, q] * m.draw[k, i, q] for k, q in m.covered_since[p])
    support = sum_over(m.support[f, i, p] for f in m.operating_funds[i])
    return due <= m.cover_room[i, p] + support / m.given.least_cover


def cash_balance(m: pyo.ConcreteModel, i: str, p: int) -> Any:
    """cash[i,p] = (1 + deposit)·cash[i,p-1] + sum pay + sum support + sum draw + other + gap
    - opex - capex - service - principal due - interest due   (no interest on an overdraft)
    """
    money_in = [
        sum_over((1 + m.given.deposit_rate) * m.cash[i, q] for q in m.previous[p]),
        sum_over(m.pay[y, i, p] for y in m.owing_to[i]),
        sum_over(m.support[f, i, p] for f in m.funds_of[i]),
        sum_over(m.draw[k, i, p] for k in m.drawn_in[p]),
        m.gap[i, p],
        m.given_cash[i, p],
    ]
    due = sum_over(m.due[k, p, q] * m.draw[k, i, q] for k, q in m.due_since[p])
    return m.cash[i, p] == pyo.quicksum(money_in) - due


def liquidity(m: pyo.ConcreteModel, i: str, p: int) -> Any:
    """cash[i,p] - sum over operating loans of owed[l,i,p] + thin[i,p]
    ≥ days[i]/days_in_period[p] · opex[i,p]   (where that is not 0)
    """
    return m.cash[i, p] - operating_debt(m, i, p) + m.thin[i, p] >= m.required[i, p]


def capital_is_earmarked(m: pyo.ConcreteModel, i: str, p: int) -> Any:
    """money of capital funds and capital loans up to p ≤ capex up to p"""
    support = sum_over(m.support[f, i, q] for f in m.capital_funds[i] for q in m.until[p])
    draws = sum_over(m.draw[k, i, q] for k, q in m.capital_draws[p])
    return support + draws <= m.capital_need[i, p]


def equity(m: pyo.ConcreteModel, r: str) -> Any:
    """over operating funds open to several regions:
    sum_{i∈ρ} support + below[ρ] ≥ min((1-band)·θ[ρ]·sum B_f, sum_{i∈ρ} need[i])
    """
    support = sum_over(m.support[f, i, p] for f, i in m.pooled[r] for p in m.periods)
    return support + m.below[r] >= m.equity_target[r]


def pace(m: pyo.ConcreteModel, i: str) -> Any:
    """sum_{f,p} support[f,i,p] + slower[i] ≥ (1 - cut) · last_support[i]   (where that is known)"""
    support = sum_over(m.support[f, i, p] for f in m.funds_of[i] for p in m.periods)
    return support + m.slower[i] >= m.least_support[i]


def worst_off(m: pyo.ConcreteModel, i: str) -> Any:
    """sum_p gap[i,p] + beyond[i] ≤ worst[region(i)] · need[i]   (without need: neither)"""
    gaps = sum_over(m.gap[i, p] for p in m.periods)
    beyond = sum_over(m.beyond[j] for j in m.indebted[i])
    return gaps + beyond <= sum_over(m.need[i] * m.worst[r] for r in m.region_in_need[i])


def operating_debt(m: pyo.ConcreteModel, i: str, p: int) -> Any:
    """sum over operating loans of owed[l,i,p], owed[l,i,p] = sum_{q≤p} left[l,p-q] · draw[l,i,q]"""
    return sum_over(m.left[k, p, q] * m.draw[k, i, q] for k, q in m.operating_since[p])
