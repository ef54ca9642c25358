"""The whole way of a file: text in, canonical tables, faults and counts out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from schemas.base import check, conform, key
from schemas.clean import ENTITIES, FEED_TABLES
from schemas.errors import DeliveryRejected, ReconciliationFailed
from schemas.feed import Feed, FeedTable
from transforms.feed.columns import columns
from transforms.feed.faults import no_faults, rows_at_fault, together, without
from transforms.feed.joined import joined
from transforms.feed.pieces import piece
from transforms.feed.reasons import reason_column
from transforms.feed.rows import Rows, one_per_key, rows
from transforms.feed.rules import RULES
from transforms.feed.values import FEW


@dataclass(frozen=True)
class Counts:
    """Rows of a delivery: read = loaded + quarantined + duplicate + excluded + merged."""

    rows_read: int
    loaded: int
    quarantined: int
    duplicate: int
    excluded: int
    merged: int
    cells_nulled: int

    def balances(self) -> bool:
        """Is every row counted once?"""
        parts = (self.loaded, self.quarantined, self.duplicate, self.excluded, self.merged)
        return self.rows_read == sum(parts)


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
class _Tables:
    pieces: list[tuple[FeedTable, pl.DataFrame]]
    copies: pl.DataFrame
    faults: pl.DataFrame
    flags: list[str]


def apply(
    feed: Feed,
    text: pl.DataFrame,
    known_institutions: frozenset[str] | None,
    extract_time: datetime | None,
    bad_rows: pl.DataFrame | None = None,
) -> Outcome:
    """Make canonical tables of a file's text.

    Args:
        feed: its contract.
        text: row_number and the file's columns, all String, by our names or the file's.
        known_institutions: ids that may be loaded; null if that is not to be checked.
        extract_time: when the file was drawn, UTC; null if unknown.
        bad_rows: faults of rows that could not be read and are not in ``text``.

    Raises:
        DeliveryRejected: if columns are missing, none of a column's cells can be read, an
            expression fits no type, or every row is at fault.
        ReconciliationFailed: if a row ended in no state, or in two.
        TableRefused: if a table made from the file does not fit its declaration.
    """
    unread = no_faults() if bad_rows is None else bad_rows
    try:
        return _applied(feed, text, known_institutions, extract_time, unread)
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
    own = columns(feed, text, extract_time)
    taken = rows(feed, own.frame, known)
    ruled, merged = _ruled(feed, taken.frame)
    latest = extract_time + feed.file.last_moment() if extract_time else None
    made = _made(feed, ruled, latest)
    faults = together([unread, own.faults, taken.faults, made.faults])
    read = text.height + rows_at_fault(unread).height
    states = _States(read, faults, taken, ruled, merged, made)
    counts, kept = states.counted()
    _settle(feed, counts, faults)
    return Outcome(
        _finished(feed, made.pieces),
        kept,
        counts,
        [*own.flags, *made.flags],
        _created(feed, ruled, states.loaded(), known),
    )


def _ruled(feed: Feed, frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows after the feed's named rule, and the numbers of those it merged."""
    if feed.rule is None:
        return frame, frame.select("row_number").clear()
    outcome = RULES[feed.rule](frame)
    return outcome.frame, pl.DataFrame(
        {"row_number": outcome.merged}, schema={"row_number": pl.Int64}
    )


def _made(feed: Feed, frame: pl.DataFrame, latest: datetime | None) -> _Tables:
    """Pieces of every table, without the rows that any table finds at fault."""
    pieces = [piece(feed, table, frame, latest) for table in feed.table]
    faults = together(p.faults for p in pieces)
    bad = rows_at_fault(faults)
    frames = [(t, without(p.frame, bad)) for t, p in zip(feed.table, pieces, strict=True)]
    single, copies, repeated = _one_per_key(feed, frames)
    clashing = rows_at_fault(repeated)
    single = [(t, without(f, clashing)) for t, f in single]
    flags = [flag for p in pieces for flag in p.flags]
    return _Tables(single, copies, together([faults, repeated]), flags)


def _one_per_key(
    feed: Feed, pieces: Sequence[tuple[FeedTable, pl.DataFrame]]
) -> tuple[list[tuple[FeedTable, pl.DataFrame]], pl.DataFrame, pl.DataFrame]:
    """Tables without copies of a row; rows of one key that differ are faults."""
    done, copies, faults = [], [], []
    for table, frame in pieces:
        if table.group is not None or _keyed_by_source(feed, table):
            done.append((table, frame))
            continue
        single, copied, repeated = one_per_key(
            frame.unique(maintain_order=True), feed.key_of(table.name)
        )
        done.append((table, single))
        copies.append(copied)
        faults.append(repeated)
    none = pl.DataFrame(schema={"row_number": pl.Int64})
    return done, pl.concat([none, *copies]).unique(), together(faults)


def _keyed_by_source(feed: Feed, table: FeedTable) -> bool:
    """Does the feed's own key, already checked, name the table's rows?"""
    keys = {table.columns.get(column) for column in feed.key_of(table.name)}
    plain = not table.each and table.unpivot is None and feed.rule is None
    return plain and set(feed.source.key) <= keys


def _finished(
    feed: Feed, pieces: Sequence[tuple[FeedTable, pl.DataFrame]]
) -> dict[str, pl.DataFrame]:
    """Each canonical table, whole: grouped, conformed, checked."""
    tables: dict[str, pl.DataFrame] = {}
    for name in feed.tables():
        table = FEED_TABLES[name]
        parts = [joined(t, f) if t.group is not None else f for t, f in pieces if t.name == name]
        frame = pl.concat([conform(table, part) for part in parts]).sort(key(table))
        frame = _with_reasons(name, frame)
        tables[name] = frame if name in ENTITIES else check(table, frame)
    return tables


def _with_reasons(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """A column that the feed does not give is unknown because it was not reported."""
    explained = [c for c in frame.columns if reason_column(name, c)]
    return frame.with_columns(
        pl.when(pl.col(c).is_null())
        .then(pl.col(f"{c}_reason").fill_null("not_reported"))
        .alias(f"{c}_reason")
        for c in explained
    )


@dataclass(frozen=True)
class _States:
    """Which rows ended how."""

    read: int
    faults: pl.DataFrame
    taken: Rows
    ruled: pl.DataFrame
    merged: pl.DataFrame
    made: _Tables

    def loaded(self) -> pl.DataFrame:
        """Numbers of the rows that stand in a table."""
        pieces = self.made.pieces
        numbers = pl.concat([frame.select("row_number") for _, frame in pieces])
        alone = len(pieces) == 1 and not pieces[0][0].each and pieces[0][0].unpivot is None
        return numbers if alone else numbers.unique()

    def counted(self) -> tuple[Counts, pl.DataFrame]:
        """Counts, and the faults to keep: of rows not loaded, and cells of rows that are."""
        bad, loaded = rows_at_fault(self.faults), self.loaded()
        copies = without(without(self.made.copies, loaded), bad)
        filtered = self.ruled.select("row_number")
        for others in (loaded, bad, copies):
            filtered = without(filtered, others)
        stand = pl.concat([loaded, self.merged.select("row_number")])
        cells = self.faults.filter(pl.col("grain") == "cell").join(
            stand, on="row_number", how="semi"
        )
        rows = self.faults.filter(pl.col("grain") == "row")
        counts = Counts(
            rows_read=self.read,
            loaded=loaded.height,
            quarantined=bad.height,
            duplicate=self.taken.duplicate.height + copies.height,
            excluded=self.taken.excluded.height + filtered.height,
            merged=self.merged.height,
            cells_nulled=cells.height,
        )
        return counts, together([rows, cells])


def _settle(feed: Feed, counts: Counts, faults: pl.DataFrame) -> None:
    if not counts.balances():
        raise ReconciliationFailed(f"{feed.feed}: the rows do not add up: {counts}")
    if counts.quarantined == counts.rows_read >= FEW:
        rules = faults.filter(pl.col("grain") == "row")["rule"].unique().sort().to_list()
        raise DeliveryRejected(
            f"{feed.feed}: all {counts.rows_read} rows are at fault ({', '.join(rules)});"
            " is it another feed's, region's or institution's file?"
        )


def _created(
    feed: Feed, frame: pl.DataFrame, loaded: pl.DataFrame, known: frozenset[str] | None
) -> list[str]:
    """Institutions of loaded rows that were not known."""
    if feed.institution is None or feed.institution.unknown != "create":
        return []
    rows = frame.join(loaded, on="row_number", how="semi")
    return sorted(set(rows[feed.institution.column].unique().to_list()) - (known or frozenset()))
