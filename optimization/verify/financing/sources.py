"""Payers, funds and loans: what each had, gave and kept, and what institutions owe on loans;
their cash in each period. Constraints (1) to (7) and (9).
"""

import polars as pl

from optimization.verify.financing.view import CELL, INPUTS, View
from optimization.verify.loans import schedule
from optimization.verify.verdict import Verdict, joined, outer_joined, total

CLAIM = ["payer_id", *CELL]
BY_SOURCE = ["source_id", "period"]
LOAN = ["loan_id", *CELL]


def check_sources(view: View, verdict: Verdict) -> None:
    """Every source's use follows from the flows, and keeps its budget."""
    source = view["source"]
    had = pl.col("opening") + pl.col("added")
    verdict.balance("source_balance", source, had, pl.sum_horizontal("used", "lapsed", "closing"))
    _check_receivables(view, verdict)
    _check_payers(view, verdict)
    _check_funds(view, verdict)
    _check_loans(view, verdict)


def _of_kind(view: View, kind: str) -> pl.DataFrame:
    return view["source"].filter(pl.col("source_kind") == kind)


def _used(view: View, kind: str) -> pl.DataFrame:
    flows = view["flow"].filter(pl.col("flow_kind") == kind)
    return total(flows, BY_SOURCE, "amount")


def _check_receivables(view: View, verdict: Verdict) -> None:
    """arrears = arrears before + claim - paid; paid are the flows"""
    owed = view["receivable"]
    pairs = pl.concat([view["claim"].select(CLAIM[:2]), view["arrears"].select(CLAIM[:2])])
    expected = pairs.unique().join(view["period"].select("period"), how="cross")
    verdict.same_rows("receivable_rows", owed, expected, CLAIM)
    moved = pl.col("opening") + pl.col("claim")
    verdict.balance("arrears_balance", owed, moved, pl.col("paid") + pl.col("closing"))
    before = owed.select("payer_id", "institution_id", pl.col("period") + 1, before="closing")
    first = view["arrears"].select(*CLAIM[:2], period=pl.lit(1, pl.Int64), before=pl.col("arrears"))
    claims = view["claim"].rename({"claim": "given"})
    rows = joined(joined(owed, pl.concat([before, first]), CLAIM), claims, CLAIM)
    half = verdict.cent / 2
    verdict.equal("opening_arrears", rows, "opening", "before", allowed=half)
    verdict.equal("receivable_claims", rows, "claim", "given", allowed=half)
    flows = view["flow"].filter(pl.col("flow_kind") == "payment").rename({"source_id": "payer_id"})
    both = outer_joined(owed, flows.select(*CLAIM, "amount"), CLAIM)
    verdict.balance("payment_flows", both, "paid", "amount")


def _check_payers(view: View, verdict: Verdict) -> None:
    """sum_i pay ≤ B_y; pay ≥ min(1, B_y / sum_i claim) · claim"""
    key = ["payer_id", "period"]
    limits = total(view["claim"], key, "claim", "asked").join(view["payer"], on=key, how="left")
    part = pl.when(pl.col("asked") > 0).then(pl.col("ceiling") / pl.col("asked"))
    rows = view["receivable"].join(limits, on=key, how="left")
    share = part.fill_null(1.0).clip(upper_bound=1.0) * pl.col("claim")
    slack = verdict.limit_slack(cents=2.0)
    verdict.at_most("payers_pay_pro_rata", rows, share, "paid", allowed=slack)
    used = _used(view, "payment").rename({"source_id": "payer_id"})
    had = _of_kind(view, "payer").rename({"source_id": "payer_id"})
    verdict.same_rows("payer_rows", had, view["receivable"].unique(key), key)
    both = joined(had, used, key).join(view["payer"], on=key, how="left")
    verdict.balance("payer_use", both, "used", "amount")
    added = pl.coalesce("ceiling", "used")
    verdict.equal("payers_can_pay", both, "added", added, allowed=verdict.cent / 2)
    verdict.equal("payer_keeps_nothing", both, pl.col("opening") + pl.col("closing"), pl.lit(0.0))


def _check_funds(view: View, verdict: Verdict) -> None:
    """sum_i support + carry = B_f + carry before; support ≤ max_share of that, if eligible"""
    funds = _of_kind(view, "fund").rename({"source_id": "fund_id"})
    key = ["fund_id", "period"]
    periods = view["fund"].select("fund_id").join(view["period"].select("period"), how="cross")
    verdict.same_rows("fund_rows", funds, periods, key)
    before = funds.select("fund_id", pl.col("period") + 1, before="closing")
    rows = joined(joined(funds, before, key), view["budget"], key)
    used = _used(view, "support").rename({"source_id": "fund_id"})
    rows = joined(rows, used, key).join(view["fund"], on="fund_id")
    verdict.balance("fund_balance", rows, "opening", "before")
    verdict.balance("fund_use", rows, "used", "amount")
    verdict.equal("fund_budget", rows, "added", "budget", allowed=verdict.cent / 2)
    kept = pl.when("carry_over").then("lapsed").otherwise("closing")
    verdict.equal("fund_carry", rows, kept, pl.lit(0.0), size=1.0)
    barred = view.support.join(view["eligible"], on=["fund_id", "institution_id"], how="anti")
    verdict.at_most("fund_eligible", barred, "amount", pl.lit(0.0))
    each = view.support.join(rows.select(*key, "opening", "added"), on=key)
    most = pl.col("max_share") * (pl.col("opening") + pl.col("added"))
    verdict.at_most("share_of_fund", each, "amount", most, allowed=verdict.limit_slack())


def _check_loans(view: View, verdict: Verdict) -> None:
    """What a loan's limit leaves: opening and repaid are drawn and closing"""
    key = ["loan_id", "period"]
    loans = _of_kind(view, "loan").rename({"source_id": "loan_id"})
    periods = view["loan"].select("loan_id").join(view["period"].select("period"), how="cross")
    verdict.same_rows("loan_rows", loans, periods, key)
    debt = view["debt"]
    sums = [total(debt, key, c, f"sum_{c}") for c in ("drawn", "principal_due", "owed")]
    rows = loans.join(view["loan"], on="loan_id")
    for one in sums:
        rows = joined(rows, one, key)
    left = pl.col("limit") - pl.col("sum_owed")
    half = verdict.cent / 2
    verdict.balance("loan_use", rows, "used", "sum_drawn")
    verdict.balance("loan_repaid", rows, "added", "sum_principal_due")
    verdict.equal("loan_left", rows, "closing", left, allowed=half + verdict.limit_slack())
    verdict.equal("loan_lapse", rows, "lapsed", pl.lit(0.0))


def check_debt(view: View, verdict: Verdict) -> None:
    """Every debt follows from the draws and the loan's terms, and keeps its limits."""
    _check_debt_balance(view, verdict)
    _check_due(view, verdict)
    _check_limits(view, verdict)
    _check_purpose(view, verdict)
    if view.setting["least_cover"] > 0:
        _check_cover(view, verdict)


def _check_debt_balance(view: View, verdict: Verdict) -> None:
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
    _check_cash_balance(view, verdict)
    _check_flows(view, verdict)
    _check_liquidity(view, verdict)


def _check_cash_balance(view: View, verdict: Verdict) -> None:
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
