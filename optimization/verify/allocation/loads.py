"""What institutions carry: use, stock after moves, surge, and crowding."""

import polars as pl

from optimization.verify.allocation.flows import MOVE, census
from optimization.verify.allocation.view import CARE, CELL, PLACE, View
from optimization.verify.tables import outer_joined, total
from optimization.verify.verdict import Verdict

LOADS = {
    "load_in_service": ("in_service", "units"),
    "census_follows": ("planned_use", "use"),
    "usual_use": ("usual_use", "usual"),
    "load_reserve": ("reserve", "kept"),
}


def check_loads(view: View, verdict: Verdict) -> None:
    """(2) to (6), (9), and every column of load"""
    table, resources = view["allocation_load"], view["allocation_resource"]
    verdict.none("load_rows", table.join(resources, on="resource_id", how="anti"))
    rows = recomputed(view)
    has = pl.max_horizontal("use", "usual", "units", "surge_limit") > 0
    missing = rows.filter(has).join(table, on=CELL, how="anti")
    verdict.lacking("load_rows", missing)
    rows = outer_joined(table, rows, CELL)
    rows = rows.join(resources.select("resource_id", "occupancy_target"), on="resource_id")
    for rule, (column, expected) in LOADS.items():
        verdict.follows(rule, rows, column, expected)
    verdict.follows("stock_follows", rows, "stock", "there", 2e-12, 1e-13)
    _capacity(view, verdict, rows)
    _retention(view, verdict, rows)


def _capacity(view: View, verdict: Verdict, rows: pl.DataFrame) -> None:
    """(3), (6), (9): crowding is what load exceeds the room by, surge no more than is used."""
    occupancy = pl.col("occupancy_target")
    load = pl.col("planned_use") + pl.col("reserve")
    room = occupancy * (pl.col("stock") + pl.col("surge"))
    crowding = pl.max_horizontal(load - room, 0.0)
    verdict.follows("capacity_holds", rows, "crowding", crowding, 1e-10)
    usual = pl.col("usual_use") + pl.col("reserve") - occupancy * pl.col("in_service")
    most = pl.max_horizontal(usual, 0.0)
    verdict.follows("usual_crowding", rows, "usual_crowding", most, 1e-10)
    verdict.at_most("surge_holds", rows, "surge", "surge_limit", size=1.0)
    used = pl.min_horizontal(room, load)
    opened = rows.filter(pl.col("surge") > 0)
    verdict.follows("surge_is_used", opened, room, used, 1e-10)
    if view.settings["no_worse"] == "true":
        verdict.at_most("no_worse", rows, "crowding", most, size=1.0)


def _retention(view: View, verdict: Verdict, rows: pl.DataFrame) -> None:
    """(5) stock >= retain_share · min_t K, where some arc serves"""
    arcs = view["allocation_move_arc"]
    ends = ("from_institution_id", "to_institution_id")
    served = pl.concat([arcs.select("resource_id", institution_id=pl.col(end)) for end in ends])
    days = view.dates.height
    least = rows.group_by(PLACE).agg(pl.col("units").min(), pl.len().alias("days"))
    every_day = pl.when(pl.col("days") == days).then("units").otherwise(0.0)
    keep = least.join(served, on=PLACE, how="semi").join(
        view["allocation_resource"].select("resource_id", "retain_share"), on="resource_id"
    )
    keep = keep.select(*PLACE, keep=every_day * pl.col("retain_share"))
    verdict.at_most("retention", rows.join(keep, on=PLACE), "keep", "stock", size=1.0)


def recomputed(view: View) -> pl.DataFrame:
    """By institution, resource and date: units, surge_limit, there, use, usual, kept."""
    usual = view.expected.rename({"expected": "patients_per_day"})
    rows = view.capacity
    for admission, column in ((view["allocation_admission"], "use"), (usual, "usual")):
        rows = outer_joined(rows, used(view, census(view, admission), column), CELL)
    rows = outer_joined(rows, reserve(view), CELL)
    rows = outer_joined(rows, moved(view, "from_institution_id", "leaves", "left"), CELL)
    rows = outer_joined(rows, moved(view, "to_institution_id", "arrives", "come"), CELL)
    there = pl.col("units") - pl.col("left") + pl.col("come")
    return rows.with_columns(there=there)


def used(view: View, patients: pl.DataFrame, column: str) -> pl.DataFrame:
    """sum_c u[c,r] · census[i,c,t]"""
    rows = patients.join(view["allocation_use"], on="class_id")
    return total(rows, CELL, pl.col("patients") * pl.col("units_per_patient"), column)


def reserve(view: View) -> pl.DataFrame:
    """β: the sum of the largest, over days of arrival, of what demand at its bound would add."""
    more = total(view.expected, CARE, pl.col("above"), "above")
    by_day = more.rename({"date": "arrival"}).join(view["allocation_stay"], on="class_id")
    by_day = by_day.with_columns(
        date=pl.col("arrival").dt.offset_by(pl.format("{}d", "day"))
    ).filter(pl.col("date") <= view.last_day)
    by_day = by_day.join(view["allocation_use"], on="class_id")
    adds = pl.col("above") * pl.col("staying_share") * pl.col("units_per_patient")
    added = total(by_day, [*CELL, "arrival"], adds, "added")
    rank = pl.col("added").rank("ordinal", descending=True).over(CELL)
    return total(added.filter(rank <= view.budget), CELL, "added", "kept")


def moved(view: View, end: str, since: str, name: str) -> pl.DataFrame:
    """Units that have left or come by each date, by institution and resource, as ``name``."""
    move = view["allocation_move"].rename({end: "institution_id", "date": "leaves"})
    days = move.join(view.dates, how="cross").filter(pl.col("date") >= pl.col(since))
    return total(days, CELL, "units", name)


def check_moves(view: View, verdict: Verdict) -> None:
    """Moves follow arcs, arrive after their lead, cost what they should, and are large enough."""
    move, arcs = view["allocation_move"], view["allocation_move_arc"]
    verdict.none("move_arcs", move.join(arcs, on=MOVE, how="anti"))
    rows = move.join(arcs, on=MOVE, suffix="_arc")
    rows = rows.join(view["allocation_resource"], on="resource_id", how="left")
    rows = rows.with_columns(pl.col("least_move", "cost_move").fill_null(0.0))
    verdict.none("movable", rows.filter(~pl.col("movable")))
    arrives = pl.col("date").dt.offset_by(pl.format("{}d", "lead_days"))
    verdict.none("move_arrives", rows.filter(pl.col("arrives") != arrives))
    verdict.follows("move_km", rows, "km", "km_arc")
    cost = pl.col("cost_unit_km") * pl.col("km_arc") * pl.col("units") + pl.col("cost_move")
    verdict.follows("move_cost", rows, "cost", cost)
    verdict.at_most("least_moves", rows, "least_move", "units", size=1.0)
    whole = pl.col("resource_id").is_in(view.settings["integer"].split())
    counted = rows.filter(whole | pl.col("whole").fill_null(False))
    verdict.follows("whole_moves", counted, "units", pl.col("units").round())
