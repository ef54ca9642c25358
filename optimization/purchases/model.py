"""The choice of purchases: which, when, and from which money.

Requests k of institutions i(k), periods p = 1..Q, funds f and loans l that are for purchases.

    price, running     price of all units asked for; cost of running them     money, money/period
    value              harm averted by having them                            points/year
    years[p]           from period p to the end of the plan                   years
    B_f[p], max_share  a fund's new money; largest share for one institution  money, share
    limit, lev         most that all owe; most that one owes by income        money, 1
    left[l,a]          share of a draw still owed a periods later             share
    κ                  cost of a unit of public money                         1

Variables: buy[k,p], 0 or 1, from the earliest period on; grant[k,f,p], draw[k,l,p], at least 0.

At first, value = units · sum_t shadow price of a unit-day · 365 / H. The allocation's first tier is
then solved again with all that is chosen in service. Where that averts a tenth more or less than
taken, the choice is made again, up to five times, with what each request averts alone; for those
just chosen, times what they avert together by the sum of what they avert alone. Of all rounds the
one that averts most as confirmed is kept, and all are published. Money for purchases pays for
nothing else, and running cost and debt service, which the institution bears, are told.
"""

from collections.abc import Mapping
from typing import Any

import pyomo.environ as pyo

from optimization.purchases import tiers
from optimization.purchases.inputs import PurchaseInputs


def build(given: PurchaseInputs, value: Mapping[str, float]) -> pyo.ConcreteModel:
    """The model of the requests in ``value`` [points/year], its objectives as ``tiers.ORDER``."""
    m = pyo.ConcreteModel(name="purchases")
    m.given, m.value = given, dict(value)
    m.when = [(k, p) for k in value for p in given.periods(k)]
    m.buy = pyo.Var(m.when, domain=pyo.Binary)
    m.grant = pyo.Var(
        [(k, f, p) for k, p in m.when for f in given.funds if _may(given, f, k)],
        domain=pyo.NonNegativeReals,
    )
    m.draw = pyo.Var(
        [(k, x, p) for k, p in m.when for x, loan in given.loans.items() if _open(loan, p)],
        domain=pyo.NonNegativeReals,
    )
    _declare(m, given)
    for objective in (tiers.harm_kept, tiers.spending):
        setattr(m, objective.__name__, pyo.Objective(rule=objective))
    return m


def _declare(m: pyo.ConcreteModel, given: PurchaseInputs) -> None:
    periods, places = list(given.years), sorted({given.requests[k].institution for k in m.value})
    m.bought_once = pyo.Constraint(list(m.value), rule=bought_once)
    m.paid_in_full = pyo.Constraint(m.when, rule=paid_in_full)
    m.within_budget = pyo.Constraint(list(given.funds), periods, rule=within_budget)
    m.share_of_fund = pyo.Constraint(list(given.funds), places, periods, rule=share_of_fund)
    m.loan_limit = pyo.Constraint(list(given.loans), periods, rule=loan_limit)
    bounded = [x for x, loan in given.loans.items() if loan.income_multiple is not None]
    m.income_limit = pyo.Constraint(bounded, places, periods, rule=income_limit)


def _may(given: PurchaseInputs, fund: str, request: str) -> bool:
    return given.requests[request].institution in given.funds[fund].eligible


def _open(loan: Any, period: int) -> bool:
    return bool(loan.draw_first <= period <= loan.draw_last)


def bought_once(m: pyo.ConcreteModel, k: str) -> Any:
    """sum_p buy[k,p] ≤ 1"""
    bought = [m.buy[j, p] for j, p in m.when if j == k]
    return pyo.quicksum(bought) <= 1 if bought else pyo.Constraint.Skip


def paid_in_full(m: pyo.ConcreteModel, k: str, p: int) -> Any:
    """sum_f grant[k,f,p] + sum_l draw[k,l,p] = price[k] · buy[k,p]"""
    money = [v for (j, _, q), v in (*m.grant.items(), *m.draw.items()) if (j, q) == (k, p)]
    return pyo.quicksum(money) == m.given.requests[k].price * m.buy[k, p]


def within_budget(m: pyo.ConcreteModel, f: str, p: int) -> Any:
    """sum_{k} grant[k,f,p] ≤ B_f[p] + what is left of earlier budgets   (where money stays)"""
    used = granted(m, f, p)
    return _unless_empty(used, available(m, f, p))


def share_of_fund(m: pyo.ConcreteModel, f: str, i: str, p: int) -> Any:
    """sum_{k of i} grant[k,f,p] ≤ max_share[f] · (the right side above)"""
    if m.given.funds[f].max_share == 1:
        return pyo.Constraint.Skip
    used = [v for (k, g, q), v in m.grant.items() if (g, q) == (f, p) and _of(m, k) == i]
    return _unless_empty(used, m.given.funds[f].max_share * available(m, f, p))


def loan_limit(m: pyo.ConcreteModel, x: str, p: int) -> Any:
    """sum_{k,q≤p} left[l,p-q] · draw[k,l,q] ≤ limit[l]"""
    return _unless_empty(owed(m, x, p), m.given.loans[x].limit)


def income_limit(m: pyo.ConcreteModel, x: str, i: str, p: int) -> Any:
    """sum_{k of i,q≤p} left[l,p-q] · draw[k,l,q] ≤ lev[l] · income[i]"""
    income = next(r.income for r in m.given.requests.values() if r.institution == i)
    return _unless_empty(owed(m, x, p, i), m.given.loans[x].income_multiple * max(income, 0.0))


def granted(m: pyo.ConcreteModel, f: str, p: int) -> list[Any]:
    """What a fund gives in a period, term by term"""
    return [v for (_, g, q), v in m.grant.items() if (g, q) == (f, p)]


def available(m: pyo.ConcreteModel, f: str, p: int) -> Any:
    """B_f[p]; where money stays, with what earlier periods left"""
    fund = m.given.funds[f]
    if not fund.carry_over:
        return fund.budget[p]
    before = [q for q in m.given.years if q < p]
    left = sum(fund.budget[q] for q in before)
    return fund.budget[p] + left - pyo.quicksum(v for q in before for v in granted(m, f, q))


def owed(m: pyo.ConcreteModel, x: str, p: int, i: str | None = None) -> list[Any]:
    """What all, or institution i, owe on a loan after a period, term by term"""
    loan = m.given.loans[x]
    return [
        loan.outstanding(p - q) * v
        for (k, y, q), v in m.draw.items()
        if y == x and q <= p and i in (None, _of(m, k)) and loan.outstanding(p - q) > 0
    ]


def _of(m: pyo.ConcreteModel, request: str) -> str:
    return str(m.given.requests[request].institution)


def _unless_empty(terms: list[Any], most: Any) -> Any:
    return pyo.quicksum(terms) <= most if terms else pyo.Constraint.Skip
