"""Weighted capitation: what part of pooled money a region should have."""

import polars as pl

from schemas.results.financing import FinancingRegion
from schemas.table import conform
from transforms.exact import exact_sum


def target_shares(zone: pl.DataFrame, population: pl.DataFrame) -> pl.DataFrame:
    """``FinancingRegion``: population times need weight of each region, as share of all.

    Reads ``Zone`` and ``Population``; of each zone its newest year; a zone without a need weight
    has 1. A region without population has the share 0.
    """
    persons = _persons(population)
    weighted = (
        zone.join(persons, on="zone_id", how="left")
        .with_columns(
            weighted=pl.col("persons").fill_null(0.0) * pl.col("need_weight").fill_null(1.0)
        )
        .group_by("region_id")
        .agg(weighted=exact_sum("weighted", 3))
    )
    total = weighted["weighted"].sort().sum()
    share = pl.col("weighted") / total if total > 0 else pl.lit(0.0)
    return conform(FinancingRegion, weighted.with_columns(target_share=share))


def _persons(population: pl.DataFrame) -> pl.DataFrame:
    """People of each zone in its newest year: the total where one is sent, else all parts."""
    zone = ["zone_id"]
    latest = population.filter(pl.col("year") == pl.col("year").max().over(zone))
    for column in ("age_band", "sex"):
        whole = pl.col(column) == "all"
        latest = latest.filter(whole | ~whole.any().over(zone))
    return latest.group_by(zone).agg(persons=exact_sum("persons", 3))
