"""Values of a canonical table against its limits, and rules between its columns."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from math import inf

import polars as pl

from schemas.clean import ENTITIES, FEED_TABLES
from schemas.feed import Feed, FeedTable
from schemas.feed.expression import Limits, columns_of, limits
from schemas.feed.source import fits
from schemas.table import key
from transforms.feed.faults import all_faults, faults_of, unknown_codes

ROUNDING = 1e-9
LONGEST_STAY_DAYS = 730


@dataclass(frozen=True)
class LimitedCells:
    """The table's rows with cells at fault nulled; faults; rows by flag; codes not allowed."""

    frame: pl.DataFrame
    faults: pl.DataFrame
    warnings: Counter[str]
    unknown: list[pl.DataFrame]


@dataclass(frozen=True)
class _Rule:
    """``wrong`` is true where ``column`` is at fault; ``row``: the whole row goes."""

    column: str
    name: str
    wrong: pl.Expr
    row: bool


def within_limits(
    feed: Feed,
    made: FeedTable,
    frame: pl.DataFrame,
    said: dict[str, str],
    latest: datetime | None,
) -> LimitedCells:
    """Null or quarantine what the table does not allow.

    ``said`` maps a canonical column to the expression that faults are reported under.
    """
    table = made.name
    frame = frame.with_columns(_rounded(table, frame))
    faults, unknown = [], []
    for rule in [*_limits(table, frame), *_between(feed, table, frame, latest)]:
        mask = frame.select(rule.wrong.fill_null(False)).to_series()
        if not mask.any():
            continue
        grain = "row" if rule.row else "cell"
        faults.append(
            faults_of(frame.filter(mask), said.get(rule.column, rule.column), rule.name, grain)
        )
        if rule.name == "not_allowed":
            words = frame[rule.column].filter(mask)
            unknown.append(unknown_codes(feed, said.get(rule.column, rule.column), words))
        if not rule.row:
            frame = _nulled(frame, rule.column, mask)
    return LimitedCells(
        frame, all_faults([*faults, *_required(feed, made, frame, said)]), _warnings(frame), unknown
    )


def _rounded(table: str, frame: pl.DataFrame) -> Iterator[pl.Expr]:
    """A remainder of subtraction just below 0 is 0; bounds do not reach below 0."""
    for column, limit in limits(FEED_TABLES[table]).items():
        if column not in frame.columns or limit.low != 0 or not limit.kind.is_float():
            continue
        value = pl.col(column)
        if column.endswith(("_low", "_high")):
            yield value.clip(0)
        else:
            tiny = (value < 0) & (value > -ROUNDING)
            yield pl.when(tiny).then(0.0).otherwise(value).alias(column)


def _limits(table: str, frame: pl.DataFrame) -> Iterator[_Rule]:
    """One rule for each limit that a column declares."""
    for column, limit in limits(FEED_TABLES[table]).items():
        if column not in frame.columns or column.endswith(("_low", "_high", "_reason")):
            continue
        row = column in required(table)
        value = pl.col(column)
        if limit.words:
            yield _Rule(column, "not_allowed", ~value.is_in(limit.words), row)
        if limit.longest and _some_longer(frame[column], limit.longest):
            yield _Rule(column, "too_long", value.str.len_chars() > limit.longest, row)
        if limit.longest:
            yield _Rule(column, "empty", value == "", row)
        if limit.kind.is_numeric() and _bounded(limit):
            wrong = (value < limit.low) | (value > limit.high) | (value <= limit.above)
            yield _Rule(column, "implausible", wrong, row)


def _some_longer(texts: pl.Series, longest: int) -> bool:
    return bool((texts.str.len_bytes() > longest).any())


def _bounded(limit: Limits) -> bool:
    return (limit.low, limit.above, limit.high) != (-inf, -inf, inf)


def required(table: str) -> list[str]:
    """Columns that must have a value: of tables that several feeds describe, the key only."""
    if table in ENTITIES:
        return key(FEED_TABLES[table])
    return [c for c, limit in limits(FEED_TABLES[table]).items() if not limit.nullable]


def _required(
    feed: Feed, table: FeedTable, frame: pl.DataFrame, said: dict[str, str]
) -> Iterator[pl.DataFrame]:
    for column in (c for c in required(table.name) if c in frame.columns):
        missing = frame.filter(pl.col(column).is_null())
        yield faults_of(missing, said.get(column, column), "required_missing", "row")
    keys = key(FEED_TABLES[table.name])
    for column in (c for c in _needed(feed, table) if c in said):
        gap = pl.col(column).is_null()
        missing = frame.filter(gap.all().over(keys) if table.group else gap)
        yield faults_of(missing, said[column], "required_missing", "row")


def _needed(feed: Feed, table: FeedTable) -> list[str]:
    """Of an entity, columns beside the key that the feed gives and that may not stay empty.

    A column that files may lack says nothing in those: another feed may.
    """
    if table.name not in ENTITIES:
        return []
    asked = limits(FEED_TABLES[table.name])
    given = {c: e for c, e in table.columns.items() if not asked[c].nullable}
    given = {c: e for c, e in given.items() if c not in required(table.name)}
    lacked = feed.source.optional
    return [c for c, e in given.items() if not any(fits(lacked, o) for o in columns_of(e))]


def _between(
    feed: Feed, table: str, frame: pl.DataFrame, latest: datetime | None
) -> Iterator[_Rule]:
    """Rules between the columns of one row."""
    there = set(frame.columns)
    moment = pl.lit(latest, pl.Datetime("us"))
    if {"in_service", "in_use"} <= there:
        excess = pl.col("in_use") > pl.col("in_service") * feed.surge_factor + ROUNDING
        yield _Rule("in_use", "implausible", excess, False)
    if {"admitted_at", "discharged_at"} <= there:
        before = pl.col("discharged_at") < pl.col("admitted_at")
        yield _Rule("discharged_at", "discharge_before_admission", before, True)
        yield _Rule("discharged_at", "in_future", pl.col("discharged_at") > moment, False)
    if "admitted_at" in there:
        yield _Rule("admitted_at", "in_future", pl.col("admitted_at") > moment, True)
    for column in {"date", "period_start"} & there:
        begins = pl.col(column).cast(pl.Datetime("us"))
        yield _Rule(column, "in_future", begins > moment, True)
    if {"period_start", "period_end"} <= there:
        backwards = pl.col("period_end") < pl.col("period_start")
        yield _Rule("period_end", "ends_before_it_starts", backwards, True)


def _nulled(frame: pl.DataFrame, column: str, mask: pl.Series) -> pl.DataFrame:
    made = [pl.when(~mask).then(pl.col(column)).alias(column)]
    reason = f"{column}_reason"
    if reason in frame.columns:
        word = pl.lit("implausible")
        made.append(pl.when(mask).then(word).otherwise(pl.col(reason)).alias(reason))
    return frame.with_columns(made)


def _warnings(frame: pl.DataFrame) -> Counter[str]:
    """What is loaded and yet should be looked at."""
    there, counts = set(frame.columns), Counter[str]()
    if {"in_service", "in_use"} <= there:
        rows = frame.select((pl.col("in_use") > pl.col("in_service")).sum()).item()
        counts["use_above_service"] = rows
    if {"admitted_at", "discharged_at"} <= there:
        stay = pl.col("discharged_at") - pl.col("admitted_at")
        long = frame.select((stay > pl.duration(days=LONGEST_STAY_DAYS)).sum()).item()
        counts["long_stays_sent"] = long
    return counts
