"""Encounters as stays in whole days, and the patients in bed that they or a census show.

A stay counts the day of admission and every later day whose midnight it began in bed: a patient
who leaves on the day of admission stays one day. How long they last is a curve: the share still in
bed k days after admission.
"""

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import polars as pl

from schemas.assumptions.planning import PlanningAssumptions
from schemas.assumptions.region import Region
from schemas.results.allocation import AllocationStay
from schemas.table import conform

STRAY = 1000
TAIL_DAYS = 7
Curves = dict[str, np.ndarray]


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


def planned_stays(clean: Mapping[str, pl.DataFrame], region: Region, as_of: date) -> pl.DataFrame:
    """``stays`` of the region's care classes: nobody plans for a class that nobody knows.

    Args:
        clean: by name: zone, institution, encounter.
        region: the region's file: classes, timezone.
        as_of: the last day known.
    """
    known = stays(clean["encounter"], clean["zone"], clean["institution"], region.timezone, as_of)
    return known.filter(pl.col("class_id").is_in([c.class_id for c in region.classes]))


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


def allocation_stay(curves: Curves, horizon: int) -> pl.DataFrame:
    """Stay curves as a table, from the day of admission to ``horizon`` days after.

    Returns:
        results.allocation_stay.
    """
    return lasting({class_id: curve[: horizon + 1] for class_id, curve in curves.items()})


def lasting(curves: Curves) -> pl.DataFrame:
    """Stay curves as a table, as far as they go.

    Returns:
        results.allocation_stay.
    """
    frames = [
        pl.DataFrame({"day": range(curve.size), "staying_share": curve}).with_columns(
            class_id=pl.lit(class_id)
        )
        for class_id, curve in sorted(curves.items())
    ]
    return conform(AllocationStay, pl.concat(frames))


def curves(
    stays: pl.DataFrame,
    care_class: pl.DataFrame,
    planning: PlanningAssumptions,
    horizon: int,
) -> Curves:
    """Share still in bed by class, observed where enough stays are known, else geometric.

    Args:
        stays: from ``stays.stays``; those admitted in the last ``stay_days``, and not before the
            record starts, count.
        care_class: clean.care_class.
        planning: least_stays, least_at_risk, stay_days.
        horizon: days ahead.

    Returns:
        class_id to shares on days 0 to longest open stay + horizon.
    """
    oldest = pl.col("admitted").max() - pl.duration(days=planning.stay_days)
    start = pl.lit(record_start(stays), pl.Date)
    recent = stays.filter(pl.col("admitted") > oldest, pl.col("admitted") >= start)
    days = int(stays["days"].max() or 0) + horizon + 1  # type: ignore[arg-type]
    result: Curves = {}
    for class_id, mean in care_class.sort("class_id").select("class_id", "mean_stay_days").rows():
        own = recent.filter(pl.col("class_id") == class_id)
        if own.height < planning.least_stays:
            result[class_id] = geometric(mean, days)
        else:
            result[class_id] = observed(
                own["days"].to_numpy(), own["open"].to_numpy(), mean, days, planning.least_at_risk
            )
    return result


def geometric(mean_stay: float, days: int) -> np.ndarray:
    """Shares ``(1 - 1/mean)^k`` for k = 0 to ``days``; a mean below a day counts as a day."""
    return (1 - 1 / max(mean_stay, 1.0)) ** np.arange(days + 1)


def observed(
    stay_days: np.ndarray, is_open: np.ndarray, mean_stay: float, days: int, least_at_risk: int = 1
) -> np.ndarray:
    """Kaplan-Meier shares still in bed, a stay that is open counting as at least so long.

    Where fewer than ``least_at_risk`` patients are still observed, the curve goes on with the
    chance of leaving of the last ``TAIL_DAYS`` days before (where nobody left then, with that
    of the mean stay).

    Args:
        stay_days: days in bed so far, >= 1.
        is_open: is the patient still in?
        mean_stay: mean stay of the class (days).
        days: last day wanted.
        least_at_risk: fewer observed patients than this do not make a curve.

    Returns:
        ``share[k]`` for k = 0 to ``days``: 1 on day 0, never rising.
    """
    leaving, at_risk = _leaving(stay_days, is_open, days)
    enough = int(np.argmax(at_risk < least_at_risk)) if (at_risk < least_at_risk).any() else days
    chance = np.full(days, _tail_chance(leaving[:enough], at_risk[:enough], mean_stay))
    chance[:enough] = leaving[:enough] / at_risk[:enough]
    return np.concatenate([[1.0], np.cumprod(1 - chance)])


def _leaving(
    stay_days: np.ndarray, is_open: np.ndarray, days: int
) -> tuple[np.ndarray, np.ndarray]:
    """By day k: patients who leave after it, and patients whose next day is known.

    A patient with D days in bed is seen in bed on days 0 to D - 1. One who left is known to be
    gone on day D; of one still in, nothing is known from day D on.
    """
    closed = np.bincount(stay_days[~is_open], minlength=days + 1)
    open_ = np.bincount(stay_days[is_open], minlength=days + 1)
    leaving = closed[1 : days + 1]
    at_risk = _at_least(closed)[1 : days + 1] + np.append(_at_least(open_)[2:], 0)[:days]
    return leaving, at_risk


def _at_least(counts: np.ndarray) -> np.ndarray:
    return np.cumsum(counts[::-1])[::-1]


def _tail_chance(leaving: np.ndarray, at_risk: np.ndarray, mean_stay: float) -> float:
    left, seen = leaving[-TAIL_DAYS:].sum(), at_risk[-TAIL_DAYS:].sum()
    return float(left / seen) if left else 1 / max(mean_stay, 1.0)
