"""Is it this region's file at all?"""

import polars as pl

from schemas.errors import DeliveryRejected
from schemas.feed import Feed
from transforms.feed import Outcome

MOST_SHARE = 0.5
FEW = 3


def refuse_foreign(feed: Feed, outcome: Outcome) -> None:
    """Raise if most rows are of institutions that this region does not know.

    Raises:
        DeliveryRejected: with both counts.
    """
    unknown = outcome.quarantine.filter(pl.col("rule") == "unknown_institution")
    rows, read = unknown["row_number"].n_unique(), outcome.counts.rows_read
    if rows >= FEW and rows > MOST_SHARE * read:
        raise DeliveryRejected(
            f"{feed.feed}: {rows:,} of its {read:,} rows are of unknown institutions: it seems to"
            " be another region's file"
        )


def stranger_reason(feed: Feed, outcome: Outcome) -> str | None:
    """Why to hold: every institution in it is new, where the feed has been loaded before."""
    made = outcome.institutions_created
    if not made or feed.institution is None or "institution" not in outcome.tables:
        return None
    sent = outcome.tables["institution"]["institution_id"].n_unique()
    if sent < FEW or len(made) < sent:
        return None
    return f"none of its {sent} institutions is known: it may be another region's file"
