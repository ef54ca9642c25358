"""A plan that verifies, and every rule that it may not break."""

import numpy as np
import polars as pl
import pytest

from optimization.verify.allocation import RULES, verify_allocation
from schemas.errors import PlanRefused, TableRefused
from schemas.results.allocation import ON_PATHS, RESULTS, AllocationAlternative
from schemas.table import name, polars_schema
from tests.unit.optimization.verify.allocation.test_over_paths import PLANTED as PLANTED_ON_PATHS
from tests.unit.optimization.verify.planted import (
    broken_rule,
    extra,
    lose,
    more,
    planted,
    put,
    put_all,
    refusal,
    without,
    written_rules,
)
from tests.unit.optimization.verify.sound import ALLOCATIONS, allocated

LATER = pl.col("date").dt.offset_by("30d")
SENT = pl.col("action") == "transfer"
FULL = (pl.col("crowding") == 0) & (pl.col("surge") > 0)
OPENED = more("allocation_load", 0.5, FULL, surge=1)
FCFS = pl.col("policy") == "fcfs"
PLANTED = [
    ("tables", without("allocation_load")),
    ("referral_arcs", extra("allocation_admission", institution_id="H9")),
    ("unmet_rows", lose("allocation_unmet")),
    ("unmet_demand", more("allocation_unmet", demand_patients=1)),
    ("unmet_share", more("allocation_unmet", 0.1, unmet_share=1)),
    ("demand_is_met", more("allocation_admission", patients_per_day=1)),
    ("demand_is_met", lose("allocation_admission")),
    ("choice", more("allocation_transfer", 0.1, patients_per_day=1)),
    ("choice", lose("allocation_transfer")),
    ("choice", extra("allocation_transfer", date=LATER)),
    ("transfer_km", more("allocation_transfer", km=1)),
    ("transfer_cost", more("allocation_transfer", cost_per_day=1)),
    ("choice_limit", put_all("allocation_class", elsewhere_limit=0.01)),
    ("announced_days", extra("allocation_announced", SENT, date=LATER)),
    ("change_rows", lose("allocation_change")),
    ("change_rows", extra("allocation_change", from_id="H9")),
    ("change_planned", more("allocation_change", planned=1, difference=1)),
    ("change_announced", more("allocation_change", announced=1, difference=-1)),
    ("change_difference", more("allocation_change", difference=1)),
    ("move_arcs", extra("allocation_move", from_institution_id="H9")),
    ("movable", put_all("allocation_resource", movable=False)),
    ("move_arrives", put("allocation_move", arrives=pl.col("arrives").dt.offset_by("1d"))),
    ("move_arrives", put_all("allocation_resource", lead_days=2)),
    ("move_km", more("allocation_move", km=1)),
    ("move_cost", more("allocation_move", cost=1)),
    ("move_cost", put_all("allocation_resource", cost_move=1.0)),
    ("least_moves", put_all("allocation_resource", least_move=50.0)),
    ("whole_moves", put_all("allocation_resource", whole=True)),
    ("whole_moves", put("allocation_setting", pl.col("setting") == "integer", value="bed nurse")),
    ("load_rows", lose("allocation_load")),
    ("load_rows", extra("allocation_load", resource_id="x")),
    ("load_in_service", more("allocation_load", in_service=1)),
    ("load_in_service", put_all("allocation_capacity", in_service=5.0)),
    ("census_follows", more("allocation_load", planned_use=1)),
    ("census_follows", put_all("allocation_stay", staying_share=1.0)),
    ("usual_use", more("allocation_load", usual_use=1)),
    ("load_reserve", more("allocation_load", reserve=1)),
    ("stock_follows", more("allocation_load", stock=1)),
    ("stock_follows", lose("allocation_move")),
    ("capacity_holds", more("allocation_load", crowding=1)),
    ("usual_crowding", more("allocation_load", usual_crowding=1)),
    ("surge_holds", put_all("allocation_capacity", surge_limit=0.0)),
    ("surge_is_used", put_all("allocation_capacity", surge_limit=2.0), OPENED),
    ("retention", put_all("allocation_resource", retain_share=1.0)),
    ("fairness_rows", lose("allocation_fairness")),
    ("fairness_rows", extra("allocation_fairness", region_id="R9")),
    ("fair_to_zones", more("allocation_fairness", 0.1, worst=1)),
    ("fair_to_institutions", more("allocation_fairness", 0.1, crowded=1)),
    ("usual_worst", more("allocation_fairness", 0.1, usual_worst=1)),
    ("usual_crowded", more("allocation_fairness", 0.1, usual_crowded=1)),
    ("tiers", lose("plan_run")),
    ("tiers", put("plan_run", pl.col("objective_name") == "cost", objective_name="x")),
    ("objective", more("plan_run", objective=1)),
    ("gap", more("plan_run", 1e-5, gap=1)),
    ("first_day", put("plan_run", data_to=pl.col("data_to").dt.offset_by("1d"))),
    ("first_day", put("plan_run", data_to=pl.col("data_to").dt.offset_by("-1d"))),
    ("value_rows", extra("allocation_value", institution_id="H9")),
    ("value_price", more("allocation_value", unit_day_price=1)),
    ("best_unit_rank", put("allocation_best_unit", pl.col("rank") == 10, rank=11)),
    ("best_unit_price", more("allocation_best_unit", averted_by_price=1)),
    ("best_unit_confirmed", more("allocation_best_unit", confirmed_share=1)),
    ("comparison_harm", more("policy_comparison", where=FCFS, harm=1)),
    ("comparison_of_plan", lose("policy_comparison", pl.col("policy") == "plan")),
    ("comparison_of_plan", more("policy_comparison", where=pl.col("policy") == "plan", sent=1)),
    ("comparison_of_usual", lose("policy_comparison", pl.col("policy") == "usual")),
    ("comparison_of_usual", more("policy_comparison", where=pl.col("policy") == "usual", moved=1)),
]


@pytest.fixture(scope="module")
def tables():
    return allocated("scarce")[0]


@pytest.mark.parametrize("kind", ALLOCATIONS)
def test_a_plan_verifies_exact_and_as_published(kind):
    for tables in allocated(kind):
        assert verify_allocation(tables).worst_violation < 1e-8


def test_rows_may_stand_in_any_order(tables):
    turned = {table: frame.reverse() for table, frame in tables.items()}
    assert verify_allocation(turned) == verify_allocation(tables)


def test_a_tier_without_a_bound_has_no_gap(tables):
    unproved = put("plan_run", bound=None, gap=None)
    assert verify_allocation(planted(tables, unproved)) == verify_allocation(tables)


def test_the_run_need_not_be_known(tables):
    assert verify_allocation(planted(tables, without("plan_run"))) == verify_allocation(tables)


def edge_of_changes(tables, off):
    """A transfer that was announced but for ``off``, and no change said of it."""
    sent = tables["allocation_transfer"].filter(pl.col("date") == pl.col("date").min())[:1]
    amount, key = sent["patients_per_day"][0], ["action", "from_id", "to_id", "subject_id", "date"]
    row = {
        "action": "transfer",
        "from_id": sent["zone_id"][0],
        "to_id": sent["institution_id"][0],
        "subject_id": sent["class_id"][0],
        "date": sent["date"][0],
        "announced": amount - off,
    }
    row = pl.DataFrame(row)
    told, said = (
        tables[t].join(row, on=key, how="anti")
        for t in ("allocation_announced", "allocation_change")
    )
    announced = pl.concat([told, row.select(told.columns)])
    change = row.select(*key, "announced", planned=pl.lit(amount), difference=pl.lit(off))
    return {**tables, "allocation_announced": announced, "allocation_change": said}, change


@pytest.mark.parametrize(
    ("off", "may_lack", "may_stand"),
    [
        (2.5e-6, False, True),
        (1.5e-6, True, True),
        (0.7e-6, True, True),
        (0.4e-6, True, False),
    ],
)
def test_what_differs_by_a_millionth_is_a_change(tables, off, may_lack, may_stand):
    lacking, change = edge_of_changes(tables, off)
    standing = {**lacking, "allocation_change": pl.concat([lacking["allocation_change"], change])}
    assert (broken_rule(verify_allocation, lacking) != "change_rows") == may_lack
    assert (broken_rule(verify_allocation, standing) != "change_rows") == may_stand


@pytest.mark.parametrize(("rule", "edits"), [(rule, edits) for rule, *edits in PLANTED])
def test_a_planted_violation_is_refused_by_its_rule(tables, rule, edits):
    assert refusal(verify_allocation, planted(tables, *edits)).rule == rule


def test_crowding_beyond_the_usual_is_refused_where_that_is_set():
    worse = put("allocation_setting", pl.col("setting") == "no_worse", value="true")
    assert refusal(verify_allocation, planted(allocated("upper")[0], worse)).rule == "no_worse"


LIMITS = [
    ("choice_limit", "allocation_class", {"elsewhere_limit": pl.col("elsewhere_limit")}, -1),
    ("retention", "allocation_resource", {"retain_share": pl.col("retain_share")}, 1),
]


@pytest.mark.parametrize(("rule", "table", "columns", "sign"), LIMITS)
def test_a_limit_that_the_plan_touches_is_kept_to_a_millionth(tables, rule, table, columns, sign):
    for by, broken in ((0.0, None), (0.9e-6, None), (1.1e-6, rule)):
        tight = {c: (limit * (1 + sign * by)).clip(0, 1) for c, limit in columns.items()}
        assert broken_rule(verify_allocation, planted(tables, put_all(table, **tight))) == broken


def test_moves_keep_their_least_size_and_surge_its_limit_to_a_millionth(tables):
    least = tables["allocation_move"]["units"].min()
    for by, broken in ((0.0, None), (0.9e-6, None), (1.1e-6, "least_moves")):
        larger = put_all("allocation_resource", least_move=least + by)
        assert broken_rule(verify_allocation, planted(tables, larger)) == broken
    for factor, broken in ((1.0, None), (1 - 4e-7, None), (1 - 2e-6, "surge_holds")):
        most = pl.col("surge_limit") * factor
        tight = planted(tables, put_all("allocation_capacity", surge_limit=most))
        assert broken_rule(verify_allocation, tight) == broken


def test_every_rule_has_a_planted_violation_and_is_written_down():
    planted_rules = {rule for rule, *_ in (*PLANTED, *PLANTED_ON_PATHS)}
    assert planted_rules | {"no_worse"} == set(RULES)
    assert written_rules("allocation") == RULES


def test_patients_whom_no_arc_serves_are_unmet_under_every_policy():
    tables = allocated("stranded")[0]
    left = tables["allocation_demand"].filter(zone_id="Z1")["mean"].sum()
    compared = tables["policy_comparison"]
    assert (compared["unmet"] >= left - 1e-6).all()
    assert compared.filter(policy="usual")["unmet"].item() == pytest.approx(left)
    assert compared.filter(policy="usual")["worst"].item() == 1.0
    assert tables["allocation_fairness"]["usual_worst"].to_list() == [0.0, 1.0]


def numbers():
    return [
        (name(table), column)
        for table in RESULTS
        if table is not AllocationAlternative  # other plans, which no published table decides
        and table not in ON_PATHS
        for column, kind in polars_schema(table).items()
        if kind in (pl.Float64, pl.Int64)
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


@pytest.mark.parametrize("row", range(3))
def test_a_changed_objective_is_caught(tables, row):
    runs = changed(tables["plan_run"], "objective", 1.5e-4, row)
    assert refusal(verify_allocation, {**tables, "plan_run": runs}).rule == "objective"


def test_model_and_verification_round_alike():
    """Demand is read to the millionth by numpy there and by polars here: ties must agree."""
    ties = np.concatenate([np.arange(500) * 1e-6 + 5e-7, np.arange(5000) / 128])
    assert (pl.Series(ties).round(6).to_numpy() == ties.round(6)).all()
