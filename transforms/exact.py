"""Sums that are the same in every run, whatever the threads do."""

import polars as pl


def exact_sum(column: str | pl.Expr, decimals: int = 6) -> pl.Expr:
    """Sum of a float column, rounded to ``decimals`` first and added as integers.

    Float addition depends on order, and polars' grouped sums have none. Nulls count as 0. The
    scaled sum must stay below 9.2e18: 2 decimals serve amounts up to 1e16. The result is rounded
    once more, because polars divides by a number through its reciprocal.
    """
    values = pl.col(column) if isinstance(column, str) else column
    scale = 10.0**decimals
    return ((values * scale).round().cast(pl.Int64).sum() / scale).round(decimals)


def exact_mean(column: str | pl.Expr, decimals: int = 6) -> pl.Expr:
    """Mean of the values that are not null; null where there are none."""
    values = pl.col(column) if isinstance(column, str) else column
    count = values.count()
    return pl.when(count > 0).then(exact_sum(values, decimals) / count)
