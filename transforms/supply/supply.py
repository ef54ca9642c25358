"""Supply by region: what institutions have of a resource, and which cells were not given.

An institution that clean.institution does not name (no more) counts nowhere.
"""

from datetime import date

import polars as pl

from schemas.regional import CapacityGap, Supply
from schemas.table import conform
from transforms.exact import exact_sum

KEY = ["region_id", "resource_id", "date"]
CELL = ["institution_id", "resource_id", "date"]
PEOPLE = ["age_band", "sex"]
DECIMALS = 9
GIVEN = ("in_service", "in_use")


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
        institution.select("institution_id", "region_id"), on="institution_id"
    )
    free = (pl.col("service") - pl.col("use")).clip(lower_bound=0)
    sums = rows.group_by(KEY).agg(
        institutions=pl.len().cast(pl.Int64),
        in_service_reported=exact_sum("in_service_reported", DECIMALS),
        in_use_reported=exact_sum("in_use_reported", DECIMALS),
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
        service=pl.coalesce("in_service_reported", "in_service_imputed", pl.lit(0.0)),
        use=pl.coalesce("in_use_reported", "in_use_imputed", pl.lit(0.0)),
    )


def inhabitants(population: pl.DataFrame, zone: pl.DataFrame) -> pl.DataFrame:
    """People by region: ``people_counted`` of its zones, added.

    Of a zone with unknown cells, the known ones are what they are of all people in those zones of
    its region that are known whole.

    Args:
        population: clean.population.
        zone: clean.zone.

    Returns:
        region_id | population (persons), for regions with a zone that population names; null where
        nothing tells a part, for without it the sum is too small and every rate too large.
    """
    cells = people_counted(population).join(zone.select("zone_id", "region_id"), on="zone_id")
    gap, weight = pl.col("persons").is_null(), pl.col("weight")
    zones = (
        cells.join(_weights(cells), on=["region_id", *PEOPLE], how="left")
        .group_by("region_id", "zone_id")
        .agg(
            known=exact_sum("persons"),
            whole=~gap.any(),
            share=pl.when(weight.is_not_null().all()).then(
                exact_sum(weight.filter(~gap)) / exact_sum(weight)
            ),
        )
    )
    told = pl.when("whole").then("known").when(pl.col("share") > 0)
    people = zones.with_columns(persons=told.then((pl.col("known") / pl.col("share")).round()))
    untold = pl.col("persons").is_null().any()
    return (
        people.group_by("region_id")
        .agg(population=pl.when(~untold).then(exact_sum("persons")))
        .sort("region_id")
    )


def _weights(cells: pl.DataFrame) -> pl.DataFrame:
    """People of each age band and sex in a region's zones that are known whole, as weight."""
    whole = cells.filter(pl.col("persons").is_not_null().all().over("zone_id"))
    return whole.group_by("region_id", *PEOPLE).agg(weight=exact_sum("persons"))


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
        institution.select("institution_id", "region_id"), on="institution_id"
    )
    cells = pl.concat([_cells(rows, column) for column in GIVEN])
    gaps = cells.group_by(*KEY, "column_name", "gap_reason", "imputation_rule").agg(
        gaps=pl.len().cast(pl.Int64), imputed=exact_sum("imputed", DECIMALS)
    )
    return conform(CapacityGap, gaps)


def _cells(rows: pl.DataFrame, column: str) -> pl.DataFrame:
    return rows.filter(pl.col(f"{column}_reported").is_null()).select(
        *KEY,
        column_name=pl.lit(column),
        gap_reason=pl.col(f"{column}_reason").fill_null("not_reported"),
        imputation_rule=pl.col(f"{column}_rule"),
        imputed=pl.col(f"{column}_imputed"),
    )


def _totals_if_known(column: str) -> pl.Expr:
    total = pl.col(column) == "all"
    known = (total & pl.col("persons").is_not_null()).any().over("zone_id")
    parts = (~total).any().over("zone_id")
    return total == (known | ~parts)


def _ratio(part: str, whole: str) -> pl.Expr:
    return pl.when(pl.col(whole) > 0).then(pl.col(part) / pl.col(whole))


def period_end() -> pl.Expr:
    """The last day of a row's period: it begins on ``date`` and lasts ``period_days`` (null: 1)."""
    return pl.col("date") + pl.duration(days=pl.col("period_days").fill_null(1) - 1)


def begun(capacity: pl.DataFrame, night: date) -> pl.DataFrame:
    """The rows whose period had begun by the night."""
    return capacity.filter(pl.col("date") <= night)


def data_to(capacity: pl.DataFrame, needs: pl.DataFrame, night: date) -> date | None:
    """The last day that figures of a resource that classes use cover; None if there is none.

    A period in which the night lies counts to its end, unless figures of periods that are over
    cover days after it began: those of a year say less of today than those of yesterday. What
    begins after the night does not count.

    Args:
        capacity: clean.capacity or clean.capacity_estimate.
        needs: class_id, resource_id | units, from ``care.use``.
        night: the night that is planned.
    """
    used = capacity.join(needs.select("resource_id").unique(), on="resource_id", how="semi")
    rows = begun(used, night).select("date", end=period_end())
    past = rows.filter(pl.col("end") <= night)["end"].max()
    newer = rows if past is None else rows.filter(pl.col("date") > past)
    return newer["end"].max() or past  # type: ignore[return-value]
