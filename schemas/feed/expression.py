"""Expressions of a feed, and what a canonical column asks of the values that they give.

An expression is SQL over the feed's columns, checked before any file is read.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

import polars as pl

from schemas.clean import FEED_TABLES
from schemas.table import Table, once, schema

_LITERAL = re.compile(r"'(?:[^']|'')*'")


def parse(expression: str) -> pl.Expr:
    """The expression in polars.

    Raises:
        ValueError: if it is not SQL that polars knows, or casts other than by try_cast (a
            failing cast would print the value).
    """
    bare = _LITERAL.sub("''", expression)
    if re.search(r"(?<!try_)\bcast\s*\(", bare, re.IGNORECASE) or "::" in bare:
        raise ValueError(f"only try_cast may cast: {expression!r}")
    try:
        return pl.sql_expr(expression)
    except Exception as err:
        reason = str(err).splitlines()[0]
    raise ValueError(f"not an expression: {expression!r}: {reason}")


def columns_of(expression: str) -> list[str]:
    """The columns that it names, in the order in which it names them.

    Raises:
        ValueError: as ``parse``.
    """
    names = set(parse(expression).meta.root_names())
    bare = _LITERAL.sub(lambda found: " " * len(found[0]), expression)
    return sorted(names, key=lambda name: (_place(name, bare), name))


def _place(name: str, text: str) -> int:
    found = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)
    return found.start() if found else len(text)


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


@once
def limits(table: type[Table]) -> dict[str, Limits]:
    """The limits of each column of ``table``, in declared order."""
    return {
        name: Limits(kind=column.dtype.type, nullable=column.nullable, **_asked(column.checks))
        for name, column in schema(table).columns.items()
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


def check_expression(table: str, column: str, expression: str) -> None:
    """Does the canonical column allow what the expression gives, if that is known already?

    Raises:
        ValueError: if it does not.
    """
    if columns_of(expression):
        return
    try:
        value = pl.select(parse(expression)).item()
    except pl.exceptions.PolarsError:
        return
    check_value(table, column, value)


def check_value(table: str, column: str, value: object) -> None:
    """Does the canonical column allow the value?

    Raises:
        ValueError: if it does not.
    """
    limit = limits(FEED_TABLES[table])[column]
    where = f"table {table}: {column}"
    if limit.words and isinstance(value, str) and value not in limit.words:
        raise ValueError(f"{where} may not be {value!r}; it is one of {', '.join(limit.words)}")
    if limit.longest and value == "":
        raise ValueError(f"{where} may not be an empty text")
    if not limit.kind.is_numeric() or not isinstance(value, int | float):
        return
    if not limit.low <= value <= limit.high or value <= limit.above:
        raise ValueError(f"{where} may not be {value:g}")
