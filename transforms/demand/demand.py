"""Demand by region: patients who need admission, and patients in bed."""

from datetime import date

import polars as pl

from schemas.regional import Demand
from schemas.table import conform
from transforms.demand.stays import daily
from transforms.exact import exact_sum

KEY = ["region_id", "class_id", "date"]
COLUMNS = [*KEY, "period_days", "admissions_per_day", "patient_days_per_day", "demand_source"]


def demand(
    from_stays: pl.DataFrame,
    from_census: pl.DataFrame,
    from_activity: pl.DataFrame,
    inhabitants: pl.DataFrame,
) -> pl.DataFrame:
    """Join what is known of demand, the best source first.

    A class that any encounter names is taken from encounters alone. Else a region's class is
    taken from the beds in use, and where no bed tells, from activity.

    Args:
        from_stays: from ``demand_of_stays``.
        from_census: from ``demand_of_census``.
        from_activity: from ``demand_of_activity``.
        inhabitants: region_id | population (persons).

    Returns:
        regional.demand.
    """
    census = from_census.join(from_stays, on="class_id", how="anti")
    better = pl.concat([from_stays.select(COLUMNS), census.select(COLUMNS)])
    activity = from_activity.join(from_stays, on="class_id", how="anti").join(
        census, on=["region_id", "class_id"], how="anti"
    )
    rows = pl.concat([better, activity.select(COLUMNS)]).join(
        inhabitants, on="region_id", how="left"
    )
    people = pl.col("population")
    rate = pl.when(people > 0).then(pl.col("admissions_per_day") / people)
    return conform(Demand, rows.with_columns(admissions_per_100k=rate * 100_000))


def demand_of_stays(
    stays: pl.DataFrame, zone: pl.DataFrame, first: date, last: date
) -> pl.DataFrame:
    """Admissions and patients in bed by region of residence, class and day.

    Args:
        stays: from ``stays.stays``.
        zone: clean.zone.
        first: first day.
        last: last day.

    Returns:
        ``COLUMNS``, source encounters.
    """
    regions = zone.select("zone_id", "region_id")
    counted = daily(stays.join(regions, on="zone_id"), ["region_id", "class_id"], first, last)
    return counted.select(
        *KEY,
        period_days=pl.lit(1, pl.Int64),
        admissions_per_day="admissions",
        patient_days_per_day="patients",
        demand_source=pl.lit("encounters"),
    )


def demand_of_census(
    census: pl.DataFrame,
    capacity_estimate: pl.DataFrame,
    care_class: pl.DataFrame,
    institution: pl.DataFrame,
) -> pl.DataFrame:
    """Patients in bed ÷ mean stay, at the region of the institution.

    Args:
        census: from ``stays.census_of_capacity``.
        capacity_estimate: clean.capacity_estimate, for the length of its periods.
        care_class: clean.care_class.
        institution: clean.institution.

    Returns:
        ``COLUMNS``, source in_use_over_mean_stay.
    """
    cell = ["institution_id", "resource_id", "date"]
    periods = capacity_estimate.select(*cell, "period_days")
    rows = census.join(periods, on=cell, how="left").join(
        institution.select("institution_id", "region_id"), on="institution_id"
    )
    sums = rows.group_by(KEY).agg(
        period_days=pl.col("period_days").max(), patient_days_per_day=exact_sum("patients", 9)
    )
    stay = care_class.select("class_id", "mean_stay_days")
    return sums.join(stay, on="class_id", how="left").select(
        *KEY,
        "period_days",
        admissions_per_day=pl.col("patient_days_per_day") / pl.col("mean_stay_days"),
        patient_days_per_day="patient_days_per_day",
        demand_source=pl.lit("in_use_over_mean_stay"),
    )


def demand_of_activity(
    activity: pl.DataFrame, zone: pl.DataFrame, institution: pl.DataFrame
) -> pl.DataFrame:
    """Admissions and patient-days per day of the period, where both are sent.

    Rows count in the region of the patients' zone, or of the institution where that is unknown.

    Args:
        activity: clean.activity.
        zone: clean.zone.
        institution: clean.institution.

    Returns:
        ``COLUMNS``, source activity; date is the first day of the period.
    """
    length = (pl.col("period_end") - pl.col("period_start")).dt.total_days() + 1
    treated = institution.select("institution_id", treated="region_id")
    rows = (
        activity.drop_nulls(["admissions", "patient_days"])
        .join(zone.select("zone_id", lives="region_id"), on="zone_id", how="left")
        .join(treated, on="institution_id", how="left")
        .with_columns(
            region_id=pl.coalesce("lives", "treated"), date="period_start", period_days=length
        )
        .filter(pl.col("period_days") > 0, pl.col("region_id").is_not_null())
    )
    return (
        rows.group_by(KEY)
        .agg(
            period_days=pl.col("period_days").max(),
            admissions_per_day=exact_sum(pl.col("admissions") / pl.col("period_days"), 9),
            patient_days_per_day=exact_sum(pl.col("patient_days") / pl.col("period_days"), 9),
        )
        .with_columns(demand_source=pl.lit("activity"))
    )
