"""Paths of demand that are drawn from the night's forecast."""

from collections.abc import Mapping

import polars as pl

from schemas.assumptions.region import Region
from transforms.demand.outlook import demand_paths
from transforms.exact import exact_sum
from transforms.inputs.allocation.foreseen import Start, arrivals
from transforms.supply.care import bed, use

DECIMALS = 6
KEY = ["path", "zone_id", "class_id", "date"]


def drawn_demand(
    clean: Mapping[str, pl.DataFrame], region: Region, start: Start, count: int, seed: int
) -> pl.DataFrame:
    """New patients by zone and class on joint paths, drawn from the night's forecast.

    Of a class whose census is forecast, arrivals follow from each path of the census.

    Args:
        clean: as for ``planning_inputs``, with regional.demand_forecast.
        region: the region's file.
        start: what is known at the end of the last day.
        count: paths to draw.
        seed: the same seed draws the same paths.

    Returns:
        path (1 to ``count``), zone_id, class_id, date | demand_patients (patients/day, > 0), times
        ``planning.demand_factor``; sorted.
    """
    expected = clean["demand_forecast"]
    of_zones, in_use = demand_paths(clean, region, start.as_of, expected, count, seed)
    rows = pl.concat([of_zones, _of_census(clean, region, start, in_use)])
    patients = (pl.col("value") * region.planning.demand_factor).round(DECIMALS)
    made = rows.select(*KEY, demand_patients=patients)
    return made.filter(pl.col("demand_patients") > 0).sort(KEY)


def _of_census(
    clean: Mapping[str, pl.DataFrame], region: Region, start: Start, in_use: pl.DataFrame
) -> pl.DataFrame:
    """Arrivals at institutions on each path of their census, by zone."""
    beds = bed(use(region.classes), clean["resource"]).join(start.stays, on="class_id", how="anti")
    pair = ["institution_id", "class_id"]
    patients = pl.col("value") / pl.col("units")
    on_path = pl.concat_str("path", "institution_id", separator="|")
    known = in_use.join(beds, on="resource_id").join(start.treats, on=pair, how="semi")
    named = known.with_columns(mean=patients, upper=patients, on_path=on_path)
    names = named.select("on_path", "path", "institution_id").unique()
    still = start.census.join(names, on="institution_id")
    renamed = {"on_path": "institution_id"}
    came = arrivals(
        named.drop("institution_id").rename(renamed).select(*pair, "date", "mean", "upper"),
        still.drop("institution_id", "path").rename(renamed).select(*pair, "date", "patients"),
        start.curves,
    )
    homes = clean["institution"].select("institution_id", "zone_id")
    placed = came.rename({"institution_id": "on_path"}).join(names, on="on_path")
    summed = placed.join(homes, on="institution_id").group_by(KEY).agg(value=exact_sum("mean", 9))
    return summed.select(*KEY, "value")
