"""Recompute a published plan and budget from the published file, without the solver."""

import duckdb
import polars as pl

from flows.ddl import qualified
from flows.home import Home
from optimization.verify.allocation import verify_allocation
from optimization.verify.financing import verify_financing
from schemas import clean
from schemas.base import Table, check, key, name, polars_schema
from schemas.errors import HomeRefused
from schemas.results import allocation, financing
from schemas.results.run import PlanRun

ALLOCATION: tuple[type[Table], ...] = (
    clean.Zone,
    clean.Institution,
    *allocation.INPUTS,
    *allocation.RESULTS,
    PlanRun,
)
FINANCING: tuple[type[Table], ...] = (
    clean.Zone,
    clean.Institution,
    *financing.INPUTS,
    *financing.RESULTS,
    PlanRun,
)


def verify_published(home: Home) -> list[str]:
    """Say, a line each, what was recomputed and how far the worst figure is off.

    Raises:
        PlanRefused: naming the rule that a plan breaks, or the figure that does not follow.
        HomeRefused: if there is no published file.
    """
    if not home.published.is_file():
        raise HomeRefused(f"{home.published}: nothing is published yet; run a night first")
    with duckdb.connect(str(home.published), read_only=True) as con:
        allocated = verify_allocation(published(con, ALLOCATION))
        financed = verify_financing(published(con, FINANCING))
    return [
        f"allocation: worst relative violation {allocated.worst_violation:.1e}",
        f"financing: worst relative violation {financed.worst_violation:.1e}",
    ]


def published(
    con: duckdb.DuckDBPyConnection, tables: tuple[type[Table], ...]
) -> dict[str, pl.DataFrame]:
    """Tables of the published file by name, each in key order and checked."""
    frames = {}
    for table in tables:
        order = ", ".join(f'"{column}"' for column in key(table))
        frame = con.sql(f"FROM {qualified(table)} ORDER BY {order}").pl()
        frames[name(table)] = check(table, frame.cast(dict(polars_schema(table))))
    return frames
