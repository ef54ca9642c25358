"""What holds on drawn paths of demand, that they share the first days, and what they come to."""

import polars as pl

from optimization.verify.allocation.flows import change_cost, keeps, recomputed
from optimization.verify.allocation.paths import ADMIT, MOVE, Paths, own
from optimization.verify.allocation.view import CELL, NEED, View
from optimization.verify.allocation.worth import OVER_PATHS, STEPS
from optimization.verify.verdict import Verdict, joined, outer_joined, total, whole


def check_paths(view: View, verdict: Verdict) -> None:
    """(12) to (14), and that each path keeps (1), (5), (6) and (8)"""
    if view.settings["demand"].split()[0] != "scenarios":
        for table in ("scenario_flow", "scenario_harm", "risk"):
            verdict.none("path_rows", view[f"allocation_{table}"].select(pl.first()))
        return
    _path_rows(view, verdict)
    paths = Paths(view)
    _kept(paths, verdict)
    _first_days(paths, verdict)
    _no_worse(paths, verdict)
    _harms(paths, verdict)
    _objectives(paths, verdict)


def _path_rows(view: View, verdict: Verdict) -> None:
    number = int(view.settings["demand"].split()[1])
    drawn = view["allocation_scenario"]
    verdict.none("path_rows", drawn.filter(pl.col("path") > number))
    verdict.none("path_rows", drawn.join(view["allocation_demand"], on=NEED, how="anti"))
    numbers = pl.DataFrame({"path": range(1, number + 1)}, schema={"path": pl.Int64})
    verdict.same_rows("path_rows", view["allocation_scenario_harm"], numbers, ["path"])


def _kept(paths: Paths, verdict: Verdict) -> None:
    """What holds on each path by itself."""
    arcs = list(ADMIT.values())
    verdict.none(
        "path_arcs",
        paths["allocation_admission"].join(paths["allocation_arc"], on=arcs, how="anti"),
    )
    ends = list(MOVE.values())
    verdict.none(
        "path_arcs",
        paths["allocation_move"].join(paths["allocation_move_arc"], on=ends, how="anti"),
    )
    verdict.at_most("path_demand", paths.unmet, "admitted", "planned", size=1.0)
    limits = paths["allocation_class"].select("class_id", "elsewhere_limit")
    sent = total(paths.beyond_usual, NEED, "sent").join(paths.demand, on=NEED)
    allowed = pl.col("elsewhere_limit") * pl.col("planned")
    verdict.at_most("path_limit", sent.join(limits, on="class_id"), "sent", allowed, size=1.0)
    verdict.at_most("path_surge", paths.loads, "surge", "surge_limit", size=1.0)
    keep = keeps(paths, paths.loads)
    verdict.at_most("path_retention", keep, "keep", "there", size=1.0)


def _first_days(paths: Paths, verdict: Verdict) -> None:
    """(12) on the first days every path does what the plan says."""
    days, plan = paths.plan.shared_days, paths.plan
    key = [*ADMIT.values(), "date"]
    planned = outer_joined(
        plan["allocation_admission"].select(*key, "patients_per_day"), plan.expected, key
    )
    planned = planned.join(plan.demand, on=NEED).join(days, on="date", how="semi")
    beyond = planned.select(*key, "planned", beyond=pl.col("patients_per_day") - pl.col("expected"))
    usual = paths.expected.join(days, on="date", how="semi")
    rows = joined(usual, paths.on_each(beyond), key).join(
        paths.demand.select(*NEED, came="planned"), on=NEED
    )
    share = pl.when(pl.col("planned") > 0).then(pl.col("came") / pl.col("planned")).otherwise(0.0)
    rows = rows.with_columns(
        right=pl.max_horizontal(
            pl.col("expected") + pl.min_horizontal(share, 1.0) * pl.col("beyond"), 0.0
        )
    )
    done = paths["allocation_admission"].join(days, on="date", how="semi")
    rows = outer_joined(done, rows, key)
    verdict.follows("admitted_as_planned", rows, "patients_per_day", "right", 1e-10)
    moves = plan["allocation_move"].select(*MOVE.values(), "date", right="units")
    _same(paths, verdict, "moved_as_planned", paths["allocation_move"], "units", moves)
    opened = plan["allocation_load"].filter(pl.col("surge") > 0).select(*CELL, right="surge")
    _same(paths, verdict, "opened_as_planned", paths.surge, "surge", opened)
    most = (
        paths.loads.with_columns(own("institution_id")).group_by(CELL).agg(pl.col("needed").max())
    )
    loads = recomputed(plan).join(
        plan["allocation_resource"].select("resource_id", "occupancy_target"), on="resource_id"
    )
    here = loads.select(*CELL, here=pl.col("use") / pl.col("occupancy_target") - pl.col("there"))
    used = opened.join(days, on="date", how="semi").join(most, on=CELL).join(here, on=CELL)
    needed = pl.max_horizontal("needed", "here")
    verdict.at_most("surge_is_used", used, "right", needed, size=1.0)


def _same(
    paths: Paths, verdict: Verdict, rule: str, done: pl.DataFrame, amount: str, plan: pl.DataFrame
) -> None:
    """What is ``done`` on the paths on the first days is the plan's ``right``."""
    key = [c for c in plan.columns if c != "right"]
    days = paths.plan.shared_days
    first = done.join(days, on="date", how="semi").select(*key, amount)
    asked = paths.on_each(plan.join(days, on="date", how="semi"))
    verdict.follows(rule, outer_joined(first, asked, key), amount, "right")


def _no_worse(paths: Paths, verdict: Verdict) -> None:
    """(13) the sum over the paths, where that is set"""
    if paths.settings["no_worse"] != "true":
        return
    placed = paths.loads.with_columns(own("institution_id"))
    sums = [total(placed, CELL, c) for c in ("crowding", "usual_crowding")]
    both = sums[0].join(sums[1], on=CELL)
    verdict.at_most("no_worse_over_paths", both, "crowding", "usual_crowding", size=1.0)


def _harms(paths: Paths, verdict: Verdict) -> None:
    """(14) harm of each path, the mean, and the conditional value at risk"""
    table = paths.plan["allocation_scenario_harm"]
    rows = table.join(paths.harms, on="path", suffix="_right")
    both = pl.col("harm_unmet_right") + pl.col("harm_crowding_right")
    verdict.follows("harm_of_path", rows, "harm", both, 1e-7)
    for column in ("harm_unmet", "harm_crowding"):
        verdict.follows("harm_of_path", rows, column, f"{column}_right", 1e-7)
    verdict.follows("usual_harm_of_path", rows, "usual_harm", "usual_harm_right", 1e-7)
    risks = [
        (policy, whole(table, column) / table.height, _tail(paths, table[column]))
        for policy, column in (("plan", "harm"), ("usual", "usual_harm"))
    ]
    expected = pl.DataFrame(risks, ["policy", "mean", "tail"], orient="row")
    risk = paths.plan["allocation_risk"]
    verdict.same_rows("mean_harm", risk, expected, ["policy"])
    rows = risk.join(expected, on="policy")
    verdict.follows("mean_harm", rows, "mean_harm", "mean", 1e-8)
    verdict.follows("excess_harm", rows, "tail_harm", "tail", 1e-8)


def _tail(paths: Paths, harms: pl.Series) -> float:
    """The mean of the worst (1 - tail) of the paths, one of them in part where it must be."""
    left, total_harm = (1 - float(paths.settings["tail"])) * len(harms), 0.0
    size = left
    for harm in harms.sort(descending=True).to_list():
        part = min(1.0, left)
        total_harm += part * harm
        left -= part
    return total_harm / size


def _objectives(paths: Paths, verdict: Verdict) -> None:
    """The tiers over the paths, where the run is known"""
    if "plan_run" not in paths.tables:
        return
    over_paths = pl.col("objective_name").str.ends_with(OVER_PATHS)
    runs = paths["plan_run"].filter(over_paths, model="allocation")
    risk = paths.plan["allocation_risk"].filter(policy="plan")
    weight = float(paths.settings["tail_weight"])
    harm = (1 - weight) * risk["mean_harm"].item() + weight * risk["tail_harm"].item()
    reached = {"harm_over_paths": harm, "cost_over_paths": cost_over_paths(paths)}
    if paths.settings["fairness"] != "none":
        reached["unfairness_over_paths"] = unfairness_over_paths(paths)
    names = pl.DataFrame({"objective_name": list(reached), "reached": list(reached.values())})
    verdict.same_rows("tiers", runs, names, ["objective_name"])
    rows = runs.join(names, on="objective_name")
    verdict.follows("objective", rows, "objective", "reached", 1e-7)


def unfairness_over_paths(paths: Paths) -> float:
    """Z2 of the sums over the paths: the worst zone and institution of each region, and steps."""
    plan = paths.plan
    zone = paths.unmet.with_columns(own("zone_id"))
    cells = paths.loads.with_columns(own("institution_id"))
    room = pl.col("crowding_weight") * pl.col("occupancy_target") * pl.col("units")
    crowding = pl.col("crowding_weight") * pl.col("crowding")
    sides = (
        (zone, "zone", pl.col("left") * pl.col("weight"), pl.col("planned") * pl.col("weight")),
        (cells, "institution", crowding, room),
    )
    value = 0.0
    for rows, place, missed, stake in sides:
        key = [f"{place}_id"]
        sums = total(rows, key, missed, "missed").join(total(rows, key, stake, "stake"), on=key)
        placed = sums.filter(pl.col("stake") > 0).join(
            plan[place].select(*key, "region_id"), on=key
        )
        share = pl.col("missed") / pl.col("stake")
        value += whole(placed.group_by("region_id").agg(share.max().alias("worst")), "worst")
        if paths.settings["fairness"] == "graduated":
            stakes = total(placed, ["region_id"], "stake", "region_stake")
            above = pl.sum_horizontal(pl.max_horizontal(share - b, 0.0) for b in STEPS)
            part = pl.col("stake") / pl.col("region_stake")
            value += whole(placed.join(stakes, on="region_id"), part * above)
    return value


def cost_over_paths(paths: Paths) -> float:
    """Z3 of the plan on the first days, and its mean over the paths on later ones."""
    plan, days = paths.plan, paths.plan.shared_days
    load, resources = plan["allocation_load"], plan["allocation_resource"]
    opened = load.join(resources, on="resource_id").join(days, on="date", how="semi")
    transfer, move = (
        plan[f"allocation_{t}"].join(days, on="date", how="semi") for t in ("transfer", "move")
    )
    admission = plan["allocation_admission"].join(days, on="date", how="semi")
    first = plan.within(days)
    planned = (
        whole(transfer, "cost_per_day")
        + whole(move, "cost")
        + whole(opened, pl.col("surge") * pl.col("cost_surge_day"))
        + change_cost(first, admission, move)
    )
    return planned + _later_cost(paths, days) / paths.numbers.height


def _later_cost(paths: Paths, days: pl.DataFrame) -> float:
    sent = paths.beyond_usual.join(paths["allocation_arc"], on=list(ADMIT.values()))
    sent = sent.join(paths["allocation_class"], on="class_id")
    moves = paths["allocation_move"].join(paths["allocation_move_arc"], on=list(MOVE.values()))
    moves = moves.join(paths["allocation_resource"], on="resource_id")
    parts = (
        (sent, pl.col("cost_km") * pl.col("km") * pl.col("sent")),
        (moves, pl.col("cost_unit_km") * pl.col("km") * pl.col("units")),
        (paths.loads, pl.col("cost_surge_day") * pl.col("surge")),
    )
    return sum(whole(rows.join(days, on="date", how="anti"), cost) for rows, cost in parts)
