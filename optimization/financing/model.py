"""The Pyomo model: sets and parameters of the inputs, variables, constraints and objectives.

The formulation with its symbols stands in ``optimization.financing``; each constraint is a
function in ``constraints``, each objective one in ``tiers``.
"""

from itertools import product

import pyomo.environ as pyo

from optimization.financing import constraints, tiers
from optimization.financing.inputs import FinancingInputs
from optimization.solver import templatized
from optimization.solver.matrix import grouped, hold, members, members_of, minimise, param


def build(given: FinancingInputs) -> pyo.ConcreteModel:
    """The model of ``given``, its objectives named as in ``tiers.ORDER``."""
    m = pyo.ConcreteModel(name="financing")
    m.given = given
    with templatized():
        _sets(m, given)
        _loan_sets(m, given)
        _region_sets(m, given)
        _parameters(m, given)
        _loan_parameters(m, given)
        _variables(m)
        _constraints(m)
        for objective in (tiers.uncovered, tiers.unfairness, tiers.thinness, tiers.cost):
            minimise(m, objective)
    return m


def _sets(m: pyo.ConcreteModel, given: FinancingInputs) -> None:
    institutions, periods, funds = given.institutions, given.periods, given.funds
    m.periods, m.institutions, m.funds = members(periods), members(institutions), members(funds)
    m.previous = members_of(m.periods, {p: periods[k : k + 1] for k, p in enumerate(periods[1:])})
    m.until = members_of(m.periods, {p: periods[: k + 1] for k, p in enumerate(periods)})
    m.periods_but_last = members(periods[:-1])
    m.owing = members(given.owing, 2)
    m.owing_to = members_of(m.institutions, given.owing_to)
    m.payers = members(given.owed_by)
    m.owed_by = members_of(m.payers, given.owed_by)
    m.capped = members([(y, p) for y, p in given.ceiling if y in given.owed_by], 2)
    m.eligible = members([(f, i) for f, fund in funds.items() for i in fund.eligible], 2)
    m.eligible_for = members_of(m.funds, {f: fund.eligible for f, fund in funds.items()})
    m.shared = members([(f, i) for f, i in m.eligible if funds[f].max_share < 1], 2)
    carried = {(f, p): m.previous[p] if funds[f].carry_over else () for f in funds for p in periods}
    m.fund_periods = members(carried, 2)
    m.carried = members_of(m.fund_periods, carried)
    m.funds_of = members_of(m.institutions, given.funds_of)
    m.operating_funds = members_of(m.institutions, given.operating_funds)
    m.capital_funds = members_of(m.institutions, given.capital_funds)
    m.liquid = members(given.required, 2)
    m.supported = members([i for i, support in given.last_support.items() if support > 0])


def _loan_sets(m: pyo.ConcreteModel, given: FinancingInputs) -> None:
    """Where loans can be drawn, and since when what falls due in a period is owed."""
    loans, periods, last = given.loans, given.periods, given.last
    draws = ((k, i, q) for k, x in loans.items() for i in given.institutions for q in x.draws(last))
    m.draws = members(draws, 3)
    drawable = grouped((q, k) for k, loan in loans.items() for q in loan.draws(last))
    m.drawn_in = members_of(m.periods, drawable)
    m.loan_periods = members(given.left, 2)
    since = {key: [q for q, _ in shares] for key, shares in given.left.items()}
    m.owed_since = members_of(m.loan_periods, since)
    lent = [key for key in since if since[key] and given.institutions]
    m.lent = members(lent, 2)
    bounded = [
        (k, i, p)
        for k, x in loans.items()
        if x.income_multiple is not None
        for i in given.institutions
        for p in periods
        if (k, p) in lent
    ]
    m.bounded = members(bounded, 3)
    operating = {k for k, loan in loans.items() if loan.purpose == "operating"}
    by_period = {
        name: {p: [(k, q) for k in loans for q, _ in shares[k, p]] for p in periods}
        for name, shares in (("left", given.left), ("due", given.due), ("cover", given.covered_due))
    }
    owed = {p: [(k, q) for k, q in of if k in operating] for p, of in by_period["left"].items()}
    m.operating_since = members_of(m.periods, owed, 2)
    m.due_since = members_of(m.periods, by_period["due"], 2)
    m.covered_since = members_of(m.periods, by_period["cover"], 2)
    covered = [p for p in periods if given.least_cover > 0 and by_period["cover"][p]]
    m.covered = members(product(given.institutions, covered), 2)
    capital = [(k, x) for k, x in loans.items() if x.purpose == "capital"]
    drawn = {p: [(k, q) for k, x in capital for q in x.draws(p)] for p in periods}
    m.capital_draws = members_of(m.periods, drawn, 2)
    cells = product(given.institutions, periods)
    m.earmarked = members([(i, p) for i, p in cells if drawn[p] or i in given.capital_funds], 2)
    m.debtors = members(given.institutions if given.debt_may_outlive else ())
    m.indebted = members_of(m.institutions, {i: [i] for i in m.debtors})


def _region_sets(m: pyo.ConcreteModel, given: FinancingInputs) -> None:
    needy = {i: given.region[i] for i in given.institutions if given.need[i] > 0}
    m.regions_in_need = members(sorted(set(needy.values())))
    m.region_in_need = members_of(m.institutions, {i: [r] for i, r in needy.items()})
    m.regions_with_target = members([r for r, share in given.equity_targets.items() if share > 0])
    pooled = (
        (given.region[i], (f, i)) for f in given.pooled_funds for i in given.funds[f].eligible
    )
    m.pooled = members_of(m.regions_with_target, grouped(pooled), 2)


def _parameters(m: pyo.ConcreteModel, given: FinancingInputs) -> None:
    first, cells = given.periods[:1], list(product(given.institutions, given.periods))
    owing = [(y, i, p) for y, i in given.owing for p in given.periods]
    claim = {k: given.claim.get(k, 0.0) for k in owing}
    anew = {(y, i, p): given.arrears.get((y, i), 0.0) for y, i, p in owing if p in first}
    m.claim = param({k: anew[k] + claim[k] if k in anew else claim[k] for k in owing}, 3)
    m.ceiling = param(given.ceiling, 2)
    due = {(y, i, p): given.ratio.get((y, p), 1.0) * claim[y, i, p] for y, i, p in owing}
    m.pro_rata = param(due, 3)
    m.paid_pro_rata = members([k for k, amount in due.items() if amount > 0], 3)
    m.budget = param({(f, p): b for f, x in given.funds.items() for p, b in x.budget.items()}, 2)
    m.max_share = param({f: fund.max_share for f, fund in given.funds.items()})
    m.cost_of_fund = param({f: fund.cost for f, fund in given.funds.items()})
    m.given_cash = param({cell: _given_cash(given, *cell) for cell in cells}, 2)
    m.required = param(given.required, 2)
    need = {(i, p): sum(given.capital_need[i, q] for q in m.until[p]) for i, p in cells}
    m.capital_need = param(need, 2)
    m.equity_target = param(given.equity_targets)
    kept = 1 - given.largest_cut
    m.least_support = param({i: kept * support for i, support in given.last_support.items()})
    m.need = param(given.need)
    growth = 1 + given.gap_growth
    m.gap_weight = param({p: growth ** (given.last - p) for p in given.periods})


def _given_cash(given: FinancingInputs, i: str, p: int) -> float:
    """What comes in and goes out whatever is decided; in the first period with opening cash."""
    cell = i, p
    fixed = (
        given.settled[cell]
        + given.other_income[cell]
        - given.operating_cost[cell]
        - given.capital_need[cell]
        - given.debt_service[cell]
    )
    if p > given.periods[0]:
        return fixed
    opening = given.opening_cash[i]
    return opening + given.deposit_rate * max(opening, 0.0) + fixed


def _loan_parameters(m: pyo.ConcreteModel, given: FinancingInputs) -> None:
    for name, shares in (
        ("left", given.left),
        ("due", given.due),
        ("covered_due", given.covered_due),
    ):
        flat = {(*kp, q): share for kp, of in shares.items() for q, share in of}
        m.add_component(name, param(flat, 3))
    m.limit = param({k: loan.limit for k, loan in given.loans.items()})
    m.interest = param({k: loan.lifetime_interest() for k, loan in given.loans.items()})
    income = {i: max(given.income(i), 0.0) for i in given.institutions}
    multiples = {k: x.income_multiple for k, x in given.loans.items()}
    most = {(k, i): x * income[i] for k, x in multiples.items() if x is not None for i in income}
    m.limit_by_income = param(most, 2)
    m.cover_room = param({(i, p): _cover_room(given, i, p) for i, p in m.covered}, 2)


def _cover_room(given: FinancingInputs, i: str, p: int) -> float:
    """max(0, (claims + other - opex)/dscr - service)"""
    surplus = given.claims[i, p] + given.other_income[i, p] - given.operating_cost[i, p]
    return max(0.0, surplus / given.least_cover - given.debt_service[i, p])


def _variables(m: pyo.ConcreteModel) -> None:
    indices = {
        "pay": (m.owing, m.periods),
        "arrears": (m.owing, m.periods),
        "support": (m.eligible, m.periods),
        "carry": (m.funds, m.periods),
        "draw": (m.draws,),
        "cash": (m.institutions, m.periods),
        "gap": (m.institutions, m.periods),
        "thin": (m.liquid,),
        "beyond": (m.debtors,),
        "worst": (m.regions_in_need,),
        "below": (m.regions_with_target,),
        "slower": (m.supported,),
    }
    for name, index in indices.items():
        m.add_component(name, pyo.Var(*index, domain=pyo.NonNegativeReals))


def _constraints(m: pyo.ConcreteModel) -> None:
    hold(m, constraints.arrears_balance, m.owing, m.periods)
    hold(m, constraints.payers_can_pay, m.capped)
    hold(m, constraints.payers_pay_pro_rata, m.paid_pro_rata)
    hold(m, constraints.fund_balance, m.funds, m.periods)
    hold(m, constraints.share_of_fund, m.shared, m.periods)
    hold(m, constraints.loan_limit, m.lent)
    hold(m, constraints.income_limit, m.bounded)
    hold(m, constraints.debt_outlives, m.debtors)
    hold(m, constraints.debt_is_covered, m.covered)
    hold(m, constraints.cash_balance, m.institutions, m.periods)
    hold(m, constraints.liquidity, m.liquid)
    hold(m, constraints.capital_is_earmarked, m.earmarked)
    hold(m, constraints.equity, m.regions_with_target)
    hold(m, constraints.pace, m.supported)
    hold(m, constraints.worst_off, m.institutions)
