"""Landed files without those who are to be forgotten, and without what was kept long enough."""

import csv
import hashlib
import io
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta

import duckdb

from flows.ingest.arrivals import is_archive, unpack
from flows.ingest.landing import (
    Delivery,
    landed_path,
    read_sidecar,
    read_sidecars,
    write_sidecar,
)
from flows.protect.keys import encrypt, plain_bytes
from flows.protect.redact import Redacted, Sought, redacted, repacked
from flows.protect.veil import Veil
from flows.store import audit_log
from flows.store.files import replacing
from flows.store.home import Home, now
from flows.store.warehouse import HISTORY, qualified
from schemas.clean import FEED_TABLES
from schemas.errors import DeliveryRejected
from schemas.feed import Feed
from transforms.reading import read_text


def redact_landed(
    home: Home, delivery: Delivery, feed: Feed, veil: Veil, sought: Sought | None = None
) -> Redacted | None:
    """Take whoever is forgotten out of a landed file; null if it is no delimited text.

    The sidecars say so first: a kill between the two leaves a file that is known either way. A
    file of which no record is left is removed, unless a person has to decide about it; one that
    was loaded loses its broken records too where they would then be too many to read it.
    """
    path = landed_path(home, delivery)
    if delivery.verdict in ("rejected", "duplicate"):
        _erase_again(home, delivery)
    if not veil.forgotten or delivery.erased or not path.is_file():
        return None
    try:
        plain = content_of_landed(home, delivery, feed, veil)
        found = redacted(plain, feed, veil.keys, veil.forgotten, sought)
        if found.taken and delivery.verdict == "loaded" and not _reads(found.content, feed):
            found = redacted(plain, feed, veil.keys, veil.forgotten, sought, broken=False)
    except (UnicodeDecodeError, csv.Error, DeliveryRejected):
        return None
    if found.taken and (found.left or delivery.verdict == "held"):
        kept = repacked(found.content, delivery.file_name)
        digest = hashlib.sha256(kept).hexdigest()
        for each in sharing(home, delivery):
            write_sidecar(home, replace(each, kept_sha256=digest))
        _rewrite(home, delivery, kept, veil)
    elif found.taken:
        erase_landed(home, delivery, now().date())
    return found


def sharing(home: Home, delivery: Delivery) -> list[Delivery]:
    """The deliveries that came with the same bytes, this one among them."""
    if not delivery.landed:
        return [delivery]
    paths = sorted((home.landing / delivery.sha256[:2]).glob(f"{delivery.sha256[:16]}*.json"))
    found = [read_sidecar(home, path.stem) for path in paths]
    return [d for d in found if d.sha256 == delivery.sha256]


def content_of_landed(home: Home, delivery: Delivery, feed: Feed, veil: Veil) -> bytes:
    """What is in a landed file, decrypted and unpacked.

    Raises:
        DeliveryRejected: if it is an archive that cannot be unpacked.
        KeyRefused: if it is damaged or its key is missing.
    """
    packed = plain_bytes(landed_path(home, delivery), veil.keys)
    if not is_archive(delivery.file_name):
        return packed
    return unpack(packed, delivery.file_name, feed.file.most_bytes)


def erase_landed(home: Home, delivery: Delivery, day: date) -> None:
    """Remove a delivery's bytes; what it was stays known.

    Bytes that another delivery came with too go with it.
    """
    for each in sharing(home, delivery):
        write_sidecar(home, replace(each, erased=day))
    landed_path(home, delivery).unlink(missing_ok=True)


def expire(home: Home, con: duckdb.DuckDBPyConnection, feed: Feed, day: date) -> int:
    """Remove the feed's deliveries that were drawn more than ``keep_days`` before ``day``.

    Returns:
        How many: their rows leave history, their bytes the landing folder.
    """
    if feed.file.keep_days is None:
        return 0
    oldest = day - timedelta(days=feed.file.keep_days)
    old = [
        d
        for d in read_sidecars(home)
        if d.feed == feed.feed and d.extract_time and d.extract_time.date() < oldest
    ]
    due = [d for d in old if d.erased is None]
    for delivery in due:
        for table in feed.tables():
            con.execute(
                f"DELETE FROM {qualified(FEED_TABLES[table], HISTORY)} WHERE delivery_id = ?",
                [delivery.delivery_id],
            )
        erase_landed(home, delivery, day)
    if due:
        audit_log.record(home, "expired", feed=feed.feed, deliveries=str(len(due)))
    return len(due)


def _reads(content: bytes, feed: Feed) -> bool:
    with suppress(DeliveryRejected):
        read_text(content, feed)
        return True
    return False


def _erase_again(home: Home, delivery: Delivery) -> None:
    """Bytes that were removed once and came again go again."""
    days = [d.erased for d in sharing(home, delivery) if d.erased]
    if days:
        erase_landed(home, delivery, max(days))


def _rewrite(home: Home, delivery: Delivery, content: bytes, veil: Veil) -> None:
    key = veil.seal()
    with replacing(landed_path(home, delivery)) as target:
        if key is None:
            target.write(content)
        else:
            encrypt(io.BytesIO(content), target, key)
