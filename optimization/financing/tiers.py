"""The objectives of the financing, in the order in which they are minimised."""

from collections.abc import Iterable
from typing import Any

import pyomo.environ as pyo

from optimization.solver import sum_over

ORDER = ("uncovered", "unfairness", "thinness", "cost")


def uncovered(m: pyo.ConcreteModel) -> Any:
    """Z1 = sum (1+g)^(Q-p)·gap + sum beyond   [money]"""
    gaps = sum_over(m.gap_weight[p] * m.gap[i, p] for i in m.institutions for p in m.periods)
    return gaps + sum_over(m.beyond[i] for i in m.debtors)


def unfairness(m: pyo.ConcreteModel) -> Any:
    """Z2 = sum worst + sum below / sum pooled B_f + sum slower / sum last_support   [1]"""
    given = m.given
    return (
        sum_over(m.worst[r] for r in m.regions_in_need)
        + ratio((m.below[r] for r in m.regions_with_target), given.pooled_budget)
        + ratio((m.slower[i] for i in m.supported), sum(given.last_support.values()))
    )


def thinness(m: pyo.ConcreteModel) -> Any:
    """Z3 = sum thin / sum required + sum arrears / sum claim   [1]"""
    required, claims = sum(m.given.required.values()), sum(m.given.claims.values())
    return ratio((m.thin[i, p] for i, p in m.liquid), required) + ratio(
        (m.arrears[y, i, p] for y, i in m.owing for p in m.periods), claims
    )


def cost(m: pyo.ConcreteModel) -> Any:
    """Z4 = interest of every draw over its whole life - interest earned + κ[f]·support   [money]"""
    lent = sum_over(m.interest[k] * m.draw[k, i, q] for k, i, q in m.draws)
    banked = sum(max(cash, 0.0) for cash in m.given.opening_cash.values())
    if len(m.periods_but_last):
        banked += sum_over(m.cash[i, p] for i in m.institutions for p in m.periods_but_last)
    support = sum_over(
        m.cost_of_fund[f] * m.support[f, i, p] for f, i in m.eligible for p in m.periods
    )
    return lent - m.given.deposit_rate * banked + support


def ratio(amounts: Iterable[Any], whole: float) -> Any:
    """Sum of ``amounts`` by ``whole``; absent where that is 0"""
    return sum_over(amounts) / whole if whole > 0 else 0.0
