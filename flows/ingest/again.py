"""A delivery of an earlier night once more, from the landing folder."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from flows.ingest.decisions import Decision, read_decisions
from flows.ingest.deliver import content_of, read_content
from flows.ingest.record import Account, insert
from flows.ingest.settled import decision_row, not_in_warehouse
from flows.ingest.sidecar import Delivery, landed_path, read_sidecars
from flows.protect.encryption import plain_hash
from flows.protect.keys import Keys
from flows.protect.veil import veil_of
from flows.store.home import Home
from flows.store.night import Night
from flows.store.regions import RegionFiles
from flows.store.warehouse import Connection, append, transaction
from schemas import ops
from schemas.errors import DeliveryRejected, HomeRefused, KeyRefused
from transforms.feed import Outcome


def complete_last(night: Night, con: Connection) -> int:
    """Load what a killed night had judged and not yet loaded, if its file did not come again."""
    missing = not_in_warehouse(night, con)
    left = [d for d in read_sidecars(night.home) if d.delivery_id in missing] if missing else []
    decisions = {d.delivery_id: d for d in read_decisions(night.home)} if left else {}
    return sum(again(night, night.home, con, d, decisions) for d in left)


def again(
    night: Night, home: Home, con: Connection, delivery: Delivery, decisions: Mapping[str, Decision]
) -> int:
    """Write a delivery into the warehouse of ``night`` as its sidecar says; returns rows loaded.

    Args:
        night: whose warehouse and feeds.
        home: whose landing folder and keys.
        con: the warehouse, open.
        delivery: the sidecar.
        decisions: what people decided, by delivery.

    Raises:
        HomeRefused: if its landed bytes are damaged or the feeds no longer read them.
    """
    flags = [delivery.flags] if delivery.flags else []
    account = Account(delivery.verdict, delivery.reason, delivery.rows_read, flags)
    if delivery.verdict == "loaded" and delivery.erased is None:
        account = replace(account, outcome=_read(night.files, home, con, delivery))
    with transaction(con):
        loaded = insert(con, delivery, account)
        if delivery.decided and delivery.delivery_id in decisions:
            decision = decisions[delivery.delivery_id]
            append(con, ops.Decision, decision_row(decision, delivery.decided, delivery.verdict))
    return loaded


def _read(files: RegionFiles, home: Home, con: Connection, delivery: Delivery) -> Outcome:
    feed = next((f for f in files.feeds if f.feed == delivery.feed), None)
    if feed is None:
        raise HomeRefused(
            f"delivery {delivery.delivery_id} is of feed {delivery.feed}, which the region's file"
            " does not name: name one that does with --region"
        )
    path, veil = landed_path(home, delivery), veil_of(home, files)
    if not _is_whole(path, delivery, veil.keys):
        raise HomeRefused(
            f"{path} is missing or damaged: put it back from a backup, or have"
            f" {delivery.file_name} sent again"
        )
    try:
        content = content_of(path, delivery.file_name, feed, veil.keys)
        lessened = delivery.kept_sha256 is not None
        return read_content(con, feed, delivery.extract_time, content, veil, lessened=lessened)[0]
    except DeliveryRejected as err:
        reason = str(err)
    raise HomeRefused(
        f"delivery {delivery.delivery_id} ({delivery.file_name}) was loaded and no longer would be:"
        f" {reason}; set the feed's file right and rebuild again"
    )


def _is_whole(path: Path, delivery: Delivery, keys: Keys) -> bool:
    try:
        known = (delivery.sha256, delivery.kept_sha256)
        return path.is_file() and plain_hash(path, keys) in known
    except KeyRefused:
        return False
