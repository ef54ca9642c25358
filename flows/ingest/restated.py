"""What each delivery restated, derived from the history by extract time."""

import polars as pl

from flows.store.night import Night
from flows.store.warehouse import HISTORY, Connection, append, opened, qualified, transaction
from schemas import ops
from schemas.clean import FEED_TABLES
from schemas.feed import Feed
from schemas.table import Table, conform, holds_patients, key, name, polars_schema
from transforms.history.merge import PERIODS
from transforms.quality.deliveries import restatement

ORDER = """
    SELECT delivery_id,
           row_number() OVER (ORDER BY extract_time, received_at, delivery_id) AS sequence,
           delivery_id IN (SELECT delivery_id FROM ops.restatement) AS known
    FROM ops.delivery WHERE feed = ? AND verdict = 'loaded'
    ORDER BY sequence
"""


def record_restatements(night: Night) -> int:
    """Write ``ops.restatement`` for what was loaded since, and for what came after it by extract.

    Feeds and tables of patients are left out.

    Returns:
        Rows written.
    """
    with opened(night.home) as con, transaction(con):
        return sum(_of_feed(night, con, f) for f in night.files.feeds if not f.patient_data)


def _of_feed(night: Night, con: Connection, feed: Feed) -> int:
    order = con.sql(ORDER, params=[feed.feed]).pl()
    first_new = order.filter(~pl.col("known"))["sequence"].min()
    if first_new is None:
        return 0
    affected = order.filter(pl.col("sequence") >= first_new)
    con.executemany(
        "DELETE FROM ops.restatement WHERE delivery_id = ?", affected.select("delivery_id").rows()
    )
    tables = [FEED_TABLES[n] for n in feed.tables() if not holds_patients(FEED_TABLES[n])]
    public = night.region.disclosure == "public"
    return sum(
        _written(con, feed, table, order.head(sequence), public)
        for sequence in affected["sequence"]
        for table in tables
    )


def _written(
    con: Connection, feed: Feed, table: type[Table], order: pl.DataFrame, public: bool
) -> int:
    """Compare the last delivery of ``order`` with what those before it left in force."""
    delivery = order["delivery_id"][-1]
    after = con.sql(
        f"FROM {qualified(table, HISTORY)} WHERE delivery_id = ?", params=[delivery]
    ).pl()
    after = _typed(table, after)
    before = _in_force(con, feed, table, order.head(-1), after)
    found = restatement(table, before, after, show_people=public)
    rows = found.with_columns(delivery_id=pl.lit(delivery))
    return append(con, ops.Restatement, conform(ops.Restatement, rows))


def _in_force(
    con: Connection, feed: Feed, table: type[Table], order: pl.DataFrame, after: pl.DataFrame
) -> pl.DataFrame:
    """Rows of the deliveries in ``order`` that ``after`` takes the place of."""
    if order.is_empty() or after.is_empty():
        return after.clear()
    scope, history = _scope(feed, table), qualified(table, HISTORY)
    shared = ", ".join(f'"{column}"' for column in scope)
    con.register("earlier", order)
    con.register("incoming", after.select(scope or key(table)).unique())
    of_scope = (
        f"SELECT * FROM {history} JOIN earlier USING (delivery_id) SEMI JOIN incoming"
        f" USING ({shared}) QUALIFY sequence = max(sequence) OVER (PARTITION BY {shared})"
    )
    of_table = (
        f"FROM {history} WHERE delivery_id = (SELECT arg_max(delivery_id, sequence)"
        f" FROM {history} JOIN earlier USING (delivery_id))"
    )
    found = con.sql(of_scope if scope else of_table).pl()
    con.unregister("earlier")
    con.unregister("incoming")
    return _typed(table, found)


def _scope(feed: Feed, table: type[Table]) -> list[str]:
    """The columns within which a delivery takes the place of an earlier one; none: all of it."""
    match feed.file.replaces:
        case "whole_table":
            return []
        case "period":
            return PERIODS.get(name(table), key(table))
    return key(table)


def _typed(table: type[Table], frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(pl.col(c).cast(t) for c, t in polars_schema(table).items())
