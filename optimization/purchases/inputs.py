"""What the purchase model is indexed by."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from optimization.financing.inputs import Loan
from schemas.money import money_unit

Tables = Mapping[str, pl.DataFrame]
YEAR_DAYS = 365.0


@dataclass(frozen=True, slots=True)
class Request:
    """Units that an institution asks for; money in the model's unit."""

    institution: str
    resource: str
    units: float
    price: float
    running_cost: float
    earliest: int
    income: float


@dataclass(frozen=True, slots=True)
class PurchaseFund:
    """Money for purchases, by period."""

    budget: Mapping[int, float]
    max_share: float
    carry_over: bool
    cost: float
    eligible: frozenset[str]

    def up_to(self, period: int) -> float:
        """New money of a period; where money stays, with all that came before."""
        before = sum(b for q, b in self.budget.items() if q < period) if self.carry_over else 0.0
        return self.budget[period] + before


@dataclass(frozen=True)
class PurchaseInputs:
    """Requests, funds and loans by id; ``years[p]`` from period p to the end of the plan."""

    money_unit: float
    years: Mapping[int, float]
    requests: Mapping[str, Request]
    funds: Mapping[str, PurchaseFund]
    loans: Mapping[str, Loan]

    def periods(self, request: str) -> list[int]:
        """Periods in which a request can be bought."""
        return [p for p in self.years if p >= self.requests[request].earliest]


def read_inputs(tables: Tables) -> PurchaseInputs:
    """Index the input tables of ``schemas.results.purchases``, and ``financing_period``."""
    largest = (("request", "price"), ("budget", "budget"), ("loan", "limit"))
    unit = money_unit(tables[f"purchase_{table}"][column] for table, column in largest)
    return PurchaseInputs(
        unit,
        years_left(tables["financing_period"]),
        {row.pop("purchase_id"): _request(row, unit) for row in _rows(tables, "request")},
        _funds(tables, unit, tables["financing_period"]["period"].to_list()),
        {row["loan_id"]: _loan(row, unit) for row in _rows(tables, "loan")},
    )


def years_left(period: pl.DataFrame) -> dict[int, float]:
    """Years from the first day of each period to the end of the plan."""
    days = dict(period.select("period", "days").sort("period").iter_rows())
    return {p: sum(d for q, d in days.items() if q >= p) / YEAR_DAYS for p in days}


def _rows(tables: Tables, table: str) -> list[dict]:
    frame = tables[f"purchase_{table}"]
    return frame.sort(frame.columns[:2]).to_dicts()


def _request(row: dict, unit: float) -> Request:
    return Request(
        row["institution_id"],
        row["resource_id"],
        row["units"],
        row["price"] / unit,
        row["running_cost"] / unit,
        row["earliest_period"],
        row["income"] / unit,
    )


def _funds(tables: Tables, unit: float, periods: list[int]) -> dict[str, PurchaseFund]:
    eligible: dict[str, set[str]] = {}
    for row in _rows(tables, "eligible"):
        eligible.setdefault(row["fund_id"], set()).add(row["institution_id"])
    budgets: dict[str, dict[int, float]] = {}
    terms = {}
    for row in _rows(tables, "budget"):
        of = budgets.setdefault(row["fund_id"], dict.fromkeys(periods, 0.0))
        of[row["period"]] = row["budget"] / unit
        terms[row["fund_id"]] = row["max_share"], row["carry_over"], row["cost_of_funds"]
    return {f: PurchaseFund(budgets[f], *terms[f], frozenset(eligible.get(f, ()))) for f in budgets}


def _loan(row: dict, unit: float) -> Loan:
    return Loan(**(row | {"purpose": "purchases", "limit": row["limit"] / unit}))
