"""From text to records: which lines are rows, and which of them can be read.

Lines whose quotes are open at their end continue on the next line. A record is good if it has
the header's number of fields, its quotes stand where they may, and it holds no control
character; the others are kept aside by number and rule.
"""

import csv
from contextlib import suppress
from dataclasses import dataclass

import polars as pl

from schemas.errors import DeliveryRejected
from schemas.events import Occurrence
from schemas.feed import Feed
from transforms.feed.faults import faults_of, no_faults

LONGEST_LINE = 1 << 20
MOST_LINES_IN_A_FIELD = 200
_CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x{80}-\x{9f}]"
_MARK = "\x1a"
_ROW = "(the row)"


@dataclass(frozen=True)
class Lines:
    """A file's header and the lines after it: row_number (lines before it) and record.

    ``ended``: does the last line have a line end?
    """

    names: list[str]
    body: pl.DataFrame
    start: int
    ended: bool


@dataclass(frozen=True)
class Records:
    """A file's header and records.

    ``good`` has row_number and record (its text); ``bad`` are faults; ``untouched`` says that the
    records are exactly the lines after the first.
    """

    names: list[str]
    good: pl.DataFrame
    bad: pl.DataFrame
    rows_read: int
    occurrences: list[Occurrence]
    untouched: bool


def first_names(data: bytes, feed: Feed) -> list[str]:
    """Names in the first line; none if they cannot be read plainly."""
    line = data[: data.find(b"\n") if b"\n" in data[:LONGEST_LINE] else 0].decode("utf-8")
    return [] if feed.file.quote in line else line.split(feed.file.separator)


def split_lines(data: bytes, feed: Feed) -> Lines:
    """Split UTF-8 text with ``\\n`` line ends at its lines.

    Raises:
        DeliveryRejected: for a line over 1 MiB, too many columns or a header that cannot be read.
    """
    lines = pl.read_lines(data, name="record", row_index_name="row_number")
    lines = lines.with_columns(pl.col("row_number").cast(pl.Int64))
    _refuse_long_lines(lines)
    places = lines.filter(pl.col("record").str.strip_chars() != "")["row_number"]
    if places.is_empty():
        raise DeliveryRejected("only_blank_lines")
    start = int(places[0])
    names = _header(str(lines["record"][start]), feed)
    return Lines(names, lines.slice(start + 1), start, data.endswith(b"\n"))


def read_records(lines: Lines, feed: Feed) -> Records:
    """Tell the records that can be read from those that cannot.

    Raises:
        DeliveryRejected: for an unclosed quote, control characters in over 0.1 % of the rows (and
            more than one), or if most rows do not have the header's number of fields.
    """
    quoted = lines.body["record"].str.contains(feed.file.quote, literal=True).any()
    rows = _joined(lines.body, len(lines.names), feed) if quoted else lines.body
    rows = rows.filter(pl.col("record").str.strip_chars() != "")
    whole = lines.ended or feed.file.unended == "load"
    parsed = _measured(rows, feed).with_columns(
        cut=pl.lit(not whole) & (pl.col("row_number") == pl.col("row_number").max())
    )
    names, parsed, occurrences = _without_trailing(lines.names, parsed, feed)
    if not lines.ended:
        occurrences = [*occurrences, Occurrence("last_line_without_end")]
    good, bad = _sorted_out(parsed, len(names), feed)
    same = parsed.height == lines.body.height and parsed["record"].equals(lines.body["record"])
    untouched = lines.start == 0 and good.height == lines.body.height and same
    return Records(names, good, bad, rows.height, occurrences, untouched)


def _refuse_long_lines(lines: pl.DataFrame) -> None:
    long = lines.filter(pl.col("record").str.len_bytes() > LONGEST_LINE)
    if not long.is_empty():
        raise DeliveryRejected("line_too_long", line=long["row_number"][0] + 1)


def _header(line: str, feed: Feed) -> list[str]:
    dialect = {"delimiter": feed.file.separator, "quotechar": feed.file.quote}
    names: list[str] = []
    with suppress(csv.Error):
        names = next(csv.reader([line], strict=True, **dialect))  # type: ignore[arg-type]
    if not names and line.count(feed.file.quote) % 2:
        raise DeliveryRejected("header_quote_open")
    if not names:
        raise DeliveryRejected("header_misquoted", detail=repr(feed.file.separator))
    most = feed.file.max_columns
    if len(names) > most:
        raise DeliveryRejected("too_many_columns", count=len(names), total=most)
    return names


def record_numbers(lines: pl.Series, quote: str) -> pl.Series:
    """For each line the number of its record, from 1: one goes on while a quote is open.

    Raises:
        DeliveryRejected: if a quote is open at the end.
    """
    quotes = lines.str.count_matches(quote, literal=True).cast(pl.Int64)
    open_after = quotes.cum_sum() % 2 == 1
    if lines.len() and open_after[-1]:
        raise DeliveryRejected("quote_never_closed")
    return (~open_after.shift(1, fill_value=False)).cast(pl.Int64).cum_sum()


def _joined(body: pl.DataFrame, columns: int, feed: Feed) -> pl.DataFrame:
    """Join lines whose quotes are open to the lines after them."""
    numbers = record_numbers(body["record"], feed.file.quote)
    if numbers[-1] == body.height:
        return body
    records = body.group_by(numbers.alias("number"), maintain_order=True)
    joined = records.agg(
        pl.col("row_number").first(),
        pl.col("record").str.join("\n"),
        lines=pl.len(),
        separators=pl.col("record").str.count_matches(feed.file.separator, literal=True).min(),
    )
    _refuse_swallowed(joined, columns, feed)
    return joined.select("row_number", "record")


def _refuse_swallowed(joined: pl.DataFrame, columns: int, feed: Feed) -> None:
    """An unclosed quote makes one record of many rows: refuse what looks like it."""
    outside = _outside(feed)
    many = joined.filter(pl.col("lines") > 1)
    like_rows = (many["separators"] > 0) & (many["separators"] >= columns - 1)
    broken = many.select(bad=outside.str.contains(feed.file.quote, literal=True))["bad"]
    wrong = many.filter(like_rows | broken | (many["lines"] > MOST_LINES_IN_A_FIELD))
    if not wrong.is_empty():
        raise DeliveryRejected("quote_closed_late", line=wrong["row_number"][0] + 1)


def _outside(feed: Feed) -> pl.Expr:
    """A record with each quoted piece replaced by a mark."""
    quote = _escaped(feed.file.quote)
    return pl.col("record").str.replace_all(f"{quote}(?:[^{quote}]|{quote}{quote})*{quote}", _MARK)


def _escaped(character: str) -> str:
    return f"\\x{{{ord(character):x}}}"


def _measured(rows: pl.DataFrame, feed: Feed) -> pl.DataFrame:
    """Add fields (their number), misquoted and control to each record."""
    quoted = rows["record"].str.contains(feed.file.quote, literal=True).any()
    outside = _outside(feed) if quoted else pl.col("record")
    separator, quote = _escaped(feed.file.separator), _escaped(feed.file.quote)
    wrong = f"{quote}|[^{separator}]{_MARK}|{_MARK}[^{separator}]"
    return rows.with_columns(
        control=pl.col("record").str.contains(_CONTROL),
        misquoted=outside.str.contains(wrong) if quoted else pl.lit(False),
        fields=outside.str.count_matches(feed.file.separator, literal=True).cast(pl.Int64) + 1,
    )


def _without_trailing(
    names: list[str], rows: pl.DataFrame, feed: Feed
) -> tuple[list[str], pl.DataFrame, list[Occurrence]]:
    """Drop separators that end every line; one that ends only some makes ragged rows.

    A column without a name at the end of the header is such a separator: what stands in it flowed
    over from the others, and the row is ragged.
    """
    named = max((i for i, name in enumerate(names, start=1) if name.strip()), default=0)
    nameless = len(names) - named
    if named == 0 or rows.is_empty():
        return names, rows, []
    tail = _tail(nameless or 1, feed)
    ended = (pl.col("fields") == named + (nameless or 1)) & pl.col("record").str.contains(tail)
    cut = rows.select(ended=ended)["ended"]
    if not nameless and not cut.all():
        return names, rows, []
    if cut.any():
        shorter = pl.when(cut).then(pl.col("record").str.replace(tail, ""))
        rows = rows.with_columns(
            record=shorter.otherwise("record"),
            fields=pl.when(cut).then(named).when(pl.col("fields") != named).then("fields"),
        )
    return names[:named], rows, [Occurrence("trailing_separators")]


def _tail(separators: int, feed: Feed) -> str:
    """Pattern of as many separators at the end of a record, with nothing behind each."""
    separator, quote = _escaped(feed.file.separator), _escaped(feed.file.quote)
    return rf"(?:{separator}(?:{quote}{quote}|[\s&&[^{separator}]]*)){{{separators}}}$"


def _sorted_out(rows: pl.DataFrame, columns: int, feed: Feed) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split measured records into good ones and faults."""
    tests = {
        "control_character": pl.col("control"),
        "misplaced_quote": pl.col("misquoted"),
        "wrong_number_of_fields": pl.col("fields").ne_missing(columns),
        "cut_short": pl.col("cut"),
        "beside_a_broken_line": (pl.col("fields") == columns) & _beside_broken(columns),
    }
    bad = pl.any_horizontal(*tests.values())
    if not rows.select(bad.any()).item():
        return rows.select("row_number", "record"), no_faults()
    faults = [faults_of(rows.filter(test), _ROW, rule, "row") for rule, test in tests.items()]
    _refuse_if_most(rows, faults, feed)
    return rows.filter(~bad).select("row_number", "record"), pl.concat(faults)


def _beside_broken(columns: int) -> pl.Expr:
    """Is the line before or after a piece of a cell, which may have been this row's?

    A newline in an unquoted cell leaves a line without separators. At the end of a file such a
    line is a footer if it has words.
    """
    several = pl.col("fields") > 1
    at_end = pl.col("row_number") > pl.col("row_number").filter(several).max()
    words = pl.col("record").str.contains(r"\s")
    piece = ~several & (pl.lit(columns > 1)) & ~(at_end & words)
    return (piece.shift(-1) | piece.shift(1)).fill_null(False)


def _refuse_if_most(rows: pl.DataFrame, faults: list[pl.DataFrame], feed: Feed) -> None:
    control, misquoted, ragged = (f.height for f in faults[:3])
    if control > max(1, rows.height / 1000):
        raise DeliveryRejected("control_characters", count=control, total=rows.height)
    if ragged > rows.height / 2 or misquoted > rows.height / 2:
        marks = f"{feed.file.separator!r} {feed.file.quote}"
        most = max(ragged, misquoted)
        raise DeliveryRejected("rows_ragged", count=most, total=rows.height, detail=marks)
