"""What arrived: read from the published file."""

from typing import Any

import duckdb
from rich.console import Console
from rich.text import Text

from flows.ingest.decisions import read_decisions
from flows.ingest.delivery import WHY
from flows.store.home import Home
from flows.store.screen import COLOURS, Entry, table
from schemas.errors import HomeRefused
from schemas.events import Count

QUERY = f"""
    SELECT delivery_id AS id, night, feed, file_name AS file, extract_time, rows_read AS rows,
           restated, verdict, reason, why
    FROM ops.delivery LEFT JOIN ({WHY}) USING (delivery_id) LEFT JOIN (
        SELECT delivery_id, sum(rows)::BIGINT AS restated
        FROM ops.restatement WHERE change = 'restated' GROUP BY ALL
    ) USING (delivery_id)
    WHERE verdict = 'held' OR $which = 'all'
          OR ($which = 'last' AND night = (SELECT max(night) FROM ops.delivery))
    ORDER BY received_at, file_name
"""


def deliveries_of(home: Home, which: str = "last") -> list[dict[str, Any]]:
    """Deliveries as last published, oldest first, and what was decided since.

    Args:
        home: the home.
        which: ``held``, those and the ``last`` night's, or ``all``.

    Returns:
        id, night, feed, file, extract_time, rows, restated (rows of clean tables; null where that
        is not counted), verdict, reason (its code), why (in words), decided of each.

    Raises:
        HomeRefused: if nothing is published yet.
    """
    if not home.published.is_file():
        raise HomeRefused(f"{home.published}: nothing is published yet; run a night first")
    with duckdb.connect(str(home.published), read_only=True) as con:
        if not con.execute("FROM duckdb_tables() WHERE table_name = 'delivery_event'").fetchall():
            raise HomeRefused(f"{home.published} is of an earlier version; run a night first")
        found = con.execute(QUERY, {"which": which})
        names = [d[0] for d in found.description]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    waiting = {d.delivery_id: d.decision for d in read_decisions(home)}
    return [
        {**row, "decided": waiting.get(row["id"]) if row["verdict"] == "held" else None}
        for row in rows
    ]


def render(deliveries: list[dict[str, Any]], console: Console) -> None:
    """Show deliveries to a person."""
    rows = [
        (
            d["id"],
            str(d["night"]),
            Text(d["verdict"], COLOURS[d["verdict"]]),
            "withheld" if d["rows"] is None else f"{d['rows']:,}",
            Entry(d["file"], "; ".join(_words(d))),
        )
        for d in deliveries
    ]
    made = table(("id", "night", "verdict", "rows", "file"), rows, right=("rows",))
    console.print(made if rows else "no delivery", crop=False)


def _words(delivery: dict[str, Any]) -> list[str]:
    restated = f"{Count(delivery['restated']):row|rows} restated" if delivery["restated"] else None
    decided = f"{delivery['decided']} with the next night" if delivery["decided"] else None
    return [words for words in (decided, delivery["why"], restated) if words]
