"""What is loaded already, as counts beside which a delivery is judged."""

from collections.abc import Mapping
from datetime import datetime

import polars as pl

from flows.ingest.arrivals import Arrival
from flows.store.night import Night
from flows.store.warehouse import HISTORY, Connection, qualified, read, read_history
from schemas import clean, ops
from schemas.clean import FEED_TABLES
from schemas.feed import Feed
from schemas.table import key
from transforms.history.merge import PERIODS, current, delivery_order
from transforms.quality.holds import (
    ALL,
    PART,
    Compared,
    filled_by_part,
    rows_by_subject,
    subject_of,
    value_columns,
)

LAST = 8
ORDER = """
    SELECT delivery_id,
           row_number() OVER (ORDER BY extract_time, received_at, delivery_id) AS sequence
    FROM ops.delivery WHERE feed = ? AND verdict = 'loaded' AND extract_time <= ?
    ORDER BY sequence
"""


def compared(
    con: Connection, feed: Feed, extract_time: datetime, tables: Mapping[str, pl.DataFrame]
) -> list[Compared]:
    """Each table of a delivery against what it takes the place of, of the same feed."""
    order = con.sql(ORDER, params=[feed.feed, extract_time]).pl()
    if order.is_empty():
        return []
    last = order["delivery_id"][-1]
    return [
        Compared(
            name,
            _rows_before(con, feed, name, frame, order),
            rows_by_subject(name, frame),
            _filled_before(con, name, last),
            filled_by_part(name, frame),
        )
        for name, frame in tables.items()
    ]


TONIGHT = """
    SELECT delivery_id FROM ops.delivery
    WHERE feed = ? AND extract_time = ? AND verdict = 'loaded' AND night = ? AND file_name <> ?
"""


def contradicted(
    con: Connection, night: Night, arrival: Arrival, tables: Mapping[str, pl.DataFrame]
) -> bool:
    """Does another file of tonight, drawn at the same time, say otherwise of the same rows?

    Of a correction the later arrival holds; of two files that come together, nothing says which.
    """
    assert arrival.feed is not None
    asked = [arrival.feed.feed, arrival.extract_time, night.date, arrival.name]
    others = [row[0] for row in con.execute(TONIGHT, asked).fetchall()]
    return any(_differ(con, name, frame, others) for name, frame in tables.items() if others)


def _differ(con: Connection, name: str, frame: pl.DataFrame, others: list[str]) -> bool:
    columns = ", ".join(f'"{column}"' for column in frame.columns)
    said = con.sql(
        f"SELECT {columns} FROM {_history(name)} WHERE list_contains(?, delivery_id)",
        params=[others],
    ).pl()
    theirs = said.cast(dict(frame.schema))
    shared = frame.join(theirs, on=key(FEED_TABLES[name]), how="semi")
    return not shared.join(theirs, on=frame.columns, how="anti", nulls_equal=True).is_empty()


def earlier_rows(con: Connection, feed: Feed) -> list[int]:
    """Rows in the feed's last deliveries."""
    found = con.execute(
        "SELECT rows_read FROM ops.delivery WHERE feed = ? AND verdict = 'loaded' "
        f"ORDER BY received_at DESC, delivery_id LIMIT {LAST}",
        [feed.feed],
    ).fetchall()
    return [rows for (rows,) in found]


def newest_extract(con: Connection, feed: Feed) -> datetime | None:
    """The newest extract time among the feed's loaded deliveries."""
    ((newest,),) = con.execute(
        "SELECT max(extract_time) FROM ops.delivery WHERE feed = ? AND verdict = 'loaded'",
        [feed.feed],
    ).fetchall()
    return newest


def closed_institutions(night: Night, con: Connection) -> pl.DataFrame:
    """Institutions whose last day of service is known: institution_id, active_to."""
    wanted = ["institution_id", "active_to"]
    ((closed,),) = con.execute("SELECT count(active_to) FROM history.institution").fetchall()
    if not closed:
        return pl.DataFrame(schema={"institution_id": pl.String, "active_to": pl.Date})
    feeds = night.files.feeds
    order = delivery_order(
        read(con, ops.Delivery),
        tuple(feed.feed for feed in feeds),
        {feed.feed: feed.file.replaces for feed in feeds},
    )
    known = current(clean.Institution, read_history(con, clean.Institution), order)
    return known.select(wanted).drop_nulls()


def _rows_before(
    con: Connection, feed: Feed, name: str, frame: pl.DataFrame, order: pl.DataFrame
) -> pl.DataFrame:
    """Rows in force that the delivery takes the place of, by subject."""
    replaces = feed.file.replaces
    if replaces == "nothing" or (replaces == "period" and name not in PERIODS):
        return rows_by_subject(name, frame.clear())
    if replaces == "whole_table":
        last = order["delivery_id"][-1]
        where = "delivery_id = ?"
        return con.sql(
            f"SELECT {_subject(name)} AS subject, count(*) AS rows FROM {_history(name)} "
            f"WHERE {where} GROUP BY ALL ORDER BY ALL",
            params=[last],
        ).pl()
    return _rows_of_periods(con, name, frame.select(PERIODS[name]).unique(), order)


def _rows_of_periods(
    con: Connection, name: str, periods: pl.DataFrame, order: pl.DataFrame
) -> pl.DataFrame:
    keys = ", ".join(f'"{column}"' for column in PERIODS[name])
    con.register("incoming_periods", periods)
    con.register("incoming_order", order)
    found = con.sql(
        f"WITH held AS (SELECT * FROM {_history(name)} JOIN incoming_order USING (delivery_id) "
        f"SEMI JOIN incoming_periods USING ({keys}) "
        f"QUALIFY sequence = max(sequence) OVER (PARTITION BY {keys})) "
        f"SELECT {_subject(name)} AS subject, count(*) AS rows FROM held GROUP BY ALL ORDER BY ALL"
    ).pl()
    con.unregister("incoming_periods")
    con.unregister("incoming_order")
    return found


def _filled_before(con: Connection, name: str, delivery: str) -> pl.DataFrame:
    part = f'"{PART[name]}"' if name in PART else f"'{ALL}'"
    counts = ", ".join(f'count("{column}") AS "{column}"' for column in value_columns(name))
    return con.sql(
        f"SELECT {part} AS part, {counts} FROM {_history(name)} WHERE delivery_id = ? "
        "GROUP BY ALL ORDER BY ALL",
        params=[delivery],
    ).pl()


def _subject(name: str) -> str:
    subject = subject_of(name)
    return f'"{subject}"' if subject else f"'{ALL}'"


def _history(name: str) -> str:
    return qualified(FEED_TABLES[name], HISTORY)
