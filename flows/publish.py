"""The file that analysts open: built aside, proved by another process, moved into place."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb

from flows.ddl import comments, create, qualified
from flows.home import Home
from flows.landing import sync_folder
from flows.settings import settings
from schemas.base import LAYERS, Table, key
from schemas.errors import HomeRefused
from schemas.tables import PUBLISHED

STORAGE = "v1.4.0"
PROOF = """
import sys, duckdb
with duckdb.connect(sys.argv[1], read_only=True) as con:
    tables = con.execute("select schema_name, table_name from duckdb_tables()").fetchall()
    for schema, table in tables:
        con.execute(f'select count(*) from "{schema}"."{table}"').fetchall()
print(len(tables))
"""


def publish(home: Home) -> int:
    """Build the published file from the warehouse and put it in place of the last one.

    Returns:
        Rows published.

    Raises:
        HomeRefused: if the new file cannot be opened by another process; the old one stays.
    """
    new = home.published.with_name(".catchment-new.duckdb")
    _remove(new)
    rows = _build(home, new)
    new.chmod(0o444)
    _prove(new)
    _sync(new)
    _stray_wal(home.published).unlink(missing_ok=True)
    new.replace(home.published)
    sync_folder(home.published.parent)
    return rows


def _build(home: Home, new: Path) -> int:
    options: dict[str, Any] = {
        "memory_limit": settings().duckdb_memory,
        "temp_directory": str(home.spill),
    }
    with duckdb.connect(config=options) as con:
        con.execute(f"ATTACH '{_quoted(home.warehouse)}' AS warehouse (READ_ONLY)")
        con.execute(f"ATTACH '{_quoted(new)}' AS published (STORAGE_VERSION '{STORAGE}')")
        con.execute("USE published")
        for schema in LAYERS:
            con.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
        rows = sum(_copy(con, table) for table in PUBLISHED)
        con.execute("CHECKPOINT published")
        con.execute("USE memory")
        con.execute("DETACH published")
    return rows


def _copy(con: duckdb.DuckDBPyConnection, table: type[Table]) -> int:
    con.execute(create(table))
    order = ", ".join(f'"{column}"' for column in key(table))
    con.execute(
        f"INSERT INTO {qualified(table)} BY NAME FROM warehouse.{qualified(table)} ORDER BY {order}"
    )
    for statement in comments(table):
        con.execute(statement)
    return int(con.execute(f"SELECT count(*) FROM {qualified(table)}").fetchall()[0][0])


def _prove(new: Path) -> None:
    proof = subprocess.run(
        [sys.executable, "-c", PROOF, str(new)], capture_output=True, text=True, check=False
    )
    if proof.returncode != 0 or int(proof.stdout) != len(PUBLISHED):
        raise HomeRefused(f"{new}: another process cannot open the new file; the last one stays")


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    _stray_wal(path).unlink(missing_ok=True)


def _stray_wal(path: Path) -> Path:
    return path.with_name(path.name + ".wal")


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
