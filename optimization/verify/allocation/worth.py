"""What the plan is worth: fairness, objectives, prices, and the comparison of policies."""

import polars as pl

from optimization.verify.allocation.flows import census, change_cost
from optimization.verify.allocation.view import CARE, CELL, PLACE, View
from optimization.verify.verdict import Verdict, total, whole

OVER_PATHS = "_over_paths"
STEPS = (0.05, 0.1, 0.25, 0.5)


def check_fairness(view: View, verdict: Verdict) -> None:
    """(7) every column of fairness, as planned and as usual"""
    zones, places = zone_shares(view), institution_shares(view)
    rows = view["allocation_fairness"]
    regions = [view[table].select("region_id") for table in ("zone", "institution")]
    verdict.same_rows("fairness_rows", rows, pl.concat(regions).unique(), ["region_id"])
    for rule, column, shares, share in (
        ("fair_to_zones", "worst", zones, "share"),
        ("fair_to_institutions", "crowded", places, "share"),
        ("usual_worst", "usual_worst", zones, "usual_share"),
        ("usual_crowded", "usual_crowded", places, "usual_share"),
    ):
        worst = shares.group_by("region_id").agg(largest=pl.col(share).max())
        both = rows.join(worst, on="region_id", how="left")
        verdict.follows(rule, both, column, pl.col("largest").fill_null(0.0))


def check_objectives(view: View, verdict: Verdict) -> None:
    """Z1 to Z3 as the solver says, the gap of each, and the first day, where the run is known"""
    if "plan_run" not in view.tables:
        return
    over_paths = pl.col("objective_name").str.ends_with(OVER_PATHS)
    runs = view["plan_run"].filter(~over_paths, model="allocation")
    plan = plan_figures(view)
    reached = {"harm": plan["harm_unmet"] + plan["harm_crowding"], "cost": plan["cost"]}
    if view.settings["fairness"] != "none":
        reached["unfairness"] = unfairness(view)
    expected = pl.DataFrame({"objective_name": list(reached), "reached": list(reached.values())})
    verdict.same_rows("tiers", runs, expected, ["objective_name"])
    verdict.follows("objective", runs.join(expected, on="objective_name"), "objective", "reached")
    off = pl.max_horizontal(pl.col("objective") - pl.col("bound"), 0.0)
    gap = off / pl.max_horizontal(pl.col("objective").abs(), 1.0)
    verdict.follows("gap", runs.filter(pl.col("bound").is_not_null()), "gap", gap)
    begins = pl.lit(view.dates["date"].min()) - pl.duration(days=1)
    verdict.none("first_day", runs.filter(pl.col("data_to") != begins))


def check_prices(view: View, verdict: Verdict) -> None:
    """Prices by their relative, the best units by the prices, what they avert by both."""
    value = view["allocation_value"]
    verdict.none("value_rows", value.join(view["allocation_load"], on=CELL, how="anti"))
    rows = value.join(view["allocation_resource"], on="resource_id")
    unit_day = pl.col("occupancy_target") * pl.col("crowding_weight")
    verdict.follows("value_price", rows, "unit_day_price", pl.col("relative") * unit_day)
    best = view["allocation_best_unit"]
    out_of_order = best.filter(pl.col("rank") != pl.int_range(1, pl.len() + 1))
    verdict.none("best_unit_rank", out_of_order)
    both = best.join(total(value, PLACE, "unit_day_price", "worth"), on=PLACE, how="left")
    verdict.follows("best_unit_price", both, "averted_by_price", "worth")
    share = pl.col("averted") / pl.col("averted_by_price")
    verdict.follows("best_unit_confirmed", best, "confirmed_share", share)


def check_comparison(view: View, verdict: Verdict) -> None:
    """Every figure of the plan and of the status quo; the sums of every other policy."""
    rows = view["policy_comparison"]
    both = pl.col("harm_unmet") + pl.col("harm_crowding")
    verdict.follows("comparison_harm", rows, "harm", both)
    for policy, figures in (("plan", plan_figures(view)), ("usual", usual_figures(view))):
        rule, row = f"comparison_of_{policy}", rows.filter(policy=policy)
        verdict.same_rows(rule, row, pl.DataFrame({"policy": [policy]}), ["policy"])
        for column, value in figures.items():
            verdict.follows(rule, row, column, pl.lit(value), 1e-9)


def plan_figures(view: View) -> dict[str, float]:
    """What the comparison says of the plan."""
    load, transfer, move = (view[f"allocation_{t}"] for t in ("load", "transfer", "move"))
    admission = view["allocation_admission"]
    surge = load.join(view["allocation_resource"], on="resource_id")
    missed, crowding = harms(view, "unmet_patients", "crowding")
    return {
        "harm_unmet": missed,
        "harm_crowding": crowding,
        "crowding_unit_days": whole(load, "crowding"),
        "crowding_patient_days": _over_patients(view, admission, "planned_use", "crowding"),
        "unmet": whole(view["allocation_unmet"], "unmet_patients"),
        "worst": _largest(zone_shares(view), "share"),
        "crowded": _largest(institution_shares(view), "share"),
        "sent": whole(transfer, "patients_per_day"),
        "moved": whole(move, "units"),
        "surge_unit_days": whole(load, "surge"),
        "cost": whole(transfer, "cost_per_day")
        + whole(move, "cost")
        + whole(surge, pl.col("surge") * pl.col("cost_surge_day"))
        + change_cost(view, admission, move),
    }


def usual_figures(view: View) -> dict[str, float]:
    """What the comparison says of everyone going where usual."""
    load = view["allocation_load"]
    admission = view.expected.rename({"expected": "patients_per_day"})
    stranded = view.stranded.join(view.harm_unmet, on=["class_id", "date"])
    return {
        "harm_unmet": whole(stranded, pl.col("planned") * pl.col("weight")),
        "harm_crowding": harms(view, "unmet_patients", "usual_crowding")[1],
        "crowding_unit_days": whole(load, "usual_crowding"),
        "crowding_patient_days": _over_patients(view, admission, "usual_use", "usual_crowding"),
        "unmet": whole(stranded, "planned"),
        "worst": _largest(zone_shares(view), "usual_share"),
        "crowded": _largest(institution_shares(view), "usual_share"),
        "sent": 0.0,
        "moved": 0.0,
        "surge_unit_days": 0.0,
        "cost": change_cost(view, admission, view["allocation_move"].clear()),
    }


def _over_patients(view: View, admission: pl.DataFrame, use: str, crowding: str) -> float:
    """Patients in bed times the largest part by which a resource they need is short."""
    short = pl.min_horizontal(pl.col(crowding) / pl.col(use), 1.0)
    cells = view["allocation_load"].select(*CELL, short=short)
    needs = cells.join(view["allocation_use"], on="resource_id")
    worst = needs.group_by(CARE).agg(pl.col("short").max())
    rows = census(view, admission).join(worst, on=CARE, how="left")
    patients = total(rows, CARE, pl.col("patients") * pl.col("short").fill_null(0.0), "crowded")
    return whole(patients, "crowded")


def _largest(shares: pl.DataFrame, column: str) -> float:
    return max(shares[column].to_list(), default=0.0)


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
    )


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
    )


def unfairness(view: View) -> float:
    """Z2, with the steps of the graduated rule where that is set."""
    rows = view["allocation_fairness"]
    value = whole(rows, "worst") + whole(rows, "crowded")
    if view.settings["fairness"] != "graduated":
        return value
    for shares in (zone_shares(view), institution_shares(view)):
        stakes = total(shares, ["region_id"], "stake", "region_stake")
        parts = shares.join(stakes, on="region_id")
        above = pl.sum_horizontal(pl.max_horizontal(pl.col("share") - b, 0.0) for b in STEPS)
        value += whole(parts, pl.col("stake") / pl.col("region_stake") * above)
    return value


def harms(view: View, unmet: str, crowding: str) -> tuple[float, float]:
    """Z1 in its two parts: harm of care not given, harm of crowding."""
    missed = view["allocation_unmet"].join(view.harm_unmet, on=["class_id", "date"], how="left")
    crowded = view["allocation_load"].join(
        view["allocation_resource"].select("resource_id", "crowding_weight"), on="resource_id"
    )
    return whole(missed, pl.col(unmet) * pl.col("weight")), whole(
        crowded, pl.col(crowding) * pl.col("crowding_weight")
    )
