"""Encounters as stays in whole days, and the patients in bed that they or a census show.

A stay counts the day of admission and every later day whose midnight it began in bed: a patient
who leaves on the day of admission stays one day.
"""

from collections.abc import Sequence
from datetime import date

import polars as pl

STRAY = 1000


def stays(
    encounter: pl.DataFrame,
    zone: pl.DataFrame,
    institution: pl.DataFrame,
    timezone: str,
    as_of: date,
) -> pl.DataFrame:
    """What was known of every stay at the end of a day.

    A patient whose zone is unknown is taken to live in the zone of the institution; where that
    is unknown too, the stay is left out.

    Args:
        encounter: clean.encounter.
        zone: clean.zone, completed.
        institution: clean.institution.
        timezone: IANA name; days are those of its clocks.
        as_of: the last day known; later admissions are left out, later discharges are open.

    Returns:
        institution_id, zone_id, class_id, admitted (date), days (days in bed by the end of
        ``as_of``, >= 1), open (still in).
    """
    admitted, left = _local_day("admitted_at", timezone), _local_day("discharged_at", timezone)
    places = institution.select("institution_id", home=pl.col("zone_id"))
    known_zone = pl.col("zone_id").is_in(zone["zone_id"].to_list())
    open_ = (pl.col("left") > as_of).fill_null(True)
    end = pl.when(open_).then(pl.lit(as_of) + pl.duration(days=1)).otherwise("left")
    days = (end - pl.col("admitted")).dt.total_days().clip(lower_bound=1)
    return (
        encounter.select("institution_id", "zone_id", "class_id", admitted=admitted, left=left)
        .filter(pl.col("admitted") <= as_of)
        .join(places, on="institution_id", how="left")
        .select(
            "institution_id",
            pl.when(known_zone).then("zone_id").otherwise("home").alias("zone_id"),
            "class_id",
            "admitted",
            days=days,
            open=open_,
        )
        .drop_nulls("zone_id")
    )


def record_start(stays: pl.DataFrame) -> date | None:
    """The day from which the stays tell everything: that of the first discharges.

    Extracts name either everyone who was in bed in a window or everyone admitted in it. In the
    first case, those admitted before the window are the ones who stayed long, and they mislead.
    One discharge in a thousand may be older: a stray row does not start a record.

    Args:
        stays: from ``stays``.

    Returns:
        The day; that of the first admission if nobody has left; None without stays.
    """
    left = stays.filter(~pl.col("open")).select(pl.col("admitted") + pl.duration(days="days"))
    days = (left if left.height else stays.select("admitted")).to_series().sort()
    return days[days.len() // STRAY] if days.len() else None


def daily(stays: pl.DataFrame, by: Sequence[str], first: date, last: date) -> pl.DataFrame:
    """Admissions and patients in bed on each day of a window.

    Args:
        stays: from ``stays``.
        by: columns to count by.
        first: first day.
        last: last day, not after the day by which the stays are known.

    Returns:
        ``by``, date | admissions (patients/day), patients (in bed), with a row for every day and
        everyone who has a stay in the window; sorted.
    """
    gone = pl.col("admitted") + pl.duration(days="days")
    inside = stays.with_columns(gone=gone).filter(
        pl.col("admitted") <= last, pl.col("gone") > first
    )
    came = inside.select(
        *by,
        date=pl.max_horizontal("admitted", pl.lit(first)),
        admissions=(pl.col("admitted") >= first).cast(pl.Int64),
        change=pl.lit(1, pl.Int64),
    )
    went = inside.select(
        *by, date="gone", admissions=pl.lit(0, pl.Int64), change=pl.lit(-1, pl.Int64)
    )
    days = pl.DataFrame({"date": pl.date_range(first, last, eager=True)})
    changes = (
        pl.concat([came, went]).group_by(*by, "date").agg(pl.col("admissions", "change").sum())
    )
    return (
        inside.select(by)
        .unique()
        .join(days, how="cross")
        .join(changes, on=[*by, "date"], how="left")
        .sort(*by, "date")
        .with_columns(pl.col("admissions", "change").fill_null(0))
        .with_columns(patients=pl.col("change").cum_sum().over(by))
        .select(*by, "date", pl.col("admissions", "patients").cast(pl.Float64))
    )


def census_of_capacity(capacity_estimate: pl.DataFrame, bed: pl.DataFrame) -> pl.DataFrame:
    """Patients in bed as the use of their class's own resource shows them.

    Args:
        capacity_estimate: clean.capacity_estimate.
        bed: class_id, resource_id | units, from ``care.bed``.

    Returns:
        institution_id, class_id, resource_id, date | patients (mean over the row's period),
        sorted.
    """
    use = pl.coalesce("in_use_reported", "in_use_imputed", pl.lit(0.0))
    return (
        capacity_estimate.join(bed, on="resource_id")
        .select("institution_id", "class_id", "resource_id", "date", patients=use / pl.col("units"))
        .sort("institution_id", "class_id", "date")
    )


def _local_day(column: str, timezone: str) -> pl.Expr:
    return pl.col(column).dt.replace_time_zone("UTC").dt.convert_time_zone(timezone).dt.date()
