"""Rules across codes that a region's file defines. Each returns subject and value."""

import polars as pl

from transforms.quality.stays import counted


def unknown_code(facts: pl.DataFrame, defined: pl.DataFrame, code: str) -> pl.DataFrame:
    """Codes in ``facts`` that ``defined`` does not hold, letter for letter.

    The subject names the institution, or how many there are; the value is rows.

    Args:
        facts: clean.capacity or clean.activity.
        defined: clean.resource or clean.care_class.
        code: its column, resource_id or class_id.
    """
    strange = facts.join(defined, on=code, how="anti")
    found = strange.group_by(code).agg(
        value=pl.len().cast(pl.Float64),
        institutions=pl.col("institution_id").n_unique(),
        only=pl.col("institution_id").min(),
    )
    many = pl.format("{} institutions", "institutions")
    at = pl.when(pl.col("institutions") == 1).then("only").otherwise(many)
    named = found.select(subject=pl.format("{} ({})", code, at), value="value")
    return named.sort("subject")


def stays_of_unknown_class(encounter: pl.DataFrame, care_class: pl.DataFrame) -> pl.DataFrame:
    """Institutions with stays whose class the region does not define; no class is shown."""
    return counted(encounter.join(care_class, on="class_id", how="anti"))
