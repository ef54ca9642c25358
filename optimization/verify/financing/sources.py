"""Payers, funds and loans: what each had, gave and kept. Constraints (1), (2) and (3)."""

import polars as pl

from optimization.verify.financing.verdict import Verdict
from optimization.verify.financing.view import CELL, View, joined, total

CLAIM = ["payer_id", *CELL]
BY_SOURCE = ["source_id", "period"]


def check_sources(view: View, verdict: Verdict) -> None:
    """Every source's use follows from the flows, and keeps its budget."""
    source = view["source"]
    had = pl.col("opening") + pl.col("added")
    verdict.balance("sources", source, had, pl.sum_horizontal("used", "lapsed", "closing"))
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
    verdict.same_rows("financing_receivable", owed, expected, CLAIM)
    moved = pl.col("opening") + pl.col("claim")
    verdict.balance("(1) arrears", owed, moved, pl.col("paid") + pl.col("closing"))
    before = owed.select("payer_id", "institution_id", pl.col("period") + 1, before="closing")
    first = view["arrears"].select(*CLAIM[:2], period=pl.lit(1, pl.Int64), before=pl.col("arrears"))
    claims = view["claim"].rename({"claim": "given"})
    rows = joined(joined(owed, pl.concat([before, first]), CLAIM), claims, CLAIM)
    half = verdict.cent / 2
    verdict.equal("(1) opening arrears", rows, "opening", "before", allowed=half)
    verdict.equal("claims of the inputs", rows, "claim", "given", allowed=half)
    flows = view["flow"].filter(pl.col("flow_kind") == "payment").rename({"source_id": "payer_id"})
    both = rows.join(flows.select(*CLAIM, "amount"), on=CLAIM, how="full", coalesce=True)
    both = both.with_columns(pl.col("paid", "amount").fill_null(0.0))
    verdict.balance("payments", both, "paid", "amount")


def _check_payers(view: View, verdict: Verdict) -> None:
    """sum_i pay ≤ B_y; pay ≥ min(1, B_y / sum_i claim) · claim"""
    asked = total(view["claim"], ["payer_id", "period"], "claim", "asked")
    limits = joined(asked, view["payer"].with_columns(capped=pl.lit(1.0)), ["payer_id", "period"])
    capped = pl.col("capped") > 0
    ratio = pl.when(capped & (pl.col("asked") > 0)).then(
        (pl.col("ceiling") / pl.col("asked")).clip(0, 1)
    )
    limits = limits.with_columns(ratio=ratio.otherwise(1.0))
    rows = view["receivable"].join(limits, on=["payer_id", "period"], how="left")
    share = pl.col("ratio").fill_null(0.0) * pl.col("claim")
    slack = verdict.limit_slack(cents=2.0)
    verdict.at_most("(2) pro rata", rows, share, "paid", allowed=slack)
    used = _used(view, "payment").rename({"source_id": "payer_id"})
    had = _of_kind(view, "payer").rename({"source_id": "payer_id"})
    verdict.same_rows(
        "payers",
        had,
        view["receivable"].select("payer_id", "period").unique(),
        ["payer_id", "period"],
    )
    both = joined(had, used, ["payer_id", "period"])
    both = both.join(view["payer"], on=["payer_id", "period"], how="left")
    verdict.balance("payers' use", both, "used", "amount")
    added = pl.coalesce("ceiling", "used")
    verdict.equal("(2) payers", both, "added", added, allowed=verdict.cent / 2)
    verdict.equal("payers keep nothing", both, pl.col("opening") + pl.col("closing"), pl.lit(0.0))


def _check_funds(view: View, verdict: Verdict) -> None:
    """sum_i support + carry = B_f + carry before; support ≤ max_share of that, if eligible"""
    funds = _of_kind(view, "fund").rename({"source_id": "fund_id"})
    key = ["fund_id", "period"]
    periods = view["fund"].select("fund_id").join(view["period"].select("period"), how="cross")
    verdict.same_rows("funds", funds, periods, key)
    before = funds.select("fund_id", pl.col("period") + 1, before="closing")
    rows = joined(joined(funds, before, key), view["budget"], key)
    used = _used(view, "support").rename({"source_id": "fund_id"})
    rows = joined(rows, used, key).join(view["fund"], on="fund_id")
    verdict.balance("(3) carried", rows, "opening", "before")
    verdict.balance("(3) use", rows, "used", "amount")
    verdict.equal("(3) budget", rows, "added", "budget", allowed=verdict.cent / 2)
    kept = pl.when("carry_over").then("lapsed").otherwise("closing")
    verdict.equal("(3) carry or lapse", rows, kept, pl.lit(0.0), size=pl.lit(1.0))
    barred = view.support.join(view["eligible"], on=["fund_id", "institution_id"], how="anti")
    verdict.at_most("(3) eligible", barred, "amount", pl.lit(0.0))
    each = view.support.join(rows.select(*key, "opening", "added"), on=key)
    most = pl.col("max_share") * (pl.col("opening") + pl.col("added"))
    verdict.at_most("(3) largest share", each, "amount", most, allowed=verdict.limit_slack())


def _check_loans(view: View, verdict: Verdict) -> None:
    """What a loan's limit leaves: opening and repaid are drawn and closing"""
    key = ["loan_id", "period"]
    loans = _of_kind(view, "loan").rename({"source_id": "loan_id"})
    periods = view["loan"].select("loan_id").join(view["period"].select("period"), how="cross")
    verdict.same_rows("loans", loans, periods, key)
    debt = view["debt"]
    sums = [total(debt, key, c, f"sum_{c}") for c in ("drawn", "principal_due", "owed")]
    rows = loans.join(view["loan"], on="loan_id")
    for one in sums:
        rows = joined(rows, one, key)
    left = pl.col("limit") - pl.col("sum_owed")
    half = verdict.cent / 2
    verdict.balance("loans drawn", rows, "used", "sum_drawn")
    verdict.balance("loans repaid", rows, "added", "sum_principal_due")
    verdict.equal("loans left", rows, "closing", left, allowed=half + verdict.limit_slack())
    verdict.equal("loans lapse nothing", rows, "lapsed", pl.lit(0.0))
