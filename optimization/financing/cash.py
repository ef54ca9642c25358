"""Institutions' money: constraints (5), (6) and (7)."""

from typing import Any

import pyomo.environ as pyo

from optimization.financing.debt import operating_debt


def declare(m: pyo.ConcreteModel) -> None:
    """Add the institutions' constraints."""
    given = m.given
    cells = [(i, p) for i in given.institutions for p in given.periods]
    m.cash_balance = pyo.Constraint(cells, rule=cash_balance)
    m.liquidity = pyo.Constraint(list(given.required), rule=liquidity)
    m.capital_is_earmarked = pyo.Constraint(cells, rule=capital_is_earmarked)


def cash_balance(m: pyo.ConcreteModel, i: str, p: int) -> Any:
    """cash[i,p] = (1 + deposit)·cash[i,p-1] + sum pay + sum support + sum draw + other + gap
    - opex - capex - service - principal due - interest due   (no interest on an overdraft)
    """
    given = m.given
    draws = [m.draw[k, i, p] for k, loan in given.loans.items() if p in loan.draws(given.last)]
    due = [c * m.draw[k, i, q] for k in given.loans for q, c in given.due[k, p]]
    money_in = (
        [m.pay[y, i, p] for y in given.owing_to.get(i, ())]
        + [m.support[f, i, p] for f in given.funds_of.get(i, ())]
        + draws
        + [m.gap[i, p]]
    )
    fixed = (
        given.settled[i, p]
        + given.other_income[i, p]
        - given.operating_cost[i, p]
        - given.capital_need[i, p]
        - given.debt_service[i, p]
    )
    return m.cash[i, p] == opening_with_interest(m, i, p) + pyo.quicksum(
        money_in
    ) + fixed - pyo.quicksum(due)


def opening_with_interest(m: pyo.ConcreteModel, i: str, p: int) -> Any:
    """(1 + deposit)·cash[i,p-1]; an opening overdraft bears no interest"""
    rate = m.given.deposit_rate
    if p > m.given.periods[0]:
        return (1 + rate) * m.cash[i, p - 1]
    opening = m.given.opening_cash[i]
    return opening + rate * max(opening, 0.0)


def liquidity(m: pyo.ConcreteModel, i: str, p: int) -> Any:
    """cash[i,p] - sum over operating loans of owed[l,i,p] + thin[i,p]
    ≥ days[i]/days_in_period[p] · opex[i,p]   (where that is not 0)
    """
    own = m.cash[i, p] - operating_debt(m, i, p)
    return own + m.thin[i, p] >= m.given.required[i, p]


def capital_is_earmarked(m: pyo.ConcreteModel, i: str, p: int) -> Any:
    """money of capital funds and capital loans up to p ≤ capex up to p"""
    given = m.given
    upto = [q for q in given.periods if q <= p]
    money = [m.support[f, i, q] for f in given.capital_funds.get(i, ()) for q in upto]
    money += [
        m.draw[k, i, q]
        for k, loan in given.loans.items()
        if loan.purpose == "capital"
        for q in loan.draws(p)
    ]
    need = sum(given.capital_need[i, q] for q in upto)
    return pyo.quicksum(money) <= need if money else pyo.Constraint.Skip
