"""Loans: constraints (4) and (9)."""

from collections.abc import Iterator
from typing import Any

import pyomo.environ as pyo


def declare(m: pyo.ConcreteModel) -> None:
    """Add the lenders' constraints."""
    given = m.given
    institutions, periods = given.institutions, given.periods
    m.loan_limit = pyo.Constraint([(k, p) for k in given.loans for p in periods], rule=loan_limit)
    multiples = [k for k, loan in given.loans.items() if loan.income_multiple is not None]
    m.income_limit = pyo.Constraint(
        [(k, i, p) for k in multiples for i in institutions for p in periods], rule=income_limit
    )
    m.debt_outlives = pyo.Constraint(list(m.beyond), rule=debt_outlives)
    covered = [(i, p) for i in institutions for p in periods if given.least_cover > 0]
    m.debt_is_covered = pyo.Constraint(covered, rule=debt_is_covered)


def loan_limit(m: pyo.ConcreteModel, k: str, p: int) -> Any:
    """sum_i owed[l,i,p] ≤ limit[l]"""
    owed = [term for i in m.given.institutions for term in owed_terms(m, k, i, p)]
    return pyo.quicksum(owed) <= m.given.loans[k].limit if owed else pyo.Constraint.Skip


def income_limit(m: pyo.ConcreteModel, k: str, i: str, p: int) -> Any:
    """owed[l,i,p] ≤ lev[l] · income[i]"""
    owed = list(owed_terms(m, k, i, p))
    most = m.given.loans[k].income_multiple * max(m.given.income(i), 0.0)
    return pyo.quicksum(owed) <= most if owed else pyo.Constraint.Skip


def debt_outlives(m: pyo.ConcreteModel, i: str) -> Any:
    """beyond[i] ≥ sum over operating loans of owed[l,i,Q] - sum_y arrears[y,i,Q]"""
    last = m.given.last
    arrears = pyo.quicksum(m.arrears[y, i, last] for y in m.given.owing_to.get(i, ()))
    return m.beyond[i] - operating_debt(m, i, last) + arrears >= 0


def debt_is_covered(m: pyo.ConcreteModel, i: str, p: int) -> Any:
    """interest due + principal due except bullets' on new draws
    ≤ max(0, (claims + other - opex)/dscr - service) + operating support/dscr
    """
    given = m.given
    due = [
        coefficient * m.draw[k, i, q]
        for k, loan in given.loans.items()
        for q, coefficient in given.covered_due[k, p]
    ]
    if not due:
        return pyo.Constraint.Skip
    surplus = given.claims[i, p] + given.other_income[i, p] - given.operating_cost[i, p]
    room = max(0.0, surplus / given.least_cover - given.debt_service[i, p])
    support = pyo.quicksum(m.support[f, i, p] for f in given.operating_funds.get(i, ()))
    return pyo.quicksum(due) <= room + support / given.least_cover


def owed_terms(m: pyo.ConcreteModel, k: str, i: str, p: int) -> Iterator[Any]:
    """owed[l,i,p] = sum_{q≤p} left[l,p-q] · draw[l,i,q], term by term"""
    return (left * m.draw[k, i, q] for q, left in m.given.left[k, p])


def operating_debt(m: pyo.ConcreteModel, i: str, p: int) -> Any:
    """sum over operating loans of owed[l,i,p]"""
    loans = (k for k, loan in m.given.loans.items() if loan.purpose == "operating")
    return pyo.quicksum(term for k in loans for term in owed_terms(m, k, i, p))
