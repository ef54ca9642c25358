"""The comparison of policies, as far as the published tables decide it."""

import polars as pl

from optimization.verify.allocation.changed import change_cost
from optimization.verify.allocation.fair import harms, institution_shares, zone_shares
from optimization.verify.allocation.flows import census
from optimization.verify.allocation.sums import total, whole
from optimization.verify.allocation.verdict import Verdict
from optimization.verify.allocation.view import CARE, CELL, View


def check_comparison(view: View, verdict: Verdict) -> None:
    """Every figure of the plan and of the status quo; the sums of every other policy."""
    rows = view["policy_comparison"]
    both = pl.col("harm_unmet") + pl.col("harm_crowding")
    verdict.equal("policy_comparison.harm", rows, pl.col("harm"), both)
    for policy, wanted in (("plan", _plan(view)), ("usual", _usual(view))):
        row = rows.filter(pl.col("policy") == policy)
        verdict.none(
            f"no {policy} in policy_comparison", pl.DataFrame({"": [0] * (1 - row.height)})
        )
        for column, value in wanted.items():
            rule = f"policy_comparison.{column} of {policy}"
            verdict.equal(rule, row, pl.col(column), pl.lit(value), 1e-9)


def _plan(view: View) -> dict[str, float]:
    load, transfer, move = (
        view[f"allocation_{t}"].lazy().collect() for t in ("load", "transfer", "move")
    )
    surge = load.join(view["allocation_resource"], on="resource_id")
    missed, crowding = harms(view, pl.col("unmet_patients"), pl.col("crowding"))
    return {
        "harm_unmet": missed,
        "harm_crowding": crowding,
        "crowding_unit_days": whole(load, pl.col("crowding")),
        "crowding_patient_days": _over_patients(
            view, view["allocation_admission"], "planned_use", "crowding"
        ),
        "unmet": whole(view["allocation_unmet"], pl.col("unmet_patients")),
        "worst": _largest(zone_shares(view), "share"),
        "crowded": _largest(institution_shares(view), "share"),
        "sent": whole(transfer, pl.col("patients_per_day")),
        "moved": whole(move, pl.col("units")),
        "surge_unit_days": whole(load, pl.col("surge")),
        "cost": whole(transfer, pl.col("cost_per_day"))
        + whole(move, pl.col("cost"))
        + whole(surge, pl.col("surge") * pl.col("cost_surge_day"))
        + change_cost(view, view["allocation_admission"], move),
    }


def _usual(view: View) -> dict[str, float]:
    crowding = harms(view, pl.lit(0.0), pl.col("usual_crowding"))[1]
    admission = view.expected.rename({"expected": "patients_per_day"})
    stranded = view.stranded.join(view.harm_unmet, on=["class_id", "date"])
    return {
        "harm_unmet": whole(stranded, pl.col("planned") * pl.col("weight")),
        "harm_crowding": crowding,
        "crowding_unit_days": whole(view["allocation_load"], pl.col("usual_crowding")),
        "crowding_patient_days": _over_patients(view, admission, "usual_use", "usual_crowding"),
        "unmet": whole(stranded, pl.col("planned")),
        "worst": _largest(zone_shares(view), "usual_share"),
        "crowded": _largest(institution_shares(view), "usual_share"),
        "sent": 0.0,
        "moved": 0.0,
        "surge_unit_days": 0.0,
        "cost": change_cost(view, admission, view["allocation_move"].clear()),
    }


def _over_patients(view: View, admission: pl.DataFrame, use: str, crowding: str) -> float:
    """Patients in bed times the largest part by which a resource they need is short."""
    short = pl.when(pl.col(use) > 0).then(pl.col(crowding) / pl.col(use)).otherwise(0.0)
    cells = view["allocation_load"].select(*CELL, short=pl.min_horizontal(short, 1.0))
    needs = cells.join(view["allocation_use"], on="resource_id")
    worst = needs.group_by(CARE).agg(pl.col("short").max())
    rows = census(view, admission).join(worst, on=CARE, how="left")
    patients = total(rows, CARE, pl.col("patients") * pl.col("short").fill_null(0.0), "crowded")
    return whole(patients, pl.col("crowded"))


def _largest(shares: pl.DataFrame, column: str) -> float:
    return max(shares[column].to_list(), default=0.0)
