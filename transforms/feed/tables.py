"""Whole canonical tables from the rows of a feed: mapped, limited, one row per key, joined."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from schemas.clean import ENTITIES, FEED_TABLES
from schemas.errors import DeliveryRejected
from schemas.events import Occurrence
from schemas.feed import Feed, FeedTable
from schemas.feed.expression import Limits, columns_of, limits
from schemas.feed.source import fits
from schemas.table import check, conform, key
from transforms.exact import exact_mean, exact_sum
from transforms.feed.cells import LONGEST_STAY_DAYS, within_limits
from transforms.feed.columns import evaluated
from transforms.feed.faults import (
    all_faults,
    drop_rows,
    drop_rows_in_place,
    faults_of,
    high_of,
    low_of,
    reason_column,
    reason_of,
    rows_at_fault,
    use_up,
)
from transforms.feed.rows import NO_COPIES, one_per_key

DECIMALS = 4


@dataclass(frozen=True)
class Piece:
    """Rows of a canonical table with the row_number they come from; faults; rows by flag;
    codes that are not allowed."""

    frame: pl.DataFrame
    faults: pl.DataFrame
    warnings: Counter[str]
    unknown: list[pl.DataFrame]


@dataclass(frozen=True)
class Pieces:
    """Rows of each table with the row_number they come from, none of them at fault.

    ``copies`` are rows that say what another row says: row_number, and that row's as ``first``.
    """

    frames: list[tuple[FeedTable, pl.DataFrame]]
    copies: pl.DataFrame
    faults: pl.DataFrame
    occurrences: list[Occurrence]
    unknown: list[pl.DataFrame]


def pieces(feed: Feed, frame: pl.DataFrame, latest: datetime | None) -> Pieces:
    """Pieces of every table, without the rows that any finds at fault; ``frame`` is used up."""
    made = [piece(feed, table, frame, latest) for table in feed.table]
    use_up(frame)
    faults = all_faults(p.faults for p in made)
    bad = rows_at_fault(faults)
    frames = [(t, drop_rows_in_place(p.frame, bad)) for t, p in zip(feed.table, made, strict=True)]
    warnings = sum((p.warnings for p in made), Counter[str]())
    flags = [_flag(feed, code, count) for code, count in sorted(warnings.items()) if count]
    single, copies, repeated = _one_per_key(feed, frames)
    clashing = rows_at_fault(repeated)
    single = [(t, drop_rows(f, clashing)) for t, f in single]
    return Pieces(
        single, copies, all_faults([faults, repeated]), flags, sum((p.unknown for p in made), [])
    )


def _flag(feed: Feed, code: str, count: int) -> Occurrence:
    if code == "use_above_service":
        return Occurrence(code, count=count, share=feed.surge_factor)
    return Occurrence(code, count=count, total=LONGEST_STAY_DAYS)


def _one_per_key(
    feed: Feed, frames: Sequence[tuple[FeedTable, pl.DataFrame]]
) -> tuple[list[tuple[FeedTable, pl.DataFrame]], pl.DataFrame, pl.DataFrame]:
    """Tables without copies of a row; rows of one key that differ are faults."""
    done, copies, faults = [], [], []
    for table, frame in frames:
        if table.group is not None or _keyed_by_source(feed, table):
            done.append((table, frame))
            continue
        unique = frame.unique(maintain_order=True)
        single, copied, repeated = one_per_key(unique, feed.key_of(table.name))
        done.append((table, single))
        copies.append(copied)
        faults.append(repeated)
    found = pl.concat([NO_COPIES, *copies]).unique("row_number", keep="first", maintain_order=True)
    return done, found, all_faults(faults)


def _keyed_by_source(feed: Feed, table: FeedTable) -> bool:
    """Does the feed's own key, already checked, name the table's rows?"""
    keys = {table.columns.get(column) for column in feed.key_of(table.name)}
    plain = not table.each and table.unpivot is None and feed.rule is None
    return plain and set(feed.source.key) <= keys


def finished(
    feed: Feed, frames: Sequence[tuple[FeedTable, pl.DataFrame]]
) -> dict[str, pl.DataFrame]:
    """Each canonical table, whole: grouped, conformed, sorted by key, checked.

    Raises:
        TableRefused: if one does not fit its declaration.
    """
    tables: dict[str, pl.DataFrame] = {}
    for name in feed.tables():
        table, keys = FEED_TABLES[name], feed.key_of(name)
        parts = [joined(t, f) if t.group is not None else f for t, f in frames if t.name == name]
        made = [conform(table, _marked_if_sorted(part, keys)) for part in parts]
        frame = made[0] if len(made) == 1 else pl.concat(made).sort(key(table))
        frame = _with_reasons(name, frame)
        tables[name] = frame if name in ENTITIES else check(table, frame)
    return tables


def _marked_if_sorted(frame: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """Spare a sort, and the copy it makes, where a single key is in order already."""
    if len(keys) == 1 and frame[keys[0]].null_count() == 0 and frame[keys[0]].is_sorted():
        return frame.with_columns(pl.col(keys[0]).set_sorted())
    return frame


def _with_reasons(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """A column that the feed does not give is unknown because it was not reported."""
    explained = [c for c in frame.columns if reason_column(name, c)]
    return frame.with_columns(
        pl.when(pl.col(c).is_null())
        .then(pl.col(f"{c}_reason").fill_null("not_reported"))
        .alias(f"{c}_reason")
        for c in explained
    )


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
        all_faults(p.faults for p in parts),
        sum((p.warnings for p in parts), Counter[str]()),
        sum((p.unknown for p in parts), []),
    )


def _unpivoted(table: FeedTable, frame: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The frame once for each column that becomes rows."""
    if table.unpivot is None:
        yield frame
        return
    name, value = table.unpivot.name, table.unpivot.value
    for column in (c for c in frame.columns if fits(table.unpivot.columns, c)):
        parts = [part for part in (reason_of, low_of, high_of) if part(column) in frame.columns]
        yield frame.with_columns(
            pl.lit(column).alias(name),
            pl.col(column).alias(value),
            *(pl.col(part(column)).alias(part(value)) for part in parts),
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
    return Piece(
        checked.frame, all_faults([*faults, checked.faults]), checked.warnings, checked.unknown
    )


def _assigned(
    feed: Feed, table: str, column: str, expression: str, frame: pl.DataFrame, limit: Limits
) -> tuple[list[pl.Series], pl.DataFrame]:
    """The column's values, and its reason, low and high where the table has them; cells lost."""
    explained = reason_column(table, column) is not None
    target = f"(new) {column}"
    computed = evaluated(feed, frame, expression, target, explained)
    _refuse_numbers_as_text(table, column, computed[target].dtype, limit)
    value = _cast(computed[target].alias(column), limit)
    lost = computed[target].is_not_null() & value.is_null()
    values = [value]
    if explained:
        reason = pl.when(lost).then(pl.lit("unreadable")).otherwise(pl.col(reason_of(target)))
        values.append(computed.select(reason.alias(f"{column}_reason")).to_series())
        values.append(computed[low_of(target)].alias(f"{column}_low"))
        values.append(computed[high_of(target)].alias(f"{column}_high"))
    return values, faults_of(frame.filter(lost), _shown(expression), "unreadable", "cell")


def _refuse_numbers_as_text(table: str, column: str, kind: pl.DataType, limit: Limits) -> None:
    if limit.kind == pl.String and kind not in (pl.String, pl.Null):
        raise DeliveryRejected(
            "number_for_text", table_name=table, column_name=column, detail=str(kind)
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


def joined(table: FeedTable, frame: pl.DataFrame) -> pl.DataFrame:
    """One row per key of the table; without row_number. Sums are null if any member is."""
    keys = key(FEED_TABLES[table.name])
    made = []
    for column, how in (table.group or {}).items():
        explained = reason_column(table.name, column) is not None
        made += _explained(column, how) if explained else [_one(pl.col(column), how).alias(column)]
    return (
        frame.sort("row_number", maintain_order=True).group_by(keys, maintain_order=True).agg(made)
    )


def _one(values: pl.Expr, how: str) -> pl.Expr:
    match how:
        case "sum":
            return pl.when(values.is_null().any()).then(None).otherwise(_sum(values))
        case "mean":
            return exact_mean(values, DECIMALS)
        case "min":
            return values.min()
        case "max":
            return values.max()
        case "last":
            return values.drop_nulls().last()
    return values.drop_nulls().first()


def _sum(values: pl.Expr) -> pl.Expr:
    return exact_sum(values, DECIMALS)


def _explained(column: str, how: str) -> list[pl.Expr]:
    """A value with its reason and bounds: bounds of a sum are sums of what each can be."""
    value, reason = pl.col(column), pl.col(f"{column}_reason")
    made = [_one(value, how).alias(column)]
    missing = made[0].is_null()
    made.append(pl.when(missing).then(reason.drop_nulls().first()).alias(f"{column}_reason"))
    for end in ("low", "high"):
        name = f"{column}_{end}"
        bounds = _one(pl.coalesce(value, pl.col(name)), how)
        made.append(pl.when(missing).then(bounds).alias(name))
    return made
