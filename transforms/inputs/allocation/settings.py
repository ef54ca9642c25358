"""Capacity, classes, resources and their use, as the region's file has the model see them."""

import polars as pl

from schemas.assumptions.allocation import AllocationAssumptions
from schemas.results.allocation import (
    AllocationCapacity,
    AllocationClass,
    AllocationResource,
    AllocationUse,
)
from schemas.table import conform


def allocation_capacity(
    units: pl.DataFrame, days: pl.DataFrame, assumptions: AllocationAssumptions
) -> pl.DataFrame:
    """Today's units in service on every day planned, and the surge that they allow.

    Args:
        units: from ``calendar.units_today``.
        days: day, date, from ``calendar.plan_days``.
        assumptions: resources' surge_share.

    Returns:
        results.allocation_capacity.
    """
    rows = [(r, a.surge_share) for r, a in sorted(assumptions.resources.items())]
    schema = {"resource_id": pl.String, "surge_share": pl.Float64}
    surge = pl.DataFrame(rows, schema=schema, orient="row")
    dated = units.drop("date").join(surge, on="resource_id", how="left").join(days, how="cross")
    return conform(
        AllocationCapacity,
        dated.select(
            "institution_id",
            "resource_id",
            "date",
            in_service="service",
            surge_limit=pl.col("service") * pl.col("surge_share"),
        ),
    )


def allocation_use(use: pl.DataFrame) -> pl.DataFrame:
    """Units that one patient uses, from ``care.use``.

    Returns:
        results.allocation_use.
    """
    return conform(AllocationUse, use.rename({"units": "units_per_patient"}))


def allocation_class(care_class: pl.DataFrame, assumptions: AllocationAssumptions) -> pl.DataFrame:
    """Harm, stay, limit and cost by class.

    Args:
        care_class: clean.care_class.
        assumptions: classes' elsewhere_limit, cost_km and cost_change.

    Returns:
        results.allocation_class.
    """
    columns = ("elsewhere_limit", "cost_km", "cost_change")
    rows = [
        {"class_id": c} | {column: getattr(a, column) for column in columns}
        for c, a in sorted(assumptions.classes.items())
    ]
    schema = {"class_id": pl.String, **dict.fromkeys(columns, pl.Float64)}
    limits = pl.DataFrame(rows, schema=schema)
    limits = limits.rename({"cost_change": "cost_change_patient"})
    joined = care_class.join(limits, on="class_id", how="left")
    return conform(AllocationClass, joined)


def allocation_resource(
    use: pl.DataFrame, resource: pl.DataFrame, assumptions: AllocationAssumptions
) -> pl.DataFrame:
    """How every resource that a class uses may be filled, opened and moved.

    Args:
        use: class_id, resource_id | units.
        resource: clean.resource.
        assumptions: resources, and which of them move in whole units.

    Returns:
        results.allocation_resource.
    """
    rows = [
        {"resource_id": r, "whole": r in assumptions.integer, **a.model_dump()}
        for r, a in sorted(assumptions.resources.items())
    ]
    used = resource.join(use, on="resource_id", how="semi").select("resource_id", "movable")
    names = {"harm": "crowding_weight", "cost_change": "cost_change_unit"}
    believed = pl.DataFrame(rows).rename(names)
    return conform(AllocationResource, used.join(believed, on="resource_id", how="left"))
