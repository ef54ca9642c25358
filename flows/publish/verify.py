"""Recompute a published plan and budget from the published file, without the solver."""

import duckdb
import polars as pl

from flows.publish.keep import damaged
from flows.store.home import Home
from flows.store.warehouse import read
from optimization.models import MODELS, Model
from optimization.verify.forecast import verify_forecast
from optimization.verify.outcome import verify_outcome
from schemas.errors import HomeRefused
from schemas.regional import DemandForecast, ForecastScore
from schemas.results.outcome import TABLES as OUTCOMES
from schemas.results.run import PlanRun
from schemas.table import Table, layer, name, polars_schema

VERIFIED: tuple[type[Table], ...] = tuple(
    dict.fromkeys(
        [
            *(t for m in MODELS for t in m.reads + m.inputs + m.results),
            PlanRun,
            DemandForecast,
            ForecastScore,
        ]
    )
)


def verify_published(home: Home) -> list[str]:
    """Say, a line each, what was recomputed and how far the worst figure is off.

    Raises:
        PlanRefused: naming the rule that a plan breaks, or the figure that does not follow.
        HomeRefused: if there is no published file, or its bytes are none that were published.
    """
    if not home.published.is_file():
        raise HomeRefused(f"{home.published}: nothing is published yet; run a night first")
    with duckdb.connect(str(home.published), read_only=True) as con:
        frames = published(con, VERIFIED)
        outcomes = published(con, OUTCOMES)
    found = [_found(model, frames) for model in MODELS]
    found.append(
        f"forecast: worst relative violation {verify_forecast(frames).worst_violation:.1e}"
    )
    worst = verify_outcome(outcomes).worst_violation
    found.append(f"outcome: worst relative violation {worst:.1e}")
    if damaged(home):
        raise HomeRefused(
            f"{home.published} is damaged or was changed: its bytes are none that were published;"
            " put the last one back with `catchment rollback`, or run the night again"
        )
    return found


def _found(model: Model, frames: dict[str, pl.DataFrame]) -> str:
    if frames["plan_run"].filter(model=model.name).is_empty():
        return f"{model.name}: nothing was planned"
    return f"{model.name}: worst relative violation {model.verify(frames).worst_violation:.1e}"


def published(
    con: duckdb.DuckDBPyConnection, tables: tuple[type[Table], ...]
) -> dict[str, pl.DataFrame]:
    """Tables of the published file by name, each in key order and checked.

    Raises:
        HomeRefused: if the file has other tables or columns than this version writes.
    """
    frames = {}
    for table in tables:
        _same_layout(con, table)
        frames[name(table)] = read(con, table)
    return frames


def _same_layout(con: duckdb.DuckDBPyConnection, table: type[Table]) -> None:
    columns = con.execute(
        "SELECT column_name FROM duckdb_columns() WHERE schema_name = ? AND table_name = ?",
        [layer(table), name(table)],
    ).fetchall()
    if {c for (c,) in columns} != set(polars_schema(table).names()):
        raise HomeRefused(
            f"{name(table)} has other columns than this version of Catchment writes; verify the "
            "file with the version that made it (ops.about), or run the night again"
        )
