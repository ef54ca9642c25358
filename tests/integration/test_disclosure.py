"""No published row shows a count of 1 to 10 people, nor does any subtraction of what is shown."""

import duckdb
import polars as pl
import pytest

from schemas.table import key, layer, name, observed, polars_schema
from schemas.tables import PUBLISHED

FEW = (0.01, 10.99)
# A first night has no earlier plan that could have come true.
LATER = ("plan_outcome", "plan_outcome_day", "plan_outcome_institution")
COUNTED = [
    t
    for t in PUBLISHED
    if observed(t) and "disclosure" in polars_schema(t) and name(t) not in LATER
]
BESIDE = ("allocation_use", "quarantine", "run", "about")
READ = [t for t in PUBLISHED if t in COUNTED or name(t) in BESIDE]


@pytest.fixture(scope="module")
def shown(night_one) -> dict[str, pl.DataFrame]:
    with duckdb.connect(str(night_one.published), read_only=True) as con:
        return {name(t): con.sql(f'FROM "{layer(t)}"."{name(t)}"').pl() for t in READ}


@pytest.fixture(scope="module")
def exact(night_one) -> dict[str, pl.DataFrame]:
    with duckdb.connect(str(night_one.warehouse), read_only=True) as con:
        return {name(t): con.sql(f'FROM "{layer(t)}"."{name(t)}"').pl() for t in READ}


def few(figures: pl.Series) -> list[float]:
    """Those of the figures that would tell of 1 to 10 people."""
    known = figures.drop_nulls().cast(pl.Float64)
    return known.filter(known.abs().is_between(*FEW)).to_list()


@pytest.mark.parametrize("table", COUNTED, ids=name)
def test_what_is_exact_in_the_warehouse_is_withheld_or_rounded(table, shown, exact):
    own = shown[name(table)].join(exact[name(table)], on=key(table), suffix="_exact")
    assert own.height == shown[name(table)].height > 0
    people = own if layer(table) == "regional" else own.filter(pl.col("disclosure") != "shown")
    for column in observed(table):
        assert few(people[column]) == []
        assert people.filter(pl.col(column) % 5 != 0).is_empty()
        hidden = own.filter(pl.col(column).is_null() & pl.col(f"{column}_exact").is_not_null())
        assert set(hidden["disclosure"]) <= {"withheld"}
    assert set(exact[name(table)]["disclosure"]) == {"shown"}


def test_beds_in_use_do_not_follow_from_free_beds_or_occupancy(shown):
    supply = shown["supply"]
    some = supply.filter(pl.col("free") > 0)
    assert few(some["in_service"] - some["free"]) == []
    assert few(supply["in_service"] * supply["occupancy"]) == []


def test_demand_does_not_follow_from_rates(shown):
    people = shown["supply"].select("region_id", "population").unique()
    demand = shown["demand"].join(people, on="region_id")
    rate = demand["admissions_per_100k"] * demand["population"] / 100_000
    assert few(rate) == []
    assert few(shown["balance"]["supply"] / shown["balance"]["ratio"]) == []


def test_no_class_follows_from_what_its_resource_is_asked_for(shown):
    """Where all but one of a resource's classes are shown, the total hides the last."""
    parts = shown["demand"].join(shown["allocation_use"], on="class_id")
    sums = parts.group_by("region_id", "resource_id", "date").agg(
        unknown=pl.col("patient_days_per_day").null_count(),
        units=pl.col("units_per_patient").filter(pl.col("patient_days_per_day").is_null()).first(),
        known=(pl.col("patient_days_per_day") * pl.col("units_per_patient")).sum(),
    )
    totals = shown["balance"].join(sums, on=["region_id", "resource_id", "date"])
    assert totals.height > 100
    lone = totals.filter(pl.col("unknown") == 1)
    assert few((lone["demand_units"] - lone["known"]) / lone["units"]) == []


def test_patients_do_not_follow_from_shortage_and_surplus(shown):
    balance = shown["balance"]
    assert few(balance["supply"] - balance["surplus"] + balance["shortage"]) == []


def test_rows_of_people_do_not_follow_from_sums_of_rows(shown, exact):
    parts = ["loaded", "quarantined", "duplicate", "excluded", "merged"]
    rows = shown["reconciliation"].filter(pl.col("disclosure") != "shown")
    assert rows.height >= 1
    left = rows["rows_read"] - rows.select(pl.sum_horizontal(*parts)).to_series()
    assert few(left) == []
    read = shown["delivery"].join(rows, on="delivery_id", suffix="_sum")
    assert few(read["rows_read"] - read["rows_read_sum"]) == []
    steps = shown["run"].filter(
        pl.col("step").is_in(["ingest_canonical_encounter", "clean_encounter"])
    )
    assert steps.height == 2
    for loaded in rows["loaded"]:
        assert few(steps["rows"] - loaded) == []
    people = exact["delivery"].filter(pl.col("feed") == "canonical_encounter")["delivery_id"]
    at_fault = exact["quarantine"].filter(pl.col("delivery_id").is_in(people.implode()))
    assert at_fault.height > 0
    assert shown["quarantine"].join(at_fault, on="delivery_id", how="semi").is_empty()


def test_the_file_says_so(shown):
    about = dict(shown["about"].iter_rows())
    assert about["disclosure"] == "protect"
    assert about["patient_feeds"] == "canonical_encounter"
