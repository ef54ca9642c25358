"""What an extract says anew of rows that an earlier one had, counted by table and column."""

from collections.abc import Iterator

import polars as pl

from schemas.table import Table, key, name, polars_schema

ROW = "(the row)"
DATES = {"capacity": "date", "activity": "period_start", "finance": "period_start"}
# Columns whose change is a number of people.
PEOPLE = ("in_use", "in_use_low", "in_use_high", "admissions", "patient_days", "attendances")
_BEFORE = "_before"


def restatement(
    table: type[Table], before: pl.DataFrame, after: pl.DataFrame, *, show_people: bool
) -> pl.DataFrame:
    """Rows and cells of ``after`` beside the rows of the same keys in ``before``.

    Args:
        table: the clean table of both.
        before: what the delivery takes the place of: rows whose key it lacks are gone.
        after: what the delivery says.
        show_people: also tell the largest change of a column that counts people.

    Returns:
        table_name, column_name, change, rows, largest, first_date, last_date: four rows for
        whole rows, and one for each column and change that occurs.
    """
    keys = key(table)
    values = [c for c in polars_schema(table).names() if c not in keys]
    both = after.join(before, on=keys, suffix=_BEFORE, how="inner")
    differs = [pl.col(c).ne_missing(pl.col(c + _BEFORE)) for c in values]
    both = both.with_columns(differs=pl.any_horizontal(pl.lit(False), *differs))
    restated = both.filter("differs")
    whole = {
        "new": after.join(before, on=keys, how="anti"),
        "same": both.filter(~pl.col("differs")),
        "restated": restated,
        "gone": before.join(after, on=keys, how="anti"),
    }
    dated = DATES.get(name(table))
    found = [_counted(rows, dated, ROW, change) for change, rows in whole.items()]
    for column in values:
        people = column in PEOPLE and not show_people
        found += _cells(restated, dated, column, with_size=not people)
    return pl.concat(found).select(pl.lit(name(table)).alias("table_name"), pl.all())


def _cells(
    restated: pl.DataFrame, dated: str | None, column: str, *, with_size: bool
) -> Iterator[pl.DataFrame]:
    """One row for each way in which cells of the column differ."""
    now, then = pl.col(column), pl.col(column + _BEFORE)
    ways = {
        "changed": now != then,
        "filled": now.is_not_null() & then.is_null(),
        "emptied": now.is_null() & then.is_not_null(),
    }
    size = (now - then).abs() if with_size and restated[column].dtype.is_numeric() else None
    for change, true in ways.items():
        rows = restated.filter(true)
        if rows.height:
            yield _counted(rows, dated, column, change, size)


def _counted(
    rows: pl.DataFrame,
    dated: str | None,
    column: str,
    change: str,
    size: pl.Expr | None = None,
) -> pl.DataFrame:
    date = pl.lit(None, pl.Date) if dated is None else pl.col(dated)
    return rows.select(
        column_name=pl.lit(column),
        change=pl.lit(change),
        rows=pl.len().cast(pl.Int64),
        largest=pl.lit(None, pl.Float64) if size is None else size.max().cast(pl.Float64),
        first_date=date.min(),
        last_date=date.max(),
    )
