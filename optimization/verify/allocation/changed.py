"""What is said to have changed since last night, as far as tonight's plan decides it."""

import polars as pl

from optimization.verify.allocation.verdict import Verdict
from optimization.verify.allocation.view import View

KEYS = ["kind", "from_id", "to_id", "subject_id", "date"]


def check_changes(view: View, verdict: Verdict) -> None:
    """Planned is what transfer and move say, change is planned less announced."""
    rows = view["allocation_change"]
    transfer = view["allocation_transfer"].select(
        pl.lit("transfer").alias("kind"),
        pl.col("zone_id").alias("from_id"),
        pl.col("institution_id").alias("to_id"),
        pl.col("class_id").alias("subject_id"),
        "date",
        pl.col("patients").alias("now"),
    )
    move = view["allocation_move"].select(
        pl.lit("move").alias("kind"),
        pl.col("from_institution_id").alias("from_id"),
        pl.col("to_institution_id").alias("to_id"),
        pl.col("resource_id").alias("subject_id"),
        "date",
        pl.col("units").alias("now"),
    )
    both = rows.join(pl.concat([transfer, move]), on=KEYS, how="left")
    both = both.with_columns(pl.col("now").fill_null(0.0))
    verdict.equal("change.planned", both, pl.col("planned"), pl.col("now"))
    less = pl.col("planned") - pl.col("announced")
    verdict.equal("change.change", rows, pl.col("change"), less, 2e-12, 1e-12)
