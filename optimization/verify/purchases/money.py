"""Where the money comes from: each price is paid, and funds and loans keep their limits."""

import polars as pl

from optimization.verify.purchases.view import View
from optimization.verify.sums import joined, total
from optimization.verify.verdict import CENT, Verdict

FUND = ["fund_id", "period"]
LOAN = ["loan_id", "period"]


def check_paid(view: View, verdict: Verdict) -> None:
    """sum of a purchase's money = its price, in the period in which it is bought."""
    money, one = view["purchase_money"], ["purchase_id"]
    strays = money.join(view.bought, on=["purchase_id", "period"], how="anti")
    verdict.none("money_of_purchases", strays)
    rows = view.bought.join(view["purchase_request"], on=one)
    rows = joined(rows, total(money, one, "amount", "paid"), one)
    price = (pl.col("price") * 100).round() / 100
    verdict.balance("paid_in_full", rows, "paid", price)


def check_funds(view: View, verdict: Verdict) -> None:
    """Funds give to whom they may, no more than they have, and to one no more than its share."""
    granted, budget = view.money("fund", "fund_id"), view["purchase_budget"]
    verdict.none("funds_known", granted.join(budget, on="fund_id", how="anti"))
    pair = ["fund_id", "institution_id"]
    verdict.none("fund_eligible", granted.join(view["purchase_eligible"], on=pair, how="anti"))
    terms = budget.sort(FUND).group_by("fund_id").agg(pl.col("max_share", "carry_over").last())
    rows = terms.join(view.periods.select("period"), how="cross")
    rows = joined(rows, budget.select(*FUND, "budget"), FUND)
    rows = joined(rows, total(granted, FUND, "amount", "given"), FUND).sort(FUND)
    kept = (pl.col("budget").cum_sum() - pl.col("given").cum_sum()).over("fund_id")
    carried = pl.when("carry_over").then(kept + pl.col("given")).otherwise("budget")
    rows = _with_cents(rows.with_columns(available=carried), granted, "fund_id")
    verdict.at_most("within_budget", rows, "given", "available", 1.0, pl.col("cents"))
    each = total(granted, [*pair, "period"], "amount", "share").join(rows, on=FUND)
    most = pl.col("max_share") * pl.col("available")
    verdict.at_most("share_of_fund", each, "share", most, 1.0, pl.col("cents"))


def check_loans(view: View, verdict: Verdict) -> None:
    """Loans are drawn when they may be; what all and each owe stays within the limits."""
    drawn, loans = view.money("loan", "loan_id"), view["purchase_loan"]
    verdict.none("loans_known", drawn.join(loans, on="loan_id", how="anti"))
    open_ = pl.col("period").is_between("draw_first", "draw_last")
    verdict.none("draw_periods", drawn.join(loans, on="loan_id").filter(~open_))
    owed = total(view.debt, LOAN, "owed").join(loans, on="loan_id")
    owed = _with_cents(owed, drawn, "loan_id")
    verdict.at_most("loan_limit", owed, "owed", "limit", 1.0, pl.col("cents"))
    each = total(view.debt, [*LOAN, "institution_id"], "owed").join(loans, on="loan_id")
    income = view["purchase_request"].unique("institution_id").select("institution_id", "income")
    each = each.drop_nulls("income_multiple").join(income, on="institution_id")
    most = pl.col("income_multiple") * pl.col("income").clip(0.0)
    verdict.at_most(
        "income_limit", _with_cents(each, drawn, "loan_id"), "owed", most, 1.0, pl.col("cents")
    )


def _with_cents(rows: pl.DataFrame, money: pl.DataFrame, source: str) -> pl.DataFrame:
    """``rows`` with ``cents``: what rounding may move the money of their source."""
    return joined(rows, money.group_by(source).agg(cents=CENT * pl.len()), [source])
