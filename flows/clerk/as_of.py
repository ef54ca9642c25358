"""Clean tables as of an extract date: from deliveries drawn on or before it."""

from datetime import date
from pathlib import Path

import polars as pl

from flows.night.steps import steps_of
from flows.store.home import Home, one_night
from flows.store.night import Night
from flows.store.warehouse import (
    Connection,
    History,
    Stored,
    check_layout,
    frame_name,
    opened,
    read,
    read_history,
)
from schemas import clean, ops
from schemas.errors import ConfigRefused, HomeRefused
from schemas.table import name
from transforms.history.merge import as_of

TABLES = {name(table): table for table in clean.TABLES}


def clean_as_of(home: Home, region_file: Path, wanted: str, day: date) -> pl.DataFrame:
    """One clean table as of ``day``, from the warehouse, which no night may hold meanwhile.

    Raises:
        ConfigRefused: if there is no such table.
        NightBusy: while a night runs.
        HomeRefused: if there is no warehouse, or it is of another layout.
    """
    if wanted not in TABLES:
        raise ConfigRefused(f"no clean table of that name; there are: {', '.join(TABLES)}")
    if not home.warehouse.is_file():
        raise HomeRefused(f"{home.warehouse} is not there; run a night or `catchment rebuild`")
    night = Night(region_file.resolve(), home.landing, home.root, day)
    with one_night(home, "catchment show"), opened(home, read_only=True) as con:
        check_layout(home, con)
        zones = {feed.feed: feed.file.timezone for feed in night.files.feeds}
        deliveries = as_of(read(con, ops.Delivery), day, zones)
        return _frame(con, night, deliveries, TABLES[wanted])


def _frame(con: Connection, night: Night, deliveries: pl.DataFrame, stored: Stored) -> pl.DataFrame:
    """What the night's step would make of those deliveries, and of tables that are made so too."""
    if stored is ops.Delivery:
        return deliveries
    if isinstance(stored, History):
        return read_history(con, stored.table)
    (step,) = [step for step in steps_of(night) if stored in step.makes]
    frames = {frame_name(read_): _frame(con, night, deliveries, read_) for read_ in step.reads}
    made = step.make(night, frames)
    assert isinstance(made, pl.DataFrame)
    return made
