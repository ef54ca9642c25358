"""What is minimised, first to last."""

from collections.abc import Iterable
from typing import Any

import pyomo.environ as pyo

ORDER = ("uncovered", "unfairness", "thinness", "cost")


def declare(m: pyo.ConcreteModel) -> None:
    """Add the four objectives."""
    for objective in (uncovered, unfairness, thinness, cost):
        setattr(m, objective.__name__, pyo.Objective(rule=objective, sense=pyo.minimize))


def uncovered(m: pyo.ConcreteModel) -> Any:
    """Z1 = sum (1+g)^(Q-p)·gap + sum beyond   [money]"""
    growth, last = 1 + m.given.gap_growth, m.given.last
    gaps = pyo.quicksum(growth ** (last - p) * gap for (_, p), gap in m.gap.items())
    return gaps + pyo.quicksum(m.beyond.values())


def unfairness(m: pyo.ConcreteModel) -> Any:
    """Z2 = sum worst + sum below / sum pooled B_f + sum slower / sum last_support   [1]"""
    given = m.given
    return (
        pyo.quicksum(m.worst.values())
        + ratio(m.below.values(), given.pooled_budget)
        + ratio(m.slower.values(), sum(given.last_support.values()))
    )


def thinness(m: pyo.ConcreteModel) -> Any:
    """Z3 = sum thin / sum required + sum arrears / sum claim   [1]"""
    given = m.given
    return ratio(m.thin.values(), sum(given.required.values())) + ratio(
        m.arrears.values(), sum(given.claims.values())
    )


def cost(m: pyo.ConcreteModel) -> Any:
    """Z4 = interest of every draw over its whole life - interest earned + κ[f]·support   [money]"""
    given = m.given
    interest = {k: loan.lifetime_interest() for k, loan in given.loans.items()}
    lent = pyo.quicksum(interest[k] * draw for (k, _, _), draw in m.draw.items())
    earning = pyo.quicksum(cash for (_, p), cash in m.cash.items() if p < given.last)
    at_once = sum(max(cash, 0.0) for cash in given.opening_cash.values())
    support = pyo.quicksum(given.funds[f].cost * s for (f, _, _), s in m.support.items())
    return lent - given.deposit_rate * (earning + at_once) + support


def ratio(amounts: Iterable[Any], whole: float) -> Any:
    """Sum of ``amounts`` by ``whole``; absent where that is 0"""
    return pyo.quicksum(amount / whole for amount in amounts) if whole > 0 else 0.0
