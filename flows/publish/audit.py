"""May the new file be shown? Asked of the file itself, before it takes the last one's place."""

from collections.abc import Iterable
from pathlib import Path

import duckdb
import polars as pl

from flows.publish.build import PUBLIC
from flows.store.warehouse import qualified
from schemas.errors import AuditFailed, TableRefused
from schemas.table import Table, check, layer, name, observed, polars_schema
from schemas.tables import PUBLISHED
from transforms.disclosure import SMALLEST

FORBIDDEN = frozenset({"patient_key", "encounter_id", "admitted_at", "discharged_at", "birth_date"})
TOLERANCE = 1e-6
LARGEST_LOSS = 0.5
# Tables that describe the region: they do not halve from one night to the next.
LASTING = ("institution", "zone", "region", "supply", "demand", "balance")


def audit(new: Path, last: Path | None) -> None:
    """Refuse a file that is wrong in itself, or that lost half of what the last one held.

    Raises:
        AuditFailed: naming every rule that it breaks.
    """
    with duckdb.connect(str(new), read_only=True) as con:
        faults = [*_forbidden(con), *_tables(con), *_unbalanced(con), *_unverified(con), *_few(con)]
        faults += _lost(con, last) if last is not None and last.is_file() else []
    if faults:
        raise AuditFailed("the new file is not published, the last one stays: " + "; ".join(faults))


def _forbidden(con: duckdb.DuckDBPyConnection) -> Iterable[str]:
    found = con.execute("SELECT DISTINCT column_name FROM duckdb_columns()").fetchall()
    for column in sorted({c for (c,) in found} & FORBIDDEN):
        yield f"column {column} may not be published"


def _tables(con: duckdb.DuckDBPyConnection) -> Iterable[str]:
    for table in PUBLISHED:
        try:
            check(table, _frame(con, table))
        except TableRefused as refused:
            yield str(refused)


def _frame(con: duckdb.DuckDBPyConnection, table: type[Table]) -> pl.DataFrame:
    return con.sql(f"FROM {qualified(table)}").pl().cast(dict(polars_schema(table)))


def _unbalanced(con: duckdb.DuckDBPyConnection) -> Iterable[str]:
    ((count,),) = con.execute(
        "SELECT count(*) FROM ops.reconciliation "
        "WHERE rows_read <> loaded + quarantined + duplicate + excluded + merged"
    ).fetchall()
    if count:
        yield f"{count} deliveries whose rows do not add up"


def _few(con: duckdb.DuckDBPyConnection) -> Iterable[str]:
    """Counts of 1 to 10 people, unless the region's inputs are public."""
    if (
        dict(con.execute("SELECT item, value FROM ops.about").fetchall()).get("disclosure")
        == PUBLIC
    ):
        return
    for table in PUBLISHED:
        protected = "TRUE" if layer(table) == "regional" else "disclosure <> 'shown'"
        for column in observed(table) if "disclosure" in polars_schema(table) else []:
            ((few,),) = con.execute(
                f'SELECT count(*) FROM {qualified(table)} WHERE {protected} AND "{column}" > 0'
                f' AND "{column}" < {SMALLEST}'
            ).fetchall()
            if few:
                yield f"{name(table)}.{column} shows {few} count(s) of fewer than {SMALLEST} people"


def _unverified(con: duckdb.DuckDBPyConnection) -> Iterable[str]:
    found = con.execute(
        "SELECT DISTINCT model FROM results.plan_run WHERE worst_violation > ? ORDER BY model",
        [TOLERANCE],
    ).fetchall()
    for (model,) in found:
        yield f"the {model} plan is not verified"


def _lost(con: duckdb.DuckDBPyConnection, last: Path) -> Iterable[str]:
    with duckdb.connect(str(last), read_only=True) as old:
        before = _counts(old)
    after = _counts(con)
    for table in LASTING:
        if after.get(table, 0) < (1 - LARGEST_LOSS) * before.get(table, 0):
            yield f"{table} fell from {before[table]:,} to {after.get(table, 0):,} rows"


def _counts(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    held = {t for (t,) in con.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    return {
        name(t): int(con.execute(f"SELECT count(*) FROM {qualified(t)}").fetchall()[0][0])
        for t in PUBLISHED
        if name(t) in LASTING and name(t) in held
    }
