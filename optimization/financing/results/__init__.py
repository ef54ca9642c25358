"""One function per result table: from the books of a plan to what is published."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from optimization.financing.inputs import Cell, FinancingInputs
from optimization.financing.ledger import Ledger, Unit, opening_arrears, total_by_cell
from schemas.results import financing as tables
from schemas.table import Table, conform, polars_schema

NOTHING = 1e-6
SUMMED = ("paid", "claim", "support", "draw", "principal", "interest", "owed", "arrears")
Entry = tuple[str, str, str, str, int, float]


@dataclass(frozen=True)
class Published:
    """A plan's books and the status quo's, and how to read them.

    ``ticks`` are the ledger's units in one unit of currency.
    """

    given: FinancingInputs
    books: Ledger
    before: Ledger
    days: Mapping[int, int]
    unit: Unit
    ticks: float

    def money(self, amount: float) -> float:
        """An amount of the books, in currency."""
        return amount / self.ticks + 0.0

    @cached_property
    def operating_debt(self) -> dict[Cell, float]:
        """Owed on operating loans, by institution and period."""
        loans = self.given.loans
        owed = self.books.owed.items()
        return total_by_cell({k: v for k, v in owed if loans[k[0]].purpose == "operating"})

    @cached_property
    def beyond(self) -> dict[str, float]:
        """Operating debt less payers' arrears after the last period, by institution."""
        last = self.given.last
        arrears = total_by_cell({k: v for k, v in self.books.arrears.items() if k[2] == last})
        return {
            i: max(self.operating_debt.get((i, last), 0.0) - arrears.get((i, last), 0.0), 0.0)
            for i in self.given.institutions
        }

    @cached_property
    def cells(self) -> list[Cell]:
        """Institutions and periods, in order."""
        return [(i, p) for i in self.given.institutions for p in self.given.periods]


def frame(table: type[Table], rows: list[tuple[Any, ...]]) -> pl.DataFrame:
    """Rows in the order of the table's columns, sorted by key."""
    return conform(table, pl.DataFrame(rows, schema=polars_schema(table), orient="row"))


def flows(plan: Published) -> pl.DataFrame:
    """``FinancingFlow``: every amount but 0 that reaches an institution."""
    books, given = plan.books, plan.given
    kinds = {"payment": books.paid, "support": books.support, "draw": books.draw}
    rows = [
        (source, i, p, kind, plan.money(amount))
        for kind, amounts in kinds.items()
        for (source, i, p), amount in amounts.items()
    ]
    income = {cell: plan.unit.settle(given.other_income[cell]) for cell in plan.cells}
    own = {"other_income": income, "interest_earned": books.earned}
    rows += [("own", *c, kind, plan.money(a)) for kind, of in own.items() for c, a in of.items()]
    rows += [("nobody", *cell, "uncovered", plan.money(a)) for cell, a in books.gap.items()]
    return frame(tables.FinancingFlow, [row for row in rows if row[-1] != 0])


def positions(plan: Published) -> pl.DataFrame:
    """``FinancingPosition``: each institution's money in each period."""
    totals = _totals(plan)
    rows = [
        _position(plan, {item: of.get(cell, 0.0) for item, of in totals.items()}, cell)
        for cell in plan.cells
    ]
    return frame(tables.FinancingPosition, rows)


def _totals(plan: Published) -> dict[str, dict[Cell, float]]:
    """Amounts of all payers, funds or loans, by item, and by institution and period."""
    books, loans, funds = plan.books, plan.given.loans, plan.given.funds
    support, principal = books.support.items(), books.principal.items()
    items = {
        **{item: getattr(books, item) for item in SUMMED},
        "operating": {k: v for k, v in support if funds[k[0]].purpose == "operating"},
        "bullets": {k: v for k, v in principal if loans[k[0]].repayment == "bullet"},
    }
    return {item: total_by_cell(of) for item, of in items.items()}


def _position(plan: Published, total: Mapping[str, float], cell: Cell) -> tuple[Any, ...]:
    """One row of ``FinancingPosition``, in the order of its columns."""
    given, books, settle = plan.given, plan.books, plan.unit.settle
    cost = settle(given.operating_cost[cell])
    service = settle(given.debt_service[cell])
    other = settle(given.other_income[cell])
    income = total["claim"] + other
    due = service + total["interest"] + total["principal"] - total["bullets"]
    amounts = (
        books.opening[cell],
        total["paid"],
        total["support"],
        total["draw"],
        other,
        books.earned[cell],
        books.gap[cell],
        cost,
        settle(given.capital_need[cell]),
        service,
        total["principal"],
        total["interest"],
        books.cash[cell],
        thin(plan, cell),
        total["owed"],
        total["arrears"],
    )
    return (
        *cell,
        *map(plan.money, amounts),
        ratio(books.cash[cell] * plan.days[cell[1]], cost),
        ratio(income - cost + total["operating"], due),
        ratio(income - cost, income),
    )


def thin(plan: Published, cell: Cell) -> float:
    """Cash that is not borrowed, below the days required."""
    required = plan.unit.settle(plan.given.required.get(cell, 0.0))
    own = plan.books.cash[cell] - plan.operating_debt.get(cell, 0.0)
    return max(required - own, 0.0) if required > 0 else 0.0


def ratio(amount: float, of: float) -> float | None:
    """Their quotient; None where there is nothing to divide by."""
    return amount / of if of > NOTHING else None


def receivables(plan: Published) -> pl.DataFrame:
    """``FinancingReceivable``: what each payer owes each institution."""
    books = plan.books
    rows = []
    for k, claim in books.claim.items():
        opening = opening_arrears(books, plan.given, plan.unit, *k)
        amounts = opening, claim, books.paid[k], books.arrears[k]
        rows.append((*k, *map(plan.money, amounts)))
    return frame(tables.FinancingReceivable, rows)


def debts(plan: Published) -> pl.DataFrame:
    """``FinancingDebt``: what each institution owes on each loan; rows of 0 are absent."""
    books = plan.books
    rows = []
    for k, owed in books.owed.items():
        opening = books.owed.get((*k[:2], k[2] - 1), 0.0)
        amounts = opening, books.draw[k], books.principal[k], books.interest[k], owed
        if any(amounts):
            rows.append((*k, *map(plan.money, amounts)))
    return frame(tables.FinancingDebt, rows)


def status_quo_table(plan: Published) -> pl.DataFrame:
    """``FinancingStatusQuo``: the same institutions without support and without loans."""
    before = plan.before
    paid = total_by_cell(before.paid)
    rows = []
    for cell in plan.cells:
        money = paid.get(cell, 0.0), before.earned[cell], before.gap[cell], before.cash[cell]
        days = before.cash[cell] * plan.days[cell[1]]
        cost = plan.unit.settle(plan.given.operating_cost[cell])
        rows.append((*cell, *map(plan.money, money), ratio(days, cost)))
    return frame(tables.FinancingStatusQuo, rows)


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
