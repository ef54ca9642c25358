"""Where a region's money comes from and goes to, period by period: two sides that are equal."""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from optimization.financing.results import Published, frame
from schemas.results import financing as tables

Entry = tuple[str, str, str, str, int, float]


def balances(plan: Published) -> pl.DataFrame:
    """``FinancingBalance``: sources and uses of each region and period; rows of 0 are absent."""
    total: dict[tuple[str, int, str, str, str], float] = {}
    for side, item, party, i, p, amount in entries(plan):
        key = plan.given.region[i], p, side, item, party
        total[key] = total.get(key, 0.0) + amount
    rows = [(*key, plan.money(amount)) for key, amount in total.items() if amount != 0]
    return frame(tables.FinancingBalance, rows)


def entries(plan: Published) -> Iterator[Entry]:
    """Every amount of the books as side, item, party, institution, period and amount."""
    books, given, settle = plan.books, plan.given, plan.unit.settle
    parties = {"payment": books.paid, "support": books.support, "draw": books.draw}
    yield from _of_parties("source", parties)
    yield from _of_parties("use", {"principal": books.principal, "interest": books.interest})
    yield from _own("source", "opening_cash", books.opening)
    yield from _own("source", "interest_earned", books.earned)
    yield from _own("use", "closing_cash", books.cash)
    for (i, p), amount in books.gap.items():
        yield "source", "uncovered", "nobody", i, p, amount
    for (i, p), amount in given.other_income.items():
        yield "source", "other_income", "own", i, p, settle(amount)
    for item in ("operating_cost", "capital_need", "debt_service"):
        for (i, p), amount in getattr(given, item).items():
            yield "use", item, "own", i, p, settle(amount)


def _of_parties(side: str, items: Mapping[str, Mapping[Any, float]]) -> Iterator[Entry]:
    for item, amounts in items.items():
        for (party, i, p), amount in amounts.items():
            yield side, item, party, i, p, amount


def _own(side: str, item: str, amounts: Mapping[Any, float]) -> Iterator[Entry]:
    for (i, p), amount in amounts.items():
        yield side, item, "own", i, p, amount
