"""The file that analysts open: built aside, audited, proved by another process, put in place."""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import duckdb
import polars as pl

from flows.publish.build import PUBLIC, build
from flows.publish.keep import PublishedNight, damaged, keep_night, last_whole, put_in_place
from flows.store import audit_log
from flows.store.files import file_hash, sync
from flows.store.home import Home, now
from flows.store.warehouse import qualified
from schemas.errors import AuditFailed, HomeRefused, TableRefused
from schemas.events import Count
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
        yield f"{Count(count):delivery|deliveries} whose rows do not add up"


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
        AuditFailed: if the new file is wrong in itself; the last one stays.
        HomeRefused: if the new file cannot be opened by another process; the last one stays.
    """
    new = home.published.with_name(".catchment-new.duckdb")
    for path in (new, new.with_name(new.name + ".wal")):
        path.unlink(missing_ok=True)
    rows = build(home, new)
    if damaged(home):
        audit_log.record(home, "published file was damaged", sha256=file_hash(home.published))
    audit(new, last_whole(home))
    new.chmod(0o444)
    _prove(new)
    sync(new)
    night = _published_night(new, rows)
    keep_night(home, new, night)
    put_in_place(home, new, night)
    audit_log.record(home, "publish", night=night.night, sha256=night.sha256)
    return sum(rows.values())


def _prove(new: Path) -> None:
    proof = subprocess.run(
        [sys.executable, "-c", PROOF, str(new)], capture_output=True, text=True, check=False
    )
    if proof.returncode != 0 or int(proof.stdout) != len(PUBLISHED):
        raise HomeRefused(f"{new}: another process cannot open the new file; the last one stays")


def _published_night(new: Path, rows: dict[str, int]) -> PublishedNight:
    with duckdb.connect(str(new), read_only=True) as con:
        about = dict(con.execute("SELECT item, value FROM ops.about").fetchall())
        plans = dict(
            con.execute("SELECT DISTINCT model, input_hash FROM results.plan_run").fetchall()
        )
    return PublishedNight(
        night=about.get("night", ""),
        published_at=now().isoformat(timespec="milliseconds"),
        sha256=file_hash(new),
        bytes=new.stat().st_size,
        rows=rows,
        about=about,
        plans=plans,
    )
