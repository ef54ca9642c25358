"""What tonight's plan changes of what was announced last night."""

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
    planned: Mapping[str, pl.DataFrame], announced: Mapping[str, pl.DataFrame], first: pl.Expr
) -> pl.DataFrame:
    """``AllocationChange``: transfers and moves that differ, from the day ``first`` to the last
    day that was announced; ``planned`` and ``announced`` hold allocation_transfer and
    allocation_move. Nothing was announced where ``announced`` has no rows.
    """
    now = pl.concat(_flows(planned, kind) for kind in KINDS)
    then = pl.concat(_flows(announced, kind) for kind in KINDS).filter(pl.col("date") >= first)
    now = now.filter(pl.col("date") <= then["date"].max()) if then.height else now.clear()
    keys = ["kind", "from_id", "to_id", "subject_id", "date"]
    both = now.rename({"amount": "planned"}).join(
        then.rename({"amount": "announced"}), on=keys, how="full", coalesce=True
    )
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
