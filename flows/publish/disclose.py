"""Tables that count people, as they may be published; read from the warehouse, exact there."""

import duckdb
import polars as pl

from flows.store.warehouse import qualified
from schemas import ops, regional
from schemas.clean import FEED_TABLES
from schemas.results.allocation import AllocationUse
from schemas.table import Table, check, conform, holds_patients, key, name, polars_schema
from transforms import disclosure

PUBLIC = "public"


def protected(con: duckdb.DuckDBPyConnection) -> dict[type[Table], pl.DataFrame]:
    """What takes the place of exact tables, unless the region's inputs are public.

    Args:
        con: a connection with the warehouse attached as ``warehouse``.
    """
    about = dict(con.execute("SELECT item, value FROM warehouse.ops.about").fetchall())
    if about.get("disclosure") == PUBLIC:
        return {}
    feeds = _patient_feeds(con, about.get("patient_feeds", ""))
    made = {**_regional(con), **_operations(con, feeds)}
    return {table: conform(table, frame) for table, frame in made.items()}


def _regional(con: duckdb.DuckDBPyConnection) -> dict[type[Table], pl.DataFrame]:
    asked = disclosure.demand(_read(con, regional.Demand))
    uses = _read(con, AllocationUse)
    have = disclosure.supply(_read(con, regional.Supply))
    return {
        regional.Demand: asked,
        regional.Supply: have,
        regional.CapacityGap: disclosure.capacity_gap(_read(con, regional.CapacityGap), have),
        regional.Balance: disclosure.balance(_read(con, regional.Balance), asked, uses),
    }


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
