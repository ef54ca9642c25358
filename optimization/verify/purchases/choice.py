"""What is bought and when, what it costs afterwards, and what it averts."""

import polars as pl

from optimization.verify.purchases.view import View
from optimization.verify.sums import joined, total, whole
from optimization.verify.verdict import CENT, Verdict

YEAR_DAYS = 365.0
NOISE = 1e-9
DUE = ["purchase_id", "period"]


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
