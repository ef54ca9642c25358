"""Receipts: what became of a delivery, for whoever sent it."""

import polars as pl

from flows.ingest.sidecar import Delivery
from flows.store.files import write_text
from flows.store.home import Home
from transforms.feed import Outcome
from transforms.quality.report import report


def write_receipt(home: Home, delivery: Delivery, outcome: Outcome | None) -> None:
    """Write HOME/receipts/ID.csv (mode 0600): what `catchment check` would say, and which file.

    ``outcome`` is what was read of it, loaded or not; null if it could not be read.
    """
    flags = delivery.flags.split("; ") if delivery.flags else []
    frame = report(delivery.verdict, delivery.reason, flags, outcome)
    file = pl.DataFrame({"what": ["file"], "words": [_file(delivery)]})
    whole = pl.concat([frame, file.match_to_schema(frame.schema, missing_columns="insert")])
    write_text(home.receipts / f"{delivery.delivery_id}.csv", whole.write_csv())


def _file(delivery: Delivery) -> str:
    sha256 = f"sha256 {delivery.sha256}" if delivery.landed else "not kept"
    feed = f"feed {delivery.feed}" if delivery.feed else "no feed"
    return f"{delivery.file_name}, {feed}, {delivery.bytes:,} bytes, {sha256}"
