"""Sums that are the same every time: in key order, one after the other."""

from collections.abc import Sequence

import numpy as np
import polars as pl


def total(frame: pl.DataFrame, by: Sequence[str], value: pl.Expr, name: str) -> pl.DataFrame:
    """Sum ``value`` by ``by``, in an order that the keys alone decide."""
    keys = [c for c, kind in frame.schema.items() if not kind.is_float() and c not in by]
    rows = frame.sort(*by, *keys).with_columns(value.cast(pl.Float64).alias("_value"))
    groups = rows.group_by(by, maintain_order=True).agg(pl.len().alias("_rows"))
    if groups.is_empty():
        return groups.select(*by, pl.lit(0.0).alias(name))
    ends = np.cumsum(groups["_rows"].to_numpy(), dtype=np.int64)
    starts = np.concatenate([np.zeros(1, np.int64), ends[:-1]])
    sums = np.add.reduceat(rows["_value"].to_numpy(), starts)
    return groups.select(by).with_columns(pl.Series(name, sums))


def whole(frame: pl.DataFrame, value: pl.Expr) -> float:
    """Sum ``value`` over all rows, in the order of the keys."""
    keys = [c for c, kind in frame.schema.items() if not kind.is_float()]
    numbers = frame.sort(keys).select(value.cast(pl.Float64)).to_series().to_numpy()
    return float(np.add.reduce(numbers)) if numbers.size else 0.0


def beside(left: pl.DataFrame, right: pl.DataFrame, on: Sequence[str]) -> pl.DataFrame:
    """All rows of both, side by side, numbers that are missing as 0, in key order."""
    both = left.join(right, on=on, how="full", coalesce=True).sort(on)
    return both.with_columns(pl.selectors.float().fill_null(0.0))
