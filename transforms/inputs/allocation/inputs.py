"""All input tables of the allocation, from the clean tables of a night."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import polars as pl

from schemas.assumptions.allocation import AllocationAssumptions
from schemas.assumptions.region import Region
from schemas.results.allocation import (
    AllocationCapacity,
    AllocationClass,
    AllocationResource,
    AllocationUse,
)
from schemas.table import conform
from transforms.demand.stays import allocation_stay, curves, lasting, planned_stays
from transforms.inputs.allocation.arcs import allocation_arc, allocation_move_arc
from transforms.inputs.allocation.earlier import (
    EarlierPlan,
    announced,
    sent,
    under_way,
    with_sent,
    with_under_way,
)
from transforms.inputs.allocation.expected import (
    allocation_census,
    allocation_demand,
)
from transforms.inputs.allocation.foreseen import Start, expected_demand
from transforms.inputs.allocation.offer import (
    last_known_day,
    last_reports,
    offers,
    patients_today,
    plan_days,
    refuse_unseen,
    units_today,
)
from transforms.inputs.allocation.scenarios import allocation_scenario
from transforms.supply.care import bed, use
from transforms.supply.supply import begun


def planning_inputs(
    clean: Mapping[str, pl.DataFrame],
    region: Region,
    night: date,
    earlier: Sequence[EarlierPlan] = (),
) -> dict[str, pl.DataFrame]:
    """Build what the allocation reads.

    Args:
        clean: by name: zone and institution (completed), resource, care_class,
            capacity_estimate, encounter, travel; and demand_forecast, where it is planned on.
        region: the region's file.
        night: the night that is planned; what begins after it is left out.
        earlier: plans of earlier nights, oldest first.

    Returns:
        every table of ``schemas.results.allocation.INPUTS``, by name.

    Raises:
        InputRefused: if no capacity of a resource that classes use is known, or nothing tells
            how many patients of a class there are.
    """
    planning, allocation = region.planning, region.allocation
    clean = {**clean, "capacity_estimate": begun(clean["capacity_estimate"], night)}
    zone, institution = clean["zone"], clean["institution"]
    needs = use(region.classes)
    as_of = last_known_day(clean["capacity_estimate"], needs, night)
    units = units_today(clean["capacity_estimate"], institution, needs, as_of, planning.oldest_days)
    start = start_of(clean, region, units, as_of)
    days, treats, shape = start.days, start.treats, start.curves
    rows, habits = expected_demand(clean, region, start)
    homes = institution.join(units, on="institution_id", how="semi")
    demand = allocation_demand(rows, homes, days, planning)
    wanted = demand.select("zone_id", "class_id").unique()
    made = {
        "allocation_demand": demand,
        "allocation_scenario": allocation_scenario(clean, region, start, demand, night),
        "allocation_arc": allocation_arc(
            wanted, treats, habits, zone, institution, clean["travel"], allocation
        ),
        "allocation_capacity": allocation_capacity(units, days, allocation),
        "allocation_census": start.census,
        "allocation_stay": allocation_stay(shape, allocation.horizon_days),
        "allocation_use": allocation_use(needs),
        "allocation_class": allocation_class(clean["care_class"], allocation),
        "allocation_resource": allocation_resource(needs, clean["resource"], allocation),
        "allocation_move_arc": allocation_move_arc(
            units, treats, needs, clean["resource"], institution, clean["travel"], allocation
        ),
    }
    seen = last_reports(clean["capacity_estimate"], needs, as_of)
    return made | _begun(made, earlier, region, units, seen, lasting(shape), days)


def start_of(
    clean: Mapping[str, pl.DataFrame], region: Region, units: pl.DataFrame, as_of: date
) -> Start:
    """Stays, patients and census as of the last day known."""
    planning, horizon = region.planning, region.allocation.horizon_days
    needs = use(region.classes)
    beds = bed(needs, clean["resource"])
    known = planned_stays(clean, region, as_of)
    refuse_unseen(needs, beds, known)
    recent = known.filter(pl.col("admitted") > as_of - timedelta(days=planning.usual_days))
    patients = patients_today(units, beds, known)
    treats = offers(units, needs, patients, recent)
    shape = curves(known, clean["care_class"], planning, horizon)
    days = plan_days(as_of, horizon)
    census = allocation_census(known, patients, units, clean["care_class"], shape, days)
    return Start(as_of, days, known, recent, patients, treats, shape, census)


def _begun(
    made: Mapping[str, pl.DataFrame],
    earlier: Sequence[EarlierPlan],
    region: Region,
    units: pl.DataFrame,
    seen: pl.DataFrame,
    stay: pl.DataFrame,
    days: pl.DataFrame,
) -> dict[str, pl.DataFrame]:
    """What earlier nights announced, and capacity and census as those plans left them."""
    carried_out = earlier if region.allocation.carried_out else ()
    start = days["date"].to_list()[0]
    moves, patients = under_way(carried_out, units, start), sent(carried_out, seen, start)
    told, flows = announced(earlier, days)
    return {
        "allocation_capacity": with_under_way(made["allocation_capacity"], moves),
        "allocation_census": with_sent(made["allocation_census"], patients, stay, days),
        "allocation_under_way": moves,
        "allocation_sent": patients,
        "allocation_announced_day": told,
        "allocation_announced": flows,
    }


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
