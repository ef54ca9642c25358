"""Rules across deliveries. Each reads ops tables and returns subject and value."""

from collections.abc import Iterator, Mapping
from datetime import date

import polars as pl

from schemas.table import Table, key, name, polars_schema

FAULTS = 0.05
TIMES = 2.0


def silent_feed(delivery: pl.DataFrame, every_days: Mapping[str, int], night: date) -> pl.DataFrame:
    """Feeds whose newest extract is older than twice their usual time between extracts.

    A feed of which none was ever loaded is silent since the night of the first delivery of any.
    """
    usual = pl.DataFrame(
        {"feed": list(every_days), "days": list(every_days.values())},
        schema={"feed": pl.String, "days": pl.Float64},
    )
    loaded = delivery.filter(pl.col("verdict") == "loaded")
    newest = loaded.group_by("feed").agg(pl.col("extract_time").max().dt.date())
    since = pl.col("extract_time").fill_null(pl.lit(delivery["night"].min(), pl.Date))
    age = (pl.lit(night) - since).dt.total_days()
    late = usual.join(newest, on="feed", how="left").with_columns(value=age / pl.col("days"))
    return _subjects(late.filter(pl.col("value") > TIMES), "feed")


def empty_feed(delivery: pl.DataFrame, feeds: list[str]) -> pl.DataFrame:
    """Feeds of the region that nothing was ever loaded from."""
    loaded = delivery.filter(pl.col("verdict") == "loaded")
    wanted = pl.DataFrame({"feed": feeds}, schema={"feed": pl.String})
    return _subjects(wanted.join(loaded, on="feed", how="anti"), "feed")


def delivery_held(delivery: pl.DataFrame) -> pl.DataFrame:
    """Deliveries, of whatever night, that wait for a person."""
    return _subjects(delivery.filter(pl.col("verdict") == "held"), "delivery_id")


def delivery_rejected(delivery: pl.DataFrame, night: date) -> pl.DataFrame:
    """Deliveries of tonight that were rejected."""
    tonight = delivery.filter(pl.col("night") == night, pl.col("verdict") == "rejected")
    return _subjects(tonight, "delivery_id")


def same_content_new_name(delivery: pl.DataFrame, night: date) -> pl.DataFrame:
    """Deliveries of tonight whose content came before under another name."""
    known = delivery.filter(pl.col("content_sha256") != "not landed")
    tonight = known.filter(pl.col("night") == night)
    named = known.select("content_sha256", "feed", first="file_name", since="received_at")
    both = tonight.join(named, on=["content_sha256", "feed"]).filter(
        pl.col("since") < pl.col("received_at"), pl.col("first") != pl.col("file_name")
    )
    return _subjects(both.unique("delivery_id"), "delivery_id")


def rows_at_fault(
    delivery: pl.DataFrame, reconciliation: pl.DataFrame, night: date
) -> pl.DataFrame:
    """Deliveries of tonight of which over a twentieth is quarantined."""
    share = pl.col("quarantined") / pl.col("rows_read")
    rows = reconciliation.select("delivery_id", value=share).filter(pl.col("value") > FAULTS)
    tonight = delivery.filter(pl.col("night") == night)
    return _subjects(tonight.join(rows, on="delivery_id"), "delivery_id")


def undeclared_columns(delivery: pl.DataFrame, events: pl.DataFrame, night: date) -> pl.DataFrame:
    """Deliveries of tonight with columns that their feed does not know."""
    drift = events.filter(pl.col("code") == "undeclared_column")
    tonight = delivery.filter(pl.col("night") == night, pl.col("verdict") != "duplicate")
    return _subjects(tonight.join(drift, on="delivery_id", how="semi"), "delivery_id")


def good_share(delivery: pl.DataFrame, reconciliation: pl.DataFrame) -> pl.DataFrame:
    """Share of rows without a fault in each feed's newest loaded delivery: subject, good_share."""
    loaded = delivery.filter(pl.col("verdict") == "loaded", pl.col("feed").is_not_null())
    newest = loaded.sort("extract_time", "received_at", "delivery_id").group_by("feed").last()
    rows = newest.select("feed", "delivery_id").join(reconciliation, on="delivery_id")
    faults = pl.col("quarantined") + pl.min_horizontal("cells_nulled", "loaded")
    share = pl.when(pl.col("rows_read") > 0).then(1 - faults / pl.col("rows_read"))
    return rows.select(subject="feed", good_share=share.clip(0).round(6)).sort("subject")


def _subjects(rows: pl.DataFrame, column: str) -> pl.DataFrame:
    value = pl.col("value") if "value" in rows.columns else pl.lit(None, pl.Float64)
    return rows.select(subject=column, value=value).sort("subject")


ROW = "(the row)"
DATES = {"capacity": "date", "activity": "period_start", "finance": "period_start"}
# Columns whose change is a number of people.
PEOPLE = ("in_use", "in_use_low", "in_use_high", "admissions", "patient_days", "attendances")
_BEFORE = "_before"


def restatement(
    table: type[Table], before: pl.DataFrame, after: pl.DataFrame, *, show_people: bool
) -> pl.DataFrame:
    """Rows and cells of ``after`` beside the rows of the same keys in ``before``.

    Args:
        table: the clean table of both.
        before: what the delivery takes the place of: rows whose key it lacks are gone.
        after: what the delivery says.
        show_people: also tell the largest change of a column that counts people.

    Returns:
        table_name, column_name, change, rows, largest, first_date, last_date: four rows for
        whole rows, and one for each column and change that occurs.
    """
    keys = key(table)
    values = [c for c in polars_schema(table).names() if c not in keys]
    both = after.join(before, on=keys, suffix=_BEFORE, how="inner")
    differs = [pl.col(c).ne_missing(pl.col(c + _BEFORE)) for c in values]
    both = both.with_columns(differs=pl.any_horizontal(pl.lit(False), *differs))
    restated = both.filter("differs")
    whole = {
        "new": after.join(before, on=keys, how="anti"),
        "same": both.filter(~pl.col("differs")),
        "restated": restated,
        "gone": before.join(after, on=keys, how="anti"),
    }
    dated = DATES.get(name(table))
    found = [_counted(rows, dated, ROW, change) for change, rows in whole.items()]
    for column in values:
        people = column in PEOPLE and not show_people
        found += _cells(restated, dated, column, with_size=not people)
    return pl.concat(found).select(pl.lit(name(table)).alias("table_name"), pl.all())


def _cells(
    restated: pl.DataFrame, dated: str | None, column: str, *, with_size: bool
) -> Iterator[pl.DataFrame]:
    """One row for each way in which cells of the column differ."""
    now, then = pl.col(column), pl.col(column + _BEFORE)
    ways = {
        "changed": now != then,
        "filled": now.is_not_null() & then.is_null(),
        "emptied": now.is_null() & then.is_not_null(),
    }
    size = (now - then).abs() if with_size and restated[column].dtype.is_numeric() else None
    for change, true in ways.items():
        rows = restated.filter(true)
        if rows.height:
            yield _counted(rows, dated, column, change, size)


def _counted(
    rows: pl.DataFrame,
    dated: str | None,
    column: str,
    change: str,
    size: pl.Expr | None = None,
) -> pl.DataFrame:
    date = pl.lit(None, pl.Date) if dated is None else pl.col(dated)
    return rows.select(
        column_name=pl.lit(column),
        change=pl.lit(change),
        rows=pl.len().cast(pl.Int64),
        largest=pl.lit(None, pl.Float64) if size is None else size.max().cast(pl.Float64),
        first_date=date.min(),
        last_date=date.max(),
    )
