"""What the last night before this one announced: its transfers and moves."""

import duckdb
import polars as pl

from flows.ddl import qualified
from flows.night.context import Night
from flows.publish.keep import digest, manifests, nights
from schemas.base import Table, conform, name, polars_schema
from schemas.results.allocation import AllocationMove, AllocationTransfer

FLOWS: tuple[type[Table], ...] = (AllocationTransfer, AllocationMove)


def announced(night: Night) -> dict[str, pl.DataFrame] | None:
    """Transfers and moves of the newest kept night that is earlier than this one, if any.

    The same night again compares with the night before, not with itself. A kept file that is
    damaged, or that another version wrote, announced nothing that can be compared.
    """
    earlier = [m for m in manifests(night.home) if m.night and m.night < night.date.isoformat()]
    if not earlier:
        return None
    last = max(earlier, key=lambda m: (m.night, m.published_at))
    file = nights(night.home) / f"{last.stem}.duckdb"
    if not file.is_file() or digest(file) != last.sha256:
        return None
    with duckdb.connect(str(file), read_only=True) as con:
        frames = {name(t): con.sql(f"FROM {qualified(t)}").pl() for t in FLOWS}
    if any(frames[name(t)].columns != polars_schema(t).names() for t in FLOWS):
        return None
    return {name(t): conform(t, frames[name(t)]) for t in FLOWS}
