import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.places.places import EARTH_KM, SPARE, great_circle_km, nearest, nearest_in_region


def km(here: tuple[float, float], there: tuple[float, float]) -> float:
    row = pl.DataFrame(
        {
            "latitude": [here[0]],
            "longitude": [here[1]],
            "to_latitude": [there[0]],
            "to_longitude": [there[1]],
        }
    )
    return row.select(km=great_circle_km())["km"][0]


@pytest.mark.parametrize(
    ("here", "there", "expected"),
    [
        ((0.0, 0.0), (0.0, 0.0), 0.0),
        ((0.0, 0.0), (0.0, 90.0), EARTH_KM * np.pi / 2),
        ((90.0, 0.0), (-90.0, 55.0), EARTH_KM * np.pi),
        ((12.0, 0.0), (-12.0, 180.0), EARTH_KM * np.pi),
        ((0.0, 179.5), (0.0, -179.5), EARTH_KM * np.pi / 180),
        ((48.2082, 16.3738), (47.0707, 15.4395), 144.6),
    ],
    ids=["same", "quarter", "poles", "antipodes", "date line", "Vienna to Graz"],
)
def test_great_circles(here, there, expected):
    assert km(here, there) == pytest.approx(expected, abs=0.5)


def places(prefix: str, coordinates: list[tuple]) -> pl.DataFrame:
    name = f"{prefix}_id"
    frame = pl.DataFrame(
        coordinates,
        orient="row",
        schema={"latitude": pl.Float64, "longitude": pl.Float64},
    ).with_row_index("n")
    return frame.select(
        pl.format("{}", pl.col("n").cast(pl.String).str.zfill(3)).alias(name),
        "latitude",
        "longitude",
    )


coordinates = st.tuples(st.floats(-89, 89), st.floats(-180, 180))


@given(
    st.lists(coordinates, min_size=1, max_size=5),
    st.lists(coordinates, min_size=1, max_size=30),
    st.integers(1, 5),
)
def test_the_nearest_are_among_those_found(heres, theres, count):
    found = nearest(places("place", heres), places("target", theres), count)
    for i, here in enumerate(heres):
        mine = found.filter(place_id=f"{i:03}")["target_id"].to_list()
        assert len(set(mine)) == len(mine) >= min(count, len(theres))
        distances = {f"{j:03}": km(here, there) for j, there in enumerate(theres)}
        limit = sorted(distances.values())[min(count, len(theres)) - 1]
        assert {t for t, d in distances.items() if d < limit - 1e-3} <= set(mine)


@pytest.mark.parametrize("east", [-170.0, -80.0, 10.0, 80.0, 179.5])
def test_of_many_the_nearest_is_found_wherever_it_lies(east):
    """One stands a degree to the west, thirty others ten degrees to the north or south."""
    around = [(lat, east + k / 10) for lat in (10.0, -10.0) for k in range(15)]
    found = nearest(places("place", [(0.0, east)]), places("target", [*around, (0.0, east - 1)]), 1)
    assert found.height == 1 + SPARE
    assert found["target_id"][0] == "030"


def test_places_that_stand_nowhere_are_left_out():
    found = nearest(
        places("place", [(1.0, 1.0), (None, None)]), places("target", [(None, 2.0), (2.0, 2.0)]), 3
    )
    assert found.rows() == [("000", "001")]
    assert nearest(places("place", [(None, None)]), places("target", [(1.0, 1.0)]), 1).is_empty()


def test_in_ones_own_region_only():
    here = places("place", [(0.0, 0.0), (0.0, 1.0), (0.0, 2.0)]).with_columns(
        region_id=pl.Series(["R", "S", "T"])
    )
    there = places("target", [(0.0, 1.0), (0.0, 0.0)]).with_columns(region_id=pl.Series(["R", "S"]))
    assert nearest_in_region(here, there, 1).rows() == [("000", "000"), ("001", "001")]
