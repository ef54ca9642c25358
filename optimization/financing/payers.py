"""What payers owe and pay: constraints (1) and (2)."""

from typing import Any

import pyomo.environ as pyo


def declare(m: pyo.ConcreteModel) -> None:
    """Add the payers' constraints, for payers that have a ceiling or arrears."""
    owing = [(y, i, p) for y, i in m.given.owing for p in m.given.periods]
    m.arrears_balance = pyo.Constraint(owing, rule=arrears_balance)
    m.payers_can_pay = pyo.Constraint(list(m.given.ceiling), rule=payers_can_pay)
    m.payers_pay_pro_rata = pyo.Constraint(owing, rule=payers_pay_pro_rata)


def arrears_balance(m: pyo.ConcreteModel, y: str, i: str, p: int) -> Any:
    """arrears[y,i,p] = arrears[y,i,p-1] + claim[y,i,p] - pay[y,i,p]"""
    given = m.given
    before = given.arrears.get((y, i), 0.0) if p == given.periods[0] else m.arrears[y, i, p - 1]
    return m.arrears[y, i, p] == before + given.claim.get((y, i, p), 0.0) - m.pay[y, i, p]


def payers_can_pay(m: pyo.ConcreteModel, y: str, p: int) -> Any:
    """sum_i pay[y,i,p] ≤ B_y[p]"""
    paid = [m.pay[y, i, p] for i in m.given.owed_by.get(y, ())]
    return pyo.quicksum(paid) <= m.given.ceiling[y, p] if paid else pyo.Constraint.Skip


def payers_pay_pro_rata(m: pyo.ConcreteModel, y: str, i: str, p: int) -> Any:
    """pay[y,i,p] ≥ min(1, B_y[p] / sum_i claim[y,i,p]) · claim[y,i,p]"""
    due = m.given.ratio.get((y, p), 1.0) * m.given.claim.get((y, i, p), 0.0)
    return m.pay[y, i, p] >= due if due > 0 else pyo.Constraint.Skip
