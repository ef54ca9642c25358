"""The only code that opens the warehouse; tables are checked on their way in and out."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb
import polars as pl

from flows.store.home import Home, settings
from schemas.clean import ENTITIES, FEED_TABLES
from schemas.columns import COLUMNS
from schemas.errors import HomeRefused
from schemas.table import (
    Table,
    check,
    description,
    key,
    layer,
    name,
    polars_schema,
    required,
)
from schemas.tables import ALL

SCHEMA_VERSION = "6"
Connection = duckdb.DuckDBPyConnection
HISTORY = "history"

SQL_TYPES: dict[pl.DataType, str] = {
    pl.String(): "VARCHAR",
    pl.Float64(): "DOUBLE",
    pl.Int64(): "BIGINT",
    pl.Boolean(): "BOOLEAN",
    pl.Date(): "DATE",
    pl.Datetime("us"): "TIMESTAMP",
}


@dataclass(frozen=True, slots=True)
class History:
    """All rows of a table that were ever delivered, each with its delivery_id."""

    table: type[Table]


Stored = type[Table] | History


def full_name(stored: Stored) -> str:
    """The name within its DuckDB schema, as in clean.zone and history.zone."""
    if isinstance(stored, History):
        return f"{HISTORY}.{name(stored.table)}"
    return f"{layer(stored)}.{name(stored)}"


def frame_name(stored: Stored) -> str:
    """What a step calls its frame: a table's name, or a history's full name."""
    return full_name(stored) if isinstance(stored, History) else name(stored)


@contextmanager
def opened(home: Home, *, read_only: bool = False) -> Iterator[Connection]:
    """A connection that writes unless told otherwise; closed, and so checkpointed, at the end.

    Inside another one of the same home it costs nothing, and the outermost checkpoints.

    Raises:
        HomeRefused: if the file is held by another process, damaged or of another version.
    """
    fault = None
    options: dict[str, Any] = {
        "memory_limit": settings().duckdb_memory,
        "threads": str(settings().threads),
        "temp_directory": str(home.spill),
        "preserve_insertion_order": "true",
    }
    try:
        con = duckdb.connect(str(home.warehouse), read_only, config=options)
    except duckdb.Error as err:
        fault = type(err).__name__
    if fault is not None:
        raise HomeRefused(
            f"{home.warehouse} cannot be opened ({fault}): another process holds it, or it is "
            "damaged; it can be made again from the landing folder"
        )
    try:
        yield con
    finally:
        con.close()


def initialise(home: Home) -> None:
    """Create what the warehouse lacks; refuse one that another version of Catchment made.

    Raises:
        HomeRefused: naming both versions.
    """
    with opened(home) as con:
        for schema in ("ops", "clean", "regional", "results", HISTORY):
            con.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
        con.execute("CREATE TABLE IF NOT EXISTS history.version (version VARCHAR NOT NULL)")
        if not con.execute("FROM history.version").fetchall():
            con.execute("INSERT INTO history.version VALUES (?)", [SCHEMA_VERSION])
        check_layout(home, con)
        for table in ALL:
            con.execute(create(table))
        for table in FEED_TABLES.values():
            con.execute(create_history(table))


def check_layout(home: Home, con: Connection) -> None:
    """Raise if another version of Catchment made the warehouse.

    Raises:
        HomeRefused: naming both layouts and the command that makes the warehouse again.
    """
    ((found,),) = con.execute("FROM history.version").fetchall()
    if found != SCHEMA_VERSION:
        raise HomeRefused(
            f"{home.warehouse} has layout {found}; this version of Catchment reads "
            f"{SCHEMA_VERSION}: run `catchment rebuild --home {home.root}` to make it again from"
            " the landing folder and the decisions"
        )


def read(con: Connection, table: type[Table]) -> pl.DataFrame:
    """The whole table in key order, checked."""
    order = ", ".join(f'"{column}"' for column in key(table))
    frame = con.sql(f"FROM {qualified(table)} ORDER BY {order}").pl()
    return check(table, frame.cast(dict(polars_schema(table))))


def read_all(con: Connection, tables: Iterable[Stored]) -> dict[str, pl.DataFrame]:
    """Tables by name, each in key order and checked; histories by full name, as delivered."""
    return {
        frame_name(t): read_history(con, t.table) if isinstance(t, History) else read(con, t)
        for t in tables
    }


def replace(con: Connection, table: type[Table], frame: pl.DataFrame) -> int:
    """Check ``frame``, make it the table's only content, and return its row count."""
    return replace_all(con, {table: frame})


def replace_all(
    con: Connection,
    frames: Mapping[type[Table], pl.DataFrame],
    own: Mapping[str, str] | None = None,
) -> int:
    """Check frames and put each in the place of its table's content: all of them, or none.

    Of a table with columns that ``own`` names, only rows with its values go; new ones get them.
    """
    with transaction(con):
        return sum(_replace(con, table, frame, own or {}) for table, frame in frames.items())


def _replace(
    con: Connection, table: type[Table], frame: pl.DataFrame, own: Mapping[str, str]
) -> int:
    shared = {column: value for column, value in own.items() if column in polars_schema(table)}
    rows = check(table, frame.with_columns(pl.lit(v).alias(c) for c, v in shared.items()))
    where = " AND ".join(f'"{column}" = ?' for column in shared) or "TRUE"
    con.execute(f"DELETE FROM {qualified(table)} WHERE {where}", list(shared.values()))
    _insert(con, qualified(table), rows)
    return rows.height


@contextmanager
def transaction(con: Connection) -> Iterator[None]:
    """All that is written inside is kept, or nothing of it."""
    con.begin()
    try:
        yield
    except BaseException:
        con.rollback()
        raise
    con.commit()


def append(con: Connection, table: type[Table], frame: pl.DataFrame) -> int:
    """Check ``frame``, add it to the table, and return its row count."""
    _insert(con, qualified(table), check(table, frame))
    return frame.height


def append_history(con: Connection, table: type[Table], frame: pl.DataFrame, delivery: str) -> int:
    """Add one delivery's rows of ``table`` to what has ever been delivered.

    A feed may know only part of an entity; the whole is checked once feeds are merged.
    """
    known = frame if name(table) in ENTITIES else check(table, frame)
    rows = known.with_columns(delivery_id=pl.lit(delivery))
    _insert(con, qualified(table, HISTORY), rows)
    return rows.height


def read_history(con: Connection, table: type[Table]) -> pl.DataFrame:
    """All rows of ``table`` ever delivered, with their delivery_id."""
    types = {**polars_schema(table), "delivery_id": pl.String()}
    return con.sql(f"FROM {qualified(table, HISTORY)}").pl().cast(types)


def _insert(con: Connection, target: str, rows: pl.DataFrame) -> None:
    con.register("incoming", rows.to_arrow(compat_level=pl.CompatLevel.newest()))
    con.execute(f"INSERT INTO {target} BY NAME FROM incoming")
    con.unregister("incoming")


def qualified(table: type[Table], schema: str | None = None) -> str:
    """The table's quoted name within its DuckDB schema."""
    return f'"{schema or layer(table)}"."{name(table)}"'


def create(table: type[Table]) -> str:
    """CREATE TABLE IF NOT EXISTS for the table as it is declared."""
    return f"CREATE TABLE IF NOT EXISTS {qualified(table)} ({_columns(table, required(table))})"


def create_history(table: type[Table]) -> str:
    """The same for what is delivered: only the key must be known, and the delivery."""
    columns = f'{_columns(table, key(table))}, "delivery_id" VARCHAR NOT NULL'
    return f"CREATE TABLE IF NOT EXISTS {qualified(table, HISTORY)} ({columns})"


def _columns(table: type[Table], known: list[str]) -> str:
    return ", ".join(
        f'"{column}" {SQL_TYPES[kind]}{" NOT NULL" if column in known else ""}'
        for column, kind in polars_schema(table).items()
    )


def sources(lineage: pl.DataFrame) -> dict[str, str]:
    """Where tables come from, in words by full name, as ``ops.lineage`` has it: the steps that make
    a table and, if it is one alone, what that reads."""
    found = {}
    for (made,), rows in lineage.group_by("made", maintain_order=True):
        steps = rows["made_by"].unique(maintain_order=True).to_list()
        read_from = f" from {', '.join(rows['read_from'])}" if len(steps) == 1 else ""
        found[str(made)] = f"{', '.join(steps)}{read_from}"
    return found


def comments(table: type[Table], source: str | None) -> list[str]:
    """COMMENT ON statements for the table, which came from ``source``, and each of its columns."""
    target = qualified(table)
    estimate = " A plan or forecast: an estimate, not a count." if layer(table) == "results" else ""
    whole = f"{description(table)}{estimate}{f' Source: {source}.' if source else ''}"
    return [f"COMMENT ON TABLE {target} IS {_text(whole)}"] + [
        f'COMMENT ON COLUMN {target}."{column}" IS {_text(COLUMNS[column].comment)}'
        for column in polars_schema(table)
    ]


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
