"""Regions, zones and institutions made whole: every place that is named stands somewhere."""

import numpy as np
import polars as pl
from scipy.spatial import cKDTree

from schemas.clean import Institution, Region, Zone
from schemas.table import conform
from transforms.exact import exact_mean

CENTROID = "zone_centroid"
DECIMALS = 12


def zone(zone: pl.DataFrame, institution: pl.DataFrame) -> pl.DataFrame:
    """Add the zones that only institutions name; place those without coordinates.

    An added zone lies in the region that most of its institutions name (of equals, the first).
    A zone without coordinates stands at the mean place of its institutions, where that is known.

    Args:
        zone: clean.zone.
        institution: clean.institution, before its own coordinates are completed.

    Returns:
        clean.zone.
    """
    known = pl.concat([conform(Zone, zone), _unknown_zones(zone, institution)])
    placed = known.join(_mean_places(institution), on="zone_id", how="left")
    return conform(Zone, _fill_place(placed).drop("mean_latitude", "mean_longitude"))


def institution(institution: pl.DataFrame, zone: pl.DataFrame) -> pl.DataFrame:
    """Put institutions without coordinates at their zone's, by the rule ``zone_centroid``.

    Args:
        institution: clean.institution.
        zone: clean.zone, completed.

    Returns:
        clean.institution; coordinates stay null where the zone has none.
    """
    centroid = zone.select(
        "zone_id", mean_latitude=pl.col("latitude"), mean_longitude=pl.col("longitude")
    )
    joined = conform(Institution, institution).join(centroid, on="zone_id", how="left")
    filled = _without_place() & pl.col("mean_latitude").is_not_null()
    rule = pl.when(filled).then(pl.lit(CENTROID)).otherwise("location_rule")
    placed = _fill_place(joined.with_columns(location_rule=rule))
    return conform(Institution, placed.drop("mean_latitude", "mean_longitude"))


def region(region: pl.DataFrame, zone: pl.DataFrame, institution: pl.DataFrame) -> pl.DataFrame:
    """Add the regions that only zones, institutions or other regions name.

    Args:
        region: clean.region.
        zone: clean.zone.
        institution: clean.institution.

    Returns:
        clean.region; what was added has neither name nor parent.
    """
    parents = region.select(region_id=pl.col("parent_region_id").cast(pl.String))
    named = pl.concat([zone.select("region_id"), institution.select("region_id"), parents])
    added = named.drop_nulls().unique().join(region, on="region_id", how="anti")
    return conform(Region, pl.concat([conform(Region, region), conform(Region, added)]))


def _unknown_zones(zone: pl.DataFrame, institution: pl.DataFrame) -> pl.DataFrame:
    votes = (
        institution.join(zone, on="zone_id", how="anti")
        .group_by("zone_id", "region_id")
        .len()
        .sort("len", "region_id", descending=[True, False])
    )
    return conform(Zone, votes.unique("zone_id", keep="first"))


def _mean_places(institution: pl.DataFrame) -> pl.DataFrame:
    """Mean on the sphere, so that places either side of 180 degrees do not average to 0."""
    latitude, longitude = pl.col("latitude").radians(), pl.col("longitude").radians()
    means = (
        institution.drop_nulls(["latitude", "longitude"])
        .group_by("zone_id")
        .agg(
            x=exact_mean(latitude.cos() * longitude.cos(), DECIMALS),
            y=exact_mean(latitude.cos() * longitude.sin(), DECIMALS),
            z=exact_mean(latitude.sin(), DECIMALS),
        )
    )
    flat = (pl.col("x") ** 2 + pl.col("y") ** 2).sqrt()
    return means.select(
        "zone_id",
        mean_latitude=pl.arctan2("z", flat).degrees().round(6),
        mean_longitude=pl.arctan2("y", "x").degrees().round(6),
    )


def _without_place() -> pl.Expr:
    return pl.col("latitude").is_null() | pl.col("longitude").is_null()


def _fill_place(frame: pl.DataFrame) -> pl.DataFrame:
    lacks = _without_place()
    return frame.with_columns(
        latitude=pl.when(lacks).then("mean_latitude").otherwise("latitude"),
        longitude=pl.when(lacks).then("mean_longitude").otherwise("longitude"),
    )


EARTH_KM = 6371.0088
SPARE = 8
PAIR = {"place_id": pl.String, "target_id": pl.String}


def great_circle_km(
    latitude: str = "latitude",
    longitude: str = "longitude",
    to_latitude: str = "to_latitude",
    to_longitude: str = "to_longitude",
) -> pl.Expr:
    """Great-circle distance (km) between two places of a row, by the haversine formula."""
    north, to_north = pl.col(latitude).radians(), pl.col(to_latitude).radians()
    east = pl.col(to_longitude).radians() - pl.col(longitude).radians()
    half = ((to_north - north) / 2).sin() ** 2 + north.cos() * to_north.cos() * (
        east / 2
    ).sin() ** 2
    return 2 * EARTH_KM * half.clip(0, 1).sqrt().arcsin()


def nearest(places: pl.DataFrame, targets: pl.DataFrame, count: int) -> pl.DataFrame:
    """The nearest targets of every place, with a few to spare, so that ties can be broken.

    Args:
        places: place_id | latitude, longitude (degrees); those without coordinates have none.
        targets: target_id | latitude, longitude (degrees).
        count: how many are wanted of each.

    Returns:
        place_id, target_id: ``count`` + ``SPARE`` pairs a place, or as many as there are.
    """
    here = places.drop_nulls(["latitude", "longitude"]).sort("place_id")
    there = targets.drop_nulls(["latitude", "longitude"]).sort("target_id")
    if here.is_empty() or there.is_empty():
        return pl.DataFrame(schema=PAIR)
    wanted = min(count + SPARE, there.height)
    _, found = cKDTree(_on_sphere(there)).query(_on_sphere(here), k=range(1, wanted + 1))
    return pl.DataFrame(
        {
            "place_id": here["place_id"].gather(np.repeat(np.arange(here.height), wanted)),
            "target_id": there["target_id"].gather(found.ravel()),
        }
    )


def nearest_in_region(places: pl.DataFrame, targets: pl.DataFrame, count: int) -> pl.DataFrame:
    """As ``nearest``, among the targets of the place's own region.

    Args:
        places: place_id | region_id, latitude, longitude.
        targets: target_id | region_id, latitude, longitude.
        count: how many are wanted of each.

    Returns:
        place_id, target_id.
    """
    found = [
        nearest(places.filter(region_id=region_id), targets.filter(region_id=region_id), count)
        for region_id in places["region_id"].unique().sort()
    ]
    return pl.concat([pl.DataFrame(schema=PAIR), *found])


def _on_sphere(places: pl.DataFrame) -> np.ndarray:
    north = np.radians(places["latitude"])
    east = np.radians(places["longitude"])
    return np.column_stack(
        [np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)]
    )
