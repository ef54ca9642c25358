"""A new published file, built aside from the warehouse, readable by DuckDB 1.4 and later."""

from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from flows.publish.disclose import protected
from flows.store.home import Home
from flows.store.settings import settings
from flows.store.warehouse import comments, create, qualified
from schemas.table import LAYERS, Table, key
from schemas.tables import PUBLISHED

STORAGE = "v1.4.0"


def build(home: Home, new: Path) -> dict[str, int]:
    """Copy every published table, in key order, with its comments; returns rows by table.

    Counts of people are copied as ``flows.publish.disclose`` gives them.
    """
    options: dict[str, Any] = {
        "memory_limit": settings().duckdb_memory,
        "temp_directory": str(home.spill),
    }
    with duckdb.connect(config=options) as con:
        con.execute(f"ATTACH '{quoted(home.warehouse)}' AS warehouse (READ_ONLY)")
        con.execute(f"ATTACH '{quoted(new)}' AS published (STORAGE_VERSION '{STORAGE}')")
        con.execute("USE published")
        con.begin()
        for schema in LAYERS:
            con.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
        instead = protected(con)
        rows = {
            qualified(table).replace('"', ""): _copy(con, table, instead.get(table))
            for table in PUBLISHED
        }
        con.commit()
        con.execute("CHECKPOINT published")
        con.execute("USE memory")
        con.execute("DETACH published")
    return rows


def _copy(con: duckdb.DuckDBPyConnection, table: type[Table], instead: pl.DataFrame | None) -> int:
    con.execute(create(table))
    order = ", ".join(f'"{column}"' for column in key(table))
    source = f"warehouse.{qualified(table)}"
    if instead is not None:
        con.register("instead", instead)
        source = "instead"
    con.execute(f"INSERT INTO {qualified(table)} BY NAME FROM {source} ORDER BY {order}")
    con.execute(";".join(comments(table)))
    return int(con.execute(f"SELECT count(*) FROM {qualified(table)}").fetchall()[0][0])


def quoted(path: Path) -> str:
    """A path as the inside of an SQL string."""
    return str(path).replace("'", "''")
