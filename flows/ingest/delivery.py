"""One delivery from its file to its verdict, and into ops tables, history, sidecar and receipt."""

import hashlib
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import cast

import polars as pl

from flows.ingest.arrivals import Arrival, is_archive
from flows.ingest.compare import hold_reasons, loaded_under_another_time, same_content_before
from flows.ingest.judge import (
    Judgement,
    Load,
    SenderManifest,
    check_hash,
    judge,
    loader,
    refused,
    required_manifest,
)
from flows.ingest.landing import (
    NOT_LANDED,
    Delivery,
    Landed,
    land,
    read_sidecar,
    write_sidecar,
)
from flows.ingest.leave_out import redact_landed
from flows.protect.keys import Keys, plain_bytes
from flows.protect.veil import Veil, veil_of
from flows.store.files import write_text
from flows.store.home import now
from flows.store.night import Night
from flows.store.warehouse import Connection, append, append_history, transaction
from schemas import ops
from schemas.clean import FEED_TABLES
from schemas.errors import DeliveryRejected, ReconciliationFailed
from schemas.feed import Feed
from schemas.table import conform, empty
from transforms.feed import FeedResult
from transforms.quality.report import report

# Why each delivery has its verdict; else all that there is to say of it.
WHY = """
    SELECT delivery_id, coalesce(
        string_agg(words, '; ' ORDER BY number) FILTER (
            event_kind =
                map {'rejected': 'rejection', 'held': 'hold', 'duplicate': 'duplicate'}[verdict]
        ), string_agg(words, '; ' ORDER BY number)) AS why
    FROM ops.delivery JOIN ops.delivery_event USING (delivery_id) GROUP BY delivery_id
"""
COUNTS = ("loaded", "quarantined", "duplicate", "excluded", "merged", "cells_nulled")


@dataclass(frozen=True, slots=True)
class Taken:
    """A landed file and the hash of what is inside."""

    landed: Landed
    content_sha256: str


def deliver(night: Night, con: Connection, arrival: Arrival) -> int:
    """Take one file to its verdict and record it; returns rows loaded."""
    assert arrival.feed is not None
    taken: Taken | None = None
    feed, veil, name = arrival.feed, veil_of(night.home, night.files), arrival.path.name
    try:
        if arrival.fault:
            raise DeliveryRejected(arrival.fault)
        manifest = required_manifest(feed, arrival.path)
        landed = land(night.home, arrival.path, feed.file.most_bytes, veil.seal())
        check_hash(manifest, landed.sha256)
        taken = Taken(landed, landed.sha256)
        load = landed_content(landed.path, name, feed, veil.keys)
        if is_archive(name):
            taken = replace(taken, content_sha256=hashlib.sha256(load()).hexdigest())
        found = same_content_before(con, arrival, taken.content_sha256)
        if found is None:
            found = judge_for_history(con, feed, arrival.extract_time, load, veil, manifest)
            found = _compared(night, con, arrival, taken, found)
    except DeliveryRejected as err:
        found = refused(err)
    return settle(night, con, arrival, taken, found)


def _compared(
    night: Night, con: Connection, arrival: Arrival, taken: Taken, found: Judgement
) -> Judgement:
    """The judgement beside what is loaded already: it may have to wait for a person."""
    if found.verdict != "loaded" or found.result is None or arrival.feed is None:
        return found
    same = loaded_under_another_time(con, arrival.feed.feed, taken.content_sha256)
    reasons = hold_reasons(night, con, arrival, found.result)
    return replace(found, occurrences=[*found.occurrences, *same]).held_for(reasons)


def landed_content(path: Path, name: str, feed: Feed, keys: Keys) -> Load:
    """What gives a landed file's content, decrypted and unpacked.

    Raises:
        DeliveryRejected: as ``flows.ingest.arrivals.unpack``.
        KeyRefused: if the file is damaged or its key is missing.
    """
    return loader(partial(plain_bytes, path, keys), name, feed)


def judge_for_history(
    con: Connection,
    feed: Feed,
    extract_time: datetime | None,
    load: Load,
    veil: Veil,
    manifest: SenderManifest | None = None,
    *,
    lessened: bool = False,
) -> Judgement:
    """``flows.ingest.judge.judge`` with the institutions that are known, and people protected.

    No identifier of a person leaves it: see ``flows.protect.veil``.
    """
    rows = con.execute("SELECT DISTINCT institution_id FROM history.institution").fetchall()
    known = frozenset(row[0] for row in rows)
    found = judge(feed, load, extract_time, known, manifest, veil.remembered, lessened=lessened)
    if found.verdict != "loaded" or found.result is None:
        return found
    tables, left_out = veil.protected(con, found.result.tables)
    occurrences = [*found.occurrences, *left_out]
    return replace(found, occurrences=occurrences, result=replace(found.result, tables=tables))


def settle(
    night: Night, con: Connection, arrival: Arrival, taken: Taken | None, found: Judgement
) -> int:
    """Record a new delivery, or that a duplicate came once more; returns rows loaded."""
    if taken and found.verdict == "duplicate" and (known := _duplicate(con, arrival, taken)):
        first = read_sidecar(night.home, known)
        occurrences = found.occurrences
        once_more = replace(first, night=night.date, received_at=now(), occurrences=occurrences)
        return write(night, con, once_more, found.result)
    sha256 = taken.landed.sha256 if taken else hashlib.sha256(arrival.name.encode()).hexdigest()
    delivery = Delivery(
        delivery_id=_delivery_id(con, sha256[:16]),
        night=night.date,
        feed=arrival.feed.feed if arrival.feed else None,
        file_name=arrival.name,
        sha256=sha256 if taken else NOT_LANDED,
        content_sha256=taken.content_sha256 if taken else NOT_LANDED,
        bytes=taken.landed.bytes if taken else _size(arrival),
        rows_read=found.rows_read,
        extract_time=arrival.extract_time,
        received_at=now(),
        verdict=found.verdict,
        occurrences=found.occurrences,
        sequence=_sequence(con),
        decided=None,
        region_file=str(night.region_file),
    )
    return write(night, con, delivery, found.result)


def resettle(night: Night, con: Connection, delivery: Delivery, found: Judgement) -> Delivery:
    """Give a delivery that stands in ``ops.delivery`` the verdict that a person decided."""
    settled = replace(
        delivery,
        rows_read=found.rows_read,
        verdict=found.verdict,
        occurrences=found.occurrences,
        sequence=_sequence(con),
        decided=night.date,
    )
    _delete(con, delivery, "delivery", "delivery_event")
    insert(con, settled, found.result)
    return settled


def write(night: Night, con: Connection, delivery: Delivery, result: FeedResult | None) -> int:
    """Write a delivery whole: the sidecar first, so that the landing folder is never behind."""
    write_sidecar(night.home, delivery)
    with transaction(con):
        _delete(con, delivery, "delivery", "delivery_event", "reconciliation")
        loaded = insert(con, delivery, result)
    write_receipt(night, delivery, result)
    if delivery.feed and delivery.landed:
        redact_landed(
            night.home, delivery, night.files.feed(delivery.feed), veil_of(night.home, night.files)
        )
    return loaded


def insert(con: Connection, delivery: Delivery, result: FeedResult | None) -> int:
    """Write a delivery into the warehouse, within a transaction; returns rows loaded."""
    row = pl.DataFrame([delivery.row()])
    append(con, ops.Delivery, conform(ops.Delivery, row))
    append(con, ops.DeliveryEvent, delivery_events(delivery))
    if delivery.verdict == "duplicate":
        rows = delivery.rows_read
        _reconcile(con, delivery.delivery_id, rows_read=rows, duplicate=rows)
    if delivery.verdict != "loaded" or result is None:
        return 0
    return _load(con, delivery, result)


def delivery_events(delivery: Delivery) -> pl.DataFrame:
    """What there is to say of a delivery, as ``ops.delivery_event`` has it."""
    rows = [
        {"number": number, "event_kind": one.kind, "words": one.words(), **asdict(one)}
        for number, one in enumerate(delivery.occurrences, start=1)
    ]
    frame = pl.DataFrame(rows, infer_schema_length=None) if rows else empty(ops.DeliveryEvent)
    named = frame.with_columns(delivery_id=pl.lit(delivery.delivery_id))
    return conform(ops.DeliveryEvent, named)


def write_receipt(night: Night, delivery: Delivery, result: FeedResult | None) -> None:
    """Write HOME/receipts/ID.csv (mode 0600): what `catchment check` would say, and which file.

    ``result`` is what was read of it, loaded or not; null if it could not be read.
    """
    feed = night.files.feed(delivery.feed) if delivery.feed else None
    frame = report(delivery.verdict, delivery.occurrences, result, feed)
    file = pl.DataFrame({"what": ["file"], "words": [_file(delivery)]})
    whole = pl.concat([frame, file.match_to_schema(frame.schema, missing_columns="insert")])
    write_text(night.home.receipts / f"{delivery.delivery_id}.csv", whole.write_csv())


def _file(delivery: Delivery) -> str:
    sha256 = f"sha256 {delivery.sha256}" if delivery.landed else "not kept"
    feed = f"feed {delivery.feed}" if delivery.feed else "no feed"
    return f"{delivery.file_name}, {feed}, {delivery.bytes:,} bytes, {sha256}"


def _delete(con: Connection, delivery: Delivery, *tables: str) -> None:
    for table in tables:
        con.execute(f"DELETE FROM ops.{table} WHERE delivery_id = ?", [delivery.delivery_id])


def _load(con: Connection, delivery: Delivery, result: FeedResult) -> int:
    c, identity = result.counts, delivery.delivery_id
    if not c.balances():
        raise ReconciliationFailed(f"{delivery.file_name}: its {c.rows_read} rows do not add up")
    for name, rows in result.tables.items():
        append_history(con, FEED_TABLES[name], rows, identity)
    at_fault = result.quarantine.with_columns(delivery_id=pl.lit(identity))
    append(con, ops.Quarantine, conform(ops.Quarantine, at_fault))
    _reconcile(con, identity, rows_read=c.rows_read, **{n: getattr(c, n) for n in COUNTS})
    return c.loaded


def _reconcile(con: Connection, identity: str, **counts: int) -> None:
    row = pl.DataFrame([{"delivery_id": identity, **dict.fromkeys(COUNTS, 0), **counts}])
    append(con, ops.Reconciliation, conform(ops.Reconciliation, row))


def _duplicate(con: Connection, arrival: Arrival, taken: Taken) -> str | None:
    """The delivery by which the same file, under the same name, was a duplicate before."""
    found = con.execute(
        "SELECT min(delivery_id) FROM ops.delivery WHERE verdict = 'duplicate'"
        " AND sha256 = ? AND file_name = ? AND extract_time = ?",
        [taken.landed.sha256, arrival.name, arrival.extract_time],
    ).fetchall()
    return cast(str | None, found[0][0])


def _sequence(con: Connection) -> int:
    """How many verdicts were ever given: one for each delivery and each decision."""
    (counts,) = con.execute(
        "SELECT (SELECT count(*) FROM ops.delivery), (SELECT count(*) FROM ops.decision)"
    ).fetchall()
    return sum(counts)


def _delivery_id(con: Connection, stem: str) -> str:
    ((known,),) = con.execute(
        "SELECT count(*) FROM ops.delivery WHERE starts_with(delivery_id, ?)", [stem]
    ).fetchall()
    return f"{stem}-{known + 1}" if known else stem


def _size(arrival: Arrival) -> int:
    try:
        return arrival.path.lstat().st_size
    except OSError:
        return 0
