"""Transfers and moves of one plan in one table."""

from collections.abc import Mapping

import polars as pl

TRANSFER = ("zone_id", "institution_id", "class_id", "patients_per_day")
MOVE = ("from_institution_id", "to_institution_id", "resource_id", "units")
KEY = ["action", "from_id", "to_id", "subject_id", "date"]


def flows(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """action (transfer or move), from_id, to_id, subject_id (class or resource), date | amount.

    ``tables`` has allocation_transfer and allocation_move.
    """
    return pl.concat(
        [
            _named(tables["allocation_transfer"], "transfer", TRANSFER),
            _named(tables["allocation_move"], "move", MOVE),
        ]
    )


def _named(table: pl.DataFrame, action: str, columns: tuple[str, str, str, str]) -> pl.DataFrame:
    origin, target, subject, amount = columns
    return table.select(
        action=pl.lit(action),
        from_id=pl.col(origin),
        to_id=pl.col(target),
        subject_id=pl.col(subject),
        date=pl.col("date"),
        amount=pl.col(amount),
    )
