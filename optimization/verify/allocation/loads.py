"""What institutions carry: use, stock after moves, surge, and crowding."""

import polars as pl

from optimization.verify.allocation.flows import census
from optimization.verify.allocation.sums import beside, total
from optimization.verify.allocation.verdict import Verdict
from optimization.verify.allocation.view import CARE, CELL, View

MOVE = ["from_institution_id", "to_institution_id", "resource_id"]
PLACE = ["institution_id", "resource_id"]


def check_loads(view: View, verdict: Verdict) -> None:
    """(2) to (6), (9), (10), and every column of load and move."""
    check_moves(view, verdict)
    rows = recomputed(view)
    has = pl.max_horizontal("use", "usual", "units", "surge_limit") > 0
    missing = rows.filter(has).join(view["allocation_load"], on=CELL, how="anti")
    verdict.none("load lacks an institution's resource", missing)
    rows = beside(view["allocation_load"], rows, CELL)
    rows = rows.join(
        view["allocation_resource"].select("resource_id", "occupancy_target"), on="resource_id"
    )
    for column, expected in (
        ("in_service", "units"),
        ("planned_use", "use"),
        ("usual_use", "usual"),
        ("reserve", "kept"),
    ):
        verdict.equal(f"load.{column}", rows, pl.col(column), pl.col(expected))
    verdict.equal("(4) stock", rows, pl.col("stock"), pl.col("there"), 2e-12, 1e-13)
    _capacity(view, verdict, rows)
    _retention(view, verdict, rows)


def _capacity(view: View, verdict: Verdict, rows: pl.DataFrame) -> None:
    """(3), (6), (9): crowding is what load exceeds the room by, surge no more than is used."""
    occupancy = pl.col("occupancy_target")
    load = pl.col("planned_use") + pl.col("reserve")
    room = occupancy * (pl.col("stock") + pl.col("surge"))
    crowding = pl.max_horizontal(load - room, 0.0)
    verdict.equal("(3) capacity", rows, pl.col("crowding"), crowding, 1e-10)
    usual = pl.col("usual_use") + pl.col("reserve") - occupancy * pl.col("in_service")
    most = pl.max_horizontal(usual, 0.0)
    verdict.equal("load.usual_crowding", rows, pl.col("usual_crowding"), most, 1e-10)
    verdict.at_most("(6) surge", rows, pl.col("surge"), pl.col("surge_limit"))
    used = pl.min_horizontal(room, load)
    opened = rows.filter(pl.col("surge") > 0)
    verdict.equal("surge that nobody uses", opened, room, used, 1e-10)
    if view.settings["no_worse"] == "true":
        verdict.at_most("(9) no worse", rows, pl.col("crowding"), most)


def _retention(view: View, verdict: Verdict, rows: pl.DataFrame) -> None:
    """(5) stock >= retain_share · min_t K, where some arc serves"""
    arcs = view["allocation_move_arc"]
    served = pl.concat(
        [
            arcs.select(pl.col(end).alias("institution_id"), "resource_id")
            for end in ("from_institution_id", "to_institution_id")
        ]
    ).unique()
    days = view.dates.height
    least = rows.group_by(PLACE).agg(pl.col("units").min(), pl.len().alias("days"))
    least = least.with_columns(
        least=pl.when(pl.col("days") < days).then(0.0).otherwise(pl.col("units"))
    )
    keep = least.join(served, on=PLACE, how="semi").join(
        view["allocation_resource"].select("resource_id", "retain_share"), on="resource_id"
    )
    keep = keep.select(*PLACE, keep=pl.col("least") * pl.col("retain_share"))
    kept = rows.join(keep, on=PLACE)
    verdict.at_most("(5) retention", kept, pl.col("keep"), pl.col("stock"))


def recomputed(view: View) -> pl.DataFrame:
    """By institution, resource and date: units, surge_limit, there, use, usual, kept."""
    usual = view.expected.rename({"expected": "patients_per_day"})
    rows = view.capacity
    for admission, column in ((view["allocation_admission"], "use"), (usual, "usual")):
        rows = beside(rows, used(view, census(view, admission), column), CELL)
    rows = beside(rows, reserve(view), CELL)
    for change in moved(view):
        rows = beside(rows, change, CELL)
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
    added = total(by_day.drop("day"), [*CELL, "arrival"], adds, "added")
    rank = pl.col("added").rank("ordinal", descending=True).over(CELL)
    return total(added.filter(rank <= view.budget), CELL, pl.col("added"), "kept")


def moved(view: View) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Units that have ``left`` and that have ``come`` by each date, by institution, resource."""
    move = view["allocation_move"].select(*MOVE, "date", "arrives", "units")
    sides = (("from_institution_id", "date", "left"), ("to_institution_id", "arrives", "come"))
    return tuple(  # type: ignore[return-value]
        total(
            move.select(
                pl.col(end).alias("institution_id"),
                *[pl.col(c).alias(f"_{c}") for c in (*MOVE, "date")],
                "resource_id",
                pl.col(since).alias("since"),
                "units",
            )
            .join(view.dates, how="cross")
            .filter(pl.col("date") >= pl.col("since")),
            CELL,
            pl.col("units"),
            column,
        )
        for end, since, column in sides
    )


def check_moves(view: View, verdict: Verdict) -> None:
    """Moves follow arcs, arrive after their lead, cost what they should, and are large enough."""
    move = view["allocation_move"]
    verdict.none(
        "move where no arc leads", move.join(view["allocation_move_arc"], on=MOVE, how="anti")
    )
    rows = move.join(view["allocation_move_arc"], on=MOVE, how="left", suffix="_arc")
    rows = rows.join(view["allocation_resource"], on="resource_id", how="left")
    rows = rows.with_columns(pl.col("least_move", "cost_move").fill_null(0.0))
    verdict.none("move of what may not be moved", rows.filter(~pl.col("movable")))
    late = pl.col("date").dt.offset_by(pl.format("{}d", "lead_days"))
    verdict.none("move.arrives", rows.filter(pl.col("arrives") != late))
    verdict.equal("move.km", rows, pl.col("km"), pl.col("km_arc"))
    cost = pl.col("cost_unit_km") * pl.col("km_arc") * pl.col("units") + pl.col("cost_move")
    verdict.equal("move.cost", rows, pl.col("cost"), cost)
    verdict.at_most("(10b) least move", rows, pl.col("least_move"), pl.col("units"))
    whole = pl.col("resource_id").is_in(view.settings["integer"].split())
    counted = rows.filter(whole | pl.col("whole").fill_null(False))
    verdict.equal("moves in whole units", counted, pl.col("units"), pl.col("units").round())
