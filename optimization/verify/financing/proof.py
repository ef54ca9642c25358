"""That tier 1 is the least there is, by its prices alone; and what budgets are worth.

Prices y of the rows of min c·x, A x {≤,=,≥} b, x ≥ 0 prove that no plan leaves less uncovered
than b·y if they have the right signs and A'y ≤ c in every column. A'y and b·y are computed here
from the input tables, variable by variable of the formulation.
"""

import polars as pl

from optimization.verify.financing.bound import (
    CLAIM,
    LOAN,
    SUPPORT,
    Prices,
    check_bound,
    check_shadow_prices,
    owing,
)
from optimization.verify.financing.view import CELL, View
from optimization.verify.loans import schedule
from optimization.verify.verdict import Verdict, joined, total

SIGNS = {
    "arrears_balance": 0,
    "payers_can_pay": -1,
    "payers_pay_pro_rata": 1,
    "fund_balance": 0,
    "share_of_fund": -1,
    "loan_limit": -1,
    "income_limit": -1,
    "debt_outlives": 1,
    "debt_is_covered": -1,
    "cash_balance": 0,
    "capital_is_earmarked": -1,
    "worst_off": -1,
}


def check_proof(view: View, verdict: Verdict) -> None:
    """The prices prove tier 1, and shadow prices follow from them."""
    prices = Prices(view)
    _check_signs(view, verdict)
    _check_payments(view, verdict, prices)
    _check_support(view, verdict, prices)
    _check_draws(view, verdict, prices)
    _check_cash(view, verdict, prices)
    check_bound(view, verdict, prices)
    check_shadow_prices(view, verdict, prices)


def _check_signs(view: View, verdict: Verdict) -> None:
    """≤ rows have prices of at most 0, ≥ rows of at least 0"""
    verdict.none("price_rules", view["price"].filter(~pl.col("constraint_name").is_in(list(SIGNS))))
    sign = pl.col("constraint_name").replace_strict(SIGNS, return_dtype=pl.Int64)
    wrong = view["price"].with_columns(wrong=-sign * pl.col("dual_value"))
    verdict.at_most("price_signs", wrong, "wrong", pl.lit(0.0), size=1.0)


def _not_below(verdict: Verdict, variable: str, frame: pl.DataFrame, cost: pl.Expr) -> None:
    """c - A'y ≥ 0"""
    verdict.at_most(f"price_of_{variable}", frame, -cost, pl.lit(0.0), size=1.0)


def _check_payments(view: View, verdict: Verdict, prices: Prices) -> None:
    """pay and arrears"""
    rows = owing(view).join(view["period"].select("period"), how="cross")
    rows = joined(rows, prices("arrears_balance", CLAIM, "owed"), CLAIM)
    later = prices("arrears_balance", CLAIM, "later").with_columns(pl.col("period") - 1)
    rows = joined(rows, later, CLAIM)
    rows = joined(
        rows, prices("payers_can_pay", ["payer_id", "period"], "able"), ["payer_id", "period"]
    )
    rows = joined(rows, prices("payers_pay_pro_rata", CLAIM, "share"), CLAIM)
    rows = joined(rows, prices("cash_balance", CELL, "cash"), CELL)
    rows = joined(rows, prices("debt_outlives", ["institution_id"], "outlives"), ["institution_id"])
    last = pl.when(pl.col("period") == view.last).then("outlives").otherwise(0.0)
    pay = pl.col("cash") - pl.col("owed") - pl.col("able") - pl.col("share")
    _not_below(verdict, "pay", rows, pay)
    _not_below(verdict, "arrears", rows, pl.col("later") - pl.col("owed") - last)


def _check_support(view: View, verdict: Verdict, prices: Prices) -> None:
    """support and carry"""
    key = ["fund_id", "period"]
    balance = prices("fund_balance", key, "balance")
    shares = prices("share_of_fund", SUPPORT, "share")
    rows = view["eligible"].join(view["period"].select("period"), how="cross")
    rows = rows.join(view["fund"], on="fund_id")
    rows = joined(joined(rows, balance, key), shares, SUPPORT)
    rows = joined(rows, prices("cash_balance", CELL, "cash"), CELL)
    rows = joined(rows, prices("debt_is_covered", CELL, "cover"), CELL)
    rows = joined(rows, _earmarks(view, prices), CELL)
    operating = pl.col("purpose") == "operating"
    least = view.setting["least_cover"] or 1.0
    aid = pl.when(operating).then(pl.col("cover") / least).otherwise(-pl.col("earmark"))
    support = pl.col("cash") + aid - pl.col("balance") - pl.col("share")
    _not_below(verdict, "support", rows, support)
    funds = view["fund"].join(view["period"].select("period"), how="cross")
    funds = joined(joined(funds, balance, key), total(shares, key, "share"), key)
    following = funds.select("fund_id", pl.col("period") - 1, next=pl.col("balance"), all="share")
    funds = joined(funds, following, key)
    kept = pl.when("carry_over").then(pl.col("next") + pl.col("max_share") * pl.col("all"))
    _not_below(verdict, "carry", funds, kept.otherwise(0.0) - pl.col("balance"))


def _earmarks(view: View, prices: Prices) -> pl.DataFrame:
    """Prices of (7) from each period on: capital money counts in all later rows."""
    rows = view["institution"].select(CELL)
    rows = joined(rows, prices("capital_is_earmarked", CELL), CELL)
    onwards = pl.col("y").cum_sum(reverse=True).over("institution_id")
    return rows.select(*CELL, earmark=onwards)


def _check_draws(view: View, verdict: Verdict, prices: Prices) -> None:
    """draw: what it brings now, and what falls due and is owed later"""
    loans = view["loan"].select("loan_id", "purpose", "repayment", "draw_first", "draw_last")
    terms = schedule(view["loan"], view.last).join(loans, on="loan_id")
    terms = terms.with_columns(
        left=1 - pl.col("repaid"),
        due=pl.col("principal") + pl.col("interest"),
        counted=pl.col("interest")
        + pl.when(pl.col("repayment") == "bullet").then(0.0).otherwise("principal"),
    )
    draws = (
        view["opening"]
        .select("institution_id")
        .join(terms, how="cross")
        .join(view["period"].select(drawn_in="period"), how="cross")
    )
    draws = draws.filter(pl.col("drawn_in").is_between("draw_first", "draw_last")).with_columns(
        period=pl.col("drawn_in") + pl.col("age")
    )
    draws = draws.filter(pl.col("period") <= view.last)
    paid = _draw_prices(view, prices, draws).with_columns(cost=_draw_cost(view))
    key = ["loan_id", "institution_id", "drawn_in"]
    _not_below(verdict, "draw", total(paid, key, "cost"), pl.col("cost"))


def _draw_prices(view: View, prices: Prices, draws: pl.DataFrame) -> pl.DataFrame:
    limit = prices("loan_limit", ["loan_id", "period"], "limit")
    draws = joined(draws, limit, ["loan_id", "period"])
    draws = joined(draws, prices("income_limit", LOAN, "income"), LOAN)
    draws = joined(draws, prices("cash_balance", CELL, "cash"), CELL)
    draws = joined(draws, prices("debt_is_covered", CELL, "cover"), CELL)
    draws = joined(draws, prices("capital_is_earmarked", CELL, "earmark"), CELL)
    one = ["institution_id"]
    return joined(draws, prices("debt_outlives", one, "outlives"), one)


def _draw_cost(view: View) -> pl.Expr:
    """-A'y of a draw, as far as one period goes"""
    operating = pl.col("purpose") == "operating"
    ends = operating & (pl.col("period") == view.last)
    owed = pl.col("limit") + pl.col("income")
    return (
        -pl.col("left") * owed
        + pl.when(ends).then(pl.col("left") * pl.col("outlives")).otherwise(0.0)
        - pl.col("counted") * pl.col("cover")
        + pl.when(pl.col("age") == 0).then("cash").otherwise(-pl.col("due") * pl.col("cash"))
        - pl.when(operating).then(0.0).otherwise("earmark")
    )


def _check_cash(view: View, verdict: Verdict, prices: Prices) -> None:
    """cash, gap, beyond"""
    one = ["institution_id"]
    rows = view["institution"].select(CELL)
    rows = joined(rows, prices("cash_balance", CELL, "cash"), CELL)
    later = prices("cash_balance", CELL, "later").with_columns(pl.col("period") - 1)
    rows = joined(joined(rows, later, CELL), prices("worst_off", one, "worst"), one)
    rows = joined(rows, prices("debt_outlives", one, "outlives"), one)
    held = (1 + view.setting["deposit_rate"]) * pl.col("later") - pl.col("cash")
    _not_below(verdict, "cash", rows, held)
    weight = pl.lit(1 + view.setting["gap_growth"]).pow(view.last - pl.col("period"))
    _not_below(verdict, "gap", rows, weight + pl.col("cash") - pl.col("worst"))
    _not_below(verdict, "beyond", rows, 1 - pl.col("outlives") - pl.col("worst"))
    rows = rows.join(view["outcome"].select(*one, "need"), on=one)
    free = rows.filter(pl.col("need") > verdict.cent)
    verdict.equal("price_of_worst", free, "worst", pl.lit(0.0), size=1.0)
