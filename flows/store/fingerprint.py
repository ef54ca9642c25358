"""Is it the same night? A hash of each published table, over its rows in key order."""

import hashlib
from pathlib import Path

import duckdb

from flows.store.home import Home
from flows.store.warehouse import qualified
from schemas.table import Table, key, layer, name
from schemas.tables import PUBLISHED


def fingerprint(published: Path, *, ops: bool = False) -> dict[str, str]:
    """sha256 of each table of a published file, by name; ``ops`` tells of its own night."""
    tables = [table for table in PUBLISHED if ops or layer(table) != "ops"]
    with duckdb.connect(str(published), read_only=True) as con:
        return {name(table): _hash(con, table) for table in tables}


def warehouse_fingerprint(home: Home) -> dict[str, str]:
    """sha256 of every table of the warehouse, history included, by qualified name."""
    with duckdb.connect(str(home.warehouse), read_only=True) as con:
        tables = con.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() ORDER BY ALL"
        ).fetchall()
        return {
            f"{schema}.{table}": _whole(con, f'"{schema}"."{table}"') for schema, table in tables
        }


def _whole(con: duckdb.DuckDBPyConnection, table: str) -> str:
    frame = con.sql(f"FROM {table} ORDER BY ALL").pl()
    return hashlib.sha256(frame.write_csv(null_value="\\N").encode()).hexdigest()


def _hash(con: duckdb.DuckDBPyConnection, table: type[Table]) -> str:
    order = ", ".join(f'"{column}"' for column in key(table))
    frame = con.sql(f"FROM {qualified(table)} ORDER BY {order}").pl()
    return hashlib.sha256(frame.write_csv(null_value="\\N").encode()).hexdigest()
