"""The three weekly files of US hospitals against sums taken with the csv module."""

from collections import Counter, defaultdict

import polars as pl
import pytest

WEEKS = ("2022-09-23", "2022-09-30", "2022-10-07")
RESOURCES = ("general_bed", "icu_bed")
MEASURES = ("in_service", "in_use")


@pytest.fixture(scope="module")
def weeks(us, read_csv, load):
    """Week → (rows by csv, what the platform made of them)."""
    files = {week: us / f"{week}-hhs-data.csv" for week in WEEKS}
    return {week: (read_csv(path), load("us_hhs", path)) for week, path in files.items()}


@pytest.mark.parametrize("week", WEEKS)
def test_every_hospital_is_an_institution_and_every_row_is_loaded(weeks, week) -> None:
    rows, outcome = weeks[week]
    assert set(outcome.tables["institution"]["institution_id"]) == {r["hospital_pk"] for r in rows}
    assert outcome.counts.rows_read == outcome.counts.loaded == len(rows)
    capacity = outcome.tables["capacity"]
    assert capacity.height == 2 * len(rows)
    assert set(capacity["date"].cast(pl.String)) == {week}
    assert set(capacity["period_days"]) == {7}


@pytest.mark.parametrize("week", WEEKS)
def test_totals_by_state_equal_those_of_the_csv_module(weeks, cells, week) -> None:
    rows, outcome = weeks[week]
    expected = defaultdict(float)
    for row in rows:
        for (resource, measure), (value, _) in cells(row).items():
            expected[row["state"], resource, measure] += value or 0
    state = outcome.tables["institution"].select("institution_id", "region_id")
    totals = (
        outcome.tables["capacity"]
        .join(state, on="institution_id")
        .group_by("region_id", "resource_id")
        .agg(pl.col(m).sum() for m in MEASURES)
    )
    found = {
        (row["region_id"], row["resource_id"], measure): row[measure]
        for row in totals.to_dicts()
        for measure in MEASURES
    }
    assert found == pytest.approx(dict(expected), rel=1e-12, abs=1e-9)
    assert len({state for state, _, _ in found}) == 55


@pytest.mark.parametrize("week", WEEKS)
def test_every_unknown_cell_has_the_reason_of_its_source(weeks, cells, week) -> None:
    rows, outcome = weeks[week]
    expected = {
        (row["hospital_pk"], resource, measure): reason
        for row in rows
        for (resource, measure), (_, reason) in cells(row).items()
        if reason is not None
    }
    capacity = outcome.tables["capacity"]
    found = {
        (row["institution_id"], row["resource_id"], measure): row[f"{measure}_reason"]
        for row in capacity.to_dicts()
        for measure in MEASURES
        if row[measure] is None
    }
    assert found == expected
    for measure in MEASURES:
        known = capacity.filter(pl.col(measure).is_not_null())
        assert known[f"{measure}_reason"].null_count() == known.height


def test_of_656_gaps_in_intensive_care_in_use_79_stay(weeks) -> None:
    rows, outcome = weeks["2022-10-07"]
    assert sum(r["icu_beds_used_7_day_avg"] == "-999999" for r in rows) == 656
    icu = outcome.tables["capacity"].filter(pl.col("resource_id") == "icu_bed")
    reasons = Counter(icu.filter(pl.col("in_use").is_null())["in_use_reason"])
    assert reasons == {"withheld": 79, "implausible": 6}


def test_a_withheld_mean_lies_between_0_and_4(weeks) -> None:
    capacity = weeks["2022-10-07"][1].tables["capacity"]
    withheld = capacity.filter(
        pl.col("resource_id") == "icu_bed", pl.col("in_use_reason") == "withheld"
    )
    assert withheld.select("in_use_low", "in_use_high").unique().rows() == [(0.0, 4.0)]


def test_what_is_left_of_a_known_total_lies_up_to_4_below_it(weeks, mean) -> None:
    rows, outcome = weeks["2022-10-07"]
    totals = {
        r["hospital_pk"]: mean(r, "inpatient_beds_used")[0]
        for r in rows
        if mean(r, "inpatient_beds_used")[0] is not None and mean(r, "icu_beds_used")[0] is None
    }
    assert len(totals) > 50
    general = outcome.tables["capacity"].filter(
        pl.col("resource_id") == "general_bed", pl.col("institution_id").is_in(list(totals))
    )
    for row in general.to_dicts():
        total = totals[row["institution_id"]]
        assert row["in_use_low"] == pytest.approx(max(total - 4, 0))
        assert row["in_use_high"] == pytest.approx(total)


@pytest.mark.parametrize("week", WEEKS)
def test_every_county_with_a_hospital_is_a_zone_in_its_state(weeks, week) -> None:
    rows, outcome = weeks[week]
    expected = {
        (f"{r['state']}-unknown" if r["fips_code"] == "NA" else r["fips_code"], r["state"])
        for r in rows
    }
    zone = outcome.tables["zone"].select("zone_id", "region_id")
    assert set(zone.rows()) == expected
    assert {z for z, _ in expected if len(z) != 5} == {"AS-unknown", "LA-unknown"}
    regions = set(outcome.tables["region"].select("region_id", "parent_region_id").rows())
    assert regions == {(s, "US") for _, s in expected} | {("US", None)}


def place(row: dict[str, str]) -> tuple[float, float] | tuple[None, None]:
    """North and east of the point column; null where it is absent or far off Puerto Rico."""
    point = row["geocoded_hospital_address"]
    if point == "NA":
        return None, None
    east, north = map(float, point.removeprefix("POINT (").removesuffix(")").split())
    return (None, None) if row["state"] == "PR" and east < -70 else (north, east)


@pytest.mark.parametrize("week", WEEKS)
def test_coordinates_are_those_of_the_point_column(weeks, week) -> None:
    rows, outcome = weeks[week]
    institution = outcome.tables["institution"]
    found = {r["institution_id"]: (r["latitude"], r["longitude"]) for r in institution.to_dicts()}
    assert found == {row["hospital_pk"]: place(row) for row in rows}
    absent = sum(row["geocoded_hospital_address"] == "NA" for row in rows)
    assert sum(north is None for north, _ in found.values()) == absent + 1 == 488
    off = outcome.quarantine.filter(pl.col("rule") == "point_off_the_islands")
    assert sorted(off["column_name"]) == ["latitude", "longitude"]
