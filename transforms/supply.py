"""Supply by region: what institutions have of a resource, and which cells were not given.

An institution that clean.institution does not name (no more) counts nowhere.
"""

import polars as pl

from schemas.base import conform
from schemas.regional import CapacityGap, Supply
from transforms.exact import exact_sum

KEY = ["region_id", "resource_id", "date"]
CELL = ["institution_id", "resource_id", "date"]
DECIMALS = 9
MEASURES = ("in_service", "in_use")


def supply(
    capacity_estimate: pl.DataFrame,
    institution: pl.DataFrame,
    population: pl.DataFrame,
    zone: pl.DataFrame,
) -> pl.DataFrame:
    """Sum units in service and in use by region, resource and date.

    Args:
        capacity_estimate: clean.capacity_estimate.
        institution: clean.institution.
        population: clean.population.
        zone: clean.zone.

    Returns:
        regional.supply; a gap that no rule could fill counts 0.
    """
    rows = complete(capacity_estimate).join(
        institution.select("institution_id", "region_id"), on="institution_id", how="inner"
    )
    free = (pl.col("service") - pl.col("use")).clip(lower_bound=0)
    sums = rows.group_by(KEY).agg(
        institutions=pl.len().cast(pl.Int64),
        in_service_reported=exact_sum("in_service", DECIMALS),
        in_use_reported=exact_sum("in_use", DECIMALS),
        free=exact_sum(free, DECIMALS),
        service=exact_sum("service", DECIMALS),
        use=exact_sum("use", DECIMALS),
    )
    result = sums.rename({"service": "in_service", "use": "in_use"}).join(
        inhabitants(population, zone), on="region_id", how="left"
    )
    return conform(
        Supply,
        result.with_columns(
            occupancy=_ratio("in_use", "in_service"),
            in_service_per_100k=_ratio("in_service", "population") * 100_000,
        ),
    )


def complete(capacity_estimate: pl.DataFrame) -> pl.DataFrame:
    """Add ``service`` and ``use`` (units): reported, else imputed, else 0."""
    return capacity_estimate.with_columns(
        service=pl.coalesce("in_service", "in_service_imputed", pl.lit(0.0)),
        use=pl.coalesce("in_use", "in_use_imputed", pl.lit(0.0)),
    )


def inhabitants(population: pl.DataFrame, zone: pl.DataFrame) -> pl.DataFrame:
    """People by region: ``people_counted`` of its zones, added.

    Args:
        population: clean.population.
        zone: clean.zone.

    Returns:
        region_id | population (persons), for regions with a zone that population names; null where
        a part is unknown, for without it the sum is too small and every rate too large.
    """
    unknown = pl.col("persons").is_null().any()
    return (
        people_counted(population)
        .join(zone.select("zone_id", "region_id"), on="zone_id", how="inner")
        .group_by("region_id")
        .agg(population=pl.when(~unknown).then(exact_sum("persons")))
        .sort("region_id")
    )


def people_counted(population: pl.DataFrame) -> pl.DataFrame:
    """Rows of clean.population that count: of each zone its newest year with any figure.

    Where a zone sends totals ('all') beside parts, the totals count, unless none is known.
    """
    known = pl.col("year").filter(pl.col("persons").is_not_null()).max().over("zone_id")
    year = pl.coalesce(known, pl.col("year").max().over("zone_id"))
    newest = population.filter(pl.col("year") == year)
    return newest.filter(_totals_if_known("age_band")).filter(_totals_if_known("sex"))


def capacity_gap(
    capacity: pl.DataFrame, capacity_estimate: pl.DataFrame, institution: pl.DataFrame
) -> pl.DataFrame:
    """Count the cells that were not given, by reason and by the rule that filled them.

    Args:
        capacity: clean.capacity.
        capacity_estimate: clean.capacity_estimate.
        institution: clean.institution.

    Returns:
        regional.capacity_gap; an unknown without a reason counts as not_reported.
    """
    reasons = capacity.select(*CELL, "in_service_reason", "in_use_reason")
    rows = capacity_estimate.join(reasons, on=CELL, how="left").join(
        institution.select("institution_id", "region_id"), on="institution_id", how="inner"
    )
    cells = pl.concat([_cells(rows, measure) for measure in MEASURES])
    gaps = cells.group_by(*KEY, "measure", "reason", "rule").agg(
        gaps=pl.len().cast(pl.Int64), imputed=exact_sum("imputed", DECIMALS)
    )
    return conform(CapacityGap, gaps)


def _cells(rows: pl.DataFrame, measure: str) -> pl.DataFrame:
    return rows.filter(pl.col(measure).is_null()).select(
        *KEY,
        measure=pl.lit(measure),
        reason=pl.col(f"{measure}_reason").fill_null("not_reported"),
        rule=pl.col(f"{measure}_rule"),
        imputed=pl.col(f"{measure}_imputed"),
    )


def _totals_if_known(column: str) -> pl.Expr:
    total = pl.col(column) == "all"
    known = (total & pl.col("persons").is_not_null()).any().over("zone_id")
    parts = (~total).any().over("zone_id")
    return total == (known | ~parts)


def _ratio(part: str, whole: str) -> pl.Expr:
    return pl.when(pl.col(whole) > 0).then(pl.col(part) / pl.col(whole))
