"""How far it is: great circles, and the nearest places."""

import numpy as np
import polars as pl
from scipy.spatial import cKDTree

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
