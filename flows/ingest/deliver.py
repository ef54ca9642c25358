"""One delivery from its file to its verdict."""

import hashlib
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path

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
from flows.ingest.landing import Landed, land
from flows.ingest.record import Taken, settle
from flows.protect.encryption import plain_bytes
from flows.protect.keys import Keys
from flows.protect.veil import Veil, veil_of
from flows.store.night import Night
from flows.store.warehouse import Connection
from schemas.errors import DeliveryRejected
from schemas.feed import Feed


def deliver(night: Night, con: Connection, arrival: Arrival) -> int:
    """Take one file to its verdict and record it; returns rows loaded."""
    taken: Taken | None = None
    veil = veil_of(night.home, night.files)
    try:
        manifest = _manifest(arrival)
        landed = _landed(night, arrival, manifest, veil)
        taken = Taken(landed, landed.sha256)
        load = landed_content(landed.path, arrival.path.name, _feed(arrival), veil.keys)
        if is_archive(arrival.path.name):
            taken = replace(taken, content_sha256=hashlib.sha256(load()).hexdigest())
        judgement = same_content_before(con, arrival, taken.content_sha256)
        if judgement is None:
            judgement = _judged(night, con, arrival, taken, load, manifest)
    except DeliveryRejected as err:
        judgement = refused(err)
    return settle(night, con, arrival, taken, judgement)


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
    tables, left_out = veil.over(con, found.result.tables)
    told = [*found.occurrences, *left_out]
    return replace(found, occurrences=told, result=replace(found.result, tables=tables))


def _feed(arrival: Arrival) -> Feed:
    assert arrival.feed is not None
    return arrival.feed


def _manifest(arrival: Arrival) -> SenderManifest | None:
    if arrival.fault:
        raise DeliveryRejected(arrival.fault.code, **arrival.fault.facts())
    return required_manifest(_feed(arrival), arrival.path)


def _landed(night: Night, arrival: Arrival, manifest: SenderManifest | None, veil: Veil) -> Landed:
    landed = land(night.home, arrival.path, _feed(arrival).file.most_bytes, veil.seal())
    check_hash(manifest, landed.sha256)
    return landed


def _judged(
    night: Night,
    con: Connection,
    arrival: Arrival,
    taken: Taken,
    load: Load,
    manifest: SenderManifest | None,
) -> Judgement:
    feed, veil = _feed(arrival), veil_of(night.home, night.files)
    found = judge_for_history(con, feed, arrival.extract_time, load, veil, manifest)
    if found.verdict != "loaded" or found.result is None:
        return found
    same = loaded_under_another_time(con, feed.feed, taken.content_sha256)
    reasons = hold_reasons(night, con, arrival, found.result)
    return replace(found, occurrences=[*found.occurrences, *same]).held_for(reasons)
