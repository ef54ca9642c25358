"""Patients who are in today and expected to be in still on the days planned."""

import polars as pl

from schemas.results.allocation import AllocationCensus
from schemas.table import conform
from transforms.demand.length_of_stay import Curves
from transforms.exact import exact_sum

PAIR = ["institution_id", "class_id"]


def allocation_census(
    stays: pl.DataFrame,
    patients: pl.DataFrame,
    units: pl.DataFrame,
    care_class: pl.DataFrame,
    curves: Curves,
    days: pl.DataFrame,
) -> pl.DataFrame:
    """Expected patients of today who are in on each day planned.

    Where encounters tell how long a patient has been in (a days since admission), t days ahead
    the chance is share[a + t] / share[a] of the class's stay curve. Where only a census is
    known, it is (1 - 1/mean stay)^t.

    Args:
        stays: from ``stays.stays``.
        patients: from ``offer.patients_today``.
        units: from ``calendar.units_today``: the institutions that take part.
        care_class: clean.care_class.
        curves: from ``stay.curves``.
        days: day, date, from ``calendar.plan_days``.

    Returns:
        results.allocation_census, for institutions with patients of the class today.
    """
    open_ = stays.filter("open").join(units, on="institution_id", how="semi")
    unknown = patients.join(stays, on="class_id", how="anti")
    rows = pl.concat([_by_stay_so_far(open_, curves, days), _by_mean(unknown, care_class, days)])
    return conform(AllocationCensus, rows)


def _by_stay_so_far(open_: pl.DataFrame, curves: Curves, days: pl.DataFrame) -> pl.DataFrame:
    since = (pl.col("days") - 1).alias("since")
    counted = open_.group_by(*PAIR, since).len("count")
    chances = _chances(counted.select("class_id", "since").unique(), curves, days)
    return (
        counted.join(chances, on=["class_id", "since"])
        .group_by(*PAIR, "date")
        .agg(patients=exact_sum(pl.col("count") * pl.col("chance"), 9))
    )


def _chances(pairs: pl.DataFrame, curves: Curves, days: pl.DataFrame) -> pl.DataFrame:
    """Chance to be in t days ahead, by class and days since admission."""
    rows = [
        (class_id, since, on, _chance(curves, class_id, since, day))
        for class_id, since in pairs.sort("class_id", "since").rows()
        for day, on in days.select("day", "date").rows()
    ]
    schema = {
        "class_id": pl.String,
        "since": pl.Int64,
        "date": pl.Date,
        "chance": pl.Float64,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def _chance(curves: Curves, class_id: str, since: int, ahead: int) -> float:
    curve = curves[class_id]
    return float(curve[since + ahead] / curve[since]) if curve[since] > 0 else 0.0


def _by_mean(patients: pl.DataFrame, care_class: pl.DataFrame, days: pl.DataFrame) -> pl.DataFrame:
    mean = pl.max_horizontal("mean_stay_days", pl.lit(1.0))
    return (
        patients.join(care_class.select("class_id", "mean_stay_days"), on="class_id")
        .join(days, how="cross")
        .select(*PAIR, "date", patients=pl.col("patients") * (1 - 1 / mean) ** pl.col("day"))
    )
