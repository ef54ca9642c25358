"""Which rows ended how, counted one state at a time so that a lost row shows."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from schemas.errors import DeliveryRejected, ReconciliationFailed
from schemas.feed import Feed, FeedTable
from transforms.feed.faults import rows_at_fault, together, without
from transforms.feed.values import CLOCK_CHANGE, FEW


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

    ``reached`` came as far as the tables, ``copies`` say what another row of a table says.
    """

    reached: pl.DataFrame
    loaded: pl.DataFrame
    excluded: pl.DataFrame
    duplicate: pl.DataFrame
    merged: pl.DataFrame
    copies: pl.DataFrame


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
    copies = without(without(ended.copies, ended.loaded), bad)
    filtered = ended.reached
    for others in (ended.loaded, bad, copies):
        filtered = without(filtered, others)
    counts = Counts(
        rows_read=read,
        loaded=ended.loaded.height,
        quarantined=bad.height,
        duplicate=ended.duplicate.height + copies.height,
        excluded=ended.excluded.height + filtered.height,
        merged=ended.merged.height,
        cells_nulled=kept_faults(ended, faults).filter(pl.col("grain") == "cell").height,
    )
    if not counts.balances():
        raise ReconciliationFailed(f"{feed.feed}: the rows do not add up: {counts}")
    if counts.quarantined == counts.rows_read >= FEW:
        rules = faults.filter(pl.col("grain") == "row")["rule"].unique().sort().to_list()
        raise DeliveryRejected(
            f"{feed.feed}: all {counts.rows_read} rows are at fault ({', '.join(rules)});"
            " is it another feed's, region's or institution's file?"
        )
    return counts


def kept_faults(ended: Ended, faults: pl.DataFrame) -> pl.DataFrame:
    """Faults of rows that are not loaded, and of cells in rows that are."""
    cells = faults.filter(pl.col("grain") == "cell")
    rows = faults.filter(pl.col("grain") == "row")
    if cells.is_empty():
        return rows
    numbers = cells["row_number"].unique().implode()
    stand = pl.concat([ended.loaded, ended.merged]).filter(pl.col("row_number").is_in(numbers))
    return together([rows, cells.join(stand, on="row_number", how="semi")])


def hidden_by_the_clock(faults: pl.DataFrame) -> pl.DataFrame:
    """Rows that go for want of a time which a clock change hides, said to go for that."""
    cells = faults.filter(pl.col("rule") == CLOCK_CHANGE).select("row_number", "column_name")
    if cells.is_empty():
        return faults
    missing = pl.col("rule").is_in(["required_missing", "key_missing"])
    hidden = faults.filter(missing).join(cells, on=["row_number", "column_name"], how="semi")
    others = faults.join(hidden, on=faults.columns, how="anti")
    return together([others, hidden.with_columns(rule=pl.lit(CLOCK_CHANGE))])
