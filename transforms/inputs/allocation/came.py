"""What came on the days of an earlier plan, as the reports of tonight tell it."""

from collections.abc import Mapping
from datetime import date

import polars as pl

from schemas.assumptions.region import Region
from schemas.results.allocation import AllocationCapacity, AllocationCensus, AllocationDemand
from schemas.table import conform
from transforms.demand.stays import census_of_capacity, daily, planned_stays
from transforms.exact import exact_sum
from transforms.inputs.allocation.earlier import beyond_usual
from transforms.inputs.allocation.foreseen import arrivals
from transforms.supply.care import bed, use
from transforms.supply.supply import complete

Frames = Mapping[str, pl.DataFrame]
PAIR = ["institution_id", "class_id"]
CARE = [*PAIR, "date"]
CELL = ["institution_id", "resource_id"]
PLACE = ["zone_id", "class_id"]
NEED = [*PLACE, "date"]
DECIMALS = 9


def came(plan: Frames, clean: Frames, region: Region, first: date, last: date) -> Frames:
    """Patients, census and units on days ``first`` to ``last`` of a plan.

    Classes that encounters name: admissions by zone, who went where usual by the plan's habits;
    in bed from before, those who were. Other classes: in bed from before, as the plan expected;
    admissions of an institution are those with whom its census is what was reported, from the
    zones that use it as a rule. Units are those reported; where nobody reported, as planned.

    Args:
        plan: the kept inputs of the plan, by name.
        clean: tonight's zone, institution, resource, capacity_estimate, encounter.
        region: the region's file.
        first: the plan's first day.
        last: the last of its days that reports cover.

    Where the region carries plans out, the reports show what came of it: those whom the plan sent
    are counted where they would have gone, and units that it moved, where they came from.

    Returns:
        allocation_demand, allocation_capacity, allocation_census to put in place of the plan's;
        usual: zone_id, institution_id, class_id, date | patients (patients/day); and, as reported,
        patients: institution_id, class_id, date | patients in bed; in_service: institution_id,
        resource_id, date | in_service (units).
    """
    days = pl.DataFrame({"date": pl.date_range(first, last, eager=True)})
    needs, oldest = use(region.classes), region.planning.oldest_days
    known = planned_stays(clean, region, last)
    takes_part = plan["allocation_capacity"].select("institution_id").unique()
    known_there = known.join(takes_part, on="institution_id", how="semi")
    beds = bed(needs, clean["resource"]).join(known, on="class_id", how="anti")
    census = census_of_capacity(clean["capacity_estimate"], beds)
    census = census.join(takes_part, on="institution_id", how="semi").select(*CARE, "patients")
    shown = on_days(census, PAIR, days, oldest)
    before = plan["allocation_census"].join(days, on="date", how="semi")
    expected = before.join(known, on="class_id", how="anti")
    arrived = _arrived(plan, shown, expected)
    in_service = reported_units(plan, clean["capacity_estimate"], days, oldest)
    if region.allocation.carried_out:
        arrived = without_sent(arrived, plan)
    usual = pl.concat([by_habit(plan, known, days), to_zones(plan, arrived)])
    counted = daily(known_there, PAIR, first, last).select(*CARE, "patients")
    return {
        "usual": usual.sort("zone_id", *CARE),
        "allocation_demand": demand(plan, usual, days),
        "allocation_census": conform(
            AllocationCensus, pl.concat([expected, still_in(known_there, first, days)])
        ),
        "allocation_capacity": capacity(plan, in_service, region.allocation.carried_out),
        "patients": pl.concat([shown, counted]),
        "in_service": in_service,
    }


def on_days(
    rows: pl.DataFrame, by: list[str], days: pl.DataFrame, oldest_days: int
) -> pl.DataFrame:
    """The newest of ``rows`` on each of ``days``, none older than ``oldest_days``.

    Before the first of them, that one counts; who has none is left out.

    Returns:
        ``by``, date, the other columns of ``rows``; sorted.
    """
    wanted = rows.select(by).unique().join(days, how="cross").sort("date")
    found = wanted.join_asof(
        rows.rename({"date": "since"}).sort("since"),
        left_on="date",
        right_on="since",
        by=by,
        check_sortedness=False,
        tolerance=f"{oldest_days}d",
        coalesce=False,
    )
    filled = (
        found.drop("since")
        .sort(*by, "date")
        .with_columns(pl.all().exclude(*by, "date").fill_null(strategy="backward").over(by))
    )
    return filled.drop_nulls()


def still_in(known: pl.DataFrame, first: date, days: pl.DataFrame) -> pl.DataFrame:
    """institution_id, class_id, date | patients: admitted before ``first`` and in on the day."""
    gone = pl.col("admitted") + pl.duration(days="days")
    before = known.filter(pl.col("admitted") < first).with_columns(gone=gone)
    inside = before.join(days, how="cross").filter(
        pl.col("open") | (pl.col("gone") > pl.col("date"))
    )
    return inside.group_by(CARE).agg(patients=pl.len().cast(pl.Float64))


def _arrived(plan: Frames, census: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """Admissions of each institution and class with which its census is what was reported."""
    rows = plan["allocation_stay"].sort("class_id", "day").group_by("class_id")
    curves = {str(c): own["staying_share"].to_numpy() for (c,), own in rows}
    shown = census.with_columns(mean="patients", upper="patients").drop("patients")
    return arrivals(shown, before, curves).select(*CARE, patients="mean")


def by_habit(plan: Frames, known: pl.DataFrame, days: pl.DataFrame) -> pl.DataFrame:
    """Admissions of the encounters, to where patients of the zone go as usual."""
    came = (
        known.join(days, left_on="admitted", right_on="date", how="semi")
        .group_by(*PLACE, date="admitted")
        .agg(x=pl.len())
    )
    habits = plan["allocation_arc"].filter(pl.col("usual") > 0)
    return came.join(habits, on=PLACE).select(
        "zone_id", *CARE, patients=pl.col("usual") * pl.col("x")
    )


def to_zones(plan: Frames, arrived: pl.DataFrame) -> pl.DataFrame:
    """Arrivals of institutions, from the zones that use them as a rule, as many as was expected.

    Where none does, from the zone that is nearest to it among its arcs.
    """
    wanted = plan["allocation_demand"].group_by(PLACE).agg(x=exact_sum("mean", DECIMALS))
    arcs = plan["allocation_arc"].join(wanted, on=PLACE)
    weight = pl.col("usual") * pl.col("x")
    total = pl.col("weight").sum().over(PAIR)
    nearest = pl.int_range(pl.len()).over(PAIR) == 0
    share = pl.when(total > 0).then(pl.col("weight") / total).otherwise(nearest.cast(pl.Float64))
    parts = arcs.sort(*PAIR, "km", "zone_id").with_columns(weight=weight).with_columns(share=share)
    return arrived.join(parts.filter(pl.col("share") > 0), on=PAIR).select(
        "zone_id", *CARE, patients=pl.col("share") * pl.col("patients")
    )


def demand(plan: Frames, usual: pl.DataFrame, days: pl.DataFrame) -> pl.DataFrame:
    """results.allocation_demand of those who came, upper as mean, for the plan's zones."""
    grid = plan["allocation_demand"].select(PLACE).unique().join(days, how="cross")
    came = usual.group_by(NEED).agg(mean=exact_sum("patients", DECIMALS))
    filled = grid.join(came, on=NEED, how="left").with_columns(pl.col("mean").fill_null(0.0))
    return conform(AllocationDemand, filled.with_columns(upper="mean"))


def reported_units(
    plan: Frames, capacity_estimate: pl.DataFrame, days: pl.DataFrame, oldest_days: int
) -> pl.DataFrame:
    """institution_id, resource_id, date | in_service: reported, else as the plan had it."""
    rows = complete(capacity_estimate).select(*CELL, "date", "service")
    there = on_days(rows, CELL, days, oldest_days)
    planned = plan["allocation_capacity"].join(days, on="date", how="semi")
    both = planned.join(there, on=[*CELL, "date"], how="left")
    return both.select(*CELL, "date", in_service=pl.coalesce("service", "in_service"))


def capacity(plan: Frames, in_service: pl.DataFrame, carried_out: bool) -> pl.DataFrame:
    """results.allocation_capacity with ``in_service``; if carried out, without the plan's moves."""
    surge = plan["allocation_capacity"].select(*CELL, "date", "surge_limit")
    moves = plan["allocation_move"]
    left = moves.select("resource_id", "units", institution_id="from_institution_id", since="date")
    come = moves.select(
        "resource_id", institution_id="to_institution_id", since="arrives", units=-pl.col("units")
    )
    back = pl.concat([left, come.select(left.columns)]).filter(pl.lit(carried_out))
    change = (
        in_service.join(back, on=CELL)
        .filter(pl.col("date") >= pl.col("since"))
        .group_by(*CELL, "date")
        .agg(exact_sum("units", DECIMALS))
    )
    both = in_service.join(surge, on=[*CELL, "date"]).join(change, on=[*CELL, "date"], how="left")
    units = pl.col("in_service") + pl.col("units").fill_null(0.0)
    return conform(AllocationCapacity, both.with_columns(in_service=units.clip(lower_bound=0.0)))


def without_sent(arrived: pl.DataFrame, plan: Frames) -> pl.DataFrame:
    """``arrived`` with those whom the plan sent counted where they would have gone as usual."""
    sent = beyond_usual(plan).rename({"patients_per_day": "sent"})
    both = arrived.join(sent, on=CARE, how="left")
    patients = pl.col("patients") - pl.col("sent").fill_null(0.0)
    return both.select(*CARE, patients=patients.clip(lower_bound=0.0))
