"""Planted violations: a sound plan with a cell, a row or several consistent cells changed."""

from collections.abc import Callable, Mapping
from pathlib import Path

import polars as pl
import pytest

from schemas.errors import PlanRefused

Tables = Mapping[str, pl.DataFrame]
Edit = Callable[[Tables], Tables]
FIRST = pl.int_range(pl.len()) == 0
LAST_PERIOD = pl.col("period") == pl.col("period").max()


def put(table: str, where: pl.Expr = FIRST, **values: object) -> Edit:
    """Columns of the first row of ``table`` that is ``where`` become ``values``."""

    def edit(tables: Tables) -> Tables:
        frame = tables[table].with_row_index("row")
        row = frame.filter(where)["row"]
        assert len(row), f"{table} has no row to change"
        chosen = pl.col("row") == row[0]
        new = [
            pl.when(chosen)
            .then(v if isinstance(v, pl.Expr) else pl.lit(v))
            .otherwise(c)
            .cast(frame.schema[c])
            .alias(c)
            for c, v in values.items()
        ]
        return {**tables, table: frame.with_columns(new).drop("row")}

    return edit


def put_all(table: str, **values: object) -> Edit:
    """Columns of every row of ``table`` become ``values``."""
    return lambda tables: {
        **tables,
        table: tables[table]
        .with_columns(**{c: v if isinstance(v, pl.Expr) else pl.lit(v) for c, v in values.items()})
        .cast(dict(tables[table].schema)),
    }


def more(table: str, by: float = 1.0, where: pl.Expr = FIRST, **columns: float) -> Edit:
    """Columns of one row grow by ``by`` times what is said of each."""
    return put(table, where, **{c: pl.col(c) + by * sign for c, sign in columns.items()})


def lose(table: str, where: pl.Expr = FIRST) -> Edit:
    """The first row that is ``where`` is gone."""

    def edit(tables: Tables) -> Tables:
        frame = tables[table].with_row_index("row")
        row = frame.filter(where)["row"]
        assert len(row), f"{table} has no row to lose"
        return {**tables, table: frame.filter(pl.col("row") != row[0]).drop("row")}

    return edit


def extra(table: str, where: pl.Expr = FIRST, **values: object) -> Edit:
    """A copy of a row, changed, stands in the table too."""

    def edit(tables: Tables) -> Tables:
        row = tables[table].filter(where)[:1]
        copy = put(table, **values)({table: row})[table]
        return {**tables, table: pl.concat([tables[table], copy])}

    return edit


def without(table: str) -> Edit:
    """The table is missing."""
    return lambda tables: {t: frame for t, frame in tables.items() if t != table}


def written_rules(model: str) -> dict[str, str]:
    """The words of a model's rules in docs/verification.md, which `make docs` writes."""
    document = Path(__file__).parents[4] / "docs" / "verification.md"
    section = document.read_text().split(f"## The {model}\n")[1].split("##")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if "`" in line]
    return {rule.strip("`"): words for rule, words in rows}


def planted(tables: Tables, *edits: Edit) -> Tables:
    """``tables`` after each of ``edits``."""
    for edit in edits:
        tables = edit(tables)
    return tables


def refusal(verify: Callable[[Tables], object], tables: Tables) -> PlanRefused:
    """How ``verify`` refuses ``tables``."""
    with pytest.raises(PlanRefused) as refused:
        verify(tables)
    return refused.value


def broken_rule(verify: Callable[[Tables], object], tables: Tables) -> str | None:
    """The rule by which ``verify`` refuses ``tables``, None where it does not."""
    try:
        verify(tables)
    except PlanRefused as refused:
        return refused.rule
    return None
