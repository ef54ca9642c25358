"""From a file's bytes to a frame of text, by the dialect of its feed and nothing guessed."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from schemas.errors import DeliveryRejected
from schemas.feed import Feed
from transforms.feed.faults import at, no_faults, together, without
from transforms.feed.header import Header, clean_name, read_header
from transforms.reading.content import as_utf8, read_bytes, refuse_other_kinds
from transforms.reading.records import LONGEST_LINE, Records, first_names, read_records, split_lines
from transforms.reading.regular import regular_lines

__all__ = ["TextTable", "read_text"]


@dataclass(frozen=True)
class TextTable:
    """What a file holds, as text.

    ``frame`` has ``row_number`` (the first line after the header is 1) and the feed's columns by
    our names, all String and trimmed, empty fields null or empty. ``bad_rows`` are rows that could
    not be read: row_number, column_name, rule, grain. ``rows_read`` counts both. ``flags`` say in
    words what was repaired and which columns the feed does not know.
    """

    frame: pl.DataFrame
    rows_read: int
    flags: list[str]
    bad_rows: pl.DataFrame


def read_text(source: bytes | Path, feed: Feed) -> TextTable:
    """Read one file of ``feed``.

    Raises:
        DeliveryRejected: if it is not what its feed says; the text says why, and never holds a
            value of the file.
    """
    data = read_bytes(source, feed)
    refuse_other_kinds(data, feed)
    data, flags = as_utf8(data, feed)
    frame, header, records = _regular(data, feed) or _irregular(data, feed)
    if records.rows_read == 0 and not feed.file.allow_empty:
        raise DeliveryRejected(f"{feed.feed}: the file has a header and no rows")
    frame = _trimmed(frame, data)
    frame, repeated = _without_headers(frame, header)
    frame, composed = _composed(frame, data)
    bad = together([records.bad, repeated])
    said = [*flags, *records.flags, *composed, *_drift(header)]
    del data
    return TextTable(_in_one_piece(frame), records.rows_read, said, bad)


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
    _header(lines.names, lines.body["record"], feed)
    records = read_records(lines, feed)
    header = _header(records.names, lines.body["record"], feed)
    return _parsed(data, records, header, feed), header, records


def _header(names: list[str], body: pl.Series, feed: Feed) -> Header:
    try:
        return read_header(feed, [clean_name(name) for name in names])
    except DeliveryRejected as err:
        reason = str(err)
    raise DeliveryRejected(reason + (_hint(names, body, feed) if "lacks" in reason else ""))


def _hint(names: list[str], body: pl.Series, feed: Feed) -> str:
    """Why the header may lack its columns."""
    other = [s for s in ",;\t|" if s != feed.file.separator and s in names[0]]
    if len(names) == 1 and other:
        return f"; its columns seem to be separated by {other[0]!r}"
    wanted = feed.source.required()
    for place, line in enumerate(body.head(30), start=1):
        there = sum(any(a in line for a in feed.source.aliases(our)) for our in wanted)
        if there > len(wanted) / 2:
            return f"; its header seems to stand {place} line(s) further down"
    return ""


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
        raise DeliveryRejected(
            f"{feed.feed}: {records.good.height} rows were counted and {frame.height} read;"
            " have the file written again with standard quoting"
        )
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
    return without(frame, rows), at(rows, "(the row)", "header_repeated", "row")


def _composed(frame: pl.DataFrame, data: bytes) -> tuple[pl.DataFrame, list[str]]:
    """Decomposed accents, made one character each."""
    if b"\xcc" not in data and b"\xcd" not in data:
        return frame, []
    texts = pl.selectors.string()
    composed = frame.with_columns(texts.str.normalize("NFC"))
    changed = not frame.equals(composed)
    return composed, ["decomposed accents made one character each"] if changed else []


def _drift(header: Header) -> list[str]:
    unknown = [name[:60] or "(without a name)" for name in header.drift]
    return [f"undeclared column not read: {name}" for name in unknown]
