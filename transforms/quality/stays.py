"""Rules across stays. Few stays are people: their number is shown to the next 5, none up to 10."""

import polars as pl

LONGEST_DAYS = 730
FEW = 10
STEP = 5


def overlapping_stays(encounter: pl.DataFrame) -> pl.DataFrame:
    """Institutions with stays that begin before an earlier stay of the same patient ends."""
    order = encounter.sort("patient_key", "admitted_at", "institution_id", "discharged_at")
    endless = pl.col("admitted_at").max() + pl.duration(days=1)
    until = pl.col("discharged_at").fill_null(endless).cum_max().shift(1).over("patient_key")
    return _counted(order.filter(pl.col("admitted_at") < until))


def long_stays(encounter: pl.DataFrame) -> pl.DataFrame:
    """Institutions with stays of over two years; an open one lasts until the last admission."""
    last = pl.col("admitted_at").max()
    stay = pl.col("discharged_at").fill_null(last) - pl.col("admitted_at")
    return _counted(encounter.filter(stay > pl.duration(days=LONGEST_DAYS)))


def _counted(stays: pl.DataFrame) -> pl.DataFrame:
    counts = stays.group_by("institution_id").agg(stays=pl.len().cast(pl.Float64))
    rounded = (pl.col("stays") / STEP).round() * STEP
    shown = pl.when(pl.col("stays") > FEW).then(rounded)
    return counts.select(subject="institution_id", value=shown).sort("subject")
