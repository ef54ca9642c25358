"""What tonight's plan changes of what earlier nights announced."""

from collections.abc import Mapping

import polars as pl

from schemas.base import check, conform
from schemas.results.allocation import AllocationChange

KINDS = {
    "transfer": ("allocation_transfer", "zone_id", "institution_id", "class_id", "patients"),
    "move": (
        "allocation_move",
        "from_institution_id",
        "to_institution_id",
        "resource_id",
        "units",
    ),
}
LEAST = 1e-6


def changes(
    planned: Mapping[str, pl.DataFrame], inputs: Mapping[str, pl.DataFrame]
) -> pl.DataFrame:
    """``AllocationChange``: transfers and moves that differ, on the days that were announced.

    ``planned`` has allocation_transfer and allocation_move, ``inputs`` allocation_announced and
    allocation_announced_day.
    """
    days = inputs["allocation_announced_day"].select("date")
    now = pl.concat(_flows(planned, kind) for kind in KINDS)
    now = now.join(days, on="date", how="semi").rename({"amount": "planned"})
    then = inputs["allocation_announced"].rename({"amount": "announced"})
    keys = ["kind", "from_id", "to_id", "subject_id", "date"]
    both = now.join(then, on=keys, how="full", coalesce=True)
    both = both.with_columns(pl.col("planned", "announced").fill_null(0.0))
    both = both.with_columns(change=pl.col("planned") - pl.col("announced"))
    differ = both.filter(pl.col("change").abs() > LEAST)
    return check(AllocationChange, conform(AllocationChange, differ))


def _flows(tables: Mapping[str, pl.DataFrame], kind: str) -> pl.DataFrame:
    table, origin, target, subject, amount = KINDS[kind]
    return tables[table].select(
        kind=pl.lit(kind),
        from_id=pl.col(origin),
        to_id=pl.col(target),
        subject_id=pl.col(subject),
        date=pl.col("date"),
        amount=pl.col(amount),
    )
