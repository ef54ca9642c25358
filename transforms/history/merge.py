"""From everything ever delivered to what holds now: corrections supersede, feeds complement."""

from collections.abc import Mapping
from datetime import date

import polars as pl

from schemas.clean import ENTITIES
from schemas.table import Table, key, name, polars_schema, required

# What one delivery of a feed with ``replaces = "period"`` takes the place of.
PERIODS = {
    "capacity": ["institution_id", "date"],
    "activity": ["institution_id", "period_start"],
    "finance": ["institution_id", "period_start"],
    "population": ["zone_id", "year"],
}


def current(table: type[Table], history: pl.DataFrame, deliveries: pl.DataFrame) -> pl.DataFrame:
    """One row per key: what the newest extracts say, the first feed believed first.

    Args:
        table: the canonical table.
        history: its columns and ``delivery_id``, all that was ever loaded.
        deliveries: one row per delivery: delivery_id, feed, sequence (greater is newer),
            precedence (smaller is believed first), replaces (period, whole_table or nothing).

    Returns:
        The table, sorted by its key.
    """
    rows = history.join(deliveries, on="delivery_id")
    rows = _not_superseded(name(table), rows)
    merged = _by_column(table, rows) if name(table) in ENTITIES else _newest_row(table, rows)
    return merged.select(polars_schema(table).names()).sort(key(table))


def placed(table: type[Table], rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of ``current`` of which all is known that the table must have."""
    return rows.drop_nulls(required(table))


def left_out(table: type[Table], rows: pl.DataFrame, standing: pl.DataFrame) -> pl.DataFrame:
    """Findings: places of ``current`` that the clean table cannot take, no feed saying where.

    Args:
        table: clean.zone or clean.institution.
        rows: all of ``current``.
        standing: the clean table.

    Returns:
        subject (the place's code) and value (null).
    """
    (code,) = key(table)
    lacking = rows.join(standing, on=code, how="anti")
    return lacking.select(subject=code, value=pl.lit(None, pl.Float64)).sort("subject")


def _not_superseded(table: str, rows: pl.DataFrame) -> pl.DataFrame:
    newest = pl.col("sequence").max()
    by_table = newest.over("feed")
    by_period = newest.over(["feed", *PERIODS[table]]) if table in PERIODS else pl.col("sequence")
    return rows.filter(
        pl.when(pl.col("replaces") == "whole_table")
        .then(pl.col("sequence") == by_table)
        .when(pl.col("replaces") == "period")
        .then(pl.col("sequence") == by_period)
        .otherwise(True)
    )


def _newest_row(table: type[Table], rows: pl.DataFrame) -> pl.DataFrame:
    order = rows.sort("precedence", "sequence", descending=[False, True])
    return order.unique(key(table), keep="first")


def _by_column(table: type[Table], rows: pl.DataFrame) -> pl.DataFrame:
    order = rows.sort("precedence", "sequence", descending=[False, True])
    rest = [c for c in polars_schema(table).names() if c not in key(table)]
    return order.group_by(key(table)).agg(pl.col(c).drop_nulls().first() for c in rest)


def delivery_order(
    deliveries: pl.DataFrame, feeds: tuple[str, ...], replaces: Mapping[str, str]
) -> pl.DataFrame:
    """Rank loaded deliveries for ``current``.

    Args:
        deliveries: ``ops.delivery``.
        feeds: the region's feeds, the first believed first; others are left out.
        replaces: by feed, what a delivery takes the place of.

    Returns:
        delivery_id, feed, sequence, precedence, replaces.
    """
    loaded = deliveries.filter(pl.col("verdict") == "loaded", pl.col("feed").is_in(list(feeds)))
    order = loaded.sort("extract_time", "received_at", "delivery_id")
    return order.with_row_index("sequence").select(
        "delivery_id",
        "feed",
        pl.col("sequence").cast(pl.Int64),
        precedence=pl.col("feed").replace_strict({feed: n for n, feed in enumerate(feeds)}),
        replaces=pl.col("feed").replace_strict(replaces, return_dtype=pl.String),
    )


def as_of(deliveries: pl.DataFrame, day: date, timezones: Mapping[str, str]) -> pl.DataFrame:
    """Deliveries drawn on or before ``day``.

    Args:
        deliveries: ``ops.delivery``.
        day: the last day of extraction, in each feed's own time zone.
        timezones: by feed; other feeds are left out.

    Returns:
        Those of ``deliveries``, in its columns.
    """
    utc = pl.col("extract_time").dt.replace_time_zone("UTC")
    kept = [
        deliveries.filter(
            pl.col("feed") == feed, utc.dt.convert_time_zone(timezone).dt.date() <= day
        )
        for feed, timezone in timezones.items()
    ]
    return pl.concat([deliveries.clear(), *kept])
