"""One delivery from its file to its verdict."""

import hashlib
from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path

from flows.ingest.archive import is_archive, unpack
from flows.ingest.arrivals import Arrival
from flows.ingest.compare import (
    closed_institutions,
    compared,
    contradicted,
    earlier_rows,
    newest_extract,
)
from flows.ingest.landing import Landed, land
from flows.ingest.manifest import Manifest, check_hash, check_rows, demanded, manifest_of
from flows.ingest.record import Account, Taken, settle
from flows.ingest.seen import seen, twin
from flows.protect.encryption import is_encrypted, plain_bytes
from flows.protect.keys import Keys
from flows.protect.veil import Veil, veil_of
from flows.store.night import Night
from flows.store.settings import now
from flows.store.warehouse import Connection
from schemas.errors import DeliveryRejected, TableRefused
from schemas.feed import Feed
from transforms.feed import Outcome, apply
from transforms.quality.holds import (
    closed_reason,
    contradiction_reason,
    future_reason,
    reasons_to_hold,
)
from transforms.quality.refusals import refuse_foreign, stranger_reason
from transforms.reading import read_text

MEGABYTE = 1_000_000
CLOCKS_DIFFER = timedelta(hours=1)


def deliver(night: Night, con: Connection, arrival: Arrival) -> int:
    """Take one file to its verdict and record it; returns rows loaded."""
    taken: Taken | None = None
    try:
        manifest = _manifest(arrival)
        landed = _landed(night, arrival, manifest)
        taken = Taken(landed, landed.sha256)
        content = content_of(
            landed.path, arrival.path.name, _feed(arrival), veil_of(night.home, night.files).keys
        )
        taken = replace(taken, content_sha256=_hash(content, landed))
        account = seen(con, arrival, taken.content_sha256)
        if account is None:
            account = _judged(night, con, arrival, taken, content, manifest)
    except (DeliveryRejected, TableRefused) as err:
        account = Account("rejected", str(err))
    return settle(night, con, arrival, taken, account)


def content_of(path: Path, name: str, feed: Feed, keys: Keys) -> bytes | Path:
    """A landed file's content: itself, decrypted, or what is in the archive.

    Raises:
        DeliveryRejected: as ``flows.ingest.archive.unpack``.
        KeyRefused: if the file is damaged or its key is missing.
    """
    if is_archive(name):
        return unpack(plain_bytes(path, keys), name, most_bytes(feed))
    return plain_bytes(path, keys) if is_encrypted(path) else path


def most_bytes(feed: Feed) -> int:
    """The largest file that the feed allows."""
    return int(feed.file.max_mb * MEGABYTE)


def read_content(
    con: Connection,
    feed: Feed,
    extract_time: datetime | None,
    content: bytes | Path,
    veil: Veil,
    *,
    lessened: bool = False,
) -> tuple[Outcome, list[str]]:
    """Tables, faults and counts of a file, and what was repaired or left out.

    No identifier of a person leaves it: see ``flows.protect.veil``. ``lessened``: someone was taken
    out of it since it was judged, so that none of its rows may be left to load.

    Raises:
        DeliveryRejected: if it cannot be loaded at all.
    """
    outcome, said, forgotten = _outcome(con, feed, extract_time, content, veil)
    if not lessened:
        _refuse(feed, outcome, forgotten)
    return _veiled(con, veil, outcome, said)


def _veiled(
    con: Connection, veil: Veil, outcome: Outcome, flags: list[str]
) -> tuple[Outcome, list[str]]:
    tables, left_out = veil.over(con, outcome.tables)
    return replace(outcome, tables=tables), [*flags, *left_out]


def _outcome(
    con: Connection,
    feed: Feed,
    extract_time: datetime | None,
    content: bytes | Path,
    veil: Veil,
) -> tuple[Outcome, list[str], int]:
    """What a file becomes, identifiers and all; flags; rows of forgotten people left out."""
    text = read_text(content, feed)
    said, unread = text.flags, text.bad_rows
    rows = con.execute("SELECT DISTINCT institution_id FROM history.institution").fetchall()
    known = frozenset(row[0] for row in rows)
    frame, forgotten = veil.remembered(feed, text.frame)
    del text
    outcome = apply(feed, frame, known, extract_time, unread, use_up=True)
    return _leaving_out(outcome, forgotten), [*said, *outcome.flags], forgotten


def _refuse(feed: Feed, outcome: Outcome, forgotten: int) -> None:
    """Raise if what was read is not to be loaded."""
    refuse_foreign(feed, outcome)
    if outcome.counts.loaded == 0 and not (feed.file.allow_empty or forgotten):
        raise DeliveryRejected(
            f"none of its {outcome.counts.rows_read:,} rows can be loaded; "
            f"{outcome.counts.quarantined:,} are at fault"
        )


def _leaving_out(outcome: Outcome, rows: int) -> Outcome:
    """The outcome with the rows of forgotten people counted as excluded."""
    counts = outcome.counts
    counted = replace(counts, rows_read=counts.rows_read + rows, excluded=counts.excluded + rows)
    return replace(outcome, counts=counted)


def _feed(arrival: Arrival) -> Feed:
    assert arrival.feed is not None
    return arrival.feed


def _manifest(arrival: Arrival) -> Manifest | None:
    if arrival.fault:
        raise DeliveryRejected(arrival.fault)
    return demanded(_feed(arrival), manifest_of(arrival.path))


def _landed(night: Night, arrival: Arrival, manifest: Manifest | None) -> Landed:
    landed = land(
        night.home,
        arrival.path,
        most_bytes(_feed(arrival)),
        veil_of(night.home, night.files).seal(),
    )
    check_hash(manifest, landed.sha256)
    return landed


def _hash(content: bytes | Path, landed: Landed) -> str:
    return landed.sha256 if isinstance(content, Path) else hashlib.sha256(content).hexdigest()


def _judged(
    night: Night,
    con: Connection,
    arrival: Arrival,
    taken: Taken,
    content: bytes | Path,
    manifest: Manifest | None,
) -> Account:
    feed = _feed(arrival)
    outcome, flags, forgotten = _outcome(
        con, feed, arrival.extract_time, content, veil_of(night.home, night.files)
    )
    rows = outcome.counts.rows_read
    try:
        _refuse(feed, outcome, forgotten)
        check_rows(manifest, rows)
    except DeliveryRejected as err:
        return Account("rejected", str(err), rows, flags, replace(outcome, tables={}))
    outcome, flags = _veiled(con, veil_of(night.home, night.files), outcome, flags)
    flags += twin(con, feed, taken.content_sha256)
    reasons = _reasons(night, con, arrival, outcome)
    verdict = "held" if reasons else "loaded"
    return Account(verdict, "; ".join(reasons) or None, rows, flags, outcome)


def _reasons(night: Night, con: Connection, arrival: Arrival, outcome: Outcome) -> list[str]:
    """Why a person should look at it before it is loaded."""
    feed, drawn = _feed(arrival), arrival.extract_time
    assert drawn is not None
    latest = max(now(), datetime.combine(night.date, time.max)) + CLOCKS_DIFFER
    newest = newest_extract(con, feed)
    late = feed.file.late == "hold" and newest is not None and drawn < newest
    found = [
        future_reason(drawn, latest),
        "it is older than the newest extract that is loaded" if late else None,
        closed_reason(outcome.tables, closed_institutions(night, con)),
        stranger_reason(feed, outcome) if newest else None,
        contradiction_reason(contradicted(con, night, arrival, outcome.tables)),
    ]
    tables = compared(con, feed, drawn, outcome.tables)
    unusual = reasons_to_hold(tables, outcome.counts.rows_read, earlier_rows(con, feed))
    return [reason for reason in found if reason] + unusual
