"""A landed file without the records that name someone to be left out; every other as it was."""

import csv
import gzip
import io
import unicodedata
import zipfile
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import polars as pl

from flows.protect.keys import Keys
from flows.protect.veil import (
    INSTITUTION,
    PERSON,
    Forgotten,
    named,
    source_columns,
    values_of,
)
from schemas.feed import Feed
from schemas.feed.source import fits
from transforms.feed.header import clean_name
from transforms.reading.records import record_numbers

LONGEST_FIELD = 1 << 24
FIXED = (1980, 1, 1, 0, 0, 0)
MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class Sought:
    """A person's code in clear, while they are being forgotten.

    ``alone``: it can mean nothing else, so every field of a record is searched. A code of digits,
    or one of the region's codes, may be a zone or a count elsewhere: in a record of as many fields
    as the header, it is then looked for only in columns of persons and in undeclared ones.
    """

    code: str
    alone: bool


@dataclass(frozen=True, slots=True)
class Redacted:
    """What is left of a file; records taken out; records left that are not broken; of all left, how
    many hold the code in a column that the feed declares to be something else.
    """

    content: bytes
    taken: int
    left: int
    elsewhere: int


@dataclass(frozen=True, slots=True)
class _Record:
    """A record as it stands in the text, its fields, and whether they are the header's number."""

    raw: str
    fields: list[str]
    whole: bool


def redacted(
    content: bytes,
    feed: Feed,
    keys: Keys,
    forgotten: Iterable[Forgotten],
    sought: Sought | None = None,
    *,
    broken: bool = True,
) -> Redacted:
    """The content of a file without the records of those forgotten; ``broken`` ones too if not.

    They are known by the columns that name them; in a record that has not the header's number of
    fields, by any field. Pieces of broken records beside one that goes, go with it.

    Raises:
        UnicodeDecodeError, csv.Error, DeliveryRejected: if it is not delimited text: nobody can be
            told apart in it.
    """
    text, encoding = decoded(content, feed)
    head, records = _records(text, feed)
    if not records:
        return Redacted(content, 0, 0, 0)
    names = [clean_name(name.removeprefix(MARK)) for name in head.fields]
    places, undeclared = _places(names, feed)
    hits = _hits(records, places, feed, keys, list(forgotten))
    if sought:
        hits |= _holding(records, _searched(names, places, undeclared, feed, sought), sought.code)
    gone = _with_pieces(hits, records)
    if not broken:
        gone |= {i for i, record in enumerate(records) if not record.whole}
    kept = [record for i, record in enumerate(records) if i not in gone]
    elsewhere = sum(sought.code in r.fields for r in kept) if sought else 0
    left = "".join([head.raw, *(r.raw for r in kept)]).encode(encoding)
    return Redacted(left, len(gone), sum(r.whole and bool(r.fields) for r in kept), elsewhere)


def decoded(content: bytes, feed: Feed) -> tuple[str, str]:
    """A file's text and its encoding: UTF-8 where the bytes are, else what the feed declares.

    Raises:
        UnicodeDecodeError: if it is neither.
    """
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return content.decode(feed.file.encoding), feed.file.encoding


def plain(text: str) -> str:
    """A text as it is compared: accents composed, no space around it."""
    return unicodedata.normalize("NFC", text).strip()


def repacked(content: bytes, name: str) -> bytes:
    """The content in an archive of the kind that the name says."""
    if name.lower().endswith(".gz"):
        return gzip.compress(content, mtime=0)
    if not name.lower().endswith(".zip"):
        return content
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        member = zipfile.ZipInfo("content.csv", FIXED)
        archive.writestr(member, content, zipfile.ZIP_DEFLATED)
    return target.getvalue()


def _records(text: str, feed: Feed) -> tuple[_Record, list[_Record]]:
    """The header with the blank lines before it, and the records after it.

    As ``transforms.reading`` splits them: a line ends at a line feed, a carriage return or both,
    and no other character; a record goes on while a quote is open.
    """
    csv.field_size_limit(LONGEST_FIELD)
    lines = io.StringIO(text, newline="")
    head = []
    for line in lines:
        head.append(line)
        if line.strip().removeprefix(MARK):
            break
    names = _fields(head[-1], feed) if head else []
    columns = len(names[:-1] if names and not names[-1] else names)
    found = []
    for raw in _joined(list(lines), feed.file.quote):
        fields = _fields(raw, feed) if raw.strip() else []
        extra = len(fields) == columns + 1 and not fields[-1]
        found.append(_Record(raw, fields, not fields or len(fields) == columns or extra))
    return _Record("".join(head), names, True), found


def _joined(lines: list[str], quote: str) -> list[str]:
    """Records as they stand in the text."""
    frame = pl.DataFrame({"raw": lines}, schema={"raw": pl.String})
    records = frame.group_by(
        record_numbers(frame["raw"], quote).alias("number"), maintain_order=True
    )
    return records.agg(pl.col("raw").str.join(""))["raw"].to_list()


def _fields(raw: str, feed: Feed) -> list[str]:
    """Fields of a record as they are compared, without quotes."""
    separator, quote = feed.file.separator, feed.file.quote
    if quote not in raw:
        return [plain(field) for field in raw.split(separator)]
    rows = csv.reader(io.StringIO(raw, newline=""), delimiter=separator, quotechar=quote)
    return [plain(plain(field).strip(quote)) for row in rows for field in row]


def _places(names: list[str], feed: Feed) -> tuple[dict[str, int], list[int]]:
    """Where our columns stand, and columns that the feed does not know."""
    aliases = {alias: our for our in feed.source.names for alias in feed.source.aliases(our)}
    ours = [aliases.get(name, name) for name in names]
    places = {our: i for i, our in enumerate(ours) if feed.source.kind(our) is not None}
    known = [*places.values(), *(i for i, n in enumerate(names) if fits(feed.source.unused, n))]
    return places, [i for i in range(len(names) + 1) if i not in known]


def _hits(
    records: list[_Record],
    places: dict[str, int],
    feed: Feed,
    keys: Keys,
    forgotten: list[Forgotten],
) -> set[int]:
    """Places of the records that name someone forgotten."""
    ours = [c for kind in (PERSON, INSTITUTION) for c in source_columns(feed, kind) if c in places]
    whole = [r.fields for r in records if r.whole and r.fields]
    texts = {c: [f[places[c]] if places[c] < len(f) else None for f in whole] for c in ours}
    frame = pl.DataFrame(texts, schema=dict.fromkeys(ours, pl.String))
    values = values_of(feed, frame, keys, forgotten)
    anyone = named({f for r in records if not r.whole for f in r.fields}, keys, forgotten)
    return {
        i
        for i, r in enumerate(records)
        if (_names(r.fields, places, values) if r.whole else not anyone.isdisjoint(r.fields))
    }


def _searched(
    names: list[str], places: dict[str, int], undeclared: list[int], feed: Feed, sought: Sought
) -> Collection[int]:
    """Columns of a record of the right length in which the code is looked for."""
    if sought.alone:
        return range(len(names) + 1)
    return [*(places[c] for c in source_columns(feed, PERSON) if c in places), *undeclared]


def _holding(records: list[_Record], columns: Collection[int], code: str) -> set[int]:
    """Places of the records that hold the code: in those columns, or anywhere if broken."""
    return {
        i
        for i, r in enumerate(records)
        if code in r.fields
        and (not r.whole or any(r.fields[c] == code for c in columns if c < len(r.fields)))
    }


def _with_pieces(hits: set[int], records: list[_Record]) -> set[int]:
    """The records that go, and broken ones beside them: they may be pieces of the same."""
    gone = set(hits)
    for start in hits:
        for step in (-1, 1):
            place = start + step
            while 0 <= place < len(records) and not records[place].whole:
                gone.add(place)
                place += step
    return gone


def _names(fields: list[str], places: dict[str, int], values: dict[str, frozenset[str]]) -> bool:
    return any(
        places[c] < len(fields) and fields[places[c]] in known for c, known in values.items()
    )
