"""Loans: what was drawn, what falls due, what is owed. Constraints (4), (7) and (9)."""

import polars as pl

from optimization.verify.financing.verdict import Verdict
from optimization.verify.financing.view import CELL, View, joined, total

LOAN = ["loan_id", *CELL]


def check_debt(view: View, verdict: Verdict) -> None:
    """Every debt follows from the draws and the loan's terms, and keeps its limits."""
    _check_balance(view, verdict)
    _check_due(view, verdict)
    _check_limits(view, verdict)
    _check_purpose(view, verdict)
    if view.setting["least_cover"] > 0:
        _check_cover(view, verdict)


def schedule(loans: pl.DataFrame, last: int) -> pl.DataFrame:
    """By loan and age: repaid so far, principal and interest due, on a draw of 1."""
    rows = []
    for loan, repayment, rate, term in loans.select(
        "loan_id", "repayment", "rate", "term"
    ).iter_rows():
        payment = rate / (1 - (1 + rate) ** -term)
        owed = 1.0
        for age in range(last + 1):
            due = _due(repayment, rate, term, age, owed, payment)
            owed -= due[0]
            rows.append((loan, age, 1 - owed, *due))
    names = ["loan_id", "age", "repaid", "principal", "interest"]
    types = [pl.String, pl.Int64, pl.Float64, pl.Float64, pl.Float64]
    return pl.DataFrame(rows, schema=dict(zip(names, types, strict=True)), orient="row")


def _due(
    repayment: str, rate: float, term: int, age: int, owed: float, payment: float
) -> tuple[float, float]:
    """Principal and interest at ``age``, given what is owed before and an annuity's payment."""
    if age == 0 or age > term:
        return 0.0, 0.0
    if repayment == "bullet":
        return (1.0, (1 + rate) ** term - 1) if age == term else (0.0, 0.0)
    principal = 1 / term if repayment == "level_principal" else payment - rate * owed
    return principal, rate * owed


def _check_balance(view: View, verdict: Verdict) -> None:
    """owed = opening + drawn - principal due, opening = owed before; draws are flows"""
    debt = view["debt"]
    verdict.same_rows("financing_debt", debt, debt.select(LOAN).unique(), LOAN)
    strays = debt.join(view["institution"], on=CELL, how="anti")
    verdict.same_rows("financing_debt of no institution", strays, strays.clear(), LOAN)
    moved = pl.col("opening") + pl.col("drawn")
    verdict.balance("(4) debt", debt, moved, pl.col("principal_due") + pl.col("owed"))
    before = debt.select("loan_id", "institution_id", pl.col("period") + 1, before="owed")
    both = debt.join(before, on=LOAN, how="full", coalesce=True).filter(
        pl.col("period") <= view.last
    )
    filled = both.with_columns(pl.col("opening", "before").fill_null(0.0))
    verdict.balance("(4) opening debt", filled, "opening", "before")
    flows = view["flow"].filter(pl.col("flow_kind") == "draw").rename({"source_id": "loan_id"})
    both = debt.select(*LOAN, "drawn").join(
        flows.select(*LOAN, "amount"), on=LOAN, how="full", coalesce=True
    )
    verdict.balance(
        "draws", both.with_columns(pl.col("drawn", "amount").fill_null(0.0)), "drawn", "amount"
    )


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
    sums = sums.join(due.group_by(LOAN).agg(draws=pl.len()), on=LOAN)
    both = view["debt"].join(sums, on=LOAN, how="full", coalesce=True)
    numbers = ["principal_due", "interest_due", "principal", "interest", "draws"]
    both = both.with_columns(pl.col(numbers).fill_null(0.0))
    cents = verdict.cent * (1.0 + pl.col("draws"))
    verdict.equal("(5) principal due", both, "principal_due", "principal", allowed=cents)
    verdict.equal("(5) interest due", both, "interest_due", "interest", allowed=cents)
    for column, of in (("principal_due", "principal_due"), ("interest_due", "interest_due")):
        cells = joined(view.cells, total(view["debt"], CELL, of, "sum"), CELL)
        verdict.balance(f"(5) {column}", cells, column, "sum")


def _check_limits(view: View, verdict: Verdict) -> None:
    """sum_i owed ≤ limit, owed ≤ multiple of income, draws only when allowed"""
    by_loan = total(view["debt"], ["loan_id", "period"], "owed").join(view["loan"], on="loan_id")
    slack = verdict.limit_slack()
    verdict.at_most("(4) loan limit", by_loan, "owed", "limit", allowed=slack)
    income = view.given.with_columns(income=pl.col("claim") + pl.col("given_other_income"))
    mean = income.group_by("institution_id").agg(pl.col("income").sum() / view.last)
    limited = view.drawn.filter(pl.col("income_multiple").is_not_null()).join(
        mean, on="institution_id"
    )
    most = pl.col("income_multiple") * pl.col("income").clip(0)
    verdict.at_most("(4) income limit", limited, "owed", most, allowed=slack)
    early = pl.col("period") < pl.col("draw_first")
    late = pl.col("period") > pl.col("draw_last")
    barred = view.drawn.filter(early | late)
    verdict.at_most("draw periods", barred, "drawn", pl.lit(0.0))


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
    verdict.at_most("(7) purpose", upto, "money", "need", allowed=slack)


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
    verdict.at_most("(9) cover", cells, due, room, allowed=slack)
