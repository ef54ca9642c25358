"""Which days are planned, and which institutions and units take part."""

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl

from schemas.assumptions.region import CareClassDefinition
from schemas.errors import InputRefused
from transforms.supply.care import use
from transforms.supply.supply import complete, newest_capacity


def last_known_day(capacity: pl.DataFrame, needs: pl.DataFrame, night: date) -> date:
    """The earlier of the night and the newest date of a resource that classes use.

    Raises:
        InputRefused: if no capacity of such a resource is known.
    """
    newest = newest_capacity(capacity, needs)
    if newest is None:
        names = ", ".join(needs["resource_id"].unique().sort())
        raise InputRefused(f"no capacity of {names} has arrived; load a feed of kind capacity")
    return min(night, newest)


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
        oldest_days: how old a row may be (days).

    Returns:
        institution_id, resource_id | date (of the row used; null if none), age_days, service,
        use (units); sorted.
    """
    resources = needs.select("resource_id").unique()
    age = (pl.lit(as_of) - pl.col("date")).dt.total_days()
    rows = (
        complete(capacity_estimate)
        .join(resources, on="resource_id", how="semi")
        .join(_active(institution, as_of), on="institution_id", how="semi")
        .filter(age.is_between(0, oldest_days))
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
        institution_id, class_id | seen; what nobody put in place of a gap counts, nothing else.
    """
    reported = ~pl.all_horizontal(pl.col("in_service_reported", "in_use_reported").is_null())
    return (
        capacity_estimate.filter(reported, pl.col("date") <= as_of)
        .join(needs.select("class_id", "resource_id"), on="resource_id")
        .group_by("institution_id", "class_id")
        .agg(seen=pl.col("date").max())
    )


def _active(institution: pl.DataFrame, as_of: date) -> pl.DataFrame:
    first = as_of + timedelta(days=1)
    begun = (pl.col("active_from") <= first).fill_null(True)
    ended = (pl.col("active_to") < first).fill_null(False)
    return institution.filter(begun & ~ended)
