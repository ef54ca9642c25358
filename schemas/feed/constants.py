"""Expressions that name no column: what they give, before any file is read."""

import polars as pl

from schemas.clean import FEED_TABLES
from schemas.feed.expression import columns_of, parse
from schemas.feed.limits import limits


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
