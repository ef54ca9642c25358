"""What the purchase model says, as tables in whole cents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl
import pyomo.environ as pyo

from optimization.money import shared_out
from optimization.purchases.inputs import PurchaseInputs, Tables
from optimization.solver import SolveRecord
from schemas.results.purchases import PurchaseChoice, PurchaseCost, PurchaseMoney, PurchaseRound
from schemas.table import check, conform, polars_schema

CENTS = 100
TOLERATED = 0.1
Source = tuple[str, str]


@dataclass(frozen=True)
class Choice:
    """Period of each purchase, and its money by source in the model's unit."""

    period: Mapping[str, int]
    money: Mapping[str, Mapping[Source, float]]


@dataclass(frozen=True)
class Round:
    """A choice by ``value``, and what its purchases avert together [points/year]."""

    value: Mapping[str, float]
    choice: Choice
    record: SolveRecord
    confirmed: float

    @property
    def predicted(self) -> float:
        """Harm averted by what is chosen, as taken, points/year."""
        return sum(self.value[k] for k in sorted(self.choice.period))

    @property
    def holds(self) -> bool:
        """Is the prediction within a tenth of what the second solve says?"""
        most = max(self.predicted, self.confirmed)
        return abs(self.predicted - self.confirmed) <= TOLERATED * most

    @property
    def worth(self) -> float:
        """Harm averted up to the end of the plan, as confirmed, points."""
        taken = -self.record.tiers[0].objective
        return taken * self.confirmed / self.predicted if self.predicted > 0 else 0.0


def chosen(model: pyo.ConcreteModel) -> Choice:
    """What a solved model buys."""
    period = {k: p for (k, p), v in model.buy.items() if v.value > 0.5}
    money: dict[str, dict[Source, float]] = {k: {} for k in period}
    for kind, variable in (("fund", model.grant), ("loan", model.draw)):
        for (k, source, p), amount in variable.items():
            if period.get(k) == p and amount.value > 0:
                money[k][kind, source] = amount.value
    return Choice(period, money)


def frames(
    given: PurchaseInputs, tables: Tables, rounds: Sequence[Round], kept: int
) -> dict[str, pl.DataFrame]:
    """The result tables of the round ``kept``, by name."""
    money = money_table(given, rounds[kept].choice, tables["purchase_request"])
    return {
        "purchase_choice": choice_table(given, rounds[kept]),
        "purchase_money": money,
        "purchase_cost": cost_table(given, rounds[kept].choice, tables, money),
        "purchase_round": round_table(rounds, kept),
    }


def choice_table(given: PurchaseInputs, kept: Round) -> pl.DataFrame:
    """``PurchaseChoice``: a row for each request."""
    rows = []
    for k in sorted(given.requests):
        period, value = kept.choice.period.get(k), kept.value.get(k, 0.0)
        nothing = "averts_no_harm" if value == 0 else "beyond_the_budget"
        years = given.years[period] if period else 0.0
        reason = "bought" if period else nothing
        rows.append((k, period is not None, period, value, value * years, reason))
    return _table(PurchaseChoice, rows)


def money_table(given: PurchaseInputs, choice: Choice, requests: pl.DataFrame) -> pl.DataFrame:
    """``PurchaseMoney``: each purchase's price in whole cents."""
    price = dict(requests.select("purchase_id", "price").iter_rows())
    rows = []
    for k, period in choice.period.items():
        ticks = given.money_unit * CENTS
        parts = {source: amount * ticks for source, amount in sorted(choice.money[k].items())}
        cents = shared_out(parts, round(price[k] * CENTS))
        rows += [(k, *source, period, n / CENTS) for source, n in cents.items() if n > 0]
    return _table(PurchaseMoney, rows)


def cost_table(
    given: PurchaseInputs, choice: Choice, tables: Tables, money: pl.DataFrame
) -> pl.DataFrame:
    """``PurchaseCost``: running cost and what falls due on the loans of each purchase."""
    running = dict(tables["purchase_request"].select("purchase_id", "running_cost").iter_rows())
    drawn: dict[str, list[tuple[str, float]]] = {}
    for k, kind, source, _, amount in money.iter_rows():
        if kind == "loan":
            drawn.setdefault(k, []).append((source, amount))
    rows = [
        (k, p, running[k], *_due(given, drawn.get(k, []), p - start))
        for k, start in choice.period.items()
        for p in given.years
        if p >= start
    ]
    return _table(PurchaseCost, rows)


def _due(
    given: PurchaseInputs, drawn: Sequence[tuple[str, float]], age: int
) -> tuple[float, float]:
    principal = sum(given.loans[x].principal(age) * amount for x, amount in drawn)
    interest = sum(given.loans[x].interest(age) * amount for x, amount in drawn)
    return round(principal, 2), round(interest, 2)


def round_table(rounds: Sequence[Round], kept: int) -> pl.DataFrame:
    """``PurchaseRound``: what each round took, and what was confirmed."""
    rows = [
        (k + 1, len(one.choice.period), one.predicted, one.confirmed, k == kept)
        for k, one in enumerate(rounds)
    ]
    return _table(PurchaseRound, rows)


def _table(table: type, rows: Sequence[tuple]) -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema=polars_schema(table), orient="row")
    return check(table, conform(table, frame))
