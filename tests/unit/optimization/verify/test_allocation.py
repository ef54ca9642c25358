"""A plan that verifies, and everything that may not be changed in it."""

import numpy as np
import polars as pl
import pytest

from optimization.verify.allocation import verify_allocation
from schemas.errors import PlanRefused, TableRefused
from schemas.results.allocation import RESULTS, AllocationAlternative
from schemas.table import name
from tests.unit.optimization.allocation.cases import (
    assumptions,
    places,
    plan,
    random_announced,
    random_tables,
)

SETTINGS = {
    "plain": {},
    "robust": {"demand": {"budget": 2}, "fairness": "graduated"},
    "upper": {"demand": "upper", "fairness": "none", "no_worse": False},
    "whole": {"integer": ("icu_bed",)},
}


SCARCE = {"demand": {"budget": 1}, "may_refuse": True}


def solved(**settings):
    """A plan of a random region where beds are scarce and, if it may be, some are refused."""
    given = random_tables(3)
    if settings.get("may_refuse"):
        less = pl.col("harm_weight") * 0.3
        given["allocation_class"] = given["allocation_class"].with_columns(harm_weight=less)
    zones, institutions = places(given, regions=2)
    given = random_announced(3, given)
    made = plan(given, zones, institutions, assumptions(**settings))
    run = {"plan_run": made.record.run_table(0.0)}
    return {"zone": zones, "institution": institutions, **given, **made.frames, **run}, made


@pytest.fixture(scope="module")
def tables():
    return solved(**SCARCE)[0]


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS.keys())
def test_a_plan_verifies_exact_and_as_published(settings):
    tables, made = solved(**settings)
    assert verify_allocation(tables).worst_violation < 1e-8
    assert verify_allocation({**tables, **made.exact}).worst_violation < 1e-8


def test_patients_whom_no_arc_serves_are_unmet_under_every_policy_and_verified():
    given = random_tables(3)
    zones, institutions = places(given, regions=2)
    arcs = given["allocation_arc"].filter(pl.col("zone_id") != "Z1")
    made = plan({**given, "allocation_arc": arcs}, zones, institutions, assumptions())
    run = {"plan_run": made.record.run_table(0.0)}
    tables = {"zone": zones, "institution": institutions, **given, **made.frames, **run}
    assert verify_allocation({**tables, "allocation_arc": arcs}).worst_violation < 1e-8
    left = given["allocation_demand"].filter(zone_id="Z1")["mean"].sum()
    compared = made.frames["policy_comparison"]
    assert (compared["unmet"] >= left - 1e-6).all()
    assert compared.filter(policy="usual")["unmet"].item() == pytest.approx(left)
    assert compared.filter(policy="usual")["worst"].item() == 1.0
    assert made.frames["allocation_fairness"]["usual_worst"].to_list() == [0.0, 1.0]


def numbers():
    return [
        (name(table), column)
        for table in RESULTS
        if table is not AllocationAlternative  # other plans, which no published table decides
        for column, kind in table.to_schema().columns.items()
        if str(kind.dtype) in ("Float64", "Int64")
    ]


def changed(frame, column, by, row):
    chosen = pl.int_range(pl.len()) == row
    moved = pl.col(column) + (1 if frame[column].dtype == pl.Int64 else pl.col(column).abs() * by)
    return frame.with_columns(pl.when(chosen).then(moved).otherwise(column).alias(column))


@pytest.mark.parametrize(("table", "column"), numbers())
def test_a_changed_number_is_caught(tables, table, column):
    frame = tables[table]
    known = pl.lit(True)
    if table == "policy_comparison":
        known = pl.col("policy").is_in(["plan", "usual"])
    rows = frame.with_row_index("row").filter((pl.col(column) != 0) & known)["row"].to_list()
    for by, row in zip((1.5e-4, -1.5e-4), (rows * 2)[len(rows) // 2 :], strict=False):
        with pytest.raises((PlanRefused, TableRefused)):
            verify_allocation({**tables, table: changed(frame, column, by, row)})


def test_the_changes_above_change_something(tables):
    """Every column has a number other than 0 somewhere, or nothing would have been tried."""
    empty = [
        f"{table}.{column}" for table, column in numbers() if not (tables[table][column] != 0).any()
    ]
    assert empty == ["allocation_fairness.usual_worst"]


@pytest.mark.parametrize("column", ["objective", "gap"])
def test_a_changed_objective_is_caught(tables, column):
    for row in range(3):
        runs = tables["plan_run"]
        runs = (
            runs.with_columns(gap=pl.col("gap") + 1e-5)
            if column == "gap"
            else changed(runs, column, 1.5e-4, row)
        )
        with pytest.raises(PlanRefused):
            verify_allocation({**tables, "plan_run": runs})


@pytest.mark.parametrize(
    "table", ["allocation_admission", "allocation_transfer", "allocation_move", "allocation_load"]
)
def test_a_lost_row_is_caught(tables, table):
    with pytest.raises(PlanRefused):
        verify_allocation({**tables, table: tables[table][1:]})


def test_a_lost_table_is_caught(tables):
    with pytest.raises(PlanRefused, match="allocation_load"):
        verify_allocation({k: v for k, v in tables.items() if k != "allocation_load"})


def test_an_admission_where_no_arc_leads_is_caught(tables):
    stray = tables["allocation_admission"].with_columns(institution_id=pl.lit("H9"))
    with pytest.raises(PlanRefused, match="referral_arcs"):
        verify_allocation({**tables, "allocation_admission": stray[:1]})


def test_a_move_of_what_must_stay_is_caught(tables):
    stay = tables["allocation_resource"].with_columns(movable=pl.lit(False))
    with pytest.raises(PlanRefused, match="movable"):
        verify_allocation({**tables, "allocation_resource": stay})


@pytest.mark.parametrize(
    ("table", "change", "rule"),
    [
        ("allocation_class", {"elsewhere_limit": 0.01}, "choice_limit"),
        ("allocation_resource", {"retain_share": 1.0}, "retention"),
        ("allocation_capacity", {"surge_limit": 0.0}, "surge_holds"),
        ("allocation_resource", {"lead_days": 2}, "move_arrives"),
        ("allocation_resource", {"least_move": 50.0}, "least_moves"),
        ("allocation_stay", {"staying_share": 1.0}, "census_follows"),
        ("allocation_capacity", {"in_service": 5.0}, "load_in_service"),
    ],
)
def test_a_plan_for_other_inputs_is_caught(tables, table, change, rule):
    other = tables[table].with_columns(**{c: pl.lit(v) for c, v in change.items()})
    other = other.cast(dict(tables[table].schema))
    with pytest.raises(PlanRefused, match=rule):
        verify_allocation({**tables, table: other})


def test_model_and_verification_round_alike():
    """Demand is read to the millionth by numpy there and by polars here: ties must agree."""
    ties = np.concatenate([np.arange(500) * 1e-6 + 5e-7, np.arange(5000) / 128])
    assert (pl.Series(ties).round(6).to_numpy() == ties.round(6)).all()
