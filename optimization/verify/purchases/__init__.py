"""Recompute a choice of purchases from its tables alone, and refuse one that does not follow.

No part of the model is used. Prices must be paid to the cent; limits may be broken by a cent for
each amount that was rounded; all else by a millionth of its size.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from optimization.verify import Verification
from schemas.errors import PlanRefused
from schemas.results.purchases import INPUTS, RESULTS
from schemas.table import check, name

CENT = 0.01
LIMIT = 1e-6
YEAR_DAYS = 365.0


def verify_purchases(tables: Mapping[str, pl.DataFrame]) -> Verification:
    """Verify a choice: ``tables`` by name are the inputs and results of the purchases,
    ``financing_period``, and ``plan_run``.

    Raises:
        PlanRefused: naming the rule that the choice breaks.
        TableRefused: a table does not fit its schema.
    """
    books = Books(
        {name(t): check(t, tables[name(t)]) for t in INPUTS + RESULTS}
        | {"financing_period": tables["financing_period"], "plan_run": tables["plan_run"]}
    )
    for rule in (_bought, _paid, _funds, _loans, _costs, _worth):
        rule(books)
    return Verification(books.worst)


@dataclass
class Books:
    """The tables as rows, and the worst relative violation so far."""

    tables: Mapping[str, pl.DataFrame]
    worst: float = 0.0

    def rows(self, table: str) -> list[dict[str, Any]]:
        """The rows of a table."""
        return self.tables[table].to_dicts()

    @cached_property
    def days(self) -> dict[int, int]:
        """Days of each period."""
        return dict(self.tables["financing_period"].select("period", "days").iter_rows())

    @cached_property
    def request(self) -> dict[str, dict[str, Any]]:
        """Requests by id."""
        return {r["purchase_id"]: r for r in self.rows("purchase_request")}

    @cached_property
    def bought(self) -> dict[str, int]:
        """Period of each purchase."""
        return {r["purchase_id"]: r["period"] for r in self.rows("purchase_choice") if r["bought"]}

    def amounts(self, kind: str, source: str) -> list[tuple[str, int, float]]:
        """Institution, period and amount of each row of money from a source."""
        return [
            (self.request[r["purchase_id"]]["institution_id"], r["period"], r["amount"])
            for r in self.rows("purchase_money")
            if (r["source_kind"], r["source_id"]) == (kind, source)
        ]

    def say(self, rule: str, holds: bool) -> None:
        """Refuse what may not be."""
        if not holds:
            raise PlanRefused(f"purchases: {rule}")

    def at_most(self, rule: str, value: float, most: float, cents: int = 0) -> None:
        """``value <= most``, to a cent for each of ``cents`` amounts and a millionth."""
        excess = max(0.0, value - most - cents * CENT) / max(1.0, abs(most))
        self.say(rule, excess <= LIMIT)
        self.worst = max(self.worst, excess)

    def equal(self, rule: str, value: float, wanted: float, cents: float = 0.0) -> None:
        """``value = wanted``, to ``cents`` and a millionth."""
        self.at_most(rule, abs(value - wanted) - cents * CENT, LIMIT * max(1.0, abs(wanted)))


def _bought(books: Books) -> None:
    """Every request is answered; what is bought has a period, not before the earliest."""
    chosen = {r["purchase_id"]: r for r in books.rows("purchase_choice")}
    books.say("every request is answered once", set(chosen) == set(books.request))
    for k, row in chosen.items():
        books.say("only what is bought has a period", row["bought"] == (row["period"] is not None))
        books.say(
            "the reason is that of the choice", row["bought"] == (row["choice_rule"] == "bought")
        )
        if row["bought"]:
            earliest = books.request[k]["earliest_period"]
            books.say("no purchase before its earliest period", row["period"] >= earliest)
            books.say("purchases are made in the plan's periods", row["period"] in books.days)


def _paid(books: Books) -> None:
    """sum of a purchase's money = its price, in the period in which it is bought."""
    paid = dict.fromkeys(books.bought, 0)
    for row in books.rows("purchase_money"):
        at = books.bought.get(row["purchase_id"])
        books.say("money goes to purchases in their period", at == row["period"])
        paid[row["purchase_id"]] += round(row["amount"] * 100)
    for k, cents in paid.items():
        books.say("a purchase is paid in full", cents == round(books.request[k]["price"] * 100))


def _funds(books: Books) -> None:
    """Funds give to whom they may, no more than they have, and to one no more than its share."""
    eligible = set(books.tables["purchase_eligible"].select("fund_id", "institution_id").rows())
    budgets: dict[str, list[dict[str, Any]]] = {}
    for row in sorted(books.rows("purchase_budget"), key=lambda r: r["period"]):
        budgets.setdefault(row["fund_id"], []).append(row)
    known = {r["source_id"] for r in books.rows("purchase_money") if r["source_kind"] == "fund"}
    books.say("money comes from funds that exist", known <= set(budgets))
    for fund, rows in budgets.items():
        given, left = books.amounts("fund", fund), 0.0
        books.say("funds give to whom they may", all((fund, i) in eligible for i, _, _ in given))
        for row in rows:
            now = [(i, a) for i, p, a in given if p == row["period"]]
            available, n = row["budget"] + left, len(given)
            books.at_most("a fund gives what it has", sum(a for _, a in now), available, n)
            for i in {i for i, _ in now}:
                share = sum(a for j, a in now if j == i)
                books.at_most("the share of one", share, row["max_share"] * available, n)
            left = available - sum(a for _, a in now) if row["carry_over"] else 0.0


def _loans(books: Books) -> None:
    """Loans are drawn when they may be; what all and each owe stays within the limits."""
    loans = {r["loan_id"]: r for r in books.rows("purchase_loan")}
    known = {r["source_id"] for r in books.rows("purchase_money") if r["source_kind"] == "loan"}
    books.say("money comes from loans that exist", known <= set(loans))
    income = {r["institution_id"]: r["income"] for r in books.request.values()}
    for x, loan in loans.items():
        drawn = books.amounts("loan", x)
        open_ = all(loan["draw_first"] <= p <= loan["draw_last"] for _, p, _ in drawn)
        books.say("loans are drawn in their periods", open_)
        for p in books.days:
            owed = [(i, a * _left(loan, p - q)) for i, q, a in drawn if q <= p]
            whole, n = sum(a for _, a in owed), len(drawn)
            books.at_most("a loan's limit", whole, loan["limit"], n)
            for i in {i for i, _ in owed} if loan["income_multiple"] is not None else ():
                most = loan["income_multiple"] * max(income[i], 0.0)
                books.at_most("a loan by income", sum(a for j, a in owed if j == i), most, n)


def _left(loan: dict[str, Any], age: int) -> float:
    """Share of a draw still owed after ``age`` periods, followed period by period."""
    owed = 1.0
    rate, term = loan["rate"], loan["term"]
    annuity = rate / (1 - (1 + rate) ** -term)
    for k in range(1, min(age, term) + 1):
        if k == term:
            owed = 0.0
        elif loan["repayment"] == "level_principal":
            owed -= 1 / term
        elif loan["repayment"] == "annuity":
            owed -= annuity - rate * owed
    return owed


def _costs(books: Books) -> None:
    """Running cost and debt service of what is bought, in every period from then on."""
    loans = {r["loan_id"]: r for r in books.rows("purchase_loan")}
    drawn = [r for r in books.rows("purchase_money") if r["source_kind"] == "loan"]
    rows = {(r["purchase_id"], r["period"]): r for r in books.rows("purchase_cost")}
    wanted = {(k, p) for k, start in books.bought.items() for p in books.days if p >= start}
    books.say("every period of a purchase has its cost", set(rows) == wanted)
    for (k, p), row in rows.items():
        age, own = p - books.bought[k], [r for r in drawn if r["purchase_id"] == k]
        due = [(r["amount"], loans[r["source_id"]]) for r in own]
        principal = sum(a * (_left(x, age - 1) - _left(x, age)) for a, x in due if age > 0)
        interest = sum(a * _interest(x, age) for a, x in due)
        books.equal("running cost", row["running_cost"], books.request[k]["running_cost"])
        books.equal("principal due", row["principal_due"], principal, 1)
        books.equal("interest due", row["interest_due"], interest, 1)


def _interest(loan: dict[str, Any], age: int) -> float:
    if not 1 <= age <= loan["term"]:
        return 0.0
    if loan["repayment"] == "bullet":
        return float((1 + loan["rate"]) ** age - 1) if age == loan["term"] else 0.0
    return float(loan["rate"] * _left(loan, age - 1))


def _worth(books: Books) -> None:
    """What is averted, by purchase, in the kept round and as the solver says."""
    total, kept_value = 0.0, 0.0
    for row in books.rows("purchase_choice"):
        years = sum(d for p, d in books.days.items() if row["bought"] and p >= row["period"])
        books.equal("harm averted", row["averted"], row["averted_per_year"] * years / YEAR_DAYS)
        total += row["averted"]
        kept_value += row["averted_per_year"] if row["bought"] else 0.0
    kept = [r for r in books.rows("purchase_round") if r["kept"]]
    books.say("one round is kept", len(kept) == 1)
    books.equal("harm averted as taken", kept[0]["predicted"], kept_value)
    books.say("purchases are counted", kept[0]["purchases"] == len(books.bought))
    run = books.tables["plan_run"].filter(
        pl.col("model") == "purchases", pl.col("objective_name") == "harm_kept"
    )
    books.say("the solve is recorded", run.height == 1)
    books.equal("harm averted as the solver says", total, -run["objective"][0])
