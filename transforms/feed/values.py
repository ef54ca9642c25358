"""Text to typed columns. A cell that cannot be read becomes null, with a fault."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from schemas.errors import DeliveryRejected
from schemas.feed import Feed
from schemas.feed.source import Words, fits
from transforms.feed.faults import all_faults, faults_of

LARGEST = 1e15
FEW = 3
CLOCK_CHANGE = "clock_change"
_DAYS = (date(1900, 1, 1), date(2199, 12, 31))
_INSTANTS = (datetime(1900, 1, 1), datetime(2199, 12, 31))


@dataclass(frozen=True)
class Typed:
    """Columns by type: as ``read``, and as ``believed`` (in range); the cells lost."""

    read: pl.DataFrame
    believed: pl.DataFrame
    faults: pl.DataFrame


def typed(feed: Feed, text: pl.DataFrame, not_negative: set[str]) -> Typed:
    """Columns of ``text`` (trimmed, markers already null) by the feed's types.

    A number outside the feed's range is not believed; where it gives none, columns in
    ``not_negative`` begin at 0.

    Raises:
        DeliveryRejected: if no cell of a column of three or more can be read.
    """
    columns = [c for c in text.columns if c != "row_number"]
    read = text.with_columns(_read(feed, c) for c in columns if feed.source.kind(c) != "text")
    unreadable = list(_unreadable(feed, text, read))
    numbers = [c for c in columns if feed.source.kind(c) == "number"]
    believed = read.with_columns(_believed(feed, c, fits(not_negative, c)) for c in numbers)
    lost = lost_cells(read, believed, "implausible")
    return Typed(read, believed, all_faults([*unreadable, *lost]))


def _read(feed: Feed, column: str) -> pl.Expr:
    kind, value = feed.source.kind(column), pl.col(column)
    match kind:
        case "number":
            return number(value, feed.file.decimal, feed.file.thousands)
        case "date":
            return day(value, str(feed.source.setting(feed.source.date, column)))
        case "datetime":
            said = str(feed.source.setting(feed.source.datetime, column))
            return instant(value, said, feed.file.timezone)
        case "boolean":
            words = feed.source.setting(feed.source.boolean, column)
            assert isinstance(words, Words)
            return boolean(value, words)
    return value


def expected(feed: Feed, column: str) -> str | None:
    """What a cell of the column should look like; null where the feed declares no such column."""
    kind = feed.source.kind(column)
    match kind:
        case "number":
            return f"1234{feed.file.decimal}5 (number)"
        case "date" | "datetime":
            declared = str(feed.source.setting(getattr(feed.source, kind), column))
            return f"{datetime(2026, 1, 31, 23, 59):{declared}} ({kind}, {declared})"
        case "boolean":
            words = feed.source.setting(feed.source.boolean, column)
            assert isinstance(words, Words)
            return f"{', '.join([*words.true, *words.false])} ({kind})"
    return kind


def number(text: pl.Expr, decimal: str = ".", thousands: str = "") -> pl.Expr:
    """A finite number; null for anything else, ``inf`` and ``NaN`` among it."""
    if thousands:
        mark, point = f"[{thousands}]", f"[{decimal}]"
        grouped = text.str.contains(rf"^[+-]?[1-9]\d{{0,2}}({mark}\d{{3}})+({point}\d*)?$")
        plain = text.str.replace_all(thousands, "", literal=True)
        marked = text.str.contains(thousands, literal=True)
        text = pl.when(~marked).then(text).when(grouped).then(plain)
    if decimal == ",":
        swapped = text.str.replace(",", ".", literal=True)
        text = pl.when(~text.str.contains(".", literal=True)).then(swapped)
    value = text.cast(pl.Float64, strict=False)
    return pl.when(value.is_finite()).then(value)


def day(text: pl.Expr, said: str) -> pl.Expr:
    """A date of the declared format, its first day where it names a month or year only."""
    parts = said
    for part, others in (("%m", ("%b", "%B")), ("%d", ())):
        if not any(sign in parts for sign in (part, *others, "%j", "%F")):
            text, said = text + "-01", said + "-" + part
    value = text.str.to_date(said, strict=False)
    return pl.when(value.is_between(*_DAYS)).then(value)


def instant(text: pl.Expr, said: str, timezone: str) -> pl.Expr:
    """A UTC instant from local time; null where a clock change makes it ambiguous or unreal."""
    if "%z" in said:
        value = text.str.to_datetime(said, time_unit="us", strict=False)
        value = value.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
        return pl.when(value.is_between(*_INSTANTS)).then(value)
    return _local(text, said).map_batches(
        lambda local: utc(local, timezone), return_dtype=pl.Datetime("us")
    )


def utc(local: pl.Series, timezone: str) -> pl.Series:
    """Local times as UTC; each date is looked up once, only days of a clock change by the time."""
    days = local.dt.date()
    first, last = days.min(), days.max()
    if not isinstance(first, date) or not isinstance(last, date):
        return local
    shifts = _shifts(first, last, timezone).gather((days - first).dt.total_days())
    value = local + shifts
    changing = (local.is_not_null() & shifts.is_null()).arg_true()
    exact = pl.DataFrame({"local": local.gather(changing)}).select(
        _as_utc(pl.col("local"), timezone)
    )
    return value.scatter(changing, exact.to_series())


def _shifts(first: date, last: date, timezone: str) -> pl.Series:
    """From local time to UTC for each date; null where the clock changes on that date."""
    midnight, next_midnight = pl.col("midnight"), pl.col("midnight").dt.offset_by("1d")
    days = pl.DataFrame(
        {"midnight": pl.date_range(first, last, eager=True).cast(pl.Datetime("us"))}
    )
    shift = _as_utc(midnight, timezone) - midnight
    shift_after = _as_utc(next_midnight, timezone) - next_midnight
    return days.select(pl.when(shift == shift_after).then(shift).alias("shift")).to_series()


def _as_utc(local: pl.Expr, timezone: str) -> pl.Expr:
    zoned = local.dt.replace_time_zone(timezone, ambiguous="null", non_existent="null")
    return zoned.dt.convert_time_zone("UTC").dt.replace_time_zone(None)


def boolean(text: pl.Expr, words: Words) -> pl.Expr:
    """True and false by the feed's words; null for any other."""
    return pl.when(text.is_in(words.true)).then(True).when(text.is_in(words.false)).then(False)


def _clock_changes(
    feed: Feed, text: pl.DataFrame, column: str, faults: pl.DataFrame
) -> pl.DataFrame:
    """The faults, told apart: times that can be read and that a clock change hides."""
    said = str(feed.source.setting(feed.source.datetime, column))
    if "%z" in said:
        return faults
    lost = text.join(faults, on="row_number", how="semi", maintain_order="left")
    hidden = lost.select(_local(pl.col(column), said).is_not_null()).to_series()
    rule = pl.when(hidden).then(pl.lit(CLOCK_CHANGE)).otherwise("rule")
    return faults.with_columns(rule=rule)


def _local(text: pl.Expr, said: str) -> pl.Expr:
    value = text.str.to_datetime(said, time_unit="us", strict=False)
    return pl.when(value.is_between(*_INSTANTS)).then(value)


def _believed(feed: Feed, column: str, not_negative: bool) -> pl.Expr:
    said = feed.source.setting(feed.source.range, column)
    low, high = said if isinstance(said, tuple) else (0 if not_negative else -LARGEST, LARGEST)
    within = pl.col(column).is_between(max(low, -LARGEST), min(high, LARGEST))
    return pl.when(within).then(pl.col(column)).alias(column)


def lost_cells(before: pl.DataFrame, after: pl.DataFrame, rule: str) -> Iterator[pl.DataFrame]:
    """Faults for cells that had a value and have none."""
    counts = zip(before.null_count().row(0), after.null_count().row(0), strict=True)
    changed = [c for c, (b, a) in zip(before.columns, counts, strict=True) if a > b]
    for column in changed:
        gone = before[column].is_not_null() & after[column].is_null()
        yield faults_of(before.filter(gone), column, rule, "cell")


def _unreadable(feed: Feed, text: pl.DataFrame, frame: pl.DataFrame) -> Iterator[pl.DataFrame]:
    for faults in lost_cells(text, frame, "unreadable"):
        column = faults["column_name"][0]
        if feed.source.kind(column) == "datetime":
            faults = _clock_changes(feed, text, column, faults)
        sent = text[column].is_not_null().sum()
        if faults.height == sent >= FEW:
            like = expected(feed, column)
            raise DeliveryRejected("column_unreadable", column_name=column, count=sent, detail=like)
        yield faults
