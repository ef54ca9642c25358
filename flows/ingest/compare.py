"""What came before: has this content come, and what does a delivery take the place of?"""

from collections.abc import Mapping
from datetime import datetime, time, timedelta

import polars as pl

from flows.ingest.arrivals import Arrival
from flows.ingest.judge import Judgement
from flows.store.home import now
from flows.store.night import Night
from flows.store.warehouse import HISTORY, Connection, qualified, read, read_history
from schemas import clean, ops
from schemas.clean import FEED_TABLES
from schemas.events import Occurrence
from schemas.feed import Feed
from schemas.table import key
from transforms.feed import FeedResult
from transforms.history.merge import PERIODS
from transforms.quality.holds import (
    ALL,
    PART,
    Compared,
    closed_reason,
    filled_by_part,
    future_reason,
    reasons_to_hold,
    rows_by_subject,
    stranger_reason,
    subject_of,
    value_columns,
)

LAST = 8
CLOCKS_DIFFER = timedelta(hours=1)
ORDER = """
    SELECT delivery_id,
           row_number() OVER (ORDER BY extract_time, received_at, delivery_id) AS sequence
    FROM ops.delivery WHERE feed = ? AND verdict = 'loaded' AND extract_time <= ?
    ORDER BY sequence
"""
SAME = """
    SELECT delivery_id, verdict, rows_read, extract_time,
           delivery_id IN (SELECT delivery_id FROM ops.decision WHERE decision = 'refuse')
    FROM ops.delivery
    WHERE content_sha256 = ? AND feed = ? AND verdict <> 'duplicate'
    ORDER BY received_at, delivery_id
"""


NEWEST_OF_ITS_NAME = """
    SELECT content_sha256 FROM ops.delivery
    WHERE feed = ? AND file_name = ? AND extract_time = ? AND verdict = 'loaded'
    ORDER BY received_at DESC, delivery_id DESC LIMIT 1
"""


def same_content_before(con: Connection, arrival: Arrival, content_sha256: str) -> Judgement | None:
    """The verdict on content that came before; null if it is to be read.

    The same content under another extract time is read again: it is what its sender says of that
    time, whatever comes late in between. So is content to which its sender goes back, after other
    content came under the same name.
    """
    assert arrival.feed is not None
    feed = arrival.feed.feed
    found = con.execute(SAME, [content_sha256, feed]).fetchall()
    for delivery, verdict, rows, extract_time, refused in found:
        if verdict == "held":
            return Judgement("duplicate", [Occurrence("same_as_held", detail=delivery)], rows)
        if refused:
            return Judgement("rejected", [Occurrence("refused_before", detail=delivery)])
        if verdict == "loaded" and extract_time == arrival.extract_time:
            if _gone_back_to(con, arrival, content_sha256):
                return None
            return Judgement("duplicate", [Occurrence("same_as_loaded", detail=delivery)], rows)
    return None


def _gone_back_to(con: Connection, arrival: Arrival, content_sha256: str) -> bool:
    """Did other content come under this name since?"""
    assert arrival.feed is not None
    asked = [arrival.feed.feed, arrival.name, arrival.extract_time]
    newest = con.execute(NEWEST_OF_ITS_NAME, asked).fetchone()
    return newest is not None and newest[0] != content_sha256


def loaded_under_another_time(con: Connection, feed: str, content_sha256: str) -> list[Occurrence]:
    """A flag, where the same content is loaded under another extract time."""
    found = con.execute(SAME, [content_sha256, feed]).fetchall()
    loaded = [delivery for delivery, verdict, *_ in found if verdict == "loaded"]
    return [Occurrence("same_bytes", detail=loaded[0])] if loaded else []


def hold_reasons(
    night: Night, con: Connection, arrival: Arrival, result: FeedResult
) -> list[Occurrence]:
    """Why a person should look at it before it is loaded."""
    feed, drawn = arrival.feed, arrival.extract_time
    assert feed is not None and drawn is not None
    newest = newest_extract(con, feed)
    late = feed.file.late == "hold" and newest is not None and drawn < newest
    found = [
        future_reason(drawn, latest_extract(night)),
        Occurrence("late") if late else None,
        closed_reason(result.tables, closed_institutions(night, con)),
        stranger_reason(feed, result) if newest else None,
        Occurrence("contradicts_another")
        if contradicted(con, night, arrival, result.tables)
        else None,
    ]
    tables = compared(con, feed, drawn, result.tables)
    unusual = reasons_to_hold(tables, result.counts.rows_read, earlier_rows(con, feed))
    return [reason for reason in found if reason] + unusual


def latest_extract(night: Night | None = None) -> datetime:
    """The latest time at which a file may have been drawn: now, or that night; clocks differ."""
    ends = [now()] if night is None else [now(), datetime.combine(night.date, time.max)]
    return max(ends) + CLOCKS_DIFFER


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
    history = read_history(con, clean.Institution)
    known = night.files.newest(clean.Institution, history, read(con, ops.Delivery))
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
