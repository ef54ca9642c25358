"""Tables of ``schemas/`` as DuckDB statements: types, NOT NULL, comments."""

import polars as pl

from schemas.table import Table, description, dictionary, key, layer, name, polars_schema, source

HISTORY = "history"

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


def create(table: type[Table]) -> str:
    """CREATE TABLE IF NOT EXISTS for the table as it is declared."""
    known = dictionary(table).filter(~pl.col("nullable"))["column"].to_list()
    return f"CREATE TABLE IF NOT EXISTS {qualified(table)} ({_columns(table, known)})"


def create_history(table: type[Table]) -> str:
    """The same for what is delivered: only the key must be known, and the delivery."""
    columns = f'{_columns(table, key(table))}, "delivery_id" VARCHAR NOT NULL'
    return f"CREATE TABLE IF NOT EXISTS {qualified(table, HISTORY)} ({columns})"


def _columns(table: type[Table], known: list[str]) -> str:
    return ", ".join(
        f'"{column}" {SQL_TYPES[kind]}{" NOT NULL" if column in known else ""}'
        for column, kind in polars_schema(table).items()
    )


def comments(table: type[Table]) -> list[str]:
    """COMMENT ON statements for the table and each of its columns."""
    target = qualified(table)
    estimate = " A plan or forecast: an estimate, not a count." if layer(table) == "results" else ""
    whole = f"{description(table)}{estimate} Source: {source(table)}."
    return [f"COMMENT ON TABLE {target} IS {_text(whole)}"] + [
        f'COMMENT ON COLUMN {target}."{column}" IS {_text(said + (f" [{unit}]" if unit else ""))}'
        for column, unit, said in dictionary(table)
        .select("column", "unit", "description")
        .iter_rows()
    ]


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
