"""The night's step that forecasts the coming days from all that had arrived, and when it did."""

from collections.abc import Mapping
from datetime import date

import polars as pl

from flows.store.night import Night
from flows.store.warehouse import History, Stored, full_name
from schemas import clean, ops
from schemas.table import Table, name
from transforms.demand.outlook import demand_forecast
from transforms.history.arrival import arrived, drawn
from transforms.supply import impute

Frames = Mapping[str, pl.DataFrame]
READS: tuple[Stored, ...] = (
    ops.Delivery,
    History(clean.Capacity),
    History(clean.Encounter),
    clean.Zone,
    clean.Institution,
    clean.Resource,
    clean.CapacityEstimate,
    clean.Encounter,
    clean.Forecast,
)
# Days of extraction, the newest before the night, whose states of the tables are made again.
STATES = 8
REVISED: tuple[type[Table], ...] = (clean.Capacity, clean.Encounter)


def expected(night: Night, frames: Frames) -> Frames:
    """regional.demand_forecast and regional.forecast_score."""
    forecast, scores = demand_forecast(frames, night.region, night.date, earlier(night, frames))
    return {"demand_forecast": forecast, "forecast_score": scores}


def earlier(night: Night, frames: Frames) -> dict[date, Frames]:
    """The tables as they were known on the newest days of extraction before the night.

    Places are those of tonight.
    """
    feeds = [f for f in night.files.feeds if {name(table) for table in REVISED} & set(f.tables())]
    zones = {feed.feed: feed.file.timezone for feed in feeds}
    loaded = frames["delivery"].filter(verdict="loaded")
    files = drawn(loaded, zones, [feed.feed for feed in feeds if feed.file.is_dated])
    days = files.filter(pl.col("told") < night.date)["told"].unique().sort()
    return {day: _then(night, frames, files, day) for day in days.tail(STATES)}


def _then(night: Night, frames: Frames, files: pl.DataFrame, day: date) -> Frames:
    histories = {table: frames[full_name(History(table))] for table in REVISED}
    known = arrived(histories, files, day)
    capacity, encounter = (
        night.files.newest(table, known[table], frames["delivery"]) for table in REVISED
    )
    estimate = impute.capacity_estimate(capacity, frames["institution"])
    return {**frames, "capacity_estimate": estimate, "encounter": encounter}
