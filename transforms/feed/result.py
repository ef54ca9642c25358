"""The whole way of a file: text in, canonical tables, faults and counts out.

Rows are counted one state at a time, so that a lost row shows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from schemas.errors import DeliveryRejected, ReconciliationFailed
from schemas.events import Occurrence
from schemas.feed import Feed, FeedTable
from transforms.feed.columns import columns
from transforms.feed.faults import SCHEMA, all_faults, drop_rows, no_faults, rows_at_fault
from transforms.feed.rows import rows
from transforms.feed.rules import RULES
from transforms.feed.tables import finished, pieces
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
class Ended:
    """Numbers of rows (frames of row_number) by where their way ended or may end.

    ``reached`` came as far as the tables, ``copies`` (with ``first``) say what another row says.
    """

    reached: pl.DataFrame
    loaded: pl.DataFrame
    excluded: pl.DataFrame
    copies: pl.DataFrame
    merged: pl.DataFrame


@dataclass(frozen=True)
class FeedResult:
    """What a file becomes.

    ``tables`` hold the canonical columns of schemas.clean, sorted by key; those that several
    feeds describe together (schemas.clean.ENTITIES) have null where this feed says nothing.
    ``quarantine``: row_number, column_name, rule, grain. ``copies``: rows that are counted as
    duplicates: row_number, and the row that each repeats as ``first``. ``unknown_codes``:
    column_name, code, rows; none of files of patients.
    """

    tables: dict[str, pl.DataFrame]
    quarantine: pl.DataFrame
    copies: pl.DataFrame
    counts: Counts
    occurrences: list[Occurrence]
    institutions_created: list[str]
    unknown_codes: pl.DataFrame


@dataclass(frozen=True)
class _Taken:
    """Rows that go on to the tables, and the numbers of those that do not."""

    frame: pl.DataFrame
    excluded: pl.DataFrame
    copies: pl.DataFrame
    merged: pl.DataFrame
    faults: pl.DataFrame
    occurrences: list[Occurrence]
    unknown: pl.DataFrame


def apply(
    feed: Feed,
    text: pl.DataFrame,
    known_institutions: frozenset[str] | None,
    extract_time: datetime | None,
    bad_rows: pl.DataFrame | None = None,
    *,
    use_up: bool = False,
) -> FeedResult:
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
    raise DeliveryRejected("not_turned_into_tables", detail=kind)


def _applied(
    feed: Feed,
    text: pl.DataFrame,
    known: frozenset[str] | None,
    extract_time: datetime | None,
    unread: pl.DataFrame,
) -> FeedResult:
    rows_read = text.height + rows_at_fault(unread).height
    taken = _taken(feed, text, known, extract_time)
    latest = feed.file.last_moment(extract_time) if extract_time else None
    placed = taken.frame.select("row_number", *_institution(feed))
    made = pieces(feed, taken.frame, latest)
    faults = explained_by_cells(all_faults([unread, taken.faults, made.faults]))
    loaded = loaded_rows(made.frames)
    copies = drop_rows(drop_rows(made.copies, loaded), rows_at_fault(faults))
    ended = Ended(
        reached=placed.select("row_number"),
        loaded=loaded,
        excluded=taken.excluded,
        copies=pl.concat([taken.copies, copies]),
        merged=taken.merged,
    )
    created = _created(feed, placed, ended.loaded, known)
    flags = [*taken.occurrences, *made.occurrences]
    counts = counted(feed, rows_read, ended, faults)
    tables = finished(feed, made.frames)
    kept = kept_faults(ended, faults)
    unknown = pl.concat([taken.unknown, *made.unknown])
    return FeedResult(
        tables, kept, ended.copies.sort("row_number"), counts, flags, created, unknown
    )


def _taken(
    feed: Feed, text: pl.DataFrame, known: frozenset[str] | None, extract_time: datetime | None
) -> _Taken:
    """Typed rows after filter, key, institution and the feed's named rule."""
    own = columns(feed, text, extract_time)
    chosen = rows(feed, own.frame, known)
    faults = all_faults([own.faults, chosen.faults])
    frame, merged = chosen.frame, chosen.frame.select("row_number").clear()
    if feed.rule is not None:
        ruled = RULES[feed.rule](frame)
        frame = ruled.frame
        merged = pl.DataFrame({"row_number": ruled.merged}, schema={"row_number": pl.Int64})
    return _Taken(
        frame, chosen.excluded, chosen.duplicate, merged, faults, own.occurrences, chosen.unknown
    )


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


def loaded_rows(pieces: Sequence[tuple[FeedTable, pl.DataFrame]]) -> pl.DataFrame:
    """Numbers of the rows that stand in a table."""
    numbers = pl.concat([frame.select("row_number") for _, frame in pieces])
    table = pieces[0][0]
    once = len(pieces) == 1 and not table.each and table.unpivot is None
    return numbers if once else numbers.unique()


def counted(feed: Feed, read: int, ended: Ended, faults: pl.DataFrame) -> Counts:
    """The counts of a delivery of ``read`` rows.

    Raises:
        ReconciliationFailed: if they do not add up: a row ended in no state, or in two.
        DeliveryRejected: if every row (of three or more) is at fault.
    """
    bad = rows_at_fault(faults)
    filtered = ended.reached
    for others in (ended.loaded, bad, ended.copies):
        filtered = drop_rows(filtered, others)
    counts = Counts(
        rows_read=read,
        loaded=ended.loaded.height,
        quarantined=bad.height,
        duplicate=ended.copies.height,
        excluded=ended.excluded.height + filtered.height,
        merged=ended.merged.height,
        cells_nulled=kept_faults(ended, faults).filter(pl.col("grain") == "cell").height,
    )
    if not counts.balances():
        raise ReconciliationFailed(f"{feed.feed}: the rows do not add up: {counts}")
    if counts.quarantined == counts.rows_read >= FEW:
        rules = faults.filter(pl.col("grain") == "row")["rule"].unique().sort().to_list()
        raise DeliveryRejected("all_rows_at_fault", count=counts.rows_read, detail=", ".join(rules))
    return counts


def kept_faults(ended: Ended, faults: pl.DataFrame) -> pl.DataFrame:
    """Faults of rows that are not loaded, and of cells in rows that are."""
    cells = faults.filter(pl.col("grain") == "cell")
    rows = faults.filter(pl.col("grain") == "row")
    if cells.is_empty():
        return rows
    numbers = cells["row_number"].unique().implode()
    stand = pl.concat([ended.loaded, ended.merged]).filter(pl.col("row_number").is_in(numbers))
    return all_faults([rows, cells.join(stand, on="row_number", how="semi")])


def explained_by_cells(faults: pl.DataFrame) -> pl.DataFrame:
    """Rows that go for want of a value which was sent and is lost, by the rule that lost it."""
    cells = faults.filter(pl.col("grain") == "cell")
    if cells.is_empty():
        return faults
    place = ["row_number", "column_name"]
    lost = cells.group_by(place).agg(cause=pl.col("rule").min())
    missing = pl.col("rule").is_in(["required_missing", "key_missing"])
    cause = pl.when(missing).then("cause")
    both = faults.join(lost, on=place, how="left").with_columns(rule=pl.coalesce(cause, "rule"))
    return all_faults([both.select(SCHEMA.names())])
