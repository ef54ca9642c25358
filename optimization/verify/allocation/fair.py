"""What the plan is worth: fairness, objectives, and the comparison with the status quo."""

import polars as pl

from optimization.verify.allocation.changed import change_cost
from optimization.verify.allocation.sums import total, whole
from optimization.verify.allocation.verdict import Verdict
from optimization.verify.allocation.view import View

STEPS = (0.05, 0.1, 0.25, 0.5)


def check_worth(view: View, verdict: Verdict) -> None:
    """Every column of fairness, the plan's and the usual row of comparison, the objectives."""
    zones, places = zone_shares(view), institution_shares(view)
    columns = {"worst": zones, "usual_worst": zones, "crowded": places, "usual_crowded": places}
    rows = view["allocation_fairness"]
    for column, shares in columns.items():
        share = "usual_share" if column.startswith("usual") else "share"
        worst = shares.group_by("region_id").agg(pl.col(share).max().alias("largest"))
        both = rows.join(worst, on="region_id", how="left").with_columns(
            pl.col("largest").fill_null(0.0)
        )
        verdict.equal(f"(7) fairness.{column}", both, pl.col(column), pl.col("largest"))
    verdict.none("fairness lacks a region", zones.join(rows, on="region_id", how="anti"))
    _objectives(view, verdict, zones, places)


def zone_shares(view: View) -> pl.DataFrame:
    """zone_id, region_id, stake, share, usual_share: harm unmet by harm at stake."""
    rows = view["allocation_unmet"].join(view.harm_unmet, on=["class_id", "date"], how="left")
    stake = total(rows, ["zone_id"], pl.col("demand_patients") * pl.col("weight"), "stake")
    missed = total(rows, ["zone_id"], pl.col("unmet_patients") * pl.col("weight"), "missed")
    stranded = view.stranded.join(view.harm_unmet, on=["class_id", "date"])
    usual = total(stranded, ["zone_id"], pl.col("planned") * pl.col("weight"), "usual_missed")
    shares = (
        stake.join(missed, on="zone_id")
        .join(usual, on="zone_id", how="left")
        .join(view["zone"].select("zone_id", "region_id"), on="zone_id", how="left")
    )
    return shares.with_columns(
        share=pl.col("missed") / pl.col("stake"),
        usual_share=pl.col("usual_missed").fill_null(0.0) / pl.col("stake"),
    ).sort("zone_id")


def institution_shares(view: View) -> pl.DataFrame:
    """institution_id, region_id, stake, share, usual_share: crowding by capacity."""
    rows = view["allocation_load"].join(
        view["allocation_resource"].select("resource_id", "crowding_weight", "occupancy_target"),
        on="resource_id",
    )
    room = pl.col("crowding_weight") * pl.col("occupancy_target") * pl.col("in_service")
    shares = total(rows, ["institution_id"], room, "stake")
    for column, crowding in (("missed", "crowding"), ("usual_missed", "usual_crowding")):
        harm = pl.col("crowding_weight") * pl.col(crowding)
        sums = total(rows, ["institution_id"], harm, column)
        shares = shares.join(sums, on="institution_id")
    shares = shares.filter(pl.col("stake") > 0).join(
        view["institution"].select("institution_id", "region_id"), on="institution_id", how="left"
    )
    return shares.with_columns(
        share=pl.col("missed") / pl.col("stake"),
        usual_share=pl.col("usual_missed") / pl.col("stake"),
    ).sort("institution_id")


def unfairness(view: View, zones: pl.DataFrame, places: pl.DataFrame) -> float:
    """Z2, with the steps of the graduated rule where that is set."""
    rows = view["allocation_fairness"]
    value = whole(rows, pl.col("worst")) + whole(rows, pl.col("crowded"))
    if view.settings["fairness"] != "graduated":
        return value
    for shares in (zones, places):
        stakes = total(shares, ["region_id"], pl.col("stake"), "region_stake")
        parts = shares.join(stakes, on="region_id")
        above = pl.sum_horizontal(pl.max_horizontal(pl.col("share") - b, 0.0) for b in STEPS)
        value += whole(parts, pl.col("stake") / pl.col("region_stake") * above)
    return value


def harms(view: View, unmet: pl.Expr, crowding: pl.Expr) -> tuple[float, float]:
    """Z1 in its two parts: harm of care not given, harm of crowding."""
    missed = view["allocation_unmet"].join(view.harm_unmet, on=["class_id", "date"], how="left")
    crowded = view["allocation_load"].join(
        view["allocation_resource"].select("resource_id", "crowding_weight"), on="resource_id"
    )
    harm = crowding * pl.col("crowding_weight")
    return whole(missed, unmet * pl.col("weight")), whole(crowded, harm)


def _objectives(view: View, verdict: Verdict, zones: pl.DataFrame, places: pl.DataFrame) -> None:
    surge = view["allocation_load"].join(
        view["allocation_resource"].select("resource_id", "cost_surge_day"), on="resource_id"
    )
    cost = (
        whole(view["allocation_transfer"], pl.col("cost_per_day"))
        + whole(view["allocation_move"], pl.col("cost"))
        + whole(surge, pl.col("surge") * pl.col("cost_surge_day"))
        + change_cost(view, view["allocation_admission"], view["allocation_move"])
    )
    reached = {
        "harm": sum(harms(view, pl.col("unmet_patients"), pl.col("crowding"))),
        "unfairness": unfairness(view, zones, places),
        "cost": cost,
    }
    runs = view.tables.get("plan_run")
    if runs is None:
        return
    runs = runs.filter(pl.col("model") == "allocation")
    wanted = pl.col("objective_name").replace_strict(reached, return_dtype=pl.Float64)
    verdict.equal("plan_run.objective", runs, pl.col("objective"), wanted)
    proved = runs.drop_nulls("bound")
    off = pl.max_horizontal(pl.col("objective") - pl.col("bound"), 0.0)
    gap = off / pl.max_horizontal(pl.col("objective").abs(), 1.0)
    verdict.equal("plan_run.gap", proved, pl.col("gap"), gap)
