"""Regional demand and balance of a night, from its clean tables."""

from collections.abc import Mapping
from datetime import date, timedelta

import polars as pl

from schemas.assumptions.region import Region
from transforms.demand import balance, demand
from transforms.demand.stays import census_of_capacity, daily, record_start, stays
from transforms.supply.care import bed, use
from transforms.supply.supply import inhabitants, newest_capacity

Frames = Mapping[str, pl.DataFrame]


def regional_demand(clean: Frames, region: Region, night: date) -> pl.DataFrame:
    """Demand by region, class and date, from the best source there is.

    Args:
        clean: by name: zone, institution, resource, care_class, capacity, capacity_estimate,
            activity, encounter, population.
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
        demand.demand_of_census(census, clean["capacity"], clean["care_class"], institution),
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
    capacity, estimate = clean["capacity"], clean["capacity_estimate"]
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
    lack = balance.lack(capacity, estimate, census, needs, institution)
    return balance.balance(supply, demand, needs, lack)


def _last_day(clean: Frames, region: Region, night: date) -> date:
    newest = newest_capacity(clean["capacity_estimate"], use(region.classes))
    return min(night, newest or night)


def _first_day(stays: pl.DataFrame, region: Region, last: date) -> date:
    """The first day counted: no earlier than the record, or it would show empty beds."""
    first = last - timedelta(days=region.planning.history_days - 1)
    return max(first, record_start(stays) or first)
