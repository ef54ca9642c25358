"""Faults of rows and cells; and of values that are unknown: why, and between what bounds.

A fault says which row, which column, which rule, and whether the row or only the cell goes.

Beside a column ``x`` whose unknowns matter stand ``x|reason``, and where a marker of the feed
bounds it ``x|low`` and ``x|high``. A derived value that is null takes the reason of the first
column its expression names that has one; its bounds are the least and the most of the expression
over the bounds of the columns that it names, each at its lower or upper end (exact where the
expression rises or falls in each of them).
"""

from collections.abc import Callable, Iterable
from itertools import product

import polars as pl

from schemas.clean import FEED_TABLES
from schemas.feed import Feed
from schemas.feed.expression import columns_of, limits, parse

SCHEMA = pl.Schema(
    {"row_number": pl.Int64, "column_name": pl.String, "rule": pl.String, "grain": pl.String}
)
CODES = pl.Schema({"column_name": pl.String, "code": pl.String, "rows": pl.Int64})
MOST_BOUNDED = 6


def no_faults() -> pl.DataFrame:
    """A frame of faults with no rows."""
    return pl.DataFrame(schema=SCHEMA)


def faults_of(rows: pl.DataFrame, column: str, rule: str, grain: str) -> pl.DataFrame:
    """One fault for each of ``rows`` (which have row_number)."""
    return rows.select(
        pl.col("row_number").cast(pl.Int64),
        column_name=pl.lit(column),
        rule=pl.lit(rule),
        grain=pl.lit(grain),
    )


def all_faults(faults: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """All of them, each once, in order of row, column and rule."""
    return pl.concat([no_faults(), *faults]).unique().sort(SCHEMA.names())


def unknown_codes(feed: Feed, column: str, codes: pl.Series) -> pl.DataFrame:
    """How many rows have each of the codes: column_name, code, rows.

    None in files of patients, where a code that nobody knows may be a person's.
    """
    if feed.patient_data:
        return pl.DataFrame(schema=CODES)
    counted = codes.alias("code").cast(pl.String).drop_nulls().value_counts(name="rows")
    return counted.select(
        pl.lit(column).alias("column_name"), "code", pl.col("rows").cast(pl.Int64)
    )


def rows_at_fault(faults: pl.DataFrame) -> pl.DataFrame:
    """The row numbers that must not be loaded."""
    return faults.filter(pl.col("grain") == "row").select("row_number").unique()


def drop_rows(frame: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """``frame`` less the rows whose number stands in ``rows``, in the same order."""
    if rows.is_empty():
        return frame
    return frame.filter(~pl.col("row_number").is_in(rows["row_number"].implode()))


def drop_rows_in_place(frame: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """As ``without``, but ``frame`` is used up: of no column do two copies stand in memory."""
    if rows.is_empty():
        return frame
    kept = frame.select(~pl.col("row_number").is_in(rows["row_number"].implode())).to_series()
    return pl.DataFrame([frame.drop_in_place(c).filter(kept) for c in frame.columns])


def use_up(frame: pl.DataFrame) -> None:
    """Take every column out of ``frame``, so that its memory is free once no other has it."""
    for column in frame.columns:
        frame.drop_in_place(column)


def reason_of(column: str) -> str:
    """Name of the column that says why ``column`` is null."""
    return f"{column}|reason"


def low_of(column: str) -> str:
    """Name of the column that holds the least that an unknown can be."""
    return f"{column}|low"


def high_of(column: str) -> str:
    """Name of the column that holds the most that an unknown can be."""
    return f"{column}|high"


def explained(feed: Feed) -> set[str]:
    """Columns whose unknowns reach a canonical column that has a reason."""
    return _behind(
        feed,
        (
            expression
            for table, column, expression in assignments(feed)
            if reason_column(table, column)
        ),
    )


def not_negative(feed: Feed) -> set[str]:
    """Columns that reach a canonical column which may not be below 0."""
    return _behind(
        feed,
        (
            expression
            for table, column, expression in assignments(feed)
            if _floor(table, column) >= 0
        ),
    )


def reason_column(table: str, column: str) -> str | None:
    """The canonical column that says why ``column`` is unknown; null if it has none."""
    name = f"{column}_reason"
    return name if name in limits(FEED_TABLES[table]) else None


def assignments(feed: Feed) -> Iterable[tuple[str, str, str]]:
    """Table, canonical column and expression, words left out."""
    for table in feed.table:
        for column, expression in table.columns.items():
            yield table.name, column, expression
        for each in table.each:
            for column, expression in each.items():
                if not feed.is_word(table, column, expression):
                    yield table.name, column, expression


def _floor(table: str, column: str) -> float:
    limit = limits(FEED_TABLES[table])[column]
    return max(limit.low, limit.above)


def _behind(feed: Feed, expressions: Iterable[str]) -> set[str]:
    """Columns that the expressions name, and what those are derived from."""
    unpivoted = {t.unpivot.value: t.unpivot.columns for t in feed.table if t.unpivot}
    found: set[str] = set()
    open_ = [c for expression in expressions for c in columns_of(expression)]
    while open_:
        column = open_.pop()
        if column in found:
            continue
        found.add(column)
        open_ += columns_of(feed.derive[column]) if column in feed.derive else []
        open_ += unpivoted.get(column, [])
    return found


def value_with_reason(frame: pl.DataFrame, expression: str, column: str) -> pl.DataFrame:
    """``frame`` with ``column`` and its reason, low and high, from ``expression``.

    The value is a finite Float64 or null.
    """
    value = parse(expression).cast(pl.Float64, strict=False)
    named = columns_of(expression)
    reasons = [pl.col(reason_of(c)) for c in named if reason_of(c) in frame.columns]
    computed = frame.with_columns(pl.when(value.is_finite()).then(value).alias(column))
    reason = pl.coalesce(*reasons, pl.lit("not_reported"))
    low, high = _bounds(frame, expression, computed[column].is_null())
    return computed.with_columns(
        pl.when(pl.col(column).is_null()).then(reason).alias(reason_of(column)),
        low.alias(low_of(column)),
        high.alias(high_of(column)),
    )


def _bounds(
    frame: pl.DataFrame, expression: str, unknown: pl.Series
) -> tuple[pl.Series, pl.Series]:
    """Least and most of an expression where its value is unknown; null where not bounded."""
    bounded = [c for c in columns_of(expression) if low_of(c) in frame.columns]
    low, high = (pl.repeat(None, frame.height, dtype=pl.Float64, eager=True) for _ in "lh")
    if not bounded or len(bounded) > MOST_BOUNDED or not unknown.any():
        return low, high
    places = unknown.arg_true()
    ends = pl.DataFrame(
        [
            _at_ends(frame[places], expression, dict(zip(bounded, end, strict=True)), str(i))
            for i, end in enumerate(product((low_of, high_of), repeat=len(bounded)))
        ]
    )
    known = pl.all_horizontal(pl.all().is_not_null())
    least = ends.select(pl.when(known).then(pl.min_horizontal(pl.all()))).to_series()
    most = ends.select(pl.when(known).then(pl.max_horizontal(pl.all()))).to_series()
    return low.scatter(places, least), high.scatter(places, most)


def _at_ends(
    frame: pl.DataFrame, expression: str, ends: dict[str, Callable[[str], str]], name: str
) -> pl.Series:
    moved = frame.with_columns(
        pl.coalesce(pl.col(c), pl.col(end(c))).alias(c) for c, end in ends.items()
    )
    value = parse(expression).cast(pl.Float64, strict=False)
    return moved.select(pl.when(value.is_finite()).then(value).alias(name)).to_series()
