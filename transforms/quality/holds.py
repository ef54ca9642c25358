"""Deliveries that a person should look at first, and files that are another region's."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

import polars as pl

from schemas.clean import ENTITIES, FEED_TABLES
from schemas.errors import DeliveryRejected
from schemas.events import Occurrence
from schemas.feed import Feed
from schemas.table import key, polars_schema
from transforms.feed import FeedResult

REMOVED_SHARE = 0.2
TIMES = 10
MOST_UNKNOWN = 0.5
FEW = 3
ALL = "(all)"
# Where a table's rows are of several kinds, a column may become empty for one of them.
PART = {"capacity": "resource_id", "activity": "class_id", "finance": "measure"}
DAY = {
    "capacity": "date",
    "activity": "period_start",
    "finance": "period_start",
    "encounter": "admitted_at",
}


@dataclass(frozen=True)
class Compared:
    """One canonical table in a delivery (after) and in what the delivery replaces (before).

    ``rows``: subject, rows (as ``rows_by_subject``); ``filled``: part, and for each column how many
    cells have a value (as ``filled_by_part``), of the delivery before as a whole.
    """

    table: str
    rows_before: pl.DataFrame
    rows_after: pl.DataFrame
    filled_before: pl.DataFrame
    filled_after: pl.DataFrame


def subject_of(table: str) -> str | None:
    """The column that says whose row it is; null where the table is looked at as a whole."""
    columns = polars_schema(FEED_TABLES[table]).names()
    return "institution_id" if "institution_id" in columns and table not in ENTITIES else None


def value_columns(table: str) -> list[str]:
    """The table's columns outside its key."""
    names = polars_schema(FEED_TABLES[table]).names()
    about = ("_reason", "_low", "_high")
    return [c for c in names if c not in key(FEED_TABLES[table]) and not c.endswith(about)]


def rows_by_subject(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Rows of each institution, or of all where the table has none: subject, rows."""
    subject = subject_of(table)
    whose = pl.col(subject) if subject else pl.lit(ALL)
    return frame.group_by(subject=whose).agg(rows=pl.len().cast(pl.Int64)).sort("subject")


def filled_by_part(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Cells that have a value, by part of the table and column: part, one column each."""
    part = pl.col(PART[table]) if table in PART else pl.lit(ALL)
    counts = [pl.col(c).count().cast(pl.Int64) for c in value_columns(table)]
    return frame.group_by(part=part).agg(counts).sort("part")


def reasons_to_hold(
    compared: Sequence[Compared], rows_read: int, earlier: Sequence[int]
) -> list[Occurrence]:
    """Why a person should look; none if it may be loaded.

    Args:
        compared: each table that the delivery fills, where something was loaded before.
        rows_read: rows in the delivery.
        earlier: rows in the feed's last deliveries.
    """
    found = [reason for one in compared for reason in (*_removed(one), *_emptied(one))]
    return [*found, *_unusual(rows_read, earlier)]


def _removed(one: Compared) -> Iterator[Occurrence]:
    """Institutions that would lose over a fifth of their rows."""
    both = one.rows_before.join(one.rows_after, on="subject", how="left", suffix="_after")
    share = 1 - pl.col("rows_after").fill_null(0) / pl.col("rows")
    losing = both.select("subject", share=share).filter(pl.col("share") > REMOVED_SHARE)
    if not losing.is_empty():
        code = "table_rows_removed" if losing["subject"][0] == ALL else "rows_removed"
        worst = float(losing.select(pl.col("share").max()).item())
        yield Occurrence(code, table_name=one.table, count=losing.height, share=worst)


def _emptied(one: Compared) -> Iterator[Occurrence]:
    """Columns that had values and have none."""
    columns = [c for c in one.filled_before.columns if c != "part"]
    both = one.filled_before.join(one.filled_after, on="part", suffix="_after")
    for column in columns:
        lost = both.filter(pl.col(column) > 0, pl.col(f"{column}_after") == 0)["part"].to_list()
        if lost:
            yield Occurrence("column_emptied", column, one.table, detail=", ".join(lost[:3]))


def _unusual(rows_read: int, earlier: Sequence[int]) -> Iterator[Occurrence]:
    usual = median(earlier) if earlier else 0
    if usual and not usual / TIMES < rows_read < usual * TIMES:
        yield Occurrence("rows_unusual", count=rows_read, total=round(usual))


def closed_reason(tables: Mapping[str, pl.DataFrame], closed: pl.DataFrame) -> Occurrence | None:
    """Why to hold: rows of institutions after their last day of service.

    ``closed``: institution_id, active_to.
    """
    late = sorted(
        {one for name in DAY if name in tables for one in _after_closing(name, tables, closed)}
    )
    return Occurrence("after_closing", count=len(late)) if late else None


def _after_closing(
    name: str, tables: Mapping[str, pl.DataFrame], closed: pl.DataFrame
) -> list[str]:
    known = tables[name].join(closed, on="institution_id")
    late = known.filter(pl.col(DAY[name]).cast(pl.Date) > pl.col("active_to"))
    return late["institution_id"].unique().to_list()


def future_reason(extract_time: datetime, latest: datetime) -> Occurrence | None:
    """Why to hold: drawn later than it can be."""
    return Occurrence("extract_in_future") if extract_time > latest else None


def stranger_reason(feed: Feed, result: FeedResult) -> Occurrence | None:
    """Why to hold: every institution in it is new, where the feed has been loaded before."""
    made = result.institutions_created
    if not made or feed.institution is None or "institution" not in result.tables:
        return None
    sent = result.tables["institution"]["institution_id"].n_unique()
    if sent < FEW or len(made) < sent:
        return None
    return Occurrence("all_institutions_new", count=sent)


def refuse_foreign(result: FeedResult) -> None:
    """Raise if most rows are of institutions that this region does not know.

    Raises:
        DeliveryRejected: with both counts.
    """
    unknown = result.quarantine.filter(pl.col("rule") == "unknown_institution")
    rows, read = unknown["row_number"].n_unique(), result.counts.rows_read
    if rows >= FEW and rows > MOST_UNKNOWN * read:
        raise DeliveryRejected("another_region", count=rows, total=read)
