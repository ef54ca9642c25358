"""Loans: what was drawn, what falls due, what is owed. Constraints (4), (7) and (9)."""

import polars as pl

from optimization.verify.financing.view import CELL, View
from optimization.verify.loans import schedule
from optimization.verify.sums import joined, outer_joined, total
from optimization.verify.verdict import Verdict

LOAN = ["loan_id", *CELL]


def check_debt(view: View, verdict: Verdict) -> None:
    """Every debt follows from the draws and the loan's terms, and keeps its limits."""
    _check_balance(view, verdict)
    _check_due(view, verdict)
    _check_limits(view, verdict)
    _check_purpose(view, verdict)
    if view.setting["least_cover"] > 0:
        _check_cover(view, verdict)


def _check_balance(view: View, verdict: Verdict) -> None:
    """owed = opening + drawn - principal due, opening = owed before; draws are flows"""
    debt = view["debt"]
    verdict.none("debt_rows", debt.join(view["institution"], on=CELL, how="anti"))
    verdict.none("debt_rows", debt.join(view["loan"], on="loan_id", how="anti"))
    moved = pl.col("opening") + pl.col("drawn")
    verdict.balance("debt_balance", debt, moved, pl.col("principal_due") + pl.col("owed"))
    before = debt.select("loan_id", "institution_id", pl.col("period") + 1, before="owed")
    both = outer_joined(debt, before, LOAN).filter(pl.col("period") <= view.last)
    verdict.balance("opening_debt", both, "opening", "before")
    flows = view["flow"].filter(flow_kind="draw").rename({"source_id": "loan_id"})
    both = outer_joined(debt, flows.select(*LOAN, "amount"), LOAN)
    verdict.balance("draw_flows", both, "drawn", "amount")


def _check_due(view: View, verdict: Verdict) -> None:
    """Principal and interest due are what the loan's terms say of each draw"""
    draws = view["debt"].filter(pl.col("drawn") > 0).select(*LOAN, "drawn")
    due = draws.join(schedule(view["loan"], view.last), on="loan_id").with_columns(
        period=pl.col("period") + pl.col("age"),
        principal=pl.col("drawn") * pl.col("principal"),
        interest=pl.col("drawn") * pl.col("interest"),
    )
    due = due.filter(pl.col("period") <= view.last)
    sums = total(due, LOAN, "principal").join(total(due, LOAN, "interest"), on=LOAN)
    sums = sums.join(due.group_by(LOAN).agg(draws=pl.len().cast(pl.Float64)), on=LOAN)
    both = outer_joined(view["debt"], sums, LOAN)
    cents = verdict.cent * (1.0 + pl.col("draws"))
    for column in ("principal", "interest"):
        verdict.equal(f"{column}_due", both, f"{column}_due", column, allowed=cents)
        cells = joined(view.cells, total(view["debt"], CELL, f"{column}_due", "sum"), CELL)
        verdict.balance("due_totals", cells, f"{column}_due", "sum")


def _check_limits(view: View, verdict: Verdict) -> None:
    """sum_i owed ≤ limit, owed ≤ multiple of income, draws only when allowed"""
    by_loan = total(view["debt"], ["loan_id", "period"], "owed").join(view["loan"], on="loan_id")
    slack = verdict.limit_slack()
    verdict.at_most("loan_limit", by_loan, "owed", "limit", allowed=slack)
    income = view.given.with_columns(income=pl.col("claim") + pl.col("given_other_income"))
    mean = income.group_by("institution_id").agg(pl.col("income").sum() / view.last)
    limited = view.drawn.filter(pl.col("income_multiple").is_not_null()).join(
        mean, on="institution_id"
    )
    most = pl.col("income_multiple") * pl.col("income").clip(0)
    verdict.at_most("income_limit", limited, "owed", most, allowed=slack)
    early = pl.col("period") < pl.col("draw_first")
    late = pl.col("period") > pl.col("draw_last")
    barred = view.drawn.filter(early | late)
    verdict.at_most("draw_periods", barred, "drawn", pl.lit(0.0))


def _check_purpose(view: View, verdict: Verdict) -> None:
    """money of capital funds and capital loans up to p ≤ capex up to p"""
    capital = pl.col("purpose") == "capital"
    granted = total(view.support.filter(capital), CELL, "amount", "granted")
    lent = total(view.drawn.filter(capital), CELL, "drawn", "lent")
    cells = joined(joined(view.cells, granted, CELL), lent, CELL).sort(CELL)
    upto = cells.with_columns(
        money=(pl.col("granted") + pl.col("lent")).cum_sum().over("institution_id"),
        need=pl.col("given_capital_need").cum_sum().over("institution_id"),
    ).filter(pl.col("money") > 0)
    slack = verdict.limit_slack(cents=2.0 * view.last)
    verdict.at_most("capital_is_earmarked", upto, "money", "need", allowed=slack)


def _check_cover(view: View, verdict: Verdict) -> None:
    """interest + principal but bullets' ≤ max(0, surplus/dscr - service) + support/dscr"""
    least = view.setting["least_cover"]
    bullets = view.drawn.filter(pl.col("repayment") == "bullet")
    operating = view.support.filter(pl.col("purpose") == "operating")
    cells = joined(view.cells, total(bullets, CELL, "principal_due", "bullets"), CELL)
    cells = joined(cells, total(operating, CELL, "amount", "aid"), CELL)
    surplus = pl.col("claim") + pl.col("given_other_income") - pl.col("given_operating_cost")
    room = (surplus / least - pl.col("given_debt_service")).clip(0) + pl.col("aid") / least
    due = pl.col("interest_due") + pl.col("principal_due") - pl.col("bullets")
    slack = verdict.limit_slack(cents=4.0 * view.last)
    verdict.at_most("debt_is_covered", cells, due, room, allowed=slack)
