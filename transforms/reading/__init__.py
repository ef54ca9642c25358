"""From a file's bytes to a frame of text, by the dialect of its feed and nothing guessed."""

from dataclasses import dataclass

import polars as pl

from schemas.errors import DeliveryRejected
from schemas.events import Occurrence
from schemas.feed import Feed
from transforms.feed.faults import all_faults, drop_rows, faults_of, no_faults
from transforms.feed.header import Header, clean_name, read_header, shown_name
from transforms.reading.content import as_utf8, refuse_other_kinds, refuse_size, regular_lines
from transforms.reading.records import LONGEST_LINE, Records, first_names, read_records, split_lines

__all__ = ["TextTable", "read_text"]


@dataclass(frozen=True)
class TextTable:
    """What a file holds, as text.

    ``frame`` has ``row_number`` (lines of the file before it: 1 for the first after the header)
    and the feed's columns by our names, all String and trimmed, empty fields null or empty.
    ``bad_rows`` are rows that could not be read: row_number, column_name, rule, grain.
    ``rows_read`` counts both. ``occurrences``: what was repaired, and undeclared columns.
    """

    frame: pl.DataFrame
    rows_read: int
    occurrences: list[Occurrence]
    bad_rows: pl.DataFrame


def read_text(data: bytes, feed: Feed) -> TextTable:
    """Read one file of ``feed``.

    Raises:
        DeliveryRejected: if it is not what its feed says; the text says why, and never holds a
            value of the file.
    """
    refuse_size(data, feed)
    refuse_other_kinds(data)
    data, repairs = as_utf8(data, feed)
    frame, header, records = _regular(data, feed) or _irregular(data, feed)
    if records.rows_read == 0 and not feed.file.allow_empty:
        raise DeliveryRejected("no_rows")
    frame = _trimmed(frame, data)
    frame, repeated = _without_headers(frame, header)
    frame, composed = _composed(frame, data)
    bad = all_faults([records.bad, repeated])
    occurrences = [*repairs, *records.occurrences, *composed, *_drift(header)]
    del data
    return TextTable(_in_one_piece(frame), records.rows_read, occurrences, bad)


def _in_one_piece(frame: pl.DataFrame) -> pl.DataFrame:
    """Each column in one piece of memory: later steps then copy less. ``frame`` is used up."""
    return pl.DataFrame([frame.drop_in_place(column).rechunk() for column in frame.columns])


def _regular(data: bytes, feed: Feed) -> tuple[pl.DataFrame, Header, Records] | None:
    """The fast way, for text that is proved to be regular; null if it is not."""
    names = first_names(data, feed)
    if not all(name.strip() for name in names):
        return None
    lines = regular_lines(data, len(names), feed.file.separator, feed.file.quote, LONGEST_LINE)
    if lines is None:
        return None
    try:
        header = read_header(feed, [clean_name(name) for name in names])
    except DeliveryRejected:
        return None
    good = pl.DataFrame({"row_number": pl.int_range(1, lines, eager=True)})
    records = Records(names, good, no_faults(), lines - 1, [], True)
    return _parsed(data, records, header, feed), header, records


def _irregular(data: bytes, feed: Feed) -> tuple[pl.DataFrame, Header, Records]:
    """Line by line, for all other text."""
    lines = split_lines(data, feed)
    _header(lines.names, lines.body, feed)
    records = read_records(lines, feed)
    header = _header(records.names, lines.body, feed)
    return _parsed(data, records, header, feed), header, records


def _header(names: list[str], body: pl.DataFrame, feed: Feed) -> Header:
    try:
        return read_header(feed, [clean_name(name) for name in names])
    except DeliveryRejected as err:
        reason, *others = err.occurrences
    hints = _hints(names, body, feed) if reason.code == "columns_missing" else []
    raise DeliveryRejected(reason, *(hints or others))


def _hints(names: list[str], body: pl.DataFrame, feed: Feed) -> list[Occurrence]:
    """Why the header may lack its columns."""
    other = [s for s in ",;\t|" if s != feed.file.separator and s in names[0]]
    if len(names) == 1 and other:
        return [Occurrence("other_separator", detail=repr(other[0]))]
    wanted = feed.source.required()
    for row_number, line in body.head(30).rows():
        there = sum(any(a in line for a in feed.source.aliases(our)) for our in wanted)
        if there > len(wanted) / 2:
            return [Occurrence("header_further_down", line=row_number + 1)]
    return []


def _parsed(data: bytes, records: Records, header: Header, feed: Feed) -> pl.DataFrame:
    """Fields of the good records, in the feed's columns."""
    names = [clean_name(name) for name in records.names]
    wanted = sorted((names.index(theirs), our) for our, theirs in header.names.items())
    if records.good.is_empty():
        return pl.DataFrame(
            schema={"row_number": pl.Int64, **{our: pl.String for _, our in wanted}}
        )
    text = data if records.untouched else _rejoined(records)
    frame = pl.read_csv(
        text,
        has_header=False,
        skip_lines=1 if records.untouched else 0,
        separator=feed.file.separator,
        quote_char=feed.file.quote if feed.file.quote.encode() in text else None,
        low_memory=True,
        schema={f"column_{i}": pl.String for i in range(len(names))},
        columns=[f"column_{place}" for place, _ in wanted],
    )
    if frame.height != records.good.height:
        raise DeliveryRejected("rows_miscounted", count=frame.height, total=records.good.height)
    return frame.select(
        records.good["row_number"], *(pl.col(f"column_{place}").alias(our) for place, our in wanted)
    )


def _rejoined(records: Records) -> bytes:
    text: str = records.good.select(pl.col("record").str.join("\n")).item()
    return text.encode("utf-8") + b"\n"


def _trimmed(frame: pl.DataFrame, data: bytes) -> pl.DataFrame:
    """No space around a field."""
    texts = pl.selectors.string()
    spaced = texts.str.starts_with(" ") | texts.str.ends_with(" ")
    others = b"\t" in data or not data.isascii() or b'"' in data
    if others or (b" " in data and frame.select(pl.any_horizontal(spaced.any())).item()):
        return frame.with_columns(texts.str.strip_chars())
    return frame


def _without_headers(frame: pl.DataFrame, header: Header) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows that repeat the header are not data."""
    our, theirs = next(iter(header.names.items()))
    alike = frame.filter(pl.col(our) == theirs)
    same = (pl.col(o) == t for o, t in header.names.items())
    rows = alike.filter(pl.all_horizontal(same)).select("row_number")
    return drop_rows(frame, rows), faults_of(rows, "(the row)", "header_repeated", "row")


def _composed(frame: pl.DataFrame, data: bytes) -> tuple[pl.DataFrame, list[Occurrence]]:
    """Decomposed accents, made one character each."""
    if b"\xcc" not in data and b"\xcd" not in data:
        return frame, []
    texts = pl.selectors.string()
    composed = frame.with_columns(texts.str.normalize("NFC"))
    changed = not frame.equals(composed)
    return composed, [Occurrence("decomposed_accents")] if changed else []


def _drift(header: Header) -> list[Occurrence]:
    return [Occurrence("undeclared_column", private=shown_name(name)) for name in header.drift]
