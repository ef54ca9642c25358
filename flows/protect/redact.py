"""A landed file without the lines that name someone to be left out; every other line as it was."""

import csv
import gzip
import io
import zipfile
from collections.abc import Iterable, Iterator

import polars as pl

from flows.protect.forgotten import INSTITUTION, PERSON, Forgotten, source_columns, values_of
from flows.protect.keys import Keys
from schemas.feed import Feed

LONGEST_FIELD = 1 << 24
FIXED = (1980, 1, 1, 0, 0, 0)


def redacted(
    content: bytes, feed: Feed, keys: Keys, forgotten: Iterable[Forgotten]
) -> tuple[bytes, int]:
    """The content of a file without those lines, and how many there were.

    Raises:
        UnicodeDecodeError, csv.Error: if it is not delimited text: nobody can be told apart in it.
    """
    records = list(_records(content.decode(feed.file.encoding), feed))
    if not records:
        return content, 0
    places = _places(records[0][1], feed)
    texts = {c: [f[i] if i < len(f) else None for _, f in records[1:]] for c, i in places.items()}
    frame = pl.DataFrame(texts, schema=dict.fromkeys(places, pl.String))
    values = values_of(feed, frame, keys, forgotten)
    kept = [raw for raw, fields in records if not _names(fields, places, values)]
    return "".join(kept).encode(feed.file.encoding), len(records) - len(kept)


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


def _records(text: str, feed: Feed) -> Iterator[tuple[str, list[str]]]:
    """Each record as it stands in the text, and its trimmed fields."""
    csv.field_size_limit(LONGEST_FIELD)
    lines = text.splitlines(keepends=True)
    reader = csv.reader(lines, delimiter=feed.file.separator, quotechar=feed.file.quote)
    start = 0
    for fields in reader:
        yield "".join(lines[start : reader.line_num]), [field.strip() for field in fields]
        start = reader.line_num


def _places(header: list[str], feed: Feed) -> dict[str, int]:
    """Where the columns stand that name persons and institutions."""
    ours = [c for kind in (PERSON, INSTITUTION) for c in source_columns(feed, kind)]
    bare = [name.removeprefix("\ufeff") for name in header]
    return {
        our: bare.index(theirs)
        for our in ours
        for theirs in feed.source.aliases(our)
        if theirs in bare
    }


def _names(fields: list[str], places: dict[str, int], values: dict[str, frozenset[str]]) -> bool:
    return any(
        places[c] < len(fields) and fields[places[c]] in named for c, named in values.items()
    )
