"""Who goes where: admissions, transfers, who is left, and how many lie in bed."""

import polars as pl

from optimization.verify.allocation.sums import beside, total
from optimization.verify.allocation.verdict import Verdict
from optimization.verify.allocation.view import CARE, View

ARC = ["zone_id", "institution_id", "class_id"]
NEED = ["zone_id", "class_id", "date"]
NOISE = 1e-8


def check_flows(view: View, verdict: Verdict) -> None:
    """(1), (8), and every column of admission, transfer and unmet."""
    _demand_is_met(view, verdict)
    _transfers(view, verdict)


def _demand_is_met(view: View, verdict: Verdict) -> None:
    """(1) sum_i admit + unmet = d"""
    unmet, admission = view["allocation_unmet"], view["allocation_admission"]
    strays = admission.join(view["allocation_arc"], on=ARC, how="anti")
    verdict.none("admission where no arc leads", strays)
    wanted = view.demand.filter(pl.col("planned") > 0)
    verdict.none("unmet lacks a zone with demand", wanted.join(unmet, on=NEED, how="anti"))
    rows = beside(unmet, view.demand, NEED)
    verdict.equal("unmet.demand_patients", rows, pl.col("demand_patients"), pl.col("planned"))
    share = pl.col("unmet_patients") / pl.col("demand_patients")
    verdict.equal("unmet.unmet_share", unmet, pl.col("unmet_share"), share)
    admitted = total(admission, NEED, pl.col("patients_per_day"), "admitted")
    rows = beside(rows, admitted, NEED)
    met = pl.col("admitted") + pl.col("unmet_patients")
    verdict.equal("(1) demand", rows, met, pl.col("planned"), 2e-12, 1e-13)


def _transfers(view: View, verdict: Verdict) -> None:
    """(8) elsewhere = admit beyond usual·d, and at most limit·d"""
    days = view["allocation_admission"].join(view.expected, on=[*ARC, "date"], how="left")
    beyond = days.with_columns(beyond=pl.col("patients_per_day") - pl.col("expected"))
    beyond = beyond.filter(pl.col("beyond") > NOISE).select(*ARC, "date", "beyond")
    transfer = view["allocation_transfer"]
    rows = beside(transfer, beyond, [*ARC, "date"])
    verdict.equal("(8a) choice", rows, pl.col("patients_per_day"), pl.col("beyond"), 1e-11, 1e-11)
    arcs = transfer.join(view["allocation_arc"], on=ARC, how="left", suffix="_arc")
    arcs = arcs.join(view["allocation_class"], on="class_id", how="left")
    verdict.equal("transfer.km", arcs, pl.col("km"), pl.col("km_arc"))
    cost = pl.col("cost_km") * pl.col("km_arc") * pl.col("patients_per_day")
    verdict.equal("transfer.cost_per_day", arcs, pl.col("cost_per_day"), cost)
    sent = total(transfer, NEED, pl.col("patients_per_day"), "sent")
    rows = sent.join(view.demand, on=NEED, how="left").join(
        view["allocation_class"], on="class_id", how="left"
    )
    allowed = pl.col("elsewhere_limit") * pl.col("planned")
    verdict.at_most("(8b) choice limit", rows, pl.col("sent"), allowed)


def census(view: View, admission: pl.DataFrame) -> pl.DataFrame:
    """(2) patients by institution, class and date; ``admission`` has patients_per_day by them."""
    arrived = total(admission, CARE, pl.col("patients_per_day"), "arrived")
    staying = arrived.join(view["allocation_stay"], on="class_id").with_columns(
        pl.col("date").dt.offset_by(pl.format("{}d", "day"))
    )
    staying = staying.filter(pl.col("date") <= view.last_day)
    inside = total(staying, CARE, pl.col("arrived") * pl.col("staying_share"), "staying")
    before = view["allocation_census"].rename({"patients": "initial"})
    rows = beside(before, inside, CARE)
    return rows.select(*CARE, patients=pl.col("initial") + pl.col("staying"))
