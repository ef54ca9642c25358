"""What tonight's plan changes of what earlier nights announced."""

from collections.abc import Mapping

import polars as pl

from schemas.results.allocation import AllocationChange
from schemas.results.allocation.flows import KEY, flows
from schemas.table import check, conform

LEAST = 1e-6


def changes(
    planned: Mapping[str, pl.DataFrame], inputs: Mapping[str, pl.DataFrame]
) -> pl.DataFrame:
    """``AllocationChange``: transfers and moves that differ, on the days that were announced.

    ``planned`` has allocation_transfer and allocation_move, ``inputs`` allocation_announced and
    allocation_announced_day.
    """
    days = inputs["allocation_announced_day"].select("date")
    now = flows(planned).join(days, on="date", how="semi").rename({"amount": "planned"})
    then = inputs["allocation_announced"]
    both = now.join(then, on=KEY, how="full", coalesce=True)
    both = both.with_columns(pl.col("planned", "announced").fill_null(0.0))
    both = both.with_columns(change=pl.col("planned") - pl.col("announced"))
    differ = both.filter(pl.col("change").abs() > LEAST)
    return check(AllocationChange, conform(AllocationChange, differ))
