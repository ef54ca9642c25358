"""Clean tables as of an extract date: from deliveries drawn on or before it."""

from collections.abc import Callable
from datetime import date

import polars as pl

from flows.store.home import Home, one_night
from flows.store.regions import RegionFiles
from flows.store.warehouse import Connection, check_layout, opened, read, read_history
from schemas import clean, ops
from schemas.errors import ConfigRefused, HomeRefused
from schemas.table import Table, name
from transforms.history.merge import as_of, current, delivery_order
from transforms.places import places
from transforms.supply import care, impute

NAMES = tuple(name(table) for table in clean.TABLES)


class CleanAsOf:
    """The clean tables that a region's deliveries gave on one day."""

    def __init__(self, con: Connection, files: RegionFiles, day: date) -> None:
        self._con, self._region = con, files.region
        zones = {feed.feed: feed.file.timezone for feed in files.feeds}
        self._order = delivery_order(
            as_of(read(con, ops.Delivery), day, zones),
            tuple(feed.feed for feed in files.feeds),
            {feed.feed: feed.file.replaces for feed in files.feeds},
        )

    def table(self, wanted: str) -> pl.DataFrame:
        """The table of that name, sorted by its key."""
        made: dict[str, Callable[[], pl.DataFrame]] = {
            "zone": self._zone,
            "institution": self._institution,
            "region": self._region_table,
            "resource": lambda: care.resource(self._region.resources),
            "care_class": lambda: care.care_class(self._region.classes, self._sent(clean.Activity)),
            "capacity_estimate": lambda: impute.capacity_estimate(
                self._sent(clean.Capacity), self._institution()
            ),
        }
        return made[wanted]() if wanted in made else self._sent(clean.FEED_TABLES[wanted])

    def _sent(self, table: type[Table]) -> pl.DataFrame:
        return current(table, read_history(self._con, table), self._order)

    def _zone(self) -> pl.DataFrame:
        return places.zone(self._sent(clean.Zone), self._sent(clean.Institution))

    def _institution(self) -> pl.DataFrame:
        return places.institution(self._sent(clean.Institution), self._zone())

    def _region_table(self) -> pl.DataFrame:
        return places.region(self._sent(clean.Region), self._zone(), self._institution())


def clean_as_of(home: Home, files: RegionFiles, wanted: str, day: date) -> pl.DataFrame:
    """One clean table as of ``day``, from the warehouse, which no night may hold meanwhile.

    Raises:
        ConfigRefused: if there is no such table.
        NightBusy: while a night runs.
        HomeRefused: if there is no warehouse, or it is of another layout.
    """
    if wanted not in NAMES:
        raise ConfigRefused(f"no clean table of that name; there are: {', '.join(NAMES)}")
    if not home.warehouse.is_file():
        raise HomeRefused(f"{home.warehouse} is not there; run a night or `catchment rebuild`")
    with one_night(home, "catchment show"), opened(home, read_only=True) as con:
        check_layout(home, con)
        return CleanAsOf(con, files, day).table(wanted)
