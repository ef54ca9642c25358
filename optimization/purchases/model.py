"""The Pyomo model: sets and parameters of the inputs, variables, constraints and objectives."""

from collections.abc import Mapping
from itertools import product

import pyomo.environ as pyo

from optimization.purchases import constraints, tiers
from optimization.purchases.inputs import PurchaseInputs
from optimization.solver import templatized
from optimization.solver.matrix import grouped, hold, members, members_of, minimise, param


def build(given: PurchaseInputs, value: Mapping[str, float]) -> pyo.ConcreteModel:
    """The model of the requests in ``value`` [points/year], its objectives as ``tiers.ORDER``."""
    m = pyo.ConcreteModel(name="purchases")
    m.value = dict(value)
    with templatized():
        _sets(m, given)
        _fund_sets(m, given)
        _loan_sets(m, given)
        _parameters(m, given)
        m.buy = pyo.Var(m.choices, domain=pyo.Binary)
        m.grant = pyo.Var(m.grants, domain=pyo.NonNegativeReals)
        m.draw = pyo.Var(m.draws, domain=pyo.NonNegativeReals)
        _constraints(m)
        minimise(m, tiers.harm_kept)
        minimise(m, tiers.spending)
    return m


def _sets(m: pyo.ConcreteModel, given: PurchaseInputs) -> None:
    requests, funds, loans = given.requests, given.funds, given.loans
    choices = [(k, p) for k in m.value for p in given.periods(k)]
    m.choices = members(choices, 2)
    m.requests = members(dict.fromkeys(k for k, _ in choices))
    m.periods_of = members_of(m.requests, grouped(choices))
    may = {k: [f for f in funds if requests[k].institution in funds[f].eligible] for k in m.value}
    m.funds_of = members_of(m.requests, may)
    m.grants = members([(k, f, p) for k, p in choices for f in may[k]], 3)
    m.periods = members(given.years)
    can = {p: [x for x in loans if p in loans[x].draws(p)] for p in given.years}
    m.loans_in = members_of(m.periods, can)
    m.draws = members([(k, x, p) for k, p in choices for x in can[p]], 3)


def _fund_sets(m: pyo.ConcreteModel, given: PurchaseInputs) -> None:
    """What funds grant in a period, to whom, and what they granted before."""
    funds, place = given.funds, _places(m, given)
    granted = grouped(((f, p), k) for k, f, p in m.grants)
    granted_to = grouped(((f, place[k], p), k) for k, f, p in m.grants if funds[f].max_share != 1)
    m.granting = members([key for key in product(funds, given.years) if key in granted], 2)
    m.granted = members_of(m.granting, granted)
    shares = product(funds, sorted(set(place.values())), given.years)
    m.sharing = members([key for key in shares if key in granted_to], 3)
    m.granted_to = members_of(m.sharing, granted_to)
    kept = {
        (f, p): [(k, q) for k, g, q in m.grants if g == f and q < p] if funds[f].carry_over else ()
        for f, p in m.granting
    }
    m.granted_before = members_of(m.granting, kept, 2)


def _loan_sets(m: pyo.ConcreteModel, given: PurchaseInputs) -> None:
    """Which draws are owed in a period, by all and by each institution."""
    loans, place = given.loans, _places(m, given)
    owed = [
        (k, x, p, q)
        for p in given.years
        for k, x, q in m.draws
        if q <= p and loans[x].outstanding(p - q) > 0
    ]
    by_loan = grouped(((x, p), (k, q)) for k, x, p, q in owed)
    m.lent = members([key for key in product(loans, given.years) if key in by_loan], 2)
    m.owed = members_of(m.lent, by_loan, 2)
    by_place = grouped(((x, place[k], p), (k, q)) for k, x, p, q in owed)
    bounded = [x for x in loans if loans[x].income_multiple is not None]
    limits = product(bounded, sorted(set(place.values())), given.years)
    m.bounded = members([key for key in limits if key in by_place], 3)
    m.owed_by = members_of(m.bounded, by_place, 2)
    m.left = param({(x, p, q): loans[x].outstanding(p - q) for _, x, p, q in owed}, 3)


def _places(m: pyo.ConcreteModel, given: PurchaseInputs) -> dict[str, str]:
    return {k: given.requests[k].institution for k in m.value}


def _parameters(m: pyo.ConcreteModel, given: PurchaseInputs) -> None:
    funds, loans, last = given.funds, given.loans, max(given.years, default=0)
    asked = {k: given.requests[k] for k in m.value}
    m.price = param({k: request.price for k, request in asked.items()})
    m.averted = param({(k, p): given.years[p] * m.value[k] for k, p in m.choices}, 2)
    whole = {(k, p): asked[k].price + (last - p + 1) * asked[k].running_cost for k, p in m.choices}
    m.whole_cost = param(whole, 2)
    m.budget = param({(f, p): funds[f].up_to(p) for f, p in m.granting}, 2)
    m.max_share = param({f: fund.max_share for f, fund in funds.items()})
    m.cost_of_fund = param({f: fund.cost for f, fund in funds.items()})
    m.limit = param({x: loan.limit for x, loan in loans.items()})
    m.interest = param({x: loan.lifetime_interest() for x, loan in loans.items()})
    income = {r.institution: max(r.income, 0.0) for r in reversed(list(given.requests.values()))}
    multiples = {x: loan.income_multiple for x, loan in loans.items()}
    most = {(x, i): t * income[i] for x, t in multiples.items() if t is not None for i in income}
    m.limit_by_income = param(most, 2)


def _constraints(m: pyo.ConcreteModel) -> None:
    hold(m, constraints.bought_once, m.requests)
    hold(m, constraints.paid_in_full, m.choices)
    hold(m, constraints.within_budget, m.granting)
    hold(m, constraints.share_of_fund, m.sharing)
    hold(m, constraints.loan_limit, m.lent)
    hold(m, constraints.income_limit, m.bounded)
