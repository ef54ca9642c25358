import polars as pl

from schemas import clean
from schemas.table import conform
from transforms.quality.clean import population_unknown


def test_zones_of_the_region_with_unknown_people_are_counted_by_cells():
    """z2 is known, z3 is of no region, and z1's year before counts no more."""
    people = pl.DataFrame(
        [
            ("z1", 2025, "0-64", None),
            ("z1", 2025, "65+", None),
            ("z1", 2025, "90+", 5.0),
            ("z1", 2024, "0-64", None),
            ("z2", 2025, "0-64", 1.0),
            ("z3", 2025, "0-64", None),
            ("z0", 2025, "0-64", None),
        ],
        schema=["zone_id", "year", "age_band", "persons"],
        orient="row",
    ).with_columns(sex=pl.lit("all"))
    zones = pl.DataFrame({"zone_id": ["z0", "z1", "z2"]})
    found = population_unknown(conform(clean.Population, people), zones)
    assert found.rows() == [("z0", 1.0), ("z1", 2.0)]
