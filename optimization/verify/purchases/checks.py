"""What is bought and when, from which money, what it costs afterwards, and what it averts."""

from functools import cached_property

import polars as pl

from optimization.verify.loans import schedule
from optimization.verify.verdict import CENT, TableView, Verdict, joined, total, whole

YEAR_DAYS = 365.0
NOISE = 1e-9
DUE = ["purchase_id", "period"]
FUND = ["fund_id", "period"]
LOAN = ["loan_id", "period"]


class View(TableView):
    """The tables of the purchases."""

    @cached_property
    def periods(self) -> pl.DataFrame:
        """period, days and days_left: from its first day to the end of the plan."""
        rows = self["financing_period"].select("period", "days").sort("period")
        return rows.with_columns(days_left=pl.col("days").cum_sum(reverse=True))

    @cached_property
    def bought(self) -> pl.DataFrame:
        """purchase_id and period of what is bought."""
        return self["purchase_choice"].filter("bought").select("purchase_id", "period")

    def money(self, kind: str, source: str) -> pl.DataFrame:
        """Money from funds or loans as purchase_id, ``source``, institution_id, period, amount."""
        rows = self["purchase_money"].filter(source_kind=kind).rename({"source_id": source})
        institutions = self["purchase_request"].select("purchase_id", "institution_id")
        return rows.drop("source_kind").join(institutions, on="purchase_id")

    @cached_property
    def debt(self) -> pl.DataFrame:
        """Draws in each period from their own: owed, principal and interest due."""
        last = self.periods["period"].max()
        terms = schedule(self["purchase_loan"], int(last or 0))  # type: ignore[arg-type]
        rows = self.money("loan", "loan_id").join(terms, on="loan_id")
        amount, period = pl.col("amount"), pl.col("period") + pl.col("age")
        return rows.select(
            "purchase_id",
            "loan_id",
            "institution_id",
            period=period,
            owed=amount * (1 - pl.col("repaid")),
            principal=amount * pl.col("principal"),
            interest=amount * pl.col("interest"),
        )


def check_choice(view: View, verdict: Verdict) -> None:
    """Every request is answered; what is bought has a period, not before the earliest."""
    choice, request = view["purchase_choice"], view["purchase_request"]
    verdict.same_rows("bought_once", choice, request, ["purchase_id"])
    bought = pl.col("bought")
    verdict.none("period_if_bought", choice.filter(bought != pl.col("period").is_not_null()))
    verdict.none("reason_of_choice", choice.filter(bought != (pl.col("choice_rule") == "bought")))
    rows = view.bought.join(request, on="purchase_id")
    verdict.at_most("earliest_period", rows, "earliest_period", "period")
    verdict.none("periods_of_plan", rows.join(view.periods, on="period", how="anti"))


def check_costs(view: View, verdict: Verdict) -> None:
    """Running cost and debt service of what is bought, in every period from then on."""
    table = view["purchase_cost"]
    spans = view.bought.join(view.periods.select(in_period="period"), how="cross")
    spans = spans.filter(pl.col("in_period") >= pl.col("period"))
    verdict.same_rows("cost_rows", table, spans.select("purchase_id", period="in_period"), DUE)
    given = view["purchase_request"].select("purchase_id", given="running_cost")
    rows = table.join(given, on="purchase_id")
    verdict.equal("running_cost", rows, "running_cost", "given", size=1.0)
    for due in ("principal", "interest"):
        rows = joined(table, total(view.debt, DUE, due), DUE)
        verdict.equal(f"{due}_due", rows, f"{due}_due", due, size=1.0, allowed=CENT)


def check_worth(view: View, verdict: Verdict) -> None:
    """What is averted, by purchase, in the kept round and as the solver says."""
    choice = view["purchase_choice"].join(view.periods, on="period", how="left")
    years = pl.col("days_left").fill_null(0) / YEAR_DAYS
    verdict.equal("harm_averted", choice, "averted", pl.col("averted_per_year") * years, size=1.0)
    kept = view["purchase_round"].filter("kept")
    verdict.same_rows("round_kept", kept, pl.DataFrame({"kept": [True]}), ["kept"])
    bought = pl.lit(float(view.bought.height))
    verdict.equal("round_purchases", kept, pl.col("purchases").cast(pl.Float64), bought)
    taken = pl.lit(sum(choice.filter("bought")["averted_per_year"].to_list()), pl.Float64)
    verdict.equal("round_predicted", kept, "predicted", taken, size=1.0, allowed=NOISE)
    run = view["plan_run"].filter(model="purchases", objective_name="harm_kept")
    one = pl.DataFrame({"objective_name": ["harm_kept"]})
    verdict.same_rows("run_rows", run, one, ["objective_name"])
    averted = pl.lit(whole(choice, "averted"))
    noise = NOISE * pl.max_horizontal(averted, 1.0)
    verdict.equal("objective", run, -pl.col("objective"), averted, size=1.0, allowed=noise)


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
