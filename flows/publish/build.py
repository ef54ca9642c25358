"""A new published file, built aside from the warehouse, readable by DuckDB 1.4 and later.

Tables that count people are put in as they may be shown; the warehouse has them exact.
"""

from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from flows.store.home import Home, settings
from flows.store.warehouse import comments, create, full_name, qualified, sources
from schemas import ops, regional
from schemas.clean import FEED_TABLES
from schemas.results import outcome as results
from schemas.results.allocation import AllocationClass, AllocationResource, AllocationUse
from schemas.table import (
    LAYERS,
    Table,
    check,
    conform,
    holds_patients,
    key,
    name,
    observed,
    polars_schema,
)
from schemas.tables import PUBLISHED
from transforms import disclosure

STORAGE = "v1.4.0"
PUBLIC = "public"
SCORES = [c for c, kind in polars_schema(regional.ForecastScore).items() if kind.is_float()]


def build(home: Home, new: Path) -> dict[str, int]:
    """Copy every published table, in key order, with its comments; returns rows by table.

    Counts of people are copied as ``protected`` gives them.
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
        came_from = sources(_read(con, ops.Lineage))
        rows = {
            full_name(table): _copy(con, table, instead.get(table), came_from.get(full_name(table)))
            for table in PUBLISHED
        }
        con.commit()
        con.execute("CHECKPOINT published")
        con.execute("USE memory")
        con.execute("DETACH published")
    return rows


def _copy(
    con: duckdb.DuckDBPyConnection,
    table: type[Table],
    instead: pl.DataFrame | None,
    came_from: str | None,
) -> int:
    con.execute(create(table))
    order = ", ".join(f'"{column}"' for column in key(table))
    source = f"warehouse.{qualified(table)}"
    if instead is not None:
        con.register("instead", instead)
        source = "instead"
    con.execute(f"INSERT INTO {qualified(table)} BY NAME FROM {source} ORDER BY {order}")
    con.execute(";".join(comments(table, came_from)))
    return int(con.execute(f"SELECT count(*) FROM {qualified(table)}").fetchall()[0][0])


def quoted(path: Path) -> str:
    """A path as the inside of an SQL string."""
    return str(path).replace("'", "''")


def protected(con: duckdb.DuckDBPyConnection) -> dict[type[Table], pl.DataFrame]:
    """What takes the place of exact tables, unless the region's inputs are public.

    Args:
        con: a connection with the warehouse attached as ``warehouse``.
    """
    about = dict(con.execute("SELECT item, value FROM warehouse.ops.about").fetchall())
    if about.get("disclosure") == PUBLIC:
        return {}
    feeds = _patient_feeds(con, about.get("patient_feeds", ""))
    made = {**_regional(con), **_outcomes(con), **_operations(con, feeds)}
    return {table: conform(table, frame) for table, frame in made.items()}


def _regional(con: duckdb.DuckDBPyConnection) -> dict[type[Table], pl.DataFrame]:
    asked = disclosure.demand(_read(con, regional.Demand))
    uses = _read(con, AllocationUse)
    have = disclosure.supply(_read(con, regional.Supply))
    expected = _read(con, regional.DemandForecast)
    scores = _read(con, regional.ForecastScore)
    return {
        regional.DemandForecast: disclosure.demand_forecast(
            expected, observed(regional.DemandForecast)
        ),
        regional.ForecastScore: disclosure.forecast_score(scores, SCORES),
        regional.Demand: asked,
        regional.Supply: have,
        regional.CapacityGap: disclosure.capacity_gap(_read(con, regional.CapacityGap), have),
        regional.Balance: disclosure.balance(_read(con, regional.Balance), asked, uses),
    }


def _outcomes(con: duckdb.DuckDBPyConnection) -> dict[type[Table], pl.DataFrame]:
    classes, resources = _read(con, AllocationClass), _read(con, AllocationResource)
    weights = pl.concat([classes["harm_weight"], resources["crowding_weight"], pl.Series([1.0])])
    heaviest = float(weights.max())  # type: ignore[arg-type]
    worse = _read(con, results.PlanOutcomeInstitution)
    totals: tuple[type[Table], ...] = (results.PlanOutcome, results.PlanOutcomeDay)
    shown = {table: disclosure.outcome(_read(con, table), heaviest) for table in totals}
    return {**shown, results.PlanOutcomeInstitution: disclosure.made_worse(worse)}


def _operations(
    con: duckdb.DuckDBPyConnection, feeds: list[str]
) -> dict[type[Table], pl.DataFrame]:
    deliveries = _read(con, ops.Delivery)
    people = deliveries.filter(pl.col("feed").is_in(feeds))["delivery_id"]
    counted = disclosure.reconciliation(_read(con, ops.Reconciliation), deliveries, people)
    quarantine = _read(con, ops.Quarantine)
    subjects = pl.concat([people, pl.Series("delivery_id", feeds, pl.String)])
    alert, quality, score = (_read(con, t) for t in (ops.Alert, ops.Quality, ops.QualityScore))
    return {
        ops.Reconciliation: counted,
        ops.Delivery: disclosure.delivery(deliveries, people, counted),
        ops.DeliveryEvent: disclosure.delivery_event(_read(con, ops.DeliveryEvent), people),
        ops.Quarantine: quarantine.filter(~pl.col("delivery_id").is_in(people.implode())),
        ops.Run: disclosure.run(_read(con, ops.Run)),
        ops.Alert: disclosure.findings(alert, subjects, ["measured", "threshold"]),
        ops.Quality: disclosure.findings(quality, subjects, ["measured", "threshold"]),
        ops.QualityScore: disclosure.findings(score, subjects, ["good_share"]),
    }


def _patient_feeds(con: duckdb.DuckDBPyConnection, declared: str) -> list[str]:
    """Feeds of people: those declared so, and those that ever filled a table of people."""
    found = {feed for feed in declared.split(",") if feed}
    for table in (t for t in FEED_TABLES.values() if holds_patients(t)):
        rows = con.execute(
            f'SELECT DISTINCT feed FROM warehouse.ops.delivery SEMI JOIN warehouse.history."'
            f'{name(table)}" USING (delivery_id)'
        ).fetchall()
        found |= {feed for (feed,) in rows}
    return sorted(found)


def _read(con: duckdb.DuckDBPyConnection, table: type[Table]) -> pl.DataFrame:
    order = ", ".join(f'"{column}"' for column in key(table))
    frame = con.sql(f"FROM warehouse.{qualified(table)} ORDER BY {order}").pl()
    return check(table, frame.cast(dict(polars_schema(table))))
