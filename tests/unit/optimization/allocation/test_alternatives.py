from dataclasses import replace

import numpy as np
import pytest

from optimization.allocation.accounting import as_usual, harm
from optimization.allocation.alternatives import simulated_harms
from optimization.allocation.inputs.read import demand_above_mean, read_instance
from schemas.results.allocation import AllocationAlternative
from schemas.table import check
from tests.unit.optimization.allocation.cases import assumptions, places, plan, random_tables


@pytest.fixture(scope="module")
def compared():
    given = random_tables(3, horizon=3)
    made = plan(given, *places(given, regions=2), assumptions(compare_settings=True))
    rows = check(AllocationAlternative, made.frames["allocation_alternative"])
    return made, {row["alternative"]: row for row in rows.to_dicts()}


def test_every_setting_has_a_row(compared):
    assert set(compared[1]) == {
        "demand mean",
        "demand budget 1",
        "demand budget 2",
        "demand upper",
        "fairness none",
        "fairness worst_share",
        "fairness graduated",
    }


def test_the_region_s_own_setting_is_its_plan(compared):
    made, rows = compared
    (own,) = [r for r in made.frames["policy_comparison"].to_dicts() if r["policy"] == "plan"]
    for setting in ("demand mean", "fairness worst_share"):
        for column in ("harm", "crowded", "cost", "sent"):
            assert rows[setting][column] == pytest.approx(own[column], rel=1e-5, abs=1e-6)


def test_robustness_has_its_price_at_mean_demand_and_fairness_in_money(compared):
    _, rows = compared
    assert rows["demand budget 2"]["harm"] >= rows["demand mean"]["harm"] - 1e-3
    assert rows["fairness none"]["cost"] <= rows["fairness worst_share"]["cost"] * (1 + 1e-4)
    fair = rows["fairness worst_share"]
    assert (
        fair["worst"] + fair["crowded"]
        <= sum(rows["fairness none"][c] for c in ("worst", "crowded")) + 1e-4
    )


def test_without_spread_nothing_differs_from_the_plan():
    given = random_tables(4, horizon=3)
    instance = read_instance(given, *places(given), assumptions())
    usual = as_usual(instance)
    harms = simulated_harms(instance, np.zeros_like(instance.demand), usual, 3, seed=1)
    assert harms == pytest.approx([harm(instance, usual)] * 3)


def test_the_same_seed_draws_the_same_demands_and_more_spread_more_harm():
    given = random_tables(4, horizon=3)
    instance = read_instance(given, *places(given), assumptions())
    full = replace(
        instance, capacity=as_usual(instance).use / instance.resources.occupancy[:, None]
    )
    above = demand_above_mean(given, instance.names)
    usual = as_usual(full)
    draws = [simulated_harms(full, above * spread, usual, 40, seed=7) for spread in (0, 0.5, 1)]
    again = simulated_harms(full, above, usual, 40, seed=7)
    assert np.array_equal(draws[2], again)
    assert draws[0].mean() < draws[1].mean() < draws[2].mean()
