"""A feed's own columns: trimmed, markers told from values, typed, derived, with reasons."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from schemas.errors import DeliveryRejected
from schemas.events import Occurrence
from schemas.feed import Feed
from schemas.feed.expression import parse
from schemas.feed.source import fits
from transforms.feed.faults import (
    all_faults,
    explained,
    faults_of,
    high_of,
    low_of,
    not_negative,
    reason_of,
    use_up,
    value_with_reason,
)
from transforms.feed.header import rename
from transforms.feed.values import FEW, Typed, number, typed


@dataclass(frozen=True)
class Columns:
    """The feed's typed and derived columns, with cell faults, repairs and flags."""

    frame: pl.DataFrame
    faults: pl.DataFrame
    occurrences: list[Occurrence]


def columns(feed: Feed, text: pl.DataFrame, extract_time: datetime | None) -> Columns:
    """Typed and derived columns of a file's ``text`` (row_number and String columns, trimmed).

    ``text`` is used up.
    ``extract_time`` is UTC; expressions see its local date as ``extract_date``.

    Raises:
        DeliveryRejected: if columns are missing or none of a column's cells can be read.
    """
    trimmed = rename(feed, text)
    use_up(text)
    trimmed = trimmed.with_columns(_respelled(feed, trimmed))
    named = [c for c in trimmed.columns if c != "row_number"]
    known = trimmed.with_columns(_without_markers(feed, trimmed, named))
    values = typed(feed, known, not_negative(feed))
    frame, repairs = _padded(feed, values.believed)
    frame = frame.with_columns(_explanations(feed, trimmed, values)).with_columns(
        extract_date=pl.lit(extract_time, pl.Datetime("us"))
        .dt.replace_time_zone("UTC")
        .dt.convert_time_zone(feed.file.timezone)
        .dt.date()
    )
    derived = _derived(feed, frame, {})
    doubts = {test.rule: _true(derived, feed, test.where) for test in feed.implausible}
    faults = [
        faults_of(
            derived.filter(doubts[test.rule] & derived[c].is_not_null()), c, test.rule, "cell"
        )
        for test in feed.implausible
        for c in test.columns
    ]
    if any(not f.is_empty() for f in faults):
        derived = _disbelieved(feed, frame, doubts)
    return Columns(derived, all_faults([values.faults, *faults]), [*repairs, *_hollow(known)])


def _hollow(text: pl.DataFrame) -> list[Occurrence]:
    """Columns without a single value."""
    counts = zip(text.columns, text.null_count().row(0), strict=True)
    return [Occurrence("column_empty", c) for c, n in counts if n == text.height >= FEW]


def _respelled(feed: Feed, frame: pl.DataFrame) -> Iterator[pl.Series]:
    """Number columns whose cells have the value of a marker and not its spelling, spelled alike."""
    for column in frame.columns:
        if feed.source.kind(column) != "number":
            continue
        markers = pl.DataFrame({"marker": list(feed.markers_for(column))}, {"marker": pl.String})
        valued = markers.with_columns(value=_number(feed, "marker")).drop_nulls()
        if valued.is_empty():
            continue
        value = _number(feed, column).replace_strict(
            *valued.unique("value", keep="first", maintain_order=True).select("value", "marker"),
            default=None,
            return_dtype=pl.String,
        )
        spelled = pl.col(column).is_in(markers["marker"].implode())
        cells = frame.select(pl.when(~spelled).then(value)).to_series()
        if cells.count():
            yield cells.fill_null(frame[column]).alias(column)


def _number(feed: Feed, column: str) -> pl.Expr:
    return number(pl.col(column), feed.file.decimal, feed.file.thousands)


def _without_markers(feed: Feed, frame: pl.DataFrame, columns: list[str]) -> list[pl.Expr]:
    """Null in place of markers, for the columns that hold any."""
    tests = {c: _is_marker(feed, c) for c in columns}
    found = frame.select(test.any().alias(c) for c, test in tests.items()).row(0)
    hit = [c for c, any_ in zip(columns, found, strict=True) if any_]
    return [pl.when(~tests[c]).then(pl.col(c)).alias(c) for c in hit]


def _is_marker(feed: Feed, column: str) -> pl.Expr:
    return pl.any_horizontal(pl.col(column) == m for m in ["", *feed.markers_for(column)])


def _padded(feed: Feed, frame: pl.DataFrame) -> tuple[pl.DataFrame, list[Occurrence]]:
    """Ids of digits that lost their leading zeros get them back."""
    repairs = []
    texts = [c for c in frame.columns if feed.source.kind(c) == "text"]
    for column in texts:
        length = feed.source.setting(feed.source.pad, column)
        if not isinstance(length, int):
            continue
        short = pl.col(column).str.contains(r"^\d+$") & (pl.col(column).str.len_chars() < length)
        repaired = int(frame.select(short.sum()).item() or 0)
        if repaired:
            full = pl.col(column).str.zfill(length)
            frame = frame.with_columns(pl.when(short).then(full).otherwise(pl.col(column)))
            repairs.append(Occurrence("leading_zeros", column, count=repaired))
    return frame, repairs


def _explanations(feed: Feed, trimmed: pl.DataFrame, values: Typed) -> list[pl.Series]:
    """Reason, low and high of the columns whose unknowns matter."""
    numbers = [c for c in trimmed.columns if feed.source.kind(c) == "number"]
    behind = explained(feed)
    wanted = sorted(c for c in numbers if fits(behind, c))
    return [series for c in wanted for series in _explanation(feed, c, trimmed, values)]


def _explanation(feed: Feed, column: str, trimmed: pl.DataFrame, values: Typed) -> list[pl.Series]:
    sent, read, believed = trimmed[column], values.read[column], values.believed[column]
    columns = pl.DataFrame([sent.alias("sent"), read.alias("read"), believed.alias("believed")])
    markers = feed.markers_for(column)
    empty = pl.col("sent").is_null() | (pl.col("sent") == "")
    known = pl.col("believed").is_not_null()
    words = {m: marker.reason for m, marker in markers.items()}
    reason = (
        pl.when(known)
        .then(None)
        .when(pl.col("sent").is_in(list(words)))
        .then(pl.col("sent").replace_strict(words, default=None, return_dtype=pl.String))
        .when(empty)
        .then(pl.lit("not_reported"))
        .when(pl.col("read").is_null())
        .then(pl.lit("unreadable"))
        .otherwise(pl.lit("implausible"))
    )
    made = [reason.alias(reason_of(column))]
    if any(marker.low is not None for marker in markers.values()):
        lows = {m: marker.low for m, marker in markers.items()}
        highs = {m: marker.high for m, marker in markers.items()}
        for name, ends in ((low_of(column), lows), (high_of(column), highs)):
            bound = pl.col("sent").replace_strict(ends, default=None, return_dtype=pl.Float64)
            made.append(pl.when(~known).then(bound).alias(name))
    return columns.select(made).get_columns()


def _derived(feed: Feed, frame: pl.DataFrame, doubted: dict[str, pl.Series]) -> pl.DataFrame:
    """Add the feed's derived columns in their order; null where ``doubted``."""
    wanted = explained(feed)
    for name, expression in feed.derive.items():
        frame = evaluated(feed, frame, expression, name, name in wanted)
        if name in doubted:
            frame = _nulled(frame, name, doubted[name])
    return frame


def evaluated(
    feed: Feed, frame: pl.DataFrame, expression: str, name: str, with_reason: bool
) -> pl.DataFrame:
    """``frame`` with the expression's value as ``name``, and its reason and bounds if asked.

    Raises:
        DeliveryRejected: naming the expression, if polars cannot compute it.
    """
    try:
        if with_reason:
            return value_with_reason(frame, expression, name)
        return frame.with_columns(_finite(frame, parse(expression)).alias(name))
    except pl.exceptions.PolarsError:
        pass
    raise DeliveryRejected("expression_refused", column_name=name, detail=repr(expression))


def _finite(frame: pl.DataFrame, value: pl.Expr) -> pl.Expr:
    kind = frame.lazy().select(value.alias("value")).collect_schema()["value"]
    return pl.when(value.is_finite()).then(value) if kind.is_float() else value


def _true(frame: pl.DataFrame, feed: Feed, expression: str) -> pl.Series:
    mask = evaluated(feed, frame, expression, "(test)", False)["(test)"]
    return mask.cast(pl.Boolean).fill_null(False)


def _disbelieved(feed: Feed, frame: pl.DataFrame, doubts: dict[str, pl.Series]) -> pl.DataFrame:
    """Null the cells of failed tests and derive again from what is left."""
    doubted: dict[str, pl.Series] = {}
    for test in feed.implausible:
        for column in test.columns:
            doubted[column] = doubts[test.rule] | doubted.get(column, pl.Series([False]))
    for column, mask in doubted.items():
        frame = _nulled(frame, column, mask) if column in frame.columns else frame
    return _derived(feed, frame, doubted)


def _nulled(frame: pl.DataFrame, column: str, mask: pl.Series) -> pl.DataFrame:
    """Null ``column`` where ``mask``: implausible, with no bounds."""
    believed = pl.when(~mask).then(pl.col(column)).alias(column)
    lost = mask & frame[column].is_not_null()
    made = [believed]
    if reason_of(column) in frame.columns:
        word = pl.lit("implausible")
        reason = pl.col(reason_of(column))
        made.append(pl.when(lost).then(word).otherwise(reason).alias(reason_of(column)))
    return frame.with_columns(made)
