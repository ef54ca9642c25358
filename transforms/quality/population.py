"""A rule across figures of population. It reads clean tables and returns subject and value."""

import polars as pl

from transforms.supply.supply import people_counted


def population_unknown(population: pl.DataFrame, zone: pl.DataFrame) -> pl.DataFrame:
    """Zones of the region with people that count and are unknown; the value is cells."""
    counted = people_counted(population).join(zone, on="zone_id", how="semi")
    unknown = counted.filter(pl.col("persons").is_null()).group_by("zone_id")
    cells = unknown.agg(value=pl.len().cast(pl.Float64))
    return cells.select(subject="zone_id", value="value").sort("subject")
