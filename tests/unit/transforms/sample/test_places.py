import numpy as np
import pytest

from transforms.sample.places import (
    institution_table,
    places,
    population_table,
    region_count,
    region_table,
    zone_count,
    zone_table,
)

MADE = places(1, 12)


def test_the_sample_is_of_the_size_that_is_promised():
    assert region_table(MADE).height == 1 + 3
    assert zone_table(MADE).height == 40
    assert institution_table(MADE)["tier"].value_counts().sort("tier").rows() == [
        ("primary", 6),
        ("secondary", 3),
        ("tertiary", 3),
    ]
    assert population_table(MADE).height == 40 * 7 * 2


@pytest.mark.parametrize(
    ("institutions", "regions", "zones"), [(1, 1, 3), (2, 2, 7), (60, 3, 200), (1000, 50, 3333)]
)
def test_zones_and_regions_grow_with_the_institutions(institutions, regions, zones):
    assert region_count(institutions) == regions
    assert zone_count(institutions) == zones


@pytest.mark.parametrize("institutions", [1, 2, 3, 7, 12, 61, 130])
def test_every_institution_has_a_zone_of_its_own_in_its_region(institutions):
    made = places(3, institutions)
    assert len(set(made.institution_zone)) == institutions
    assert set(made.institution_region) == set(range(made.regions)) == set(made.zone_region)
    table = institution_table(made).join(zone_table(made), on="zone_id", suffix="_of_zone")
    assert table.filter(table["region_id"] == table["region_id_of_zone"]).height == institutions


def test_everything_is_labelled_synthetic():
    for table in (region_table(MADE), zone_table(MADE), institution_table(MADE)):
        assert table["name"].str.starts_with("Synthetic ").all()
        assert table[:, 0].str.starts_with("SYN").all()
        assert table["name"].is_unique().all()


def test_names_stay_apart_where_there_are_many():
    large = places(1, 600)
    assert zone_table(large)["name"].is_unique().all()
    assert region_table(large)["name"].is_unique().all()


def test_the_map_lies_in_the_ocean():
    zones = zone_table(MADE)
    assert zones["latitude"].is_between(43.5, 46.5).all()
    assert zones["longitude"].is_between(-32, -28).all()


def test_need_is_one_on_average():
    people = MADE.persons.sum(axis=(1, 2))
    need = zone_table(MADE)["need_weight"].to_numpy()
    assert np.average(need, weights=people) == pytest.approx(1, abs=1e-3)
    assert need.max() > 1.02 > 0.98 > need.min()


def test_the_surge_strikes_four_of_twelve_in_every_region():
    struck = MADE.institution_region[MADE.surges]
    assert len(struck) == 4
    assert set(struck) == {0, 1, 2}
