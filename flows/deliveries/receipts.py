"""Receipts: what became of a delivery, for whoever sent it."""

from flows.deliveries.sidecar import Delivery, write_private
from flows.home import Home
from transforms.feed import Outcome
from transforms.quality.report import report


def write_receipt(home: Home, delivery: Delivery, outcome: Outcome | None) -> None:
    """Write HOME/receipts/ID.csv (mode 0600): what `catchment check` would print, as loaded."""
    flags = delivery.flags.split("; ") if delivery.flags else []
    frame = report(delivery.verdict, delivery.reason, flags, outcome)
    write_private(home.receipts / f"{delivery.delivery_id}.csv", frame.write_csv())
