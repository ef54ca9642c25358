"""Which days are planned, what takes part, who treats which class, and its patients today."""

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl

from schemas.assumptions.region import CareClassDefinition
from schemas.errors import InputRefused
from transforms.exact import exact_sum
from transforms.supply.care import use
from transforms.supply.supply import complete, data_to, period_end


def refuse_unseen(use: pl.DataFrame, bed: pl.DataFrame, stays: pl.DataFrame) -> None:
    """Refuse to plan for a class as if nobody needed it, when nothing could tell who does.

    Args:
        use: class_id, resource_id | units.
        bed: class_id, resource_id | units, from ``care.bed``.
        stays: from ``stays.stays``.

    Raises:
        InputRefused: naming the classes.
    """
    seen = pl.concat([bed.select("class_id"), stays.select("class_id")])
    unseen = use.select("class_id").unique().join(seen, on="class_id", how="anti")
    if unseen.height:
        names = ", ".join(unseen["class_id"].sort())
        raise InputRefused(
            f"nothing tells how many patients of {names} there are: no encounter names the class, "
            "and every resource it uses is shared with another; load encounters, or give it a "
            "resource of its own in classes.uses"
        )


def patients_today(units: pl.DataFrame, bed: pl.DataFrame, stays: pl.DataFrame) -> pl.DataFrame:
    """Patients in bed at the end of the last day known.

    A class that encounters name is counted from them, any other from the use of its own resource.

    Args:
        units: from ``calendar.units_today``.
        bed: class_id, resource_id | units, from ``care.bed``.
        stays: from ``stays.stays``.

    Returns:
        institution_id, class_id | patients, for those that have any and take part; sorted.
    """
    counted = stays.filter("open").group_by("institution_id", "class_id").agg(patients=pl.len())
    shown = (
        units.join(bed.join(stays, on="class_id", how="anti"), on="resource_id")
        .with_columns(patients=pl.col("use") / pl.col("units"))
        .select("institution_id", "class_id", "patients")
    )
    both = pl.concat([counted.with_columns(pl.col("patients").cast(pl.Float64)), shown])
    return (
        both.join(units, on="institution_id", how="semi")
        .filter(pl.col("patients") > 0)
        .sort("institution_id", "class_id")
    )


def offers(
    units: pl.DataFrame, use: pl.DataFrame, patients: pl.DataFrame, stays: pl.DataFrame
) -> pl.DataFrame:
    """Institutions that offer a class.

    They have units in service of every resource that it uses, or they treat or treated such
    patients.

    Args:
        units: from ``calendar.units_today``.
        use: class_id, resource_id | units.
        patients: from ``patients_today``.
        stays: from ``stays.stays``, those that count as recent.

    Returns:
        institution_id, class_id, sorted.
    """
    pair = ["institution_id", "class_id"]
    equipped = (
        units.join(use, on="resource_id")
        .group_by(pair)
        .agg(all=(pl.col("service") > 0).all())
        .filter("all")
    )
    treated = stays.join(units, on="institution_id", how="semi").select(pair)
    named = pl.concat([equipped.select(pair), patients.select(pair), treated])
    return named.unique().sort(pair)


def usual(
    offers: pl.DataFrame, patients: pl.DataFrame, stays: pl.DataFrame, institution: pl.DataFrame
) -> pl.DataFrame:
    """Share of a zone's patients of a class whom an institution treats as a rule.

    From the stays of patients who live there; where a zone has none of a class, from the
    patients of the zone's own institutions.

    Args:
        offers: from ``offers``.
        patients: from ``patients_today``.
        stays: from ``stays.stays``, those that count as recent.
        institution: clean.institution.

    Returns:
        zone_id, institution_id, class_id | usual (share; sums to 1 by zone and class), sorted.
    """
    place = ["zone_id", "class_id"]
    pair = ["institution_id", "class_id"]
    went = stays.join(offers, on=pair, how="semi").group_by(*place, "institution_id").len("weight")
    home = patients.join(institution.select("institution_id", "zone_id"), on="institution_id")
    shown = home.join(went, on=place, how="anti").select(
        *place, "institution_id", weight="patients"
    )
    both = pl.concat([went.with_columns(pl.col("weight").cast(pl.Float64)), shown])
    return shares(both).sort("zone_id", "institution_id", "class_id")


def shares(weights: pl.DataFrame) -> pl.DataFrame:
    """Divide weights by their sum over a zone and class.

    Args:
        weights: zone_id, institution_id, class_id | weight (> 0).

    Returns:
        zone_id, institution_id, class_id | usual (share).
    """
    place = ["zone_id", "class_id"]
    rounded = weights.with_columns(pl.col("weight").round(9))
    totals = rounded.group_by(place).agg(total=exact_sum("weight", 9))
    return rounded.join(totals, on=place).select(
        "zone_id", "institution_id", "class_id", usual=pl.col("weight") / pl.col("total")
    )


def last_known_day(capacity: pl.DataFrame, needs: pl.DataFrame, night: date) -> date:
    """The last day that figures of a resource that classes use cover, from ``supply.data_to``.

    Raises:
        InputRefused: if no capacity of such a resource is known by the night.
    """
    last = data_to(capacity, needs, night)
    if last is None:
        names = ", ".join(needs["resource_id"].unique().sort())
        raise InputRefused(
            f"no capacity of {names} up to {night} has arrived; load a feed of kind capacity, or "
            "name the night that is meant with --night"
        )
    return last


def planning_start(
    capacity: pl.DataFrame, classes: Sequence[CareClassDefinition], night: date
) -> date:
    """The first day planned: the day after ``last_known_day``.

    Args:
        capacity: clean.capacity or clean.capacity_estimate.
        classes: of the region's file.
        night: the night that is planned.

    Raises:
        InputRefused: if no capacity of a resource that classes use is known.
    """
    return last_known_day(capacity, use(classes), night) + timedelta(days=1)


def plan_days(as_of: date, horizon: int) -> pl.DataFrame:
    """The days planned.

    Returns:
        day (Int64, 1 to ``horizon``), date.
    """
    return pl.DataFrame(
        {
            "day": range(1, horizon + 1),
            "date": [as_of + timedelta(days=t) for t in range(1, horizon + 1)],
        },
        schema={"day": pl.Int64, "date": pl.Date},
    )


def units_today(
    capacity_estimate: pl.DataFrame,
    institution: pl.DataFrame,
    needs: pl.DataFrame,
    as_of: date,
    oldest_days: int,
) -> pl.DataFrame:
    """Newest units of every institution that takes part, of every resource that classes use.

    An institution takes part if it is active on the first day planned and sent capacity of such
    a resource in the last ``oldest_days``. What it never sent of a resource counts 0.

    Args:
        capacity_estimate: clean.capacity_estimate.
        institution: clean.institution.
        needs: class_id, resource_id | units.
        as_of: the last day known.
        oldest_days: how long ago a row's period may have ended (days).

    Returns:
        institution_id, resource_id | date (of the row used; null if none), age_days (since its
        period ended), service, use (units); sorted.
    """
    resources = needs.select("resource_id").unique()
    age = (pl.lit(as_of) - _covered(as_of)).dt.total_days()
    rows = (
        complete(capacity_estimate)
        .join(resources, on="resource_id", how="semi")
        .join(_active(institution, as_of), on="institution_id", how="semi")
        .filter(pl.col("date") <= as_of, age <= oldest_days)
        .sort("institution_id", "resource_id", "date")
        .unique(["institution_id", "resource_id"], keep="last", maintain_order=True)
        .select("institution_id", "resource_id", "date", "service", "use", age_days=age)
    )
    return (
        rows.select("institution_id")
        .unique()
        .join(resources, how="cross")
        .join(rows, on=["institution_id", "resource_id"], how="left")
        .with_columns(pl.col("service", "use").fill_null(0))
        .sort("institution_id", "resource_id")
    )


def last_reports(capacity_estimate: pl.DataFrame, needs: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """The last day of which an institution reported a resource that a class uses.

    Args:
        capacity_estimate: clean.capacity_estimate.
        needs: class_id, resource_id | units.
        as_of: the last day known.

    Returns:
        institution_id, class_id | seen; of a period its last day, at most ``as_of``. What nobody
        put in place of a gap counts, nothing else.
    """
    reported = ~pl.all_horizontal(pl.col("in_service_reported", "in_use_reported").is_null())
    return (
        capacity_estimate.filter(reported, pl.col("date") <= as_of)
        .join(needs.select("class_id", "resource_id"), on="resource_id")
        .group_by("institution_id", "class_id")
        .agg(seen=_covered(as_of).max())
    )


def _covered(as_of: date) -> pl.Expr:
    """The last day of a row's period, but none after ``as_of``."""
    return pl.min_horizontal(period_end(), pl.lit(as_of))


def _active(institution: pl.DataFrame, as_of: date) -> pl.DataFrame:
    first = as_of + timedelta(days=1)
    begun = (pl.col("active_from") <= first).fill_null(True)
    ended = (pl.col("active_to") < first).fill_null(False)
    return institution.filter(begun & ~ended)
