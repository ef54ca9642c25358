"""The night's step that looks for what is odd in data that are correct row by row."""

import polars as pl

from flows.ingest.judge import announced_and_missing
from flows.night.tables import delivered
from flows.store.night import Night
from flows.store.warehouse import Connection, append, opened, read, transaction
from schemas import clean, ops
from schemas.events import EVENTS
from schemas.table import Table
from transforms.history.merge import left_out
from transforms.quality import capacity as of_capacity
from transforms.quality import codes, stays
from transforms.quality import deliveries as of_deliveries
from transforms.quality.findings import alerts, quality, quality_score
from transforms.quality.population import population_unknown

STAYS = (
    "SELECT patient_key, institution_id, class_id, admitted_at, discharged_at FROM clean.encounter"
)
Found = list[tuple[str, pl.DataFrame]]


def quality_of(night: Night) -> int:
    """Findings, scores and alerts of a night, in place of those of an earlier attempt.

    Returns:
        Findings.
    """
    with opened(night.home) as con:
        found = quality(night.run_key, [*_of_tables(night, con), *_of_deliveries(night, con)])
        shares = {
            "institution": of_capacity.known_share(read(con, clean.Capacity)),
            "feed": _of_this_region(night, con),
        }
        scores = quality_score(night.run_key, night.date, shares, found)
        with transaction(con):
            _forget(con, night.run_key)
            append(con, ops.Quality, found)
            append(con, ops.QualityScore, scores)
            append(
                con, ops.Alert, alerts(found, read(con, ops.Delivery), read(con, ops.DeliveryEvent))
            )
    return found.height


def _of_tables(night: Night, con: Connection) -> Found:
    capacity, encounter = read(con, clean.Capacity), con.sql(STAYS).pl()
    institution = read(con, clean.Institution)
    silent = of_capacity.silent_institution(institution, capacity, pl.lit(night.date))
    return [
        ("use_above_capacity", of_capacity.use_above_capacity(capacity)),
        ("capacity_jumped", of_capacity.capacity_jumped(capacity)),
        ("total_jumped", of_capacity.total_jumped(capacity)),
        ("stale_institution", of_capacity.stale_institution(capacity)),
        ("silent_institution", silent),
        ("institution_left_out", _left_out(night, con, clean.Institution)),
        ("zone_left_out", _left_out(night, con, clean.Zone)),
        ("population_unknown", population_unknown(*_people(con))),
        *_of_codes(con, capacity, encounter),
        ("overlapping_stays", stays.overlapping_stays(encounter)),
        ("long_stays", stays.long_stays(encounter)),
    ]


def _people(con: Connection) -> tuple[pl.DataFrame, pl.DataFrame]:
    return read(con, clean.Population), read(con, clean.Zone)


def _of_codes(con: Connection, capacity: pl.DataFrame, encounter: pl.DataFrame) -> Found:
    resources, classes = read(con, clean.Resource), read(con, clean.CareClass)
    activity = read(con, clean.Activity)
    return [
        ("unknown_resource", codes.unknown_code(capacity, resources, "resource_id")),
        ("unknown_class", codes.unknown_code(activity, classes, "class_id")),
        ("stays_of_unknown_class", codes.stays_of_unknown_class(encounter, classes)),
    ]


def _left_out(night: Night, con: Connection, table: type[Table]) -> pl.DataFrame:
    return left_out(table, delivered(night, con, table), read(con, table))


def _of_deliveries(night: Night, con: Connection) -> Found:
    delivery, rows = read(con, ops.Delivery), read(con, ops.Reconciliation)
    feeds, day, events = night.files.feeds, night.date, read(con, ops.DeliveryEvent)
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


def _of_this_region(night: Night, con: Connection) -> pl.DataFrame:
    share = of_deliveries.good_share(read(con, ops.Delivery), read(con, ops.Reconciliation))
    return share.filter(pl.col("subject").is_in([f.feed for f in night.files.feeds]))


def _subjects(names: list[str]) -> pl.DataFrame:
    value = pl.lit(None, pl.Float64)
    return pl.DataFrame({"subject": names}, schema={"subject": pl.String}).with_columns(value=value)


def _forget(con: Connection, run_key: str) -> None:
    for table in ("quality", "quality_score"):
        con.execute(f"DELETE FROM ops.{table} WHERE run_key = ?", [run_key])
    names = [event.code for event in EVENTS if event.kind == "finding"]
    con.execute(
        "DELETE FROM ops.alert WHERE run_key = ? AND list_contains(?, rule)", [run_key, names]
    )
