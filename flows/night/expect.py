"""The night's step that forecasts the coming days from all that had arrived, and when it did."""

from collections.abc import Mapping
from datetime import date
from zoneinfo import ZoneInfo

import polars as pl

from flows.store.night import Night
from flows.store.warehouse import History, Stored
from schemas import clean, ops
from transforms.demand.outlook import demand_forecast
from transforms.history.merge import as_of
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
REVISED: tuple[type[clean.Clean], ...] = (clean.Capacity, clean.Encounter)


def expected(night: Night, frames: Frames) -> Frames:
    """regional.demand_forecast and regional.forecast_score."""
    forecast, scores = demand_forecast(frames, night.region, night.date, earlier(night, frames))
    return {"demand_forecast": forecast, "forecast_score": scores}


def earlier(night: Night, frames: Frames) -> dict[date, Frames]:
    """The tables as they were known at the end of the newest days of extraction before the night.

    Places are those of tonight. Where a feed sends new periods alone, so that no value that was
    sent before is there in two statements, the tables themselves tell what was known.
    """
    zones = {feed.feed: feed.file.timezone for feed in night.files.feeds}
    delivery = frames["delivery"]
    return {day: _then(night, frames, as_of(delivery, day, zones)) for day in _days(night, frames)}


def _days(night: Night, frames: Frames) -> list[date]:
    """The newest days, before the night, on which a feed of series was drawn again."""
    restated = [f for f in night.files.feeds if {"capacity", "encounter"} & set(f.tables())]
    zones = {f.feed: ZoneInfo(f.file.timezone) for f in restated}
    loaded = frames["delivery"].filter(verdict="loaded").drop_nulls("extract_time")
    days = {
        moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(zones[feed]).date()
        for feed, moment in loaded.select("feed", "extract_time").rows()
        if feed in zones
    }
    return sorted(day for day in days if day < night.date)[-STATES:]


def _then(night: Night, frames: Frames, deliveries: pl.DataFrame) -> Frames:
    capacity, encounter = (
        night.files.newest(table, frames[f"history.{table.__name__.lower()}"], deliveries)
        for table in REVISED
    )
    estimate = impute.capacity_estimate(capacity, frames["institution"])
    return {**frames, "capacity_estimate": estimate, "encounter": encounter}
