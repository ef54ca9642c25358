"""Writing a delivery's verdict: ops tables, history, sidecar and receipt, all of one account."""

import hashlib
from dataclasses import dataclass, field, replace
from typing import cast

import polars as pl

from flows.ingest.arrivals import Arrival
from flows.ingest.landing import Landed
from flows.ingest.leave_out import redact_landed
from flows.ingest.receipts import write_receipt
from flows.ingest.sidecar import NOT_LANDED, Delivery, read_sidecar, write_sidecar
from flows.protect.veil import veil_of
from flows.store.night import Night
from flows.store.settings import now
from flows.store.warehouse import Connection, append, append_history, transaction
from schemas import ops
from schemas.clean import FEED_TABLES
from schemas.errors import ReconciliationFailed
from schemas.table import conform
from transforms.feed import Outcome

COUNTS = ("loaded", "quarantined", "duplicate", "excluded", "merged", "cells_nulled")


@dataclass(frozen=True, slots=True)
class Taken:
    """A landed file and the hash of what is inside."""

    landed: Landed
    content_sha256: str


@dataclass(frozen=True, slots=True)
class Account:
    """A verdict and all that goes with it."""

    verdict: str
    reason: str | None = None
    rows_read: int = 0
    flags: list[str] = field(default_factory=list)
    outcome: Outcome | None = None


def settle(
    night: Night, con: Connection, arrival: Arrival, taken: Taken | None, account: Account
) -> int:
    """Record a new delivery, or that a duplicate came once more; returns rows loaded."""
    if taken and account.verdict == "duplicate" and (known := _duplicate(con, arrival, taken)):
        first = read_sidecar(night.home, known)
        once_more = replace(first, night=night.date, received_at=now(), reason=account.reason)
        return write(night, con, once_more, account)
    sha256 = taken.landed.sha256 if taken else hashlib.sha256(arrival.name.encode()).hexdigest()
    delivery = Delivery(
        delivery_id=_delivery_id(con, sha256[:16]),
        night=night.date,
        feed=arrival.feed.feed if arrival.feed else None,
        file_name=arrival.name,
        sha256=sha256 if taken else NOT_LANDED,
        content_sha256=taken.content_sha256 if taken else NOT_LANDED,
        bytes=taken.landed.bytes if taken else _size(arrival),
        rows_read=account.rows_read,
        extract_time=arrival.extract_time,
        received_at=now(),
        verdict=account.verdict,
        reason=account.reason,
        flags="; ".join(account.flags) or None,
        sequence=_sequence(con),
        decided=None,
        region_file=str(night.region_file),
    )
    return write(night, con, delivery, account)


def resettle(night: Night, con: Connection, delivery: Delivery, account: Account) -> Delivery:
    """Give a delivery that stands in ``ops.delivery`` the verdict that a person decided."""
    again = replace(
        delivery,
        rows_read=account.rows_read,
        verdict=account.verdict,
        reason=account.reason,
        flags="; ".join(account.flags) or None,
        sequence=_sequence(con),
        decided=night.date,
    )
    con.execute("DELETE FROM ops.delivery WHERE delivery_id = ?", [delivery.delivery_id])
    insert(con, again, account)
    return again


def write(night: Night, con: Connection, delivery: Delivery, account: Account) -> int:
    """Write a delivery whole: the sidecar first, so that the landing folder is never behind."""
    write_sidecar(night.home, delivery)
    with transaction(con):
        for table in ("delivery", "reconciliation"):
            con.execute(f"DELETE FROM ops.{table} WHERE delivery_id = ?", [delivery.delivery_id])
        loaded = insert(con, delivery, account)
    write_receipt(night.home, delivery, account.outcome)
    if delivery.feed and delivery.landed:
        redact_landed(
            night.home, delivery, night.files.feed(delivery.feed), veil_of(night.home, night.files)
        )
    return loaded


def insert(con: Connection, delivery: Delivery, account: Account) -> int:
    """Write a delivery into the warehouse, within a transaction; returns rows loaded."""
    row = pl.DataFrame([delivery.row()])
    append(con, ops.Delivery, conform(ops.Delivery, row))
    if account.verdict == "duplicate":
        _reconcile(
            con, delivery.delivery_id, rows_read=account.rows_read, duplicate=account.rows_read
        )
    if account.verdict != "loaded" or account.outcome is None:
        return 0
    return _load(con, delivery, account.outcome)


def _load(con: Connection, delivery: Delivery, outcome: Outcome) -> int:
    c, identity = outcome.counts, delivery.delivery_id
    if not c.balances():
        raise ReconciliationFailed(f"{delivery.file_name}: its {c.rows_read} rows do not add up")
    for name, rows in outcome.tables.items():
        append_history(con, FEED_TABLES[name], rows, identity)
    at_fault = outcome.quarantine.with_columns(delivery_id=pl.lit(identity))
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
    ((again,),) = con.execute(
        "SELECT count(*) FROM ops.delivery WHERE starts_with(delivery_id, ?)", [stem]
    ).fetchall()
    return f"{stem}-{again + 1}" if again else stem


def _size(arrival: Arrival) -> int:
    try:
        return arrival.path.lstat().st_size
    except OSError:
        return 0
