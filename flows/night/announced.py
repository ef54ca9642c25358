"""What the last night before this one announced: its transfers and moves."""

import duckdb
import polars as pl

from flows.ddl import qualified
from flows.night.context import Night
from flows.publish.keep import manifests, nights
from schemas.base import key, name, polars_schema
from schemas.results.allocation import AllocationMove, AllocationTransfer


def announced(night: Night) -> dict[str, pl.DataFrame] | None:
    """Transfers and moves of the newest kept night that is earlier than this one, if any.

    The same night again compares with the night before, not with itself.
    """
    earlier = [m for m in manifests(night.home) if m.night and m.night < night.date.isoformat()]
    if not earlier:
        return None
    last = max(earlier, key=lambda m: (m.night, m.published_at))
    file = nights(night.home) / f"{last.stem}.duckdb"
    with duckdb.connect(str(file), read_only=True) as con:
        return {name(t): _rows(con, t) for t in (AllocationTransfer, AllocationMove)}


def _rows(
    con: duckdb.DuckDBPyConnection, table: type[AllocationTransfer] | type[AllocationMove]
) -> pl.DataFrame:
    order = ", ".join(f'"{column}"' for column in key(table))
    frame = con.sql(f"FROM {qualified(table)} ORDER BY {order}").pl()
    return frame.cast(dict(polars_schema(table)))
