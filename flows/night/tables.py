"""Clean and regional tables: one step each, from what the warehouse holds."""

import polars as pl

from flows.store.night import Night
from flows.store.warehouse import Connection, frames_of, opened, read, read_history, replace
from schemas import clean, ops, regional
from schemas.table import Table
from transforms.demand import regional as regional_steps
from transforms.history.merge import current, delivery_order, placed
from transforms.places import places
from transforms.supply import care, impute, supply

MEASURED_FROM: tuple[type[Table], ...] = (
    clean.Zone,
    clean.Institution,
    clean.Resource,
    clean.CareClass,
    clean.Capacity,
    clean.CapacityEstimate,
    clean.Activity,
    clean.Encounter,
    clean.Population,
)


def clean_zone(night: Night) -> int:
    """Zones that feeds describe, and those that institutions name."""
    with opened(night.home) as con:
        zones, sites = (_placed(night, con, table) for table in (clean.Zone, clean.Institution))
        return replace(con, clean.Zone, places.zone(zones, sites))


def clean_institution(night: Night) -> int:
    """Institutions, each with coordinates where any are known."""
    with opened(night.home) as con:
        sent = _placed(night, con, clean.Institution)
        return replace(con, clean.Institution, places.institution(sent, read(con, clean.Zone)))


def clean_region(night: Night) -> int:
    """Regions that feeds describe, and those that zones and institutions name."""
    with opened(night.home) as con:
        sent = delivered(night, con, clean.Region)
        zones, institutions = read(con, clean.Zone), read(con, clean.Institution)
        return replace(con, clean.Region, places.region(sent, zones, institutions))


def clean_resource(night: Night) -> int:
    """Resources, as the region's file defines them."""
    with opened(night.home) as con:
        return replace(con, clean.Resource, care.resource(night.region.resources))


def clean_care_class(night: Night) -> int:
    """Care classes, with the mean stay that the region's file or its activity gives."""
    with opened(night.home) as con:
        activity = read(con, clean.Activity)
        return replace(con, clean.CareClass, care.care_class(night.region.classes, activity))


def clean_fact(night: Night, name: str) -> int:
    """A table of facts, as the newest extracts have it."""
    table = clean.FEED_TABLES[name]
    with opened(night.home) as con:
        return replace(con, table, delivered(night, con, table))


def clean_capacity_estimate(night: Night) -> int:
    """Capacity with its gaps filled by named rules."""
    with opened(night.home) as con:
        capacity, places_ = read(con, clean.Capacity), read(con, clean.Institution)
        return replace(con, clean.CapacityEstimate, impute.capacity_estimate(capacity, places_))


def regional_supply(night: Night) -> int:
    """What each region has in service, in use and free."""
    with opened(night.home) as con:
        frame = supply.supply(
            read(con, clean.CapacityEstimate),
            read(con, clean.Institution),
            read(con, clean.Population),
            read(con, clean.Zone),
        )
        return replace(con, regional.Supply, frame)


def regional_capacity_gap(night: Night) -> int:
    """What was withheld or not reported, and what stands in its place."""
    with opened(night.home) as con:
        frame = supply.capacity_gap(
            read(con, clean.Capacity),
            read(con, clean.CapacityEstimate),
            read(con, clean.Institution),
        )
        return replace(con, regional.CapacityGap, frame)


def regional_demand(night: Night) -> int:
    """What each region's patients need."""
    with opened(night.home) as con:
        made = regional_steps.regional_demand(
            frames_of(con, MEASURED_FROM), night.region, night.date
        )
        return replace(con, regional.Demand, made)


def regional_balance(night: Night) -> int:
    """Supply against demand."""
    with opened(night.home) as con:
        made = regional_steps.regional_balance(
            frames_of(con, MEASURED_FROM),
            read(con, regional.Supply),
            read(con, regional.Demand),
            night.region,
            night.date,
        )
        return replace(con, regional.Balance, made)


def _placed(night: Night, con: Connection, table: type[Table]) -> pl.DataFrame:
    """Places of which all is known that the table must have; ``quality`` names the others."""
    return placed(table, delivered(night, con, table))


def delivered(night: Night, con: Connection, table: type[Table]) -> pl.DataFrame:
    """What the newest extracts say, of places also those of which too little is known."""
    feeds = night.files.feeds
    order = delivery_order(
        read(con, ops.Delivery),
        tuple(feed.feed for feed in feeds),
        {feed.feed: feed.file.replaces for feed in feeds},
    )
    return current(table, read_history(con, table), order)
