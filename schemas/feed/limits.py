"""What a canonical table asks of a value, read from its declaration."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import inf
from typing import Any

import polars as pl

from schemas.table import Table


@dataclass(frozen=True)
class Limits:
    """What one column asks: its type, range, words, longest text, and whether null may stand."""

    kind: pl.DataType
    nullable: bool
    low: float = -inf
    above: float = -inf
    high: float = inf
    words: tuple[str, ...] = ()
    longest: int | None = None


@cache
def limits(table: type[Table]) -> dict[str, Limits]:
    """The limits of each column of ``table``, in declared order."""
    return {
        name: Limits(kind=column.dtype.type, nullable=column.nullable, **_asked(column.checks))
        for name, column in table.to_schema().columns.items()
    }


def _asked(checks: Sequence[object]) -> dict[str, Any]:
    asked: dict[str, Any] = {}
    for check in checks:
        said = getattr(check, "statistics", None) or {}
        match getattr(check, "name", ""):
            case "greater_than_or_equal_to":
                asked["low"] = float(said["min_value"])
            case "greater_than":
                asked["above"] = float(said["min_value"])
            case "less_than_or_equal_to":
                asked["high"] = float(said["max_value"])
            case "isin":
                asked["words"] = tuple(said["allowed_values"])
            case "str_length":
                asked["longest"] = said["max_value"]
    return asked
