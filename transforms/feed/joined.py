"""Rows of one key made one, as a feed's ``group`` says."""

import polars as pl

from schemas.clean import FEED_TABLES
from schemas.feed import FeedTable
from schemas.table import key
from transforms.exact import exact_mean, exact_sum
from transforms.feed.reasons import reason_column

DECIMALS = 4


def joined(table: FeedTable, frame: pl.DataFrame) -> pl.DataFrame:
    """One row per key of the table; without row_number. Sums are null if any member is."""
    keys = key(FEED_TABLES[table.name])
    made = []
    for column, how in (table.group or {}).items():
        explained = reason_column(table.name, column) is not None
        made += _explained(column, how) if explained else [_one(pl.col(column), how).alias(column)]
    return (
        frame.sort("row_number", maintain_order=True).group_by(keys, maintain_order=True).agg(made)
    )


def _one(values: pl.Expr, how: str) -> pl.Expr:
    match how:
        case "sum":
            return pl.when(values.is_null().any()).then(None).otherwise(_sum(values))
        case "mean":
            return exact_mean(values, DECIMALS)
        case "min":
            return values.min()
        case "max":
            return values.max()
        case "last":
            return values.drop_nulls().last()
    return values.drop_nulls().first()


def _sum(values: pl.Expr) -> pl.Expr:
    return exact_sum(values, DECIMALS)


def _explained(column: str, how: str) -> list[pl.Expr]:
    """A value with its reason and bounds: bounds of a sum are sums of what each can be."""
    value, reason = pl.col(column), pl.col(f"{column}_reason")
    made = [_one(value, how).alias(column)]
    missing = made[0].is_null()
    made.append(pl.when(missing).then(reason.drop_nulls().first()).alias(f"{column}_reason"))
    for end in ("low", "high"):
        name = f"{column}_{end}"
        bounds = _one(pl.coalesce(value, pl.col(name)), how)
        made.append(pl.when(missing).then(bounds).alias(name))
    return made
