"""Institutions: cash in each period, and where its money comes from. Constraints (5) and (6)."""

import polars as pl

from optimization.verify.financing.view import CELL, INPUTS, View
from optimization.verify.tables import joined, total
from optimization.verify.verdict import Verdict

IN = ("payments", "support", "drawn", "other_income", "interest_earned", "uncovered")
OUT = ("operating_cost", "capital_need", "debt_service", "principal_due", "interest_due")
NOTHING = 1e-6
UNNAMED = {"other_income": "own", "interest_earned": "own", "uncovered": "nobody"}
KINDS = dict(zip(("payment", "support", "draw", *IN[3:]), IN, strict=True))


def check_cash(view: View, verdict: Verdict) -> None:
    """Every position follows from the inputs, the flows and the position before."""
    verdict.same_rows("position_rows", view["position"], view["institution"], CELL)
    one = ["institution_id"]
    verdict.same_rows("opening_rows", view["opening"], view["institution"].unique(one), one)
    _check_balance(view, verdict)
    _check_flows(view, verdict)
    _check_liquidity(view, verdict)


def _check_balance(view: View, verdict: Verdict) -> None:
    """cash[i,p] = (1 + deposit)·cash[i,p-1] + money in - money out"""
    cells, half = view.cells, verdict.cent / 2
    for column in INPUTS:
        verdict.equal("position_inputs", cells, column, f"given_{column}", allowed=half)
    first = pl.col("period") == 1
    verdict.equal("opening_cash", cells.filter(first), "opening_cash", "before", allowed=half)
    verdict.balance("opening_cash", cells.filter(~first), "opening_cash", "before")
    interest = view.setting["deposit_rate"] * pl.col("opening_cash").clip(0)
    verdict.equal("interest_earned", cells, "interest_earned", interest, allowed=half)
    money_in = pl.sum_horizontal("opening_cash", *IN)
    money_out = pl.sum_horizontal("closing_cash", *OUT)
    verdict.balance("cash_balance", cells, money_in, money_out)


def _check_flows(view: View, verdict: Verdict) -> None:
    """Flows of each kind add up to the positions, and come from who may send them."""
    flows = view["flow"]
    for kind, column in KINDS.items():
        sums = total(flows.filter(pl.col("flow_kind") == kind), CELL, "amount")
        cells = joined(view.cells, sums, CELL)
        verdict.balance("flow_sums", cells, column, "amount")
    verdict.none("flow_rows", flows.join(view["institution"], on=CELL, how="anti"))
    source = pl.col("flow_kind").replace_strict(UNNAMED, default=pl.col("source_id"))
    verdict.none("flow_sources", flows.filter(pl.col("source_id") != source))


def _check_liquidity(view: View, verdict: Verdict) -> None:
    """cash - operating debt + thin ≥ days/days_in_period · opex; debt and arrears add up"""
    debt = total(view["debt"], CELL, "owed")
    owing = total(view["receivable"], CELL, "closing")
    cells = joined(view.cells, view.operating_debt, CELL)
    cells = joined(joined(cells, debt, CELL), owing, CELL)
    verdict.balance("debt_total", cells, "debt", "owed")
    verdict.balance("arrears_total", cells, "arrears", "closing")
    short = pl.col("required") - (pl.col("closing_cash") - pl.col("operating_debt"))
    expected = pl.when(pl.col("required") > 0).then(short.clip(0)).otherwise(0.0)
    verdict.equal("liquidity", cells, "thin", expected, allowed=verdict.cent)
    cost = pl.col("operating_cost")
    days = pl.when(cost > NOTHING).then(pl.col("closing_cash") * pl.col("days_in_period") / cost)
    verdict.equal("days_on_hand", cells, "days_on_hand", days)
    _check_ratios(view, verdict, cells)


def _check_ratios(view: View, verdict: Verdict, cells: pl.DataFrame) -> None:
    """Operating margin and debt service cover."""
    bullets = view.drawn.filter(pl.col("repayment") == "bullet")
    operating = view.support.filter(pl.col("purpose") == "operating")
    cells = joined(cells, total(bullets, CELL, "principal_due", "bullets"), CELL)
    cells = joined(cells, total(operating, CELL, "amount", "operating_support"), CELL)
    claims = total(view["receivable"], CELL, "claim", "claims")
    cells = joined(cells, claims, CELL)
    income = pl.col("claims") + pl.col("other_income")
    surplus = income - pl.col("operating_cost")
    margin = pl.when(income > NOTHING).then(surplus / income)
    verdict.equal("operating_margin", cells, "operating_margin", margin, size=1e-6)
    due = pl.sum_horizontal("debt_service", "interest_due", "principal_due") - pl.col("bullets")
    cover = pl.when(due > NOTHING).then((surplus + pl.col("operating_support")) / due)
    verdict.equal("debt_service_cover", cells, "debt_service_cover", cover, size=1e-6)
