"""Deliveries: find, land, recognise, read, map, load; every row and file accounted for."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from flows.landing import Landed, land
from flows.night.context import Night, now
from flows.reading import read_text
from flows.warehouse import Connection, append, append_history, opened, transaction
from schemas import ops
from schemas.base import conform
from schemas.clean import FEED_TABLES
from schemas.errors import CatchmentError, DeliveryRejected, ReconciliationFailed
from schemas.feed import Feed
from transforms.feed import Outcome, apply

MEGABYTE = 1_000_000
COUNTS = ("loaded", "quarantined", "duplicate", "excluded", "merged", "cells_nulled")


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file in the folder of extracts, before anything is known of its content."""

    path: Path
    feed: Feed | None
    extract_time: datetime | None

    @property
    def name(self) -> str:
        """The file's name with anything unprintable shown as an escape."""
        return self.path.name.encode("unicode_escape").decode("ascii")


def ingest_feed(night: Night, feed_name: str) -> int:
    """Load what arrived for one feed, oldest extract first; returns rows loaded."""
    feed = night.files.feed(feed_name)
    arrivals = [a for a in arrivals_of(night) if a.feed is feed]
    arrivals.sort(key=lambda a: (a.extract_time or datetime.min, a.name))
    with opened(night.home) as con:
        return sum(_deliver(night, con, arrival) for arrival in arrivals)


def ingest_unclaimed(night: Night) -> int:
    """Record, as rejected, each file that no feed of the region expects; returns their count."""
    unclaimed = [a for a in arrivals_of(night) if a.feed is None]
    with opened(night.home) as con:
        for arrival in unclaimed:
            _reject(night, con, arrival, None, "no feed of this region expects a file of this name")
    return len(unclaimed)


def arrivals_of(night: Night) -> list[Arrival]:
    """Every file in or below the folder of extracts, with the feed that expects its name."""
    paths = sorted(night.extracts.rglob("*"))
    return [_arrival(night, path) for path in paths if path.is_file() and not _hidden(night, path)]


def _hidden(night: Night, path: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(night.extracts).parts)


def _arrival(night: Night, path: Path) -> Arrival:
    feed = next((f for f in night.files.feeds if f.matches(path.name)), None)
    return Arrival(path, feed, feed.extract_time(path.name) if feed else None)


def _deliver(night: Night, con: Connection, arrival: Arrival) -> int:
    assert arrival.feed is not None
    landed: Landed | None = None
    try:
        if arrival.extract_time is None:
            raise DeliveryRejected("its name does not give a date in the format of its feed")
        landed = land(night.home, arrival.path, int(arrival.feed.file.max_mb * MEGABYTE))
        if earlier := _loaded_before(con, landed.sha256):
            return _duplicate(night, con, arrival, landed, *earlier)
        if arrival.extract_time > now() + timedelta(days=1):
            return _hold(night, con, arrival, landed, "its extract time lies in the future")
        outcome, flags = _read(con, arrival, landed)
    except CatchmentError as err:
        reason = str(err)
    else:
        return _load(night, con, arrival, landed, outcome, flags)
    return _reject(night, con, arrival, landed, reason)


def _read(con: Connection, arrival: Arrival, landed: Landed) -> tuple[Outcome, list[str]]:
    feed = arrival.feed
    assert feed is not None
    text = read_text(landed.path, feed)
    known = frozenset(
        r[0]
        for r in con.execute("SELECT DISTINCT institution_id FROM history.institution").fetchall()
    )
    outcome = apply(feed, text.frame, known, arrival.extract_time, text.bad_rows)
    if outcome.counts.loaded == 0 and not feed.file.allow_empty:
        raise DeliveryRejected(
            f"none of its {outcome.counts.rows_read:,} rows can be loaded; "
            f"{outcome.counts.quarantined:,} are at fault"
        )
    return outcome, [*text.flags, *outcome.flags]


def _loaded_before(con: Connection, sha256: str) -> tuple[str, int] | None:
    found = con.execute(
        "SELECT delivery_id, rows_read FROM ops.delivery "
        "WHERE sha256 = ? AND verdict = 'loaded' LIMIT 1",
        [sha256],
    ).fetchall()
    return found[0] if found else None


def _load(
    night: Night,
    con: Connection,
    arrival: Arrival,
    landed: Landed,
    outcome: Outcome,
    flags: list[str],
) -> int:
    c = outcome.counts
    accounted = c.loaded + c.quarantined + c.duplicate + c.excluded + c.merged
    if c.rows_read != accounted:
        raise ReconciliationFailed(
            f"{arrival.name}: read {c.rows_read} rows but accounts for {accounted}"
        )
    with transaction(con):
        delivery = _record(night, con, arrival, landed, "loaded", None, c.rows_read, flags)
        for name, rows in outcome.tables.items():
            append_history(con, FEED_TABLES[name], rows, delivery)
        at_fault = outcome.quarantine.with_columns(delivery_id=pl.lit(delivery))
        append(con, ops.Quarantine, conform(ops.Quarantine, at_fault))
        counts = {n: getattr(c, n) for n in COUNTS}
        _reconcile(con, delivery, rows_read=c.rows_read, **counts)
    return c.loaded


def _duplicate(
    night: Night, con: Connection, arrival: Arrival, landed: Landed, first: str, rows: int
) -> int:
    reason = f"the same bytes as delivery {first}, which is loaded"
    delivery = _record(night, con, arrival, landed, "duplicate", reason, rows)
    _reconcile(con, delivery, rows_read=rows, duplicate=rows)
    return 0


def _hold(night: Night, con: Connection, arrival: Arrival, landed: Landed, reason: str) -> int:
    _record(night, con, arrival, landed, "held", reason)
    return 0


def _reject(
    night: Night, con: Connection, arrival: Arrival, landed: Landed | None, reason: str
) -> int:
    _record(night, con, arrival, landed, "rejected", reason)
    return 0


def _record(
    night: Night,
    con: Connection,
    arrival: Arrival,
    landed: Landed | None,
    verdict: str,
    reason: str | None,
    rows: int = 0,
    flags: list[str] | None = None,
) -> str:
    sha256 = landed.sha256 if landed else hashlib.sha256(arrival.name.encode()).hexdigest()
    delivery = _delivery_id(con, sha256[:16])
    row = {
        "delivery_id": delivery,
        "night": night.date,
        "feed": arrival.feed.feed if arrival.feed else None,
        "file_name": arrival.name,
        "sha256": landed.sha256 if landed else "not landed",
        "bytes": landed.bytes if landed else arrival.path.stat().st_size,
        "rows_read": rows,
        "extract_time": arrival.extract_time,
        "received_at": now(),
        "verdict": verdict,
        "reason": reason,
        "flags": "; ".join(flags) if flags else None,
    }
    append(con, ops.Delivery, conform(ops.Delivery, pl.DataFrame([row])))
    return delivery


def _delivery_id(con: Connection, stem: str) -> str:
    ((again,),) = con.execute(
        "SELECT count(*) FROM ops.delivery WHERE starts_with(delivery_id, ?)", [stem]
    ).fetchall()
    return f"{stem}-{again + 1}" if again else stem


def _reconcile(con: Connection, delivery: str, **counts: int) -> None:
    row = pl.DataFrame([{"delivery_id": delivery, **dict.fromkeys(COUNTS, 0), **counts}])
    append(con, ops.Reconciliation, conform(ops.Reconciliation, row))
