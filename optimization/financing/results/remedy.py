"""What would close an institution's gap, all else as planned, and which change is cheapest.

Each lever is tried alone: a fund that may support it has as much more as is uncovered; a loan
with a higher limit lends it when it is uncovered, if later cash repays that; a payer that owes it
pays that much earlier, if it owes enough at the time; or it costs less. Costs are those of the
plan's last tier: a unit of public money costs κ, a loan its interest, a payer's own debt nothing.
"""

from collections.abc import Iterator
from itertools import accumulate
from typing import Any

import polars as pl

from optimization.financing.inputs import Loan
from optimization.financing.results import NOTHING, Published, frame, ratio
from schemas.results import financing as tables

LEAST = 0.01
Change = tuple[str, str, float, float | None, float | None]


def remedies(plan: Published) -> pl.DataFrame:
    """``FinancingRemedy``: every lever that closes a gap alone, the cheapest marked."""
    beyond, debt = plan.beyond, plan.operating_debt
    rows: list[tuple[Any, ...]] = []
    for i in plan.given.institutions:
        gaps = [plan.books.gap[i, p] for p in plan.given.periods]
        if sum(gaps) + beyond[i] >= LEAST * plan.ticks:
            owed = debt.get((i, plan.given.last), 0.0)
            changes = list(_changes(plan, i, gaps, beyond[i], owed))
            rows += _marked(plan, i, changes)
    return frame(tables.FinancingRemedy, rows)


def _marked(plan: Published, i: str, changes: list[Change]) -> list[tuple[Any, ...]]:
    """Changes as rows; of those that cost others, the cheapest is marked, else the saving."""
    cheapest = min(changes, key=_order)
    return [
        (i, lever, party, plan.money(amount), None if cost is None else plan.money(cost), share)
        + ((lever, party, amount, cost, share) == cheapest,)
        for lever, party, amount, cost, share in changes
    ]


def _order(change: Change) -> tuple[bool, float, str, str]:
    lever, party, _, cost, _ = change
    return cost is None, cost or 0.0, lever, party


def _changes(
    plan: Published, i: str, gaps: list[float], beyond: float, owed: float
) -> Iterator[Change]:
    """All levers that would close the gap of one institution."""
    given, books = plan.given, plan.books
    lacking = sum(gaps) + beyond
    upto = list(accumulate(gaps))
    for f in given.operating_funds.get(i, ()):
        yield _fund(plan, f, lacking)
    if beyond <= NOTHING:
        for f in given.capital_funds.get(i, ()):
            if _within(upto, _capital_room(plan, i)):
                yield _fund(plan, f, lacking)
        for k, loan in given.loans.items():
            if loan.purpose == "operating" and _repays(plan, i, loan, gaps, owed):
                cost = loan.lifetime_interest() * lacking
                yield "loan", k, lacking, plan.unit.settle(cost), ratio(lacking, loan.limit)
        for y in given.owing_to.get(i, ()):
            later = [books.arrears[y, i, p] for p in given.periods]
            spare = _arrears(plan, i) - owed
            if _within([*upto, upto[-1]], [*later, spare]):
                asked = sum(books.claim[y, i, p] for p in given.periods)
                yield "payer", y, lacking, 0.0, ratio(lacking, asked)
    spent = sum(plan.unit.settle(given.operating_cost[i, p]) for p in given.periods)
    yield "saving", "own", lacking, None, ratio(lacking, spent)


def _within(amounts: list[float], room: list[float]) -> bool:
    """Is each amount at most its room, but for the solver's noise?"""
    return all(a <= b + NOTHING for a, b in zip(amounts, room, strict=True))


def _fund(plan: Published, f: str, lacking: float) -> Change:
    fund = plan.given.funds[f]
    budget = sum(plan.books.budget[f, p] for p in plan.given.periods)
    return "fund", f, lacking, plan.unit.settle(fund.cost * lacking), ratio(lacking, budget)


def _capital_room(plan: Published, i: str) -> list[float]:
    """By period, capital need up to it that no capital money pays yet."""
    given, books = plan.given, plan.books
    need = accumulate(plan.unit.settle(given.capital_need[i, p]) for p in given.periods)
    paid = [
        sum(books.support[f, i, p] for f in given.capital_funds.get(i, ()))
        + sum(books.draw[k, i, p] for k, x in given.loans.items() if x.purpose == "capital")
        for p in given.periods
    ]
    return [a - b for a, b in zip(need, accumulate(paid), strict=True)]


def _repays(plan: Published, i: str, loan: Loan, gaps: list[float], owed: float) -> bool:
    """Does cash pay what falls due if every gap is drawn, with nothing more left beyond?"""
    given, periods = plan.given, plan.given.periods
    if any(
        gap > 0 and p not in loan.draws(given.last) for p, gap in zip(periods, gaps, strict=True)
    ):
        return False
    drawn = list(zip(periods, gaps, strict=True))
    left = sum(gap * loan.outstanding(given.last - q) for q, gap in drawn)
    if left > _arrears(plan, i) - owed + NOTHING:
        return False
    out = 0.0
    for p in periods:
        due = sum(gap * (loan.principal(p - q) + loan.interest(p - q)) for q, gap in drawn if q < p)
        out = (1 + given.deposit_rate) * out + due
        if out > plan.books.cash[i, p] + NOTHING:
            return False
    return True


def _arrears(plan: Published, i: str) -> float:
    """What payers owe the institution after the last period."""
    given = plan.given
    return sum(plan.books.arrears[y, i, given.last] for y in given.owing_to.get(i, ()))
