"""Status quo, outcomes by institution and region, objectives. Constraints (8), (10) and (11)."""

import polars as pl

from optimization.verify.financing.view import CELL, View
from optimization.verify.loans import lifetime_interest
from optimization.verify.verdict import LIMIT, Verdict, joined, total

ONE = ["institution_id"]
TIERS = ("uncovered", "unfairness", "thinness", "cost")
NOTHING = 1e-6


def check_outcome(view: View, verdict: Verdict) -> None:
    """Outcomes follow from positions and the status quo, objectives from all of it."""
    _check_status_quo(view, verdict)
    _check_institutions(view, verdict)
    _check_regions(view, verdict)
    _check_objectives(view, verdict)


def _check_status_quo(view: View, verdict: Verdict) -> None:
    """Payers pay pro rata; what cash then lacks is uncovered"""
    verdict.same_rows("status_quo_rows", view["status_quo"], view["institution"], CELL)
    quo = view["status_quo"].rename({"uncovered": "lacking", "days_on_hand": "days_held"})
    before = quo.select("institution_id", pl.col("period") + 1, before="closing_cash")
    rows = joined(quo.join(view.given, on=CELL), _pro_rata(view), CELL)
    rows = rows.join(before, on=CELL, how="left").with_columns(
        pl.col("before").fill_null(pl.col("cash"))
    )
    paid = pl.col("institution_payers") * verdict.cent
    verdict.equal("status_quo_payments", rows, "payments", "expected", allowed=paid)
    interest = view.setting["deposit_rate"] * pl.col("before").clip(0)
    verdict.equal("status_quo_interest", rows, "interest_earned", interest, allowed=verdict.cent)
    free = pl.sum_horizontal("before", "payments", "interest_earned", "given_other_income")
    spent = ("given_operating_cost", "given_capital_need", "given_debt_service")
    left = free - pl.sum_horizontal(*spent)
    cents = 3 * verdict.cent
    verdict.equal("status_quo_cash", rows, "closing_cash", left.clip(0), free.abs(), cents)
    verdict.equal("status_quo_need", rows, "lacking", (-left).clip(0), allowed=cents)
    cost = pl.col("given_operating_cost")
    days = pl.when(cost > NOTHING).then(pl.col("closing_cash") * pl.col("days_in_period") / cost)
    verdict.equal("status_quo_days", rows, "days_held", days)


def _pro_rata(view: View) -> pl.DataFrame:
    """Each institution's part of what its payers can pay, and how many they are."""
    asked = total(view["claim"], ["payer_id", "period"], "claim", "asked")
    rows = (
        view["claim"]
        .join(asked, on=["payer_id", "period"])
        .join(view["payer"], on=["payer_id", "period"], how="left")
    )
    part = pl.col("claim") / pl.max_horizontal("asked", "ceiling", NOTHING)
    able = pl.coalesce("ceiling", "asked")
    rows = rows.with_columns(
        expected=pl.when(able < pl.col("asked")).then(part * able).otherwise("claim")
    )
    number = rows.group_by(CELL).agg(institution_payers=pl.len().cast(pl.Float64))
    return total(rows, CELL, "expected").join(number, on=CELL)


def _institutions(view: View) -> pl.DataFrame:
    """Outcomes with what they should be."""
    outcome = view["outcome"].rename({"support": "supported"})
    last = view["position"].filter(pl.col("period") == view.last)
    debt = view.operating_debt.filter(pl.col("period") == view.last)
    rows = outcome.join(last.select(*ONE, "arrears", cash_left="closing_cash"), on=ONE)
    rows = joined(rows, total(view["status_quo"], ONE, "uncovered", "lacking"), ONE)
    rows = joined(rows, total(view["position"], ONE, "uncovered", "gap"), ONE)
    rows = joined(rows, total(view["position"], ONE, "support", "aid"), ONE)
    rows = joined(rows, debt.select(*ONE, "operating_debt"), ONE)
    given = view["opening"].select(*ONE, "last_support", region="region_id")
    return rows.join(given, on=ONE)


def _check_institutions(view: View, verdict: Verdict) -> None:
    """gap + beyond by need, support against last year's"""
    verdict.same_rows("outcome_rows", view["outcome"], view["opening"], ONE)
    rows = _institutions(view)
    elsewhere = rows.filter(pl.col("region") != pl.col("region_id"))
    verdict.none("outcome_region", elsewhere)
    for column, of in (
        ("need", "lacking"),
        ("uncovered", "gap"),
        ("supported", "aid"),
        ("closing_cash", "cash_left"),
    ):
        verdict.balance("outcome_sums", rows, column, of)
    beyond = (pl.col("operating_debt") - pl.col("arrears")).clip(0)
    verdict.balance("debt_outlives", rows, "beyond", beyond)
    asked = (1 - view.setting["largest_cut"]) * pl.col("last_support").fill_null(0.0)
    slower = (asked - pl.col("supported")).clip(0)
    verdict.equal("pace", rows, "slower", slower, allowed=verdict.cent / 2)
    left = pl.col("uncovered") + pl.col("beyond")
    share = pl.when(pl.col("need") > NOTHING).then(left / pl.col("need"))
    verdict.equal("unmet_share", rows, "unmet_share", share)
    alone = rows.filter(pl.col("need") <= NOTHING)
    slack = verdict.limit_slack(cents=2.0 * view.last)
    verdict.at_most("without_need", alone, left, pl.lit(0.0), allowed=slack)


def _check_regions(view: View, verdict: Verdict) -> None:
    """The worst of each region, and its part of pooled money"""
    one = ["region_id"]
    outcome = view["outcome"]
    verdict.same_rows("fairness_rows", view["fairness"], outcome.select(one).unique(), one)
    worst = outcome.group_by(one).agg(share=pl.col("unmet_share").max())
    need = total(outcome, one, "need")
    pooled = view.support.filter(pl.col("fund_id").is_in(view.pooled)).join(
        view["opening"].select(*ONE, "region_id"), on=ONE
    )
    rows = joined(view["fairness"], worst, one)
    rows = joined(rows, total(pooled, one, "amount"), one)
    rows = joined(joined(rows, view["region"], one), need, one)
    budget = view["budget"].filter(pl.col("fund_id").is_in(view.pooled))["budget"].sum()
    money = (1 - view.setting["equity_band"]) * float(budget)
    target = pl.min_horizontal(money * pl.col("target_share"), "need")
    verdict.equal("worst_off", rows, "largest_unmet_share", "share")
    verdict.balance("pooled_support", rows, "pooled_support", "amount")
    cents = verdict.cent * view["outcome"].height
    verdict.equal("equity_target", rows, "target", target, allowed=cents)
    short = (pl.col("target") - pl.col("pooled_support")).clip(0)
    verdict.balance("equity", rows, "below", short)


def _check_objectives(view: View, verdict: Verdict) -> None:
    """Z1 to Z4, and that each stands within the slack of its least value"""
    unit = view.setting["money_unit"]
    run = view.tables["plan_run"].filter(pl.col("model") == "financing")
    tier, named = "objective_tier", "objective_name"
    names = pl.DataFrame({tier: pl.arange(1, 5, eager=True), named: TIERS, "value": _values(view)})
    table = view["objective"]
    verdict.same_rows("objective_rows", table, names, [tier, named])
    verdict.same_rows("run_rows", run, names, [tier, named])
    rows = table.join(names, on=[tier, named]).join(run, on=[tier, named])
    by = pl.when(pl.col(named).is_in(["uncovered", "cost"])).then(unit).otherwise(1.0)
    widened = pl.when(pl.col("widened") > 0).then(10.0).otherwise(1.0)
    slack = LIMIT * widened * (pl.col("components") + (pl.col("optimum") / by).abs()) * by
    verdict.equal("objective", rows, "achieved", "value", size=NOTHING)
    proved = pl.coalesce("bound", "objective") * by
    verdict.equal("proved_optimum", rows, "optimum", proved, size=by * NOTHING)
    verdict.equal("tier_slack", rows, "slack", slack)
    allowed = 2 * slack + verdict.limit_slack(cents=float(view["position"].height)) * by / unit
    below = pl.col("optimum") - pl.col("achieved")
    verdict.at_most("tier_bound", rows, below, pl.lit(0.0), size=by, allowed=allowed)
    ended = rows.filter(pl.col("status") == "optimal")
    verdict.at_most("tier_optimum", ended, -below, pl.lit(0.0), size=by, allowed=allowed)
    solved = (pl.col("objective") * by - pl.col("achieved")).abs()
    verdict.at_most("run_objective", rows, solved, pl.lit(0.0), size=by, allowed=allowed)


def _values(view: View) -> list[float]:
    return [_uncovered(view), _unfairness(view), _thinness(view), _cost(view)]


def _sum(values: pl.Series) -> float:
    return float(sum(values.to_list()))


def _part(amount: float, of: float) -> float:
    return amount / of if of > 0 else 0.0


def _uncovered(view: View) -> float:
    """sum (1+g)^(Q-p)·gap + sum beyond"""
    growth = 1 + view.setting["gap_growth"]
    weight = pl.lit(growth).pow(view.last - pl.col("period"))
    gaps = view["position"].select(weight * pl.col("uncovered")).to_series()
    return _sum(gaps) + _sum(view["outcome"]["beyond"])


def _unfairness(view: View) -> float:
    """sum worst + sum below / pooled budget + sum slower / last support"""
    regions = view["fairness"]
    budget = view["budget"].filter(pl.col("fund_id").is_in(view.pooled))
    slower = _sum(view["outcome"]["slower"])
    last = _sum(view["opening"]["last_support"].drop_nulls())
    return (
        _sum(regions["largest_unmet_share"])
        + _part(_sum(regions["below"]), _sum(budget["budget"]))
        + _part(slower, last)
    )


def _thinness(view: View) -> float:
    """sum thin / sum required + sum arrears / sum claim"""
    position = view["position"]
    claims = _sum(view["claim"]["claim"])
    required = _sum(view.given["required"])
    return _part(_sum(position["thin"]), required) + _part(_sum(position["arrears"]), claims)


def _cost(view: View) -> float:
    """interest of every draw over its whole life - interest earned + κ·support"""
    lent = view.drawn.select(pl.col("drawn") * lifetime_interest()).to_series()
    cost = view.support.select(pl.col("amount") * pl.col("cost_of_funds")).to_series()
    banked = view["position"]["opening_cash"].clip(0)
    return _sum(lent) + _sum(cost) - view.setting["deposit_rate"] * _sum(banked)
