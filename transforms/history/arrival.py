"""When each row of the history arrived, so that a night can be replayed with what was there.

- A file arrived on the day that its name tells, or, where it tells none, on that of its receipt. A
  row of it that covers later days arrived on the day after its last one: a week that begins on the
  day in the name is told when it is over.
- Of a feed's first day of files nobody knows what was told before: a home may have been filled at
  once with the files of years. Their rows arrived each on the day after its last one.
- A row of a place, which has no day of its own, arrived with the first dated row of its file; in a
  file without such rows, with the file, or, if it is of the feed's first day, it was always there.
"""

from collections.abc import Mapping
from datetime import date

import polars as pl

from schemas.table import Table, name

# The last day that a row covers, by table.
COVERED = {
    "capacity": pl.col("date") + pl.duration(days=pl.col("period_days").fill_null(1) - 1),
    "encounter": pl.col("admitted_at").dt.date(),
    "activity": pl.col("period_end"),
    "finance": pl.col("period_end"),
}
ALWAYS = pl.lit(date.min)


def drawn(deliveries: pl.DataFrame, timezones: Mapping[str, str], dated: list[str]) -> pl.DataFrame:
    """When the files of a region's feeds were drawn or received.

    Args:
        deliveries: ops.delivery.
        timezones: by feed; other feeds are left out.
        dated: feeds whose files' names say when they were drawn.

    Returns:
        delivery_id, told (the day in the file's name, else that of its receipt), at_once (is it of
        its feed's first day?).
    """
    frames = [
        _of_feed(deliveries.filter(feed=feed), timezone, feed in dated)
        for feed, timezone in timezones.items()
    ]
    return pl.concat([_of_feed(deliveries.clear(), "UTC", True), *frames])


def _of_feed(deliveries: pl.DataFrame, timezone: str, is_dated: bool) -> pl.DataFrame:
    moment = pl.col("extract_time" if is_dated else "received_at").dt.replace_time_zone("UTC")
    told = deliveries.select("delivery_id", told=moment.dt.convert_time_zone(timezone).dt.date())
    return told.with_columns(at_once=pl.col("told") == pl.col("told").min())


def arrived(
    histories: Mapping[type[Table], pl.DataFrame], files: pl.DataFrame, night: date
) -> dict[type[Table], pl.DataFrame]:
    """The rows of ``histories`` that had arrived by ``night``.

    Args:
        histories: rows with their delivery_id, by table.
        files: from ``drawn``.
        night: the night that is replayed.
    """
    dated = {
        table: rows.join(files, on="delivery_id").with_columns(
            arrives=_arrives(COVERED[name(table)])
        )
        for table, rows in histories.items()
        if name(table) in COVERED
    }
    begun = pl.concat([rows.select("delivery_id", "arrives") for rows in dated.values()])
    first = begun.group_by("delivery_id").agg(first=pl.col("arrives").min())
    alone = pl.when("at_once").then(ALWAYS).otherwise("told")
    undated = files.join(first, on="delivery_id", how="left").select(
        "delivery_id", arrives=pl.coalesce("first", alone)
    )
    return {
        table: dated.get(table, rows.join(undated, on="delivery_id", how="left"))
        .filter(pl.col("arrives") <= night)
        .select(rows.columns)
        for table, rows in histories.items()
    }


def _arrives(covered: pl.Expr) -> pl.Expr:
    after, told = covered + pl.duration(days=1), pl.col("told")
    later = pl.when(covered > told).then(after).otherwise(told)
    return pl.when("at_once").then(after).otherwise(later)
