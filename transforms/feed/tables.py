"""Whole canonical tables from the rows of a feed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from schemas.clean import ENTITIES, FEED_TABLES
from schemas.feed import Feed, FeedTable
from schemas.table import check, conform, key
from transforms.feed.faults import rows_at_fault, taken_out, together, use_up, without
from transforms.feed.joined import joined
from transforms.feed.pieces import piece
from transforms.feed.reasons import reason_column
from transforms.feed.rows import one_per_key


@dataclass(frozen=True)
class Pieces:
    """Rows of each table with the row_number they come from, none of them at fault.

    ``copies`` are numbers of rows that say what another row says.
    """

    frames: list[tuple[FeedTable, pl.DataFrame]]
    copies: pl.DataFrame
    faults: pl.DataFrame
    flags: list[str]


def pieces(feed: Feed, frame: pl.DataFrame, latest: datetime | None) -> Pieces:
    """Pieces of every table, without the rows that any finds at fault; ``frame`` is used up."""
    made = [piece(feed, table, frame, latest) for table in feed.table]
    use_up(frame)
    faults = together(p.faults for p in made)
    bad = rows_at_fault(faults)
    frames = [(t, taken_out(p.frame, bad)) for t, p in zip(feed.table, made, strict=True)]
    warnings = sum((p.warnings for p in made), Counter[str]())
    flags = [f"{count} {what}" for what, count in sorted(warnings.items()) if count]
    single, copies, repeated = _one_per_key(feed, frames)
    clashing = rows_at_fault(repeated)
    single = [(t, without(f, clashing)) for t, f in single]
    return Pieces(single, copies, together([faults, repeated]), flags)


def _one_per_key(
    feed: Feed, frames: Sequence[tuple[FeedTable, pl.DataFrame]]
) -> tuple[list[tuple[FeedTable, pl.DataFrame]], pl.DataFrame, pl.DataFrame]:
    """Tables without copies of a row; rows of one key that differ are faults."""
    done, copies, faults = [], [], []
    for table, frame in frames:
        if table.group is not None or _keyed_by_source(feed, table):
            done.append((table, frame))
            continue
        unique = frame.unique(maintain_order=True)
        single, copied, repeated = one_per_key(unique, feed.key_of(table.name))
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


def finished(
    feed: Feed, frames: Sequence[tuple[FeedTable, pl.DataFrame]]
) -> dict[str, pl.DataFrame]:
    """Each canonical table, whole: grouped, conformed, sorted by key, checked.

    Raises:
        TableRefused: if one does not fit its declaration.
    """
    tables: dict[str, pl.DataFrame] = {}
    for name in feed.tables():
        table, keys = FEED_TABLES[name], feed.key_of(name)
        parts = [joined(t, f) if t.group is not None else f for t, f in frames if t.name == name]
        made = [conform(table, _marked_if_sorted(part, keys)) for part in parts]
        frame = made[0] if len(made) == 1 else pl.concat(made).sort(key(table))
        frame = _with_reasons(name, frame)
        tables[name] = frame if name in ENTITIES else check(table, frame)
    return tables


def _marked_if_sorted(frame: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """Spare a sort, and the copy it makes, where a single key is in order already."""
    if len(keys) == 1 and frame[keys[0]].null_count() == 0 and frame[keys[0]].is_sorted():
        return frame.with_columns(pl.col(keys[0]).set_sorted())
    return frame


def _with_reasons(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """A column that the feed does not give is unknown because it was not reported."""
    explained = [c for c in frame.columns if reason_column(name, c)]
    return frame.with_columns(
        pl.when(pl.col(c).is_null())
        .then(pl.col(f"{c}_reason").fill_null("not_reported"))
        .alias(f"{c}_reason")
        for c in explained
    )
