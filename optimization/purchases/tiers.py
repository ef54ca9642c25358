"""The objectives of the choice, in the order in which they are minimised."""

from typing import Any

import pyomo.environ as pyo

from optimization.solver import sum_over

ORDER = ("harm_kept", "spending")


def harm_kept(m: pyo.ConcreteModel) -> Any:
    """Z1 = - sum years[p] · value[k] · buy[k,p]   [points]"""
    return -sum_over(m.averted[k, p] * m.buy[k, p] for k, p in m.choices)


def spending(m: pyo.ConcreteModel) -> Any:
    """Z2 = sum (price + running cost to the end) · buy + κ · grant + interest of draws   [money]"""
    bought = sum_over(m.whole_cost[k, p] * m.buy[k, p] for k, p in m.choices)
    public = sum_over(m.cost_of_fund[f] * m.grant[k, f, p] for k, f, p in m.grants)
    return bought + public + sum_over(m.interest[x] * m.draw[k, x, p] for k, x, p in m.draws)
