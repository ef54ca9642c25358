"""The plan's books: from what was decided to every balance that follows from it.

Decided are payments, support, draws and uncovered needs; arrears, carried money, debt, interest
and cash follow. In cents each decision is rounded once (``rounding``), each interest when it
falls due, and principal so that what was repaid on a draw is always its due share, rounded; what
follows is added in whole cents, so that opening and in are out and closing everywhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from optimization.financing.inputs import Cell, FinancingInputs
from optimization.financing.inputs.read import Tables, inputs_from_tables
from optimization.money import Settle, Share, exact, exact_shares, whole, whole_shares

PayerCell = tuple[str, str, int]


@dataclass(frozen=True)
class Decisions:
    """What the solver chose, in the ledger's unit of money."""

    pay: Mapping[PayerCell, float]
    support: Mapping[PayerCell, float]
    draw: Mapping[PayerCell, float]
    gap: Mapping[Cell, float]


@dataclass(frozen=True)
class Ledger:
    """Every amount and balance of a plan; keys start with payer, fund or loan, or institution."""

    claim: dict[PayerCell, float] = field(default_factory=dict)
    paid: dict[PayerCell, float] = field(default_factory=dict)
    arrears: dict[PayerCell, float] = field(default_factory=dict)
    support: dict[PayerCell, float] = field(default_factory=dict)
    carry: dict[tuple[str, int], float] = field(default_factory=dict)
    lapsed: dict[tuple[str, int], float] = field(default_factory=dict)
    budget: dict[tuple[str, int], float] = field(default_factory=dict)
    draw: dict[PayerCell, float] = field(default_factory=dict)
    principal: dict[PayerCell, float] = field(default_factory=dict)
    interest: dict[PayerCell, float] = field(default_factory=dict)
    owed: dict[PayerCell, float] = field(default_factory=dict)
    opening: dict[Cell, float] = field(default_factory=dict)
    earned: dict[Cell, float] = field(default_factory=dict)
    gap: dict[Cell, float] = field(default_factory=dict)
    cash: dict[Cell, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Unit:
    """How a ledger counts: an amount on its own, and amounts that share a purse."""

    settle: Settle
    share: Share


EXACT = Unit(exact, exact_shares)
CENTS = Unit(whole, whole_shares)


def post(given: FinancingInputs, decisions: Decisions, unit: Unit) -> Ledger:
    """The books of ``decisions``; both and the ledger in one unit of money."""
    books = Ledger()
    for p in given.periods:
        _post_payments(books, given, decisions.pay, unit, p)
        _post_support(books, given, decisions.support, unit, p)
        _post_debt(books, given, decisions.draw, unit, p)
    _post_cash(books, given, decisions.gap, unit)
    return books


def _post_payments(
    books: Ledger, given: FinancingInputs, pay: Mapping[PayerCell, float], unit: Unit, p: int
) -> None:
    """closing arrears = opening + claim - paid; no payer pays more than it owes or has."""
    for payer, institutions in given.claimants.items():
        due = {}
        for i in institutions:
            books.claim[payer, i, p] = unit.settle(given.claim.get((payer, i, p), 0.0))
            due[i] = opening_arrears(books, given, unit, payer, i, p) + books.claim[payer, i, p]
        chosen = {i: min(pay[payer, i, p], due[i]) for i in due if (payer, i, p) in pay}
        most = given.ceiling.get((payer, p), float("inf"))
        paid = due | unit.share(chosen, most)
        for i in due:
            books.paid[payer, i, p] = paid[i]
            books.arrears[payer, i, p] = due[i] - paid[i]


def opening_arrears(
    books: Ledger, given: FinancingInputs, unit: Unit, payer: str, i: str, p: int
) -> float:
    """What the payer owed before the period."""
    if p > given.periods[0]:
        return books.arrears[payer, i, p - 1]
    return unit.settle(given.arrears.get((payer, i), 0.0))


def _post_support(
    books: Ledger, given: FinancingInputs, support: Mapping[PayerCell, float], unit: Unit, p: int
) -> None:
    """carried and budget = support + lapsed + carried on"""
    for f, fund in given.funds.items():
        books.budget[f, p] = unit.settle(fund.budget[p])
        purse = books.budget[f, p] + books.carry.get((f, p - 1), 0.0)
        chosen = unit.share({i: support[f, i, p] for i in fund.eligible}, purse)
        for i, amount in chosen.items():
            books.support[f, i, p] = amount
        left = max(purse - sum(chosen.values()), 0.0)
        books.carry[f, p] = left if fund.carry_over else 0.0
        books.lapsed[f, p] = 0.0 if fund.carry_over else left


def _post_debt(
    books: Ledger, given: FinancingInputs, draw: Mapping[PayerCell, float], unit: Unit, p: int
) -> None:
    """owed = owed before + drawn - principal due"""
    for k, loan in given.loans.items():
        drawable = p in loan.draws(given.last)
        for i in given.institutions:
            _post_service(books, given, unit, k, i, p)
        before = sum(books.owed.get((k, i, p - 1), 0.0) for i in given.institutions)
        repaid = sum(books.principal[k, i, p] for i in given.institutions)
        chosen = {i: draw[k, i, p] for i in given.institutions} if drawable else {}
        drawn = unit.share(chosen, loan.limit - before + repaid)
        for i in given.institutions:
            books.draw[k, i, p] = drawn.get(i, 0.0)
            owed = books.owed.get((k, i, p - 1), 0.0) - books.principal[k, i, p]
            books.owed[k, i, p] = max(owed, 0.0) + books.draw[k, i, p]


def _post_service(
    books: Ledger, given: FinancingInputs, unit: Unit, k: str, i: str, p: int
) -> None:
    """What falls due in ``p`` on the institution's earlier draws of the loan."""
    loan = given.loans[k]
    principal = interest = 0.0
    for q in loan.draws(p - 1):
        drawn, age = books.draw[k, i, q], p - q
        if drawn > 0:
            principal += unit.settle(drawn * (1 - loan.outstanding(age)))
            principal -= unit.settle(drawn * (1 - loan.outstanding(age - 1)))
            interest += unit.settle(drawn * loan.interest(age))
    books.principal[k, i, p] = principal
    books.interest[k, i, p] = interest


def _post_cash(
    books: Ledger, given: FinancingInputs, gap: Mapping[Cell, float], unit: Unit
) -> None:
    """Cash of each institution; what rounding leaves below nothing is uncovered."""
    money_in, money_out = books_by_cell(books)
    for i in given.institutions:
        before = unit.settle(given.opening_cash[i])
        for p in given.periods:
            cell = i, p
            books.opening[cell] = before
            books.earned[cell] = unit.settle(given.deposit_rate * max(before, 0.0))
            free = before + books.earned[cell] + money_in.get(cell, 0.0)
            free += unit.settle(given.other_income[cell]) - money_out.get(cell, 0.0)
            free -= unit.settle(given.operating_cost[cell])
            free -= unit.settle(given.capital_need[cell])
            free -= unit.settle(given.debt_service[cell])
            books.gap[cell] = max(unit.settle(max(gap[cell], 0.0)), -free)
            before = books.cash[cell] = free + books.gap[cell]


def books_by_cell(books: Ledger) -> tuple[dict[Cell, float], dict[Cell, float]]:
    """Payments, support and draws in; principal and interest out; by institution and period."""
    money_in = total_by_cell(books.paid, books.support, books.draw)
    return money_in, total_by_cell(books.principal, books.interest)


def total_by_cell(*amounts: Mapping[PayerCell, float]) -> dict[Cell, float]:
    """Amounts of all payers, funds or loans added, by institution and period."""
    total: dict[Cell, float] = {}
    for entries in amounts:
        for (_, i, p), amount in entries.items():
            total[i, p] = total.get((i, p), 0.0) + amount
    return total


def status_quo(given: FinancingInputs, unit: Unit) -> Ledger:
    """The books of the status quo, in the unit of ``given``.

    pay = min(1, B_y / sum_i claim) · claim, old arrears stay; gap is what cash lacks.
    """
    alone = replace(given, funds={}, loans={})
    pay = {
        (y, i, p): given.ratio.get((y, p), 1.0) * given.claim.get((y, i, p), 0.0)
        for y, i in given.owing
        for p in given.periods
    }
    return post(alone, Decisions(pay, {}, {}, dict.fromkeys(given.operating_cost, 0.0)), unit)


def inputs_with_need(tables: Tables, money_unit: float | None = None) -> FinancingInputs:
    """The inputs of the tables with each institution's need: its gap in the status quo."""
    given = inputs_from_tables(tables, money_unit)
    need = dict.fromkeys(given.institutions, 0.0)
    for (i, _), gap in status_quo(given, EXACT).gap.items():
        need[i] += gap
    return replace(given, need=need)
