"""The night's step that looks for what is odd in data that are correct row by row."""

from collections.abc import Mapping

import polars as pl

from flows.ingest.judge import announced_and_missing
from flows.store.night import Night
from flows.store.warehouse import History, frame_name
from schemas import clean, ops
from schemas.table import Table, name
from transforms.history.merge import left_out
from transforms.quality import capacity as of_capacity
from transforms.quality import clean as of_clean
from transforms.quality import days as of_days
from transforms.quality import deliveries as of_deliveries
from transforms.quality.findings import alerts, quality, quality_score
from transforms.supply.care import use

Frames = Mapping[str, pl.DataFrame]
Found = list[tuple[str, pl.DataFrame]]
MAKES = (ops.Quality, ops.QualityScore, ops.Alert)
READS = (
    ops.Delivery,
    ops.DeliveryEvent,
    ops.Reconciliation,
    ops.Decision,
    History(clean.Zone),
    History(clean.Institution),
    clean.Zone,
    clean.Institution,
    clean.Resource,
    clean.CareClass,
    clean.Capacity,
    clean.Activity,
    clean.Encounter,
    clean.Forecast,
    clean.Population,
)
OTHERS = ("manifests beside extracts",)


def quality_of(night: Night, frames: Frames) -> Frames:
    """Findings, scores and alerts of a night."""
    found = quality(night.run_key, [*_of_tables(night, frames), *_of_deliveries(night, frames)])
    shares = {
        "institution": of_capacity.known_share(frames["capacity"]),
        "feed": _of_this_region(night, frames),
    }
    return {
        "quality": found,
        "quality_score": quality_score(night.run_key, night.date, shares, found),
        "alert": pl.concat(
            [
                alerts(found, frames["delivery"], frames["delivery_event"]),
                _of_days(night, frames),
            ]
        ),
    }


def allowed_age(night: Night, capacity: pl.DataFrame) -> int:
    """By how many days the data may be behind the night."""
    needs = use(night.region.classes)
    return of_days.stale_after(capacity, needs, night.date, night.region.planning.stale_days)


def _of_days(night: Night, frames: Frames) -> pl.DataFrame:
    capacity, needs = frames["capacity"], use(night.region.classes)
    came = of_days.any_came(frames["delivery"], frames["decision"], night.date)
    allowed = allowed_age(night, capacity)
    found = of_days.faults_of_days(capacity, needs, came, night.date, allowed)
    return of_days.alerts_of_days(night.region.region, found)


def _of_tables(night: Night, frames: Frames) -> Found:
    capacity, encounter = frames["capacity"], frames["encounter"]
    silent = of_capacity.silent_institution(frames["institution"], capacity, pl.lit(night.date))
    unknown = of_clean.population_unknown(frames["population"], frames["zone"])
    return [
        ("use_above_capacity", of_capacity.use_above_capacity(capacity)),
        ("capacity_jumped", of_capacity.capacity_jumped(capacity)),
        ("total_jumped", of_capacity.total_jumped(capacity)),
        ("stale_institution", of_capacity.stale_institution(capacity)),
        ("silent_institution", silent),
        ("institution_left_out", _left_out(night, frames, clean.Institution)),
        ("zone_left_out", _left_out(night, frames, clean.Zone)),
        ("population_unknown", unknown),
        *_of_codes(frames),
        ("overlapping_stays", of_clean.overlapping_stays(encounter)),
        ("long_stays", of_clean.long_stays(encounter)),
    ]


def _of_codes(frames: Frames) -> Found:
    resources, classes = frames["resource"], frames["care_class"]
    return [
        ("unknown_resource", of_clean.unknown_code(frames["capacity"], resources, "resource_id")),
        ("unknown_class", of_clean.unknown_code(frames["activity"], classes, "class_id")),
        (
            "forecast_of_unknown_place",
            of_clean.forecast_of_unknown_place(
                frames["forecast"], frames["zone"], frames["institution"]
            ),
        ),
        ("stays_of_unknown_class", of_clean.stays_of_unknown_class(frames["encounter"], classes)),
    ]


def _left_out(night: Night, frames: Frames, table: type[Table]) -> pl.DataFrame:
    sent = night.files.newest(table, frames[frame_name(History(table))], frames["delivery"])
    return left_out(table, sent, frames[name(table)])


def _of_deliveries(night: Night, frames: Frames) -> Found:
    delivery, rows = frames["delivery"], frames["reconciliation"]
    feeds, day, events = night.files.feeds, night.date, frames["delivery_event"]
    every = {f.feed: f.file.every_days for f in feeds if f.file.every_days}
    return [
        ("silent_feed", of_deliveries.silent_feed(delivery, every, day)),
        ("empty_feed", of_deliveries.empty_feed(delivery, [f.feed for f in feeds])),
        ("delivery_held", of_deliveries.delivery_held(delivery)),
        ("announced_and_missing", _subjects(announced_and_missing(night.extracts))),
        ("delivery_rejected", of_deliveries.delivery_rejected(delivery, day)),
        ("same_content_new_name", of_deliveries.same_content_new_name(delivery, day)),
        ("rows_at_fault", of_deliveries.rows_at_fault(delivery, rows, day)),
        ("undeclared_columns", of_deliveries.undeclared_columns(delivery, events, day)),
    ]


def _of_this_region(night: Night, frames: Frames) -> pl.DataFrame:
    share = of_deliveries.good_share(frames["delivery"], frames["reconciliation"])
    return share.filter(pl.col("subject").is_in([f.feed for f in night.files.feeds]))


def _subjects(names: list[str]) -> pl.DataFrame:
    value = pl.lit(None, pl.Float64)
    return pl.DataFrame({"subject": names}, schema={"subject": pl.String}).with_columns(value=value)
