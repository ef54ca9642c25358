"""US counties, people and hospitals' owners against the csv module."""

from collections import Counter

import polars as pl
import pytest


@pytest.fixture(scope="module")
def census(us, load):
    return load("us_census", us / "2018_county_census.csv")


@pytest.fixture(scope="module")
def centroids(us, load):
    return load("us_centroids", us / "us_county_centroids.csv")


def test_people_by_county_and_age_band_equal_those_of_the_csv_module(us, read_csv, census) -> None:
    rows = read_csv(us / "2018_county_census.csv")
    bands = [c for c in rows[0] if c.startswith("est2018_") and c != "est2018_all"]
    expected = {
        (
            row["statecountyfips"],
            band.removeprefix("est2018_").replace("to", "-").replace("plus", "+"),
        ): float(row[band])
        for row in rows
        for band in bands
    }
    population = census.tables["population"]
    found = {
        (r["zone_id"], r["age_band"]): r["persons"]
        for r in population.to_dicts()
        if (r["year"], r["sex"]) == (2018, "all")
    }
    assert found == expected
    assert len(set(population["age_band"])) == 18
    assert {"0-4", "80-84", "85+"} <= set(population["age_band"])
    assert population["persons"].sum() == 327_167_434
    assert sum(float(row["est2018_all"]) for row in rows) == 327_167_434


def test_counties_keep_their_leading_zero_and_their_name(census) -> None:
    names = dict(census.tables["zone"].select("zone_id", "name").rows())
    assert len(names) == 3142
    assert {len(z) for z in names} == {5}
    assert names["01049"] == "DeKalb County"
    assert names["35013"] == "Doña Ana County"


def test_centroids_regain_the_zero_that_316_of_them_lost(us, read_csv, centroids) -> None:
    rows = read_csv(us / "us_county_centroids.csv", "cp1252")
    assert sum(len(row["fips"]) == 4 for row in rows) == 316
    expected = {
        r["fips"].zfill(5): (r["state_abbrev"], float(r["lat"]), float(r["long"])) for r in rows
    }
    zone = centroids.tables["zone"]
    found = {r["zone_id"]: (r["region_id"], r["latitude"], r["longitude"]) for r in zone.to_dicts()}
    assert found == expected
    assert len(found) == 3220


def test_names_with_accents_are_readable(centroids) -> None:
    names = dict(centroids.tables["zone"].select("zone_id", "name").rows())
    assert names["72097"] == "Mayagüez"
    assert names["72021"] == "Bayamón"
    assert names["72119"] == "Río Grande"
    assert names["35013"] == "Doña Ana"
    signs = set("".join(names.values())) - set("áéíñóúü")
    assert not [sign for sign in signs if not sign.isascii()]


def test_every_state_is_a_region_of_the_country(us, read_csv, centroids) -> None:
    rows = read_csv(us / "us_county_centroids.csv", "cp1252")
    expected = {(r["state_abbrev"], r["state"], "US") for r in rows}
    assert set(
        centroids.tables["region"].select("region_id", "name", "parent_region_id").rows()
    ) == (expected)
    assert len(expected) == 52


def test_owners_and_types_are_those_of_the_file_for_hospitals_that_are_known(
    us, read_csv, load
) -> None:
    path = us / "Hospital_General_Information-2022-01.csv"
    rows = read_csv(path)
    hospitals = read_csv(us / "2022-10-07-hhs-data.csv")
    known = frozenset(row["hospital_pk"] for row in hospitals)
    outcome = load("us_general_information", path, known)
    expected = {
        r["Facility ID"]: (r["Hospital Ownership"], r["Hospital Type"])
        for r in rows
        if r["Facility ID"] in known
    }
    institution = outcome.tables["institution"]
    found = {r["institution_id"]: (r["ownership"], r["kind"]) for r in institution.to_dicts()}
    assert found == expected
    assert outcome.counts.excluded == len(rows) - len(expected) == 718
    assert Counter(o for o, _ in found.values())["Proprietary"] > 500
    assert institution.select(pl.col("tier").is_null().all()).item()
