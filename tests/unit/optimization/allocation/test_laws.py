"""What must hold whatever the region looks like."""

import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from optimization.allocation.accounting import harm
from optimization.allocation.inputs.read import read_instance
from optimization.allocation.policies import simple_policies
from optimization.allocation.solve import solve
from optimization.solver import SolveSettings, tiers
from tests.unit.optimization.allocation.cases import assumptions, places, random_tables

few = settings(max_examples=6, suppress_health_check=list(HealthCheck))
seeds = st.integers(0, 10_000)
CLOSE = {"rel": 3e-6, "abs": 3e-6}


def optimum(tables, regions=2, **changes):
    """Proved optimum of each tier."""
    instance = read_instance(tables, *places(tables, regions), assumptions(**changes))
    record = solve(instance, SolveSettings(), {}).record
    return {tier.name: tier.bound for tier in record.tiers}


@few
@given(seeds)
def test_doubling_every_weight_doubles_the_harm_and_leaves_fairness(seed):
    tables = random_tables(seed, horizon=3)
    twice = {
        name: tables[name].with_columns(pl.col(weight) * 2)
        for name, weight in (
            ("allocation_class", "harm_weight"),
            ("allocation_resource", "crowding_weight"),
        )
    }
    once, doubled = optimum(tables), optimum({**tables, **twice})
    assert doubled["harm"] == pytest.approx(2 * once["harm"], **CLOSE)
    assert doubled["unfairness"] == pytest.approx(once["unfairness"], rel=1e-4, abs=1e-4)


@few
@given(seeds, st.integers(0, 11))
def test_one_more_unit_never_raises_the_harm(seed, which):
    tables = random_tables(seed, horizon=3)
    capacity = tables["allocation_capacity"]
    place = capacity.select("institution_id", "resource_id").unique(maintain_order=True).row(which)
    there = (pl.col("institution_id") == place[0]) & (pl.col("resource_id") == place[1])
    more = capacity.with_columns(in_service=pl.col("in_service") + there.cast(pl.Float64))
    kept = tables["allocation_resource"].with_columns(retain_share=pl.lit(0.0))
    tables["allocation_resource"] = kept
    better = optimum({**tables, "allocation_capacity": more})
    assert better["harm"] <= optimum(tables)["harm"] * (1 + 1e-6) + 1e-6


@few
@given(seeds, st.integers(0, 23))
@example(seed=349, which=0)  # two hospitals are equally near
def test_one_arc_less_never_lowers_the_harm(seed, which):
    tables = random_tables(seed, horizon=3)
    arcs = tables["allocation_arc"]
    nearest = pl.int_range(pl.len()) == pl.col("km").arg_min()
    unused = arcs.with_columns(usual=nearest.over("zone_id", "class_id").cast(pl.Float64))
    rows = unused.with_row_index("row")
    spare = rows.filter(pl.col("usual") == 0)["row"].to_list()
    fewer = rows.filter(pl.col("row") != spare[which % len(spare)]).drop("row")
    full = optimum({**tables, "allocation_arc": unused})
    assert optimum({**tables, "allocation_arc": fewer})["harm"] >= full["harm"] * (1 - 1e-6) - 1e-6


def halved(tables):
    """Class icu as two equal halves."""
    halves = {}
    for name in ("allocation_demand", "allocation_census"):
        numbers = pl.selectors.float() / 2
        icu = tables[name].filter(class_id="icu").with_columns(numbers)
        other = icu.with_columns(class_id=pl.lit("icu_2"))
        halves[name] = pl.concat([tables[name].filter(pl.col("class_id") != "icu"), icu, other])
    for name in ("allocation_arc", "allocation_stay", "allocation_use", "allocation_class"):
        icu = tables[name].filter(class_id="icu").with_columns(class_id=pl.lit("icu_2"))
        halves[name] = pl.concat([tables[name], icu])
    return {**tables, **halves}


@few
@given(seeds)
def test_splitting_a_class_in_two_halves_changes_no_total(seed):
    tables = random_tables(seed, horizon=3)
    even = tables["allocation_demand"].with_columns(
        mean=(pl.col("mean") / 2).round(6) * 2, upper=pl.col("upper")
    )
    tables["allocation_demand"] = even
    whole, parts = optimum(tables), optimum(halved(tables))
    assert parts["harm"] == pytest.approx(whole["harm"], **CLOSE)
    assert parts["unfairness"] == pytest.approx(whole["unfairness"], rel=1e-4, abs=1e-4)


@few
@given(seeds)
def test_part_by_part_equals_the_whole(seed):
    tables = random_tables(seed, horizon=3, closed=True)
    split, found = tiers.split_matrix, []
    for smallest in (1, 10**9):
        tiers.split_matrix = lambda matrix, size=smallest: split(matrix, size)
        try:
            found.append(optimum(tables))
        finally:
            tiers.split_matrix = split
    assert found[0] == pytest.approx(found[1], rel=1e-4, abs=1e-4)


@few
@given(seeds, st.booleans())
def test_no_simple_policy_harms_less_than_the_plan(seed, refuse):
    tables = random_tables(seed, horizon=4)
    if refuse:
        less = tables["allocation_class"].with_columns(pl.col("harm_weight") * 0.2)
        tables["allocation_class"] = less
    instance = read_instance(tables, *places(tables), assumptions(may_refuse=refuse))
    best = solve(instance, SolveSettings(), {}).record.tiers[0].bound
    for policy, result in simple_policies(instance).items():
        assert harm(instance, result) >= best * (1 - 1e-6) - 1e-6, policy


@few
@given(seeds)
def test_fairness_is_never_better_without_the_rule_and_cost_never_higher(seed):
    tables = random_tables(seed, horizon=3)
    fair, free = optimum(tables), optimum(tables, fairness="none")
    assert fair["harm"] == pytest.approx(free["harm"], **CLOSE)
    assert free["cost"] <= fair["cost"] * (1 + 1e-4) + 1e-3


@few
@given(seeds)
def test_room_kept_free_costs_harm(seed):
    tables = random_tables(seed, horizon=3)
    harms = [optimum(tables, demand={"budget": k})["harm"] for k in (0, 1, 2)]
    assert harms == sorted(harms)
