"""Supply against demand, by region and resource; both as a night has them."""

from collections.abc import Mapping
from datetime import date, timedelta

import polars as pl

from schemas.assumptions.region import Region
from schemas.regional import Balance
from schemas.table import conform
from transforms.demand import demand
from transforms.demand.stays import census_of_capacity, daily, record_start, stays
from transforms.exact import exact_sum
from transforms.supply.care import bed, use
from transforms.supply.supply import complete, data_to, inhabitants

KEY = ["region_id", "resource_id", "date"]
Frames = Mapping[str, pl.DataFrame]


def balance(
    supply: pl.DataFrame,
    demand: pl.DataFrame,
    use: pl.DataFrame,
    lack: pl.DataFrame,
) -> pl.DataFrame:
    """Compare a region's units with what its people's need for care asks for.

    Demand is the mean, over the days of the supply's period, of patients in bed × units per
    patient. It follows the patients who live in the region; shortage and surplus follow the
    institutions that stand in it. A resource that no class uses is left out, and so is a period
    for which no demand is known.

    Args:
        supply: regional.supply.
        demand: regional.demand.
        use: class_id, resource_id | units, from ``care.use``.
        lack: from ``lack``, for the same capacity.

    Returns:
        regional.balance.
    """
    units = pl.col("patient_days_per_day") * pl.col("units")
    periods = supply.join(lack, on=KEY, how="left")
    asked = (
        assigned(periods, demand.join(use, on="class_id"), "region_id")
        .group_by(*KEY, "class_id")
        .agg(units=exact_sum(units, 9) / pl.len())
        .group_by(KEY)
        .agg(demand_units=exact_sum("units", 9))
    )
    ratio = pl.when(pl.col("demand_units") > 0).then(pl.col("supply") / pl.col("demand_units"))
    return conform(
        Balance,
        periods.select(*KEY, "shortage", "surplus", supply="in_service")
        .join(asked, on=KEY)
        .with_columns(ratio=ratio),
    )


def lack(
    capacity_estimate: pl.DataFrame,
    census: pl.DataFrame,
    use: pl.DataFrame,
    institution: pl.DataFrame,
) -> pl.DataFrame:
    """What single institutions lack and have left, added by region, resource and date.

    Args:
        capacity_estimate: clean.capacity_estimate.
        census: institution_id, class_id, date | patients.
        use: class_id, resource_id | units.
        institution: clean.institution.

    Returns:
        region_id, resource_id, date | period_days (days), shortage, surplus (units).
    """
    cell = ["institution_id", "resource_id", "date"]
    units = complete(capacity_estimate)
    needed = pl.col("patients") * pl.col("units")
    load = (
        assigned(units, census.join(use, on="class_id"), "institution_id")
        .group_by(*cell, "class_id")
        .agg(load=exact_sum(needed, 9) / pl.len())
        .group_by(cell)
        .agg(load=exact_sum("load", 9))
    )
    rows = units.join(load, on=cell, how="left").with_columns(pl.col("load").fill_null(0))
    return (
        rows.join(institution.select("institution_id", "region_id"), on="institution_id")
        .group_by(KEY)
        .agg(
            period_days=pl.col("period_days").max(),
            shortage=exact_sum((pl.col("load") - pl.col("service")).clip(lower_bound=0), 9),
            surplus=exact_sum((pl.col("service") - pl.col("load")).clip(lower_bound=0), 9),
        )
    )


def assigned(supply: pl.DataFrame, demand: pl.DataFrame, place: str) -> pl.DataFrame:
    """Put every demand row into the supply period that holds its date.

    Args:
        supply: ``place``, resource_id, date, period_days (days).
        demand: ``place``, resource_id, date and figures.
        place: region_id or institution_id.

    Returns:
        The demand rows that fall in a period, their date being the period's first day.
    """
    by = [place, "resource_id"]
    periods = supply.select(*by, start="date", length="period_days").sort("start")
    rows = demand.drop("period_days", strict=False).sort("date")
    inside = (pl.col("date") - pl.col("start")).dt.total_days() < pl.col("length")
    return (
        rows.join_asof(periods, left_on="date", right_on="start", by=by, check_sortedness=False)
        .filter(inside)
        .with_columns(date="start")
        .drop("start", "length")
    )


def regional_demand(clean: Frames, region: Region, night: date) -> pl.DataFrame:
    """Demand by region, class and date, from the best source there is.

    Args:
        clean: by name: zone, institution, resource, care_class, capacity_estimate, activity,
            encounter, population.
        region: the region's file.
        night: the night that is planned.

    Returns:
        regional.demand; from encounters, the last ``history_days`` days.
    """
    zone, institution = clean["zone"], clean["institution"]
    last = _last_day(clean, region, night)
    known = stays(clean["encounter"], zone, institution, region.timezone, last)
    first = _first_day(known, region, last)
    beds = bed(use(region.classes), clean["resource"])
    census = census_of_capacity(clean["capacity_estimate"], beds)
    return demand.demand(
        demand.demand_of_stays(known, zone, first, last),
        demand.demand_of_census(
            census, clean["capacity_estimate"], clean["care_class"], institution
        ),
        demand.demand_of_activity(clean["activity"], zone, institution),
        inhabitants(clean["population"], zone),
    )


def regional_balance(
    clean: Frames, supply: pl.DataFrame, demand: pl.DataFrame, region: Region, night: date
) -> pl.DataFrame:
    """Supply against demand by region, resource and date.

    Args:
        clean: as for ``regional_demand``.
        supply: regional.supply.
        demand: regional.demand.
        region: the region's file.
        night: the night that is planned.

    Returns:
        regional.balance.
    """
    zone, institution = clean["zone"], clean["institution"]
    estimate = clean["capacity_estimate"]
    last = _last_day(clean, region, night)
    known = stays(clean["encounter"], zone, institution, region.timezone, last)
    first = _first_day(known, region, last)
    needs = use(region.classes)
    pair = ["institution_id", "class_id"]
    counted = daily(known, pair, first, last).select(*pair, "date", "patients")
    shown = census_of_capacity(estimate, bed(needs, clean["resource"])).join(
        known, on="class_id", how="anti"
    )
    census = pl.concat([counted, shown.select(*pair, "date", "patients")])
    lacks = lack(estimate, census, needs, institution)
    return balance(supply, demand, needs, lacks)


def _last_day(clean: Frames, region: Region, night: date) -> date:
    """The last day that capacity covers, for stays no later than the night."""
    last = data_to(clean["capacity_estimate"], use(region.classes), night)
    return min(night, last or night)


def _first_day(stays: pl.DataFrame, region: Region, last: date) -> date:
    """The first day counted: no earlier than the record, or it would show empty beds."""
    first = last - timedelta(days=region.planning.history_days - 1)
    return max(first, record_start(stays) or first)
