"""The file that analysts open: built aside, audited, proved by another process, put in place."""

import subprocess
import sys
from pathlib import Path

import duckdb

from flows.publish.audit import audit
from flows.publish.build import build
from flows.publish.keep import PublishedNight, damaged, keep_night, last_whole, put_in_place
from flows.store import audit_log
from flows.store.files import file_hash, sync
from flows.store.home import Home
from flows.store.settings import now
from schemas.errors import HomeRefused
from schemas.tables import PUBLISHED

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
        published_at=now().isoformat(timespec="seconds"),
        sha256=file_hash(new),
        bytes=new.stat().st_size,
        rows=rows,
        about=about,
        plans=plans,
    )
