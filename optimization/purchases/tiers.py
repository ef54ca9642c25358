"""What is minimised, first to last."""

from typing import Any

import pyomo.environ as pyo

ORDER = ("harm_kept", "spending")


def harm_kept(m: pyo.ConcreteModel) -> Any:
    """Z1 = - sum years[p] · value[k] · buy[k,p]   [points]"""
    years = m.given.years
    return -pyo.quicksum(years[p] * m.value[k] * m.buy[k, p] for k, p in m.when)


def spending(m: pyo.ConcreteModel) -> Any:
    """Z2 = sum (price + running cost to the end) · buy + κ · grant + interest of draws   [money]"""
    given, last = m.given, max(m.given.years, default=0)
    bought = pyo.quicksum(
        (given.requests[k].price + (last - p + 1) * given.requests[k].running_cost) * m.buy[k, p]
        for k, p in m.when
    )
    public = pyo.quicksum(given.funds[f].cost * v for (_, f, _), v in m.grant.items())
    interest = {x: loan.lifetime_interest() for x, loan in given.loans.items()}
    return bought + public + pyo.quicksum(interest[x] * v for (_, x, _), v in m.draw.items())
