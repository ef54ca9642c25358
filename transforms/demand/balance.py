"""Supply against demand, by region and resource."""

import polars as pl

from schemas.regional import Balance
from schemas.table import conform
from transforms.exact import exact_sum
from transforms.supply.supply import complete

KEY = ["region_id", "resource_id", "date"]


def balance(
    supply: pl.DataFrame,
    demand: pl.DataFrame,
    use: pl.DataFrame,
    lack: pl.DataFrame,
) -> pl.DataFrame:
    """Compare a region's units with what its people's need for care asks for.

    Demand is the mean, over the days of the supply's period, of patients in bed × units per
    patient. It follows the patients who live in the region; shortage and surplus follow the
    institutions that stand in it. A resource that no class uses is left out, and so is a period
    for which no demand is known.

    Args:
        supply: regional.supply.
        demand: regional.demand.
        use: class_id, resource_id | units, from ``care.use``.
        lack: from ``lack``, for the same capacity.

    Returns:
        regional.balance.
    """
    units = pl.col("patient_days_per_day") * pl.col("units")
    periods = supply.join(lack, on=KEY, how="left")
    asked = (
        assigned(periods, demand.join(use, on="class_id"), "region_id")
        .group_by(*KEY, "class_id")
        .agg(units=exact_sum(units, 9) / pl.len())
        .group_by(KEY)
        .agg(demand_units=exact_sum("units", 9))
    )
    ratio = pl.when(pl.col("demand_units") > 0).then(pl.col("supply") / pl.col("demand_units"))
    return conform(
        Balance,
        periods.select(*KEY, "shortage", "surplus", supply="in_service")
        .join(asked, on=KEY)
        .with_columns(ratio=ratio),
    )


def lack(
    capacity: pl.DataFrame,
    capacity_estimate: pl.DataFrame,
    census: pl.DataFrame,
    use: pl.DataFrame,
    institution: pl.DataFrame,
) -> pl.DataFrame:
    """What single institutions lack and have left, added by region, resource and date.

    Args:
        capacity: clean.capacity, for the length of its periods.
        capacity_estimate: clean.capacity_estimate.
        census: institution_id, class_id, date | patients.
        use: class_id, resource_id | units.
        institution: clean.institution.

    Returns:
        region_id, resource_id, date | period_days (days), shortage, surplus (units).
    """
    cell = ["institution_id", "resource_id", "date"]
    periods = capacity.select(*cell, "period_days")
    units = complete(capacity_estimate).join(periods, on=cell, how="left")
    needed = pl.col("patients") * pl.col("units")
    load = (
        assigned(units, census.join(use, on="class_id"), "institution_id")
        .group_by(*cell, "class_id")
        .agg(load=exact_sum(needed, 9) / pl.len())
        .group_by(cell)
        .agg(load=exact_sum("load", 9))
    )
    rows = units.join(load, on=cell, how="left").with_columns(pl.col("load").fill_null(0))
    return (
        rows.join(institution.select("institution_id", "region_id"), on="institution_id")
        .group_by(KEY)
        .agg(
            period_days=pl.col("period_days").max(),
            shortage=exact_sum((pl.col("load") - pl.col("service")).clip(lower_bound=0), 9),
            surplus=exact_sum((pl.col("service") - pl.col("load")).clip(lower_bound=0), 9),
        )
    )


def assigned(supply: pl.DataFrame, demand: pl.DataFrame, place: str) -> pl.DataFrame:
    """Put every demand row into the supply period that holds its date.

    Args:
        supply: ``place``, resource_id, date, period_days (days).
        demand: ``place``, resource_id, date and figures.
        place: region_id or institution_id.

    Returns:
        The demand rows that fall in a period, their date being the period's first day.
    """
    by = [place, "resource_id"]
    periods = supply.select(*by, start="date", length="period_days").sort("start")
    rows = demand.drop("period_days", strict=False).sort("date")
    inside = (pl.col("date") - pl.col("start")).dt.total_days() < pl.col("length")
    return (
        rows.join_asof(periods, left_on="date", right_on="start", by=by, check_sortedness=False)
        .filter(inside)
        .with_columns(date="start")
        .drop("start", "length")
    )
