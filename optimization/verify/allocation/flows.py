"""Who goes where, and what institutions carry for it: use, stock after moves, surge, crowding."""

import polars as pl

from optimization.verify.allocation.view import CARE, CELL, NEED, PLACE, View
from optimization.verify.verdict import Verdict, outer_joined, total, whole
from schemas.results.allocation import KEY, flows

ARC = ["zone_id", "institution_id", "class_id"]
MOVE = ["from_institution_id", "to_institution_id", "resource_id"]
NOISE = 1e-8
LEAST = 1e-6


def check_admissions(view: View, verdict: Verdict) -> None:
    """(1) sum_i admit + unmet = d, and every column of unmet"""
    unmet, admission = view["allocation_unmet"], view["allocation_admission"]
    strays = admission.join(view["allocation_arc"], on=ARC, how="anti")
    verdict.none("referral_arcs", strays)
    wanted = view.demand.filter(pl.col("planned") > 0)
    verdict.lacking("unmet_rows", wanted.join(unmet, on=NEED, how="anti"))
    rows = outer_joined(unmet, view.demand, NEED)
    verdict.follows("unmet_demand", rows, "demand_patients", "planned")
    share = pl.col("unmet_patients") / pl.col("demand_patients")
    verdict.follows("unmet_share", unmet, "unmet_share", share)
    rows = outer_joined(rows, total(admission, NEED, "patients_per_day", "admitted"), NEED)
    met = pl.col("admitted") + pl.col("unmet_patients")
    verdict.follows("demand_is_met", rows, met, "planned", 2e-12, 1e-13)


def check_transfers(view: View, verdict: Verdict) -> None:
    """(8) elsewhere = admit beyond usual·d, and at most limit·d; km and cost of each"""
    days = view["allocation_admission"].join(view.expected, on=[*ARC, "date"], how="left")
    beyond = days.with_columns(beyond=pl.col("patients_per_day") - pl.col("expected"))
    beyond = beyond.filter(pl.col("beyond") > NOISE).select(*ARC, "date", "beyond")
    transfer = view["allocation_transfer"]
    rows = outer_joined(transfer, beyond, [*ARC, "date"])
    verdict.follows("choice", rows, "patients_per_day", "beyond", 1e-11, 1e-11)
    arcs = transfer.join(view["allocation_arc"], on=ARC, suffix="_arc")
    arcs = arcs.join(view["allocation_class"], on="class_id", how="left")
    verdict.follows("transfer_km", arcs, "km", "km_arc")
    cost = pl.col("cost_km") * pl.col("km_arc") * pl.col("patients_per_day")
    verdict.follows("transfer_cost", arcs, "cost_per_day", cost)
    sent = total(transfer, NEED, "patients_per_day", "sent")
    rows = sent.join(view.demand, on=NEED).join(view["allocation_class"], on="class_id", how="left")
    allowed = pl.col("elsewhere_limit") * pl.col("planned")
    verdict.at_most("choice_limit", rows, "sent", allowed, size=1.0)


def check_changes(view: View, verdict: Verdict) -> None:
    """Change holds every flow that differs from what was announced, and no other."""
    table = view["allocation_change"]
    days = view["allocation_announced_day"].select("date")
    now = flows(view.tables).join(days, on="date", how="semi").rename({"amount": "now"})
    then = view["allocation_announced"].rename({"announced": "then"})
    verdict.none("announced_days", then.join(days, on="date", how="anti"))
    both = outer_joined(now, then, KEY)
    differ = (pl.col("now") - pl.col("then")).abs()
    unsaid = both.filter(differ > 2 * LEAST).join(table, on=KEY, how="anti")
    verdict.lacking("change_rows", unsaid)
    same = both.filter(differ <= LEAST / 2)
    verdict.none("change_rows", table.join(both, on=KEY, how="anti"))
    verdict.none("change_rows", table.join(same, on=KEY, how="semi"))
    rows = table.join(both, on=KEY)
    verdict.follows("change_planned", rows, "planned", "now")
    verdict.follows("change_announced", rows, "announced", "then")
    less = pl.col("planned") - pl.col("announced")
    verdict.follows("change_difference", rows, "difference", less, 2e-12, 1e-12)


def census(view: View, admission: pl.DataFrame) -> pl.DataFrame:
    """(2) patients by institution, class and date; ``admission`` has patients_per_day by them."""
    arrived = total(admission, CARE, "patients_per_day", "arrived")
    staying = arrived.join(view["allocation_stay"], on="class_id").with_columns(
        pl.col("date").dt.offset_by(pl.format("{}d", "day"))
    )
    staying = staying.filter(pl.col("date") <= view.last_day)
    inside = total(staying, CARE, pl.col("arrived") * pl.col("staying_share"), "staying")
    before = view["allocation_census"].rename({"patients": "initial"})
    rows = outer_joined(before, inside, CARE)
    return rows.select(*CARE, patients=pl.col("initial") + pl.col("staying"))


def change_cost(view: View, admission: pl.DataFrame, move: pl.DataFrame) -> float:
    """Price of sending and moving otherwise than announced; ``admission`` has zone_id,
    institution_id, class_id, date, patients_per_day, ``move`` the columns of allocation_move.
    """
    days = view["allocation_announced_day"].select("date")
    return _sent_otherwise(view, admission, days) + _moved_otherwise(view, move, days)


def _sent_otherwise(view: View, admission: pl.DataFrame, days: pl.DataFrame) -> float:
    key = [*ARC, "date"]
    asked = _announced(view, "transfer", ARC)
    served = view.demand.filter(pl.col("planned") > 0).join(view["allocation_arc"], on=key[::2])
    asked = asked.join(served, on=key, how="semi")
    rows = outer_joined(admission.select(*key, "patients_per_day"), view.expected, key)
    rows = outer_joined(rows.join(days, on="date", how="semi"), asked, key)
    beyond, announced = pl.col("patients_per_day") - pl.col("expected"), pl.col("announced")
    sent = pl.when(beyond > NOISE).then(beyond).otherwise(0.0)
    withdrawn = pl.when(announced > 0).then((announced - beyond).clip(0.0)).otherwise(0.0)
    off = (sent - announced).clip(0.0) + withdrawn
    prices = view["allocation_class"].select("class_id", "cost_change_patient")
    priced = rows.join(prices, on="class_id")
    return whole(priced, off * pl.col("cost_change_patient").fill_null(0.0))


def _moved_otherwise(view: View, move: pl.DataFrame, days: pl.DataFrame) -> float:
    asked = _announced(view, "move", MOVE)
    asked = asked.join(view["allocation_move_arc"], on=MOVE, how="semi")
    planned = move.select(*MOVE, "date", "units").join(days, on="date", how="semi")
    rows = outer_joined(planned, asked, [*MOVE, "date"])
    prices = view["allocation_resource"].select("resource_id", "cost_change_unit")
    priced = rows.join(prices, on="resource_id")
    off = (pl.col("units") - pl.col("announced")).abs()
    return whole(priced, off * pl.col("cost_change_unit").fill_null(0.0))


def _announced(view: View, action: str, arc: list[str]) -> pl.DataFrame:
    """What was announced of an action: ``arc``, date and announced."""
    names = {"from_id": arc[0], "to_id": arc[1], "subject_id": arc[2]}
    return view["allocation_announced"].filter(action=action).drop("action").rename(names)


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
    crowding = _crowding(view, load - room)
    verdict.follows("capacity_holds", rows, "crowding", crowding, 1e-10)
    usual = pl.col("usual_use") + pl.col("reserve") - occupancy * pl.col("in_service")
    verdict.follows("usual_crowding", rows, "usual_crowding", _crowding(view, usual), 1e-10)
    verdict.at_most("surge_holds", rows, "surge", "surge_limit", size=1.0)
    used = pl.min_horizontal(room, load + max(view.levels) * pl.col("variance").sqrt())
    opened = rows.filter(pl.col("surge") > 0).join(view.shared_days, on="date", how="anti")
    verdict.follows("surge_is_used", opened, room, used, 1e-10)
    if view.settings["no_worse"] == "true":
        most = pl.max_horizontal(usual, 0.0)
        verdict.at_most("no_worse", rows, load - room, most, size=1.0)


def _crowding(view: View, excess: pl.Expr) -> pl.Expr:
    """What a load exceeds the room by; on levels of the load, the mean over them."""
    deviation = pl.col("variance").sqrt()
    levels = [pl.max_horizontal(excess + level * deviation, 0.0) for level in view.levels]
    return pl.sum_horizontal(levels) / len(levels)


def _retention(view: View, verdict: Verdict, rows: pl.DataFrame) -> None:
    """(5) stock >= retain_share · min_t K, where some arc serves"""
    verdict.at_most("retention", keeps(view, rows), "keep", "stock", size=1.0)


def keeps(view: View, rows: pl.DataFrame) -> pl.DataFrame:
    """``rows`` (``CELL``, units) of what some move arc serves, with keep: units that must stay."""
    arcs = view["allocation_move_arc"]
    ends = ("from_institution_id", "to_institution_id")
    served = pl.concat([arcs.select("resource_id", institution_id=pl.col(end)) for end in ends])
    days = view.dates.height
    least = rows.group_by(PLACE).agg(pl.col("units").min(), pl.len().alias("days"))
    every_day = pl.when(pl.col("days") == days).then("units").otherwise(0.0)
    shares = view["allocation_resource"].select("resource_id", "retain_share")
    keep = least.join(served, on=PLACE, how="semi").join(shares, on="resource_id")
    keep = keep.select(*PLACE, keep=every_day * pl.col("retain_share"))
    return rows.join(keep, on=PLACE)


def recomputed(view: View) -> pl.DataFrame:
    """By institution, resource and date: units, surge_limit, there, use, usual, variance, kept."""
    usual = view.expected.rename({"expected": "patients_per_day"})
    rows = view.capacity
    for admission, column in ((view["allocation_admission"], "use"), (usual, "usual")):
        rows = outer_joined(rows, used(view, census(view, admission), column), CELL)
    squares = pl.col("patients") * pl.col("units_per_patient") ** 2
    needs = census(view, usual).join(view["allocation_use"], on="class_id")
    rows = outer_joined(rows, total(needs, CELL, squares, "variance"), CELL)
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
    more = more.filter(pl.lit(view.budget > 0))
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
