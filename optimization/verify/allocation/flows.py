"""Who goes where: admissions, transfers, who is left, how many lie in bed, what changed."""

import polars as pl

from optimization.verify.allocation.view import CARE, NEED, View
from optimization.verify.tables import outer_joined, total, whole
from optimization.verify.verdict import Verdict
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
