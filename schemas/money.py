"""Amounts of money: which columns hold them, and in which unit a model counts them."""

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from schemas.columns import COLUMNS
from schemas.table import Table, name, polars_schema

LARGEST = 1e6


def amounts(table: type[Table]) -> list[str]:
    """Columns of ``table`` that are in currency."""
    return [c for c in polars_schema(table) if COLUMNS[c].unit == "currency"]


def in_unit(
    tables: Iterable[type[Table]], frames: Mapping[str, pl.DataFrame], unit: float
) -> dict[str, pl.DataFrame]:
    """The frames of ``tables`` by name, every amount in ``unit``."""
    return {name(t): frames[name(t)].with_columns(pl.col(amounts(t)) / unit) for t in tables}


def money_unit(columns: Iterable[pl.Series]) -> float:
    """1, a thousand, a million, ...: the least in which the largest amount is at most 1e6."""
    sizes: list[Any] = [column.abs().max() or 0.0 for column in columns]
    unit = 1.0
    while max(sizes, default=0.0) > LARGEST * unit:
        unit *= 1000
    return unit
