"""The tables of one plan, their sums and joins: the same every time."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from optimization.verify.verdict import Verdict
from schemas.table import Table, check, key, name

Value = pl.Expr | str


class View:
    """What was read and what was published, side by side.

    Raises:
        PlanRefused: a table that is ``needed`` is missing.
        TableRefused: a table does not fit its schema.
    """

    def __init__(
        self, tables: Mapping[str, pl.DataFrame], needed: Sequence[type[Table]], verdict: Verdict
    ) -> None:
        missing = [name(t) for t in needed if name(t) not in tables]
        verdict.lacking("tables", pl.DataFrame({"table": missing}))
        checked = {name(t): check(t, tables[name(t)]).sort(key(t)) for t in needed}
        self.tables = dict(tables) | checked

    def __getitem__(self, table: str) -> pl.DataFrame:
        return self.tables[table]


def total(
    frame: pl.DataFrame, by: Sequence[str], value: Value, name: str | None = None
) -> pl.DataFrame:
    """Sum ``value`` by ``by``, in an order that the keys alone decide."""
    value = pl.col(value) if isinstance(value, str) else value
    name = name or value.meta.output_name()
    keys = [c for c, kind in frame.schema.items() if not kind.is_float() and c not in by]
    rows = frame.sort(*by, *keys).group_by(by, maintain_order=True).agg(_all=value.cast(pl.Float64))
    return rows.select(*by, pl.col("_all").list.sum().alias(name))


def whole(frame: pl.DataFrame, value: Value) -> float:
    """Sum ``value`` over all rows, in the order of the keys."""
    value = pl.col(value) if isinstance(value, str) else value
    keys = [c for c, kind in frame.schema.items() if not kind.is_float()]
    numbers = frame.sort(keys).select(value.cast(pl.Float64)).to_series().to_numpy()
    return float(np.add.reduce(numbers)) if numbers.size else 0.0


def joined(frame: pl.DataFrame, other: pl.DataFrame, on: Sequence[str]) -> pl.DataFrame:
    """``frame`` with what ``other`` has for its rows, else 0."""
    added = [c for c in other.columns if c not in on]
    return frame.join(other, on=on, how="left").with_columns(pl.col(added).fill_null(0.0))


def outer_joined(left: pl.DataFrame, right: pl.DataFrame, on: Sequence[str]) -> pl.DataFrame:
    """All rows of both, side by side, numbers that are missing as 0, in key order."""
    both = left.join(right, on=on, how="full", coalesce=True).sort(on)
    return both.with_columns(pl.selectors.float().fill_null(0.0))
