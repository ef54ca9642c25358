"""The whole way of a file: text in, canonical tables, faults and counts out."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from schemas.errors import DeliveryRejected
from schemas.feed import Feed
from transforms.feed.accounts import (
    Counts,
    Ended,
    counted,
    hidden_by_the_clock,
    kept_faults,
    loaded_rows,
)
from transforms.feed.columns import columns
from transforms.feed.faults import no_faults, rows_at_fault, together
from transforms.feed.rows import rows
from transforms.feed.rules import RULES
from transforms.feed.tables import finished, pieces


@dataclass(frozen=True)
class Outcome:
    """What a file becomes.

    ``tables`` hold the canonical columns of schemas.clean, sorted by key; those that several
    feeds describe together (schemas.clean.ENTITIES) have null where this feed says nothing.
    ``quarantine``: row_number, column_name, rule, grain.
    """

    tables: dict[str, pl.DataFrame]
    quarantine: pl.DataFrame
    counts: Counts
    flags: list[str]
    institutions_created: list[str]


@dataclass(frozen=True)
class _Taken:
    """Rows that go on to the tables, and the numbers of those that do not."""

    frame: pl.DataFrame
    excluded: pl.DataFrame
    duplicate: pl.DataFrame
    merged: pl.DataFrame
    faults: pl.DataFrame
    flags: list[str]


def apply(
    feed: Feed,
    text: pl.DataFrame,
    known_institutions: frozenset[str] | None,
    extract_time: datetime | None,
    bad_rows: pl.DataFrame | None = None,
    *,
    use_up: bool = False,
) -> Outcome:
    """Make canonical tables of a file's text.

    Args:
        feed: its contract.
        text: row_number and the file's columns, all String and trimmed, by our names or the
            file's.
        known_institutions: ids that may be loaded; null if that is not to be checked.
        extract_time: when the file was drawn, UTC; null if unknown.
        bad_rows: faults of rows that could not be read and are not in ``text``.
        use_up: take the columns out of ``text``, so that their memory is free once they are read.

    Raises:
        DeliveryRejected: if columns are missing, none of a column's cells can be read, an
            expression fits no type, or every row is at fault.
        ReconciliationFailed: if a row ended in no state, or in two.
        TableRefused: if a table made from the file does not fit its declaration.
    """
    unread = no_faults() if bad_rows is None else bad_rows
    try:
        own = text if use_up else text.clone()
        return _applied(feed, own, known_institutions, extract_time, unread)
    except pl.exceptions.PolarsError as err:
        kind = type(err).__name__
    raise DeliveryRejected(f"{feed.feed}: the file could not be turned into tables ({kind})")


def _applied(
    feed: Feed,
    text: pl.DataFrame,
    known: frozenset[str] | None,
    extract_time: datetime | None,
    unread: pl.DataFrame,
) -> Outcome:
    rows_read = text.height + rows_at_fault(unread).height
    taken = _taken(feed, text, known, extract_time)
    latest = extract_time + feed.file.last_moment() if extract_time else None
    placed = taken.frame.select("row_number", *_institution(feed))
    made = pieces(feed, taken.frame, latest)
    faults = hidden_by_the_clock(together([unread, taken.faults, made.faults]))
    ended = Ended(
        reached=placed.select("row_number"),
        loaded=loaded_rows(made.frames),
        excluded=taken.excluded,
        duplicate=taken.duplicate,
        merged=taken.merged,
        copies=made.copies,
    )
    created = _created(feed, placed, ended.loaded, known)
    flags = [*taken.flags, *made.flags]
    counts = counted(feed, rows_read, ended, faults)
    tables = finished(feed, made.frames)
    return Outcome(tables, kept_faults(ended, faults), counts, flags, created)


def _taken(
    feed: Feed, text: pl.DataFrame, known: frozenset[str] | None, extract_time: datetime | None
) -> _Taken:
    """Typed rows after filter, key, institution and the feed's named rule."""
    own = columns(feed, text, extract_time)
    chosen = rows(feed, own.frame, known)
    faults = together([own.faults, chosen.faults])
    frame, merged = chosen.frame, chosen.frame.select("row_number").clear()
    if feed.rule is not None:
        ruled = RULES[feed.rule](frame)
        frame = ruled.frame
        merged = pl.DataFrame({"row_number": ruled.merged}, schema={"row_number": pl.Int64})
    return _Taken(frame, chosen.excluded, chosen.duplicate, merged, faults, own.flags)


def _institution(feed: Feed) -> list[str]:
    return [feed.institution.column] if feed.institution else []


def _created(
    feed: Feed, frame: pl.DataFrame, loaded: pl.DataFrame, known: frozenset[str] | None
) -> list[str]:
    """Institutions of loaded rows that were not known."""
    if feed.institution is None or feed.institution.unknown != "create":
        return []
    rows_loaded = frame.join(loaded, on="row_number", how="semi")
    ids = set(rows_loaded[feed.institution.column].unique().to_list())
    return sorted(ids - (known or frozenset()))
