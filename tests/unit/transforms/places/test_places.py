import polars as pl
import pytest
from polars.testing import assert_frame_equal

from schemas.clean import Institution, Region, Zone
from schemas.table import check, conform, empty
from transforms.places import places


def zones(**columns: object) -> pl.DataFrame:
    return conform(Zone, pl.DataFrame(columns))


def institutions(**columns: object) -> pl.DataFrame:
    return conform(Institution, pl.DataFrame(columns))


def test_a_zone_that_only_institutions_name_lies_where_most_of_them_do():
    found = places.zone(
        zones(zone_id=["z1"], region_id=["R1"]),
        institutions(
            institution_id=["a", "b", "c", "d"],
            zone_id=["z1", "z2", "z2", "z2"],
            region_id=["R9", "R1", "R2", "R2"],
        ),
    )
    assert check(Zone, found)["zone_id"].to_list() == ["z1", "z2"]
    assert found["region_id"].to_list() == ["R1", "R2"]


def test_of_regions_named_equally_often_the_first_counts():
    hospitals = institutions(institution_id=["a", "b"], zone_id="z", region_id=["R2", "R1"])
    assert places.zone(empty(Zone), hospitals)["region_id"].to_list() == ["R1"]


def test_a_zone_without_coordinates_stands_at_the_mean_of_its_institutions():
    found = places.zone(
        zones(
            zone_id=["far", "sent", "unknown"],
            region_id="R",
            latitude=[None, 5.0, None],
            longitude=[None, 6.0, None],
        ),
        institutions(
            institution_id=["a", "b", "c", "d"],
            zone_id=["far", "far", "sent", "unknown"],
            region_id="R",
            latitude=[0.0, 0.0, 40.0, None],
            longitude=[179.0, -179.0, 40.0, None],
        ),
    )
    assert found["latitude"].to_list() == [0.0, 5.0, None]
    assert [abs(x) if x is not None else None for x in found["longitude"]] == [180.0, 6.0, None]


def test_the_mean_of_places_is_taken_on_the_sphere():
    """60 degrees north on the meridian and 30 north at 80 east meet at 51.9 north, 52.7 east."""
    hospitals = institutions(
        institution_id=["a", "b"],
        zone_id="z",
        region_id="R",
        latitude=[60.0, 30.0],
        longitude=[0.0, 80.0],
    )
    found = places.zone(zones(zone_id=["z"], region_id=["R"]), hospitals)
    assert found.select("latitude", "longitude").row(0) == (51.862131, 52.671443)


def test_half_a_place_is_no_place():
    hospital = institutions(
        institution_id=["a"], zone_id="z", region_id="R", latitude=[1.0], longitude=[None]
    )
    centre = zones(zone_id=["z"], region_id="R", latitude=[3.0], longitude=[4.0])
    found = places.institution(hospital, centre)
    assert found.select("latitude", "longitude", "location_rule").row(0) == (
        3.0,
        4.0,
        "zone_centroid",
    )


@pytest.mark.parametrize(
    ("own", "centre", "expected"),
    [
        ((1.0, 2.0), (3.0, 4.0), (1.0, 2.0, None)),
        ((None, None), (3.0, 4.0), (3.0, 4.0, "zone_centroid")),
        ((None, None), (None, None), (None, None, None)),
    ],
)
def test_an_institution_stands_where_it_says_else_at_its_zone(own, centre, expected):
    place = {"latitude": pl.Float64, "longitude": pl.Float64}
    hospital = pl.DataFrame(
        [("a", "z", "R", *own)],
        orient="row",
        schema_overrides=place,
        schema=[
            "institution_id",
            "zone_id",
            "region_id",
            "latitude",
            "longitude",
        ],
    )
    zone = pl.DataFrame(
        [("z", "R", *centre)],
        orient="row",
        schema_overrides=place,
        schema=[
            "zone_id",
            "region_id",
            "latitude",
            "longitude",
        ],
    )
    found = check(
        Institution, places.institution(conform(Institution, hospital), conform(Zone, zone))
    )
    assert found.select("latitude", "longitude", "location_rule").row(0) == expected


def test_regions_named_by_zones_institutions_and_regions_are_added():
    found = places.region(
        conform(Region, pl.DataFrame({"region_id": ["A"], "parent_region_id": ["TOP"]})),
        zones(zone_id=["z1", "z2"], region_id=["A", "B"]),
        institutions(institution_id=["i"], zone_id="z1", region_id="C"),
    )
    expected = pl.DataFrame(
        {
            "region_id": ["A", "B", "C", "TOP"],
            "name": [None] * 4,
            "parent_region_id": ["TOP", None, None, None],
        },
        schema_overrides={"name": pl.String},
    )
    assert_frame_equal(check(Region, found), expected)
