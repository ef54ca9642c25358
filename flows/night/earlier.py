"""What the nights before this one planned, from the files that were kept of them."""

from datetime import date, timedelta

import duckdb
import polars as pl

from flows.publish.keep import Manifest, manifests, nights
from flows.store.files import file_hash
from flows.store.night import Night
from flows.store.warehouse import qualified
from schemas.results.allocation import (
    AllocationAdmission,
    AllocationArc,
    AllocationCapacity,
    AllocationMove,
    AllocationTransfer,
    AllocationUnmet,
)
from schemas.table import Table, conform, name, polars_schema
from transforms.inputs.allocation import EarlierPlan
from transforms.inputs.allocation.earlier import of_known

PLANNED: tuple[type[Table], ...] = (AllocationTransfer, AllocationMove)
IN_FORCE: tuple[type[Table], ...] = (AllocationCapacity, AllocationAdmission, AllocationUnmet)
HABITS: tuple[type[Table], ...] = (AllocationArc,)


def earlier_plans(night: Night, start: date, known: pl.Series) -> list[EarlierPlan]:
    """Plans of the kept nights before this one, oldest first, the days in force before ``start``.

    A plan is in force from its first day until the first of the next one. The same night again
    starts from the night before, not from itself. A kept file that is damaged, or that another
    version wrote, tells nothing. Where plans are not carried out, only the newest is read.
    Institutions that are not ``known`` in the region any more, as one that was forgotten, are left
    out.
    """
    newest: dict[str, Manifest] = {}
    for manifest in manifests(night.home):
        if manifest.night and manifest.night < night.date.isoformat():
            newest[manifest.night] = manifest
    asked = sorted(newest)[0 if night.region.allocation.carried_out else -1 :]
    plans: list[EarlierPlan] = []
    until = start
    for key in reversed(asked):
        plan = _plan(night, newest[key], until)
        if plan is not None:
            plans.insert(0, of_known(plan, known))
            until = min(until, plan.first)
    return plans


def _plan(night: Night, manifest: Manifest, until: date) -> EarlierPlan | None:
    file = nights(night.home) / f"{manifest.stem}.duckdb"
    if not file.is_file() or file_hash(file) != manifest.sha256:
        return None
    with duckdb.connect(str(file), read_only=True) as con:
        if not all(_known(con, table) for table in (*PLANNED, *IN_FORCE, *HABITS)):
            return None
        ((first, last),) = con.execute(
            f"SELECT min(date), max(date) FROM {qualified(AllocationCapacity)}"
        ).fetchall()
        if first is None:
            return None
        frames = {name(table): _read(con, table) for table in PLANNED}
        before = max(until, first + timedelta(days=1))
        frames |= {name(table): _read(con, table, before) for table in IN_FORCE}
        frames |= {name(table): _read(con, table) for table in HABITS}
    return EarlierPlan(date.fromisoformat(manifest.night), first, last, until, frames)


def _known(con: duckdb.DuckDBPyConnection, table: type[Table]) -> bool:
    """Has the file the table, as this version writes it?"""
    try:
        columns = con.sql(f"FROM {qualified(table)} LIMIT 0").columns
    except duckdb.CatalogException:
        return False
    return columns == polars_schema(table).names()


def _read(
    con: duckdb.DuckDBPyConnection, table: type[Table], before: date | None = None
) -> pl.DataFrame:
    days = "" if before is None else f"WHERE date < DATE '{before.isoformat()}'"
    return conform(table, con.sql(f"FROM {qualified(table)} {days}").pl())
