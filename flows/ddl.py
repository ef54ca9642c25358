"""Tables of ``schemas/`` as DuckDB statements: types, NOT NULL, comments."""

import polars as pl

from schemas.base import Table, description, dictionary, layer, name, polars_schema, source

SQL_TYPES: dict[pl.DataType, str] = {
    pl.String(): "VARCHAR",
    pl.Float64(): "DOUBLE",
    pl.Int64(): "BIGINT",
    pl.Boolean(): "BOOLEAN",
    pl.Date(): "DATE",
    pl.Datetime("us"): "TIMESTAMP",
}


def qualified(table: type[Table], schema: str | None = None) -> str:
    """The table's quoted name within its DuckDB schema."""
    return f'"{schema or layer(table)}"."{name(table)}"'


def create(table: type[Table], schema: str | None = None, also: str = "") -> str:
    """CREATE TABLE IF NOT EXISTS, with ``also`` as further column definitions."""
    nullable = dict(dictionary(table).select("column", "nullable").iter_rows())
    columns = ", ".join(
        f'"{column}" {SQL_TYPES[kind]}{"" if nullable[column] else " NOT NULL"}'
        for column, kind in polars_schema(table).items()
    )
    return f"CREATE TABLE IF NOT EXISTS {qualified(table, schema)} ({columns}{also})"


def comments(table: type[Table], schema: str | None = None) -> list[str]:
    """COMMENT ON statements for the table and each of its columns."""
    target = qualified(table, schema)
    whole = f"{description(table)} Source: {source(table)}."
    return [f"COMMENT ON TABLE {target} IS {_text(whole)}"] + [
        f'COMMENT ON COLUMN {target}."{column}" IS {_text(said + (f" [{unit}]" if unit else ""))}'
        for column, unit, said in dictionary(table)
        .select("column", "unit", "description")
        .iter_rows()
    ]


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
