"""Rows of the feed as rows of one canonical table, before any are joined."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from schemas.clean import FEED_TABLES
from schemas.errors import DeliveryRejected
from schemas.feed import Feed, FeedTable
from schemas.feed.expression import columns_of
from schemas.feed.limits import Limits, limits
from schemas.feed.source import fits
from transforms.feed.cells import within_limits
from transforms.feed.columns import evaluated
from transforms.feed.faults import at, together
from transforms.feed.reasons import high_of, low_of, reason_column, reason_of


@dataclass(frozen=True)
class Piece:
    """Rows of a canonical table with the row_number they come from; faults; warnings."""

    frame: pl.DataFrame
    faults: pl.DataFrame
    warnings: Counter[str]


def piece(feed: Feed, table: FeedTable, frame: pl.DataFrame, latest: datetime | None) -> Piece:
    """The rows that ``frame`` becomes in ``table``: canonical columns, types and limits.

    ``latest`` is the last moment (UTC) that the file may speak of.
    """
    parts = []
    for rows in _unpivoted(table, frame):
        taken = _where(feed, table, rows)
        parts += [_mapped(feed, table, taken, each, latest) for each in table.each or [{}]]
    return Piece(
        pl.concat([p.frame for p in parts], how="diagonal"),
        together(p.faults for p in parts),
        sum((p.warnings for p in parts), Counter[str]()),
    )


def _unpivoted(table: FeedTable, frame: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The frame once for each column that becomes rows."""
    if table.unpivot is None:
        yield frame
        return
    name, value = table.unpivot.name, table.unpivot.value
    for column in (c for c in frame.columns if fits(table.unpivot.columns, c)):
        beside = [part for part in (reason_of, low_of, high_of) if part(column) in frame.columns]
        yield frame.with_columns(
            pl.lit(column).alias(name),
            pl.col(column).alias(value),
            *(pl.col(part(column)).alias(part(value)) for part in beside),
        )


def _where(feed: Feed, table: FeedTable, frame: pl.DataFrame) -> pl.DataFrame:
    if table.where is None:
        return frame
    mask = evaluated(feed, frame, table.where, "(where)", False)["(where)"]
    return frame.filter(mask.cast(pl.Boolean).fill_null(False))


def _mapped(
    feed: Feed,
    table: FeedTable,
    frame: pl.DataFrame,
    each: dict[str, str],
    latest: datetime | None,
) -> Piece:
    asked = limits(FEED_TABLES[table.name])
    said = {**table.columns, **each}
    made, faults, shown = [frame["row_number"]], [], {}
    for column, expression in said.items():
        if column in each and feed.is_word(table, column, expression):
            made.append(pl.repeat(expression, frame.height, eager=True).alias(column))
            continue
        shown[column] = _shown(expression)
        values, lost = _assigned(feed, table.name, column, expression, frame, asked[column])
        made += values
        faults.append(lost)
    checked = within_limits(feed, table, pl.DataFrame(made), shown, latest)
    return Piece(checked.frame, together([*faults, checked.faults]), checked.warnings)


def _assigned(
    feed: Feed, table: str, column: str, expression: str, frame: pl.DataFrame, limit: Limits
) -> tuple[list[pl.Series], pl.DataFrame]:
    """The column's values, and its reason, low and high where the table has them; cells lost."""
    explained = reason_column(table, column) is not None
    target = f"(new) {column}"
    computed = evaluated(feed, frame, expression, target, explained)
    _refuse_numbers_as_text(feed, table, column, computed[target].dtype, limit)
    value = _cast(computed[target].alias(column), limit)
    lost = computed[target].is_not_null() & value.is_null()
    values = [value]
    if explained:
        reason = pl.when(lost).then(pl.lit("unreadable")).otherwise(pl.col(reason_of(target)))
        values.append(computed.select(reason.alias(f"{column}_reason")).to_series())
        values.append(computed[low_of(target)].alias(f"{column}_low"))
        values.append(computed[high_of(target)].alias(f"{column}_high"))
    return values, at(frame.filter(lost), _shown(expression), "unreadable", "cell")


def _refuse_numbers_as_text(
    feed: Feed, table: str, column: str, kind: pl.DataType, limit: Limits
) -> None:
    if limit.kind == pl.String and kind not in (pl.String, pl.Null):
        raise DeliveryRejected(
            f"{feed.feed}: table {table}: {column} is text and its expression gives {kind};"
            " say in the feed how it is to be written, with try_cast(... as varchar)"
        )


def _shown(expression: str) -> str:
    """What a fault is reported under: the column, or the expression."""
    bare = expression.strip('"')
    return bare if columns_of(expression) == [bare] else expression


def _cast(values: pl.Series, limit: Limits) -> pl.Series:
    """The column's type; what does not fit becomes null."""
    if values.dtype == pl.String and limit.kind == pl.Date:
        return values.str.to_date("%Y-%m-%d", strict=False)
    if values.dtype == pl.String and limit.kind.is_numeric():
        return values.cast(pl.Float64, strict=False).cast(limit.kind, strict=False)
    if values.dtype.is_float() and limit.kind.is_integer():
        whole = values.set(~(values == values.round(0)).fill_null(False), None)
        return whole.cast(limit.kind, strict=False)
    return values.cast(limit.kind, strict=False)
