"""What changed of what earlier nights announced, and what the changes cost."""

import polars as pl

from optimization.verify.allocation.sums import beside, whole
from optimization.verify.allocation.verdict import Verdict
from optimization.verify.allocation.view import View
from schemas.results.allocation.flows import KEY, flows

NOISE = 1e-8
LEAST = 1e-6


def check_changes(view: View, verdict: Verdict) -> None:
    """Change holds every flow that differs from what was announced, and no other."""
    rows = view["allocation_change"]
    days = view["allocation_announced_day"].select("date")
    now = flows(view.tables).join(days, on="date", how="semi").rename({"amount": "now"})
    then = view["allocation_announced"].rename({"announced": "then"})
    verdict.none("announced on a day that was not", then.join(days, on="date", how="anti"))
    both = beside(beside(rows, now, KEY), then, KEY)
    verdict.equal("change.planned", both.filter(_told()), pl.col("planned"), pl.col("now"))
    verdict.equal("change.announced", both.filter(_told()), pl.col("announced"), pl.col("then"))
    untold = both.filter(~_told(), (pl.col("now") - pl.col("then")).abs() > 2 * LEAST)
    verdict.none("change lacks a flow that differs", untold)
    less = pl.col("planned") - pl.col("announced")
    verdict.equal("change.change", rows, pl.col("change"), less, 2e-12, 1e-12)


def change_cost(view: View, admission: pl.DataFrame, move: pl.DataFrame) -> float:
    """Price of sending and moving otherwise than announced; ``admission`` has zone_id,
    institution_id, class_id, date, patients_per_day, ``move`` the columns of allocation_move.
    """
    days = view["allocation_announced_day"].select("date")
    told = view["allocation_announced"]
    return _sent_otherwise(view, admission, days, told) + _moved_otherwise(view, move, days, told)


def _sent_otherwise(
    view: View, admission: pl.DataFrame, days: pl.DataFrame, told: pl.DataFrame
) -> float:
    key = ["zone_id", "institution_id", "class_id", "date"]
    asked = told.filter(action="transfer").select(
        zone_id="from_id",
        institution_id="to_id",
        class_id="subject_id",
        date="date",
        told="announced",
    )
    served = view.demand.filter(pl.col("planned") > 0).join(view["allocation_arc"], on=key[::2])
    asked = asked.join(served, on=key[:3], how="semi")
    rows = beside(admission.select(*key, "patients_per_day"), view.expected, key)
    rows = beside(rows.join(days, on="date", how="semi"), asked, key)
    beyond = pl.col("patients_per_day") - pl.col("expected")
    sent = pl.when(beyond > NOISE).then(beyond).otherwise(0.0)
    withdrawn = pl.when(pl.col("told") > 0).then((pl.col("told") - beyond).clip(0.0)).otherwise(0.0)
    off = (sent - pl.col("told")).clip(0.0) + withdrawn
    prices = view["allocation_class"].select("class_id", "cost_change_patient")
    priced = rows.join(prices, on="class_id")
    return whole(priced, off * pl.col("cost_change_patient").fill_null(0.0))


def _moved_otherwise(
    view: View, move: pl.DataFrame, days: pl.DataFrame, told: pl.DataFrame
) -> float:
    arc = ["from_institution_id", "to_institution_id", "resource_id"]
    asked = told.filter(action="move").select(
        from_institution_id="from_id",
        to_institution_id="to_id",
        resource_id="subject_id",
        date="date",
        told="announced",
    )
    asked = asked.join(view["allocation_move_arc"], on=arc, how="semi")
    planned = move.select(*arc, "date", "units").join(days, on="date", how="semi")
    rows = beside(planned, asked, [*arc, "date"])
    prices = view["allocation_resource"].select("resource_id", "cost_change_unit")
    priced = rows.join(prices, on="resource_id")
    off = (pl.col("units") - pl.col("told")).abs()
    return whole(priced, off * pl.col("cost_change_unit").fill_null(0.0))


def _told() -> pl.Expr:
    """Is the row one of allocation_change? A change of 0 is none."""
    return pl.col("change").abs() > 0
