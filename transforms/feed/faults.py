"""Faults: which row, which column, which rule, and whether the row or only the cell goes."""

from collections.abc import Iterable

import polars as pl

SCHEMA = pl.Schema(
    {"row_number": pl.Int64, "column_name": pl.String, "rule": pl.String, "grain": pl.String}
)


def no_faults() -> pl.DataFrame:
    """A frame of faults with no rows."""
    return pl.DataFrame(schema=SCHEMA)


def at(rows: pl.DataFrame, column: str, rule: str, grain: str) -> pl.DataFrame:
    """One fault for each of ``rows`` (which have row_number)."""
    return rows.select(
        pl.col("row_number").cast(pl.Int64),
        column_name=pl.lit(column),
        rule=pl.lit(rule),
        grain=pl.lit(grain),
    )


def together(faults: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """All of them, each once, in order of row, column and rule."""
    return pl.concat([no_faults(), *faults]).unique().sort(SCHEMA.names())


def rows_at_fault(faults: pl.DataFrame) -> pl.DataFrame:
    """The row numbers that must not be loaded."""
    return faults.filter(pl.col("grain") == "row").select("row_number").unique()


def without(frame: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """``frame`` less the rows whose number stands in ``rows``, in the same order."""
    if rows.is_empty():
        return frame
    return frame.filter(~pl.col("row_number").is_in(rows["row_number"].implode()))


def taken_out(frame: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """As ``without``, but ``frame`` is used up: of no column do two copies stand in memory."""
    if rows.is_empty():
        return frame
    kept = frame.select(~pl.col("row_number").is_in(rows["row_number"].implode())).to_series()
    return pl.DataFrame([frame.drop_in_place(c).filter(kept) for c in frame.columns])


def use_up(frame: pl.DataFrame) -> None:
    """Take every column out of ``frame``, so that its memory is free once no other has it."""
    for column in frame.columns:
        frame.drop_in_place(column)
