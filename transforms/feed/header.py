"""A file's column names against its feed."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from schemas.errors import DeliveryRejected
from schemas.events import Occurrence
from schemas.feed import Feed
from schemas.feed.expression import columns_of
from schemas.feed.source import GIVEN, fits, is_plain
from transforms.feed.people import names_a_person

MOST_NAMED = 20


@dataclass(frozen=True)
class Header:
    """Where our columns stand in a file.

    ``names`` maps our name to the file's; ``drift`` are columns that the feed does not know;
    ``absent`` are optional columns that the file lacks.
    """

    names: dict[str, str]
    drift: list[str]
    absent: list[str]


def clean_name(name: str) -> str:
    """A column name as it is compared: accents composed, no space around it."""
    return unicodedata.normalize("NFC", name).strip()


def read_header(feed: Feed, names: Sequence[str]) -> Header:
    """Find the feed's columns among ``names`` (as ``clean_name`` gives them).

    Raises:
        DeliveryRejected: naming our columns that are missing or that stand there twice, or if an
            undeclared column seems to hold a person's name, birth date or number.
    """
    ours = {alias: our for our in feed.source.names for alias in feed.source.aliases(our)}
    found: dict[str, list[str]] = {}
    drift = []
    for name in names:
        our = ours.get(name, name)
        if feed.source.kind(our) is not None:
            found.setdefault(our, []).append(name)
        elif not fits(feed.source.unused, name):
            drift.append(name)
    missing, absent = _not_found(feed, list(found))
    doubled = [our for our, theirs in found.items() if len(theirs) > 1]
    _refuse(feed, missing, doubled, len(found), drift)
    return Header({our: theirs[0] for our, theirs in found.items()}, drift, absent)


def rename(feed: Feed, text: pl.DataFrame) -> pl.DataFrame:
    """The feed's columns by our names, and row_number; absent optional ones are null.

    Raises:
        DeliveryRejected: as ``read_header``.
    """
    header = read_header(feed, [c for c in text.columns if c != "row_number"])
    return text.select(
        pl.col("row_number").cast(pl.Int64),
        *(pl.col(theirs).alias(our) for our, theirs in header.names.items()),
        *(pl.lit(None, pl.String).alias(our) for our in header.absent),
    )


def _refuse(
    feed: Feed, missing: list[str], doubled: list[str], found: int, drift: list[str]
) -> None:
    if missing:
        lacking = ", ".join(_with_aliases(feed, missing))
        raise DeliveryRejected("columns_missing", *_strays(feed, found, drift), detail=lacking)
    if doubled:
        raise DeliveryRejected("columns_twice", detail=", ".join(doubled))
    sensitive = [name for name in drift if names_a_person(name)]
    if sensitive:
        raise DeliveryRejected("names_persons", count=len(sensitive))


def _strays(feed: Feed, found: int, drift: list[str]) -> list[Occurrence]:
    """Columns that the feed does not know: one of them may be the one that it lacks.

    They are named where the line is a header beyond doubt, and no row of people: a first line of
    data would be told otherwise.
    """
    if not drift or feed.patient_data or not found:
        return [Occurrence("stray_columns", count=len(drift))] if drift else []
    return [Occurrence("stray_column", private=shown_name(name)) for name in drift[:MOST_NAMED]]


def shown_name(name: str) -> str:
    """A column's name as it is shown."""
    return name[:60] or "(without a name)"


def _with_aliases(feed: Feed, columns: list[str]) -> list[str]:
    return [" or ".join(feed.source.aliases(column)) for column in columns]


def _not_found(feed: Feed, found: list[str]) -> tuple[list[str], list[str]]:
    asked = dict.fromkeys([*feed.source.required(), *_named(feed)])
    lacking = [c for c in asked if c not in found]
    optional = [c for c in lacking if fits(feed.source.optional, c)]
    patterns = [p for t in feed.table if t.unpivot for p in t.unpivot.columns if not is_plain(p)]
    unmatched = [p for p in patterns if not any(fits([p], c) for c in found)]
    return [c for c in lacking if c not in optional] + unmatched, optional


def _named(feed: Feed) -> Iterator[str]:
    """Source columns that the feed names outside its lists of types."""
    for table in feed.table:
        own = {*GIVEN, *feed.derive}
        if table.unpivot:
            own |= {table.unpivot.name, table.unpivot.value}
            yield from (c for c in table.unpivot.columns if is_plain(c) and c not in own)
        for expression in feed.expressions_of(table):
            yield from (c for c in columns_of(expression) if c not in own)
    for expression in [*feed.derive.values(), *([feed.where] if feed.where else [])]:
        yield from (c for c in columns_of(expression) if c not in {*GIVEN, *feed.derive})
    yield from (c for c in feed.source.key if c not in {*GIVEN, *feed.derive})
    yield from (c for c in feed.source.optional if is_plain(c) and feed.source.kind(c))
