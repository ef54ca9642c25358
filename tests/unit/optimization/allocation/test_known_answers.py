import numpy as np
import polars as pl
import pytest

from tests.unit.optimization.allocation.cases import assumptions, places, plan, tables


def planned(given, **settings):
    return plan(given, *places(given), assumptions(**settings))


def test_three_institutions_two_resources_two_requests():
    """They own (5,3), (7,4) and (6,5); asked for are (10,8) and (12,10): 4 and 6 go without."""
    owned = {"A": (5, 3), "B": (7, 4), "C": (6, 5)}
    asked = {"one": (10, 8), "two": (12, 10)}
    kinds = ("first", "second")
    given = tables(
        demand=[
            (o, c, float(n)) for o, both in asked.items() for c, n in zip(kinds, both, strict=True)
        ],
        arc=[
            (o, i, c, 0.0, 1 / 3 if i != "C" else 1 - 2 / 3)
            for o in asked
            for i in owned
            for c in kinds
        ],
        capacity=[
            (i, c, float(n)) for i, both in owned.items() for c, n in zip(kinds, both, strict=True)
        ],
        stay=[(c, [1.0, 0.5]) for c in kinds],
        use=[(c, c, 1.0) for c in kinds],
        care=[(c, 1.0, 2.0, 1.0, 0.0) for c in kinds],
        resource=[{"resource_id": c, "crowding_weight": 2.0} for c in kinds],
    )
    unmet = planned(given, may_refuse=True).frames["allocation_unmet"]
    by_class = unmet.group_by("class_id").agg(pl.col("unmet_patients").sum()).sort("class_id")
    assert by_class["unmet_patients"].to_list() == pytest.approx([4, 6], abs=1e-5)


def test_the_transportation_problem():
    """Two plants, three markets: units as moves, least cost 153.675."""
    supply = {"seattle": 350.0, "san-diego": 600.0}
    asked = {"new-york": 325.0, "chicago": 300.0, "topeka": 275.0}
    km = [[2.5, 1.7, 1.8], [2.5, 1.8, 1.4]]
    given = tables(
        demand=[("Z", "care", 0.0)],
        capacity=[(i, "unit", n) for i, n in supply.items()],
        census=[(i, "care", [n]) for i, n in asked.items()],
        stay=[("care", [1.0])],
        use=[("care", "unit", 1.0)],
        care=[("care", 20.0, 1.0, 0.0, 0.0)],
        resource=[
            {"resource_id": "unit", "movable": True, "retain_share": 0.0, "cost_unit_km": 0.09}
        ],
        move=[(i, j, "unit", km[a][b]) for a, i in enumerate(supply) for b, j in enumerate(asked)],
    )
    made = planned(given)
    assert made.record.objectives["harm"] == pytest.approx(0, abs=2e-6)
    assert made.record.objectives["cost"] == pytest.approx(153.675, rel=1e-6)
    moved = made.frames["allocation_move"]
    assert moved["units"].sum() == pytest.approx(900)


@pytest.mark.parametrize("stays", [0.2, 0.5, 0.8])
def test_census_of_a_geometric_stay(stays):
    """d a day, each staying on with chance q: d·(1-q^t)/(1-q) are in on day t."""
    horizon = 6
    given = tables(
        horizon,
        demand=[("Z", "care", 3.0)],
        arc=[("Z", "H", "care", 1.0, 1.0)],
        capacity=[("H", "bed", 100.0)],
        stay=[("care", [stays**k for k in range(horizon + 1)])],
        use=[("care", "bed", 1.0)],
        care=[("care", 20.0, 1 / (1 - stays), 0.0, 0.0)],
        resource=[{"resource_id": "bed"}],
    )
    load = planned(given).frames["allocation_load"]
    expected = [3 * (1 - stays**t) / (1 - stays) for t in range(1, horizon + 1)]
    assert load["planned_use"].to_list() == pytest.approx(expected, abs=1e-6)


def test_with_complete_freedom_nothing_is_over_but_what_no_pool_could_hold():
    """Three institutions pooled: over is sum_t max(0, census - occ·K) and no more."""
    horizon, names = 4, ("A", "B", "C")
    given = tables(
        horizon,
        demand=[(f"Z{i}", "care", d) for i, d in zip(names, (9.0, 1.0, 2.0), strict=True)],
        arc=[(f"Z{o}", i, "care", 1.0, float(o == i)) for o in names for i in names],
        capacity=[("A", "bed", 4.0), ("B", "bed", 10.0), ("C", "bed", 3.0)],
        stay=[("care", [1.0, 0.5, 0.25, 0.125])],
        use=[("care", "bed", 1.0)],
        care=[("care", 20.0, 2.0, 1.0, 0.0)],
        resource=[{"resource_id": "bed", "occupancy_target": 0.9}],
    )
    made = planned(given, no_worse=False)
    census = 12 * np.cumsum([1.0, 0.5, 0.25, 0.125])
    bound = np.maximum(0, census - 0.9 * 17).sum()
    assert made.frames["allocation_load"]["crowding"].sum() == pytest.approx(bound, rel=1e-5)
    assert made.frames["allocation_load"]["usual_crowding"].sum() > bound


def test_no_choice_no_transfer():
    """limit 0: everyone stays where usual, however crowded."""
    given = tables(
        demand=[("Z", "care", 10.0)],
        arc=[("Z", "full", "care", 1.0, 1.0), ("Z", "empty", "care", 1.0, 0.0)],
        capacity=[("full", "bed", 1.0), ("empty", "bed", 50.0)],
        stay=[("care", [1.0])],
        use=[("care", "bed", 1.0)],
        care=[("care", 20.0, 1.0, 0.0, 1.0)],
        resource=[{"resource_id": "bed"}],
    )
    made = planned(given)
    assert made.frames["allocation_transfer"].is_empty()
    assert made.record.objectives["harm"] == pytest.approx(90, rel=2e-6)


def test_a_transfer_says_why():
    given = tables(
        demand=[("Z", "care", 10.0)],
        arc=[("Z", "full", "care", 1.0, 1.0), ("Z", "empty", "care", 7.0, 0.0)],
        capacity=[("full", "bed", 8.0), ("empty", "bed", 50.0)],
        stay=[("care", [1.0])],
        use=[("care", "bed", 1.0)],
        care=[("care", 20.0, 1.0, 0.5, 3.0)],
        resource=[{"resource_id": "bed"}],
    )
    (row,) = planned(given).frames["allocation_transfer"].to_dicts()
    assert row["patients_per_day"] == pytest.approx(2, abs=1e-5)
    assert row["cost_per_day"] == pytest.approx(42, rel=1e-5)
    assert row["explanation"] == "full, where they go as a rule, is short of bed on 2026-01-05"


def test_a_move_takes_its_lead_and_says_why():
    """Day 1 cannot be helped; the two units that leave on day 1 help on days 2 and 3."""
    given = tables(
        3,
        demand=[("Z", "care", 0.0)],
        census=[("short", "care", [5.0, 5.0, 5.0]), ("rich", "care", [1.0, 1.0, 1.0])],
        capacity=[("short", "ventilator", 3.0), ("rich", "ventilator", 9.0)],
        stay=[("care", [1.0, 1.0, 1.0])],
        use=[("care", "ventilator", 1.0)],
        care=[("care", 20.0, 9.0, 0.0, 0.0)],
        resource=[
            {
                "resource_id": "ventilator",
                "movable": True,
                "retain_share": 0.5,
                "lead_days": 1,
                "cost_unit_km": 1.0,
            }
        ],
        move=[("rich", "short", "ventilator", 30.0), ("short", "rich", "ventilator", 30.0)],
    )
    made = planned(given)
    (row,) = made.frames["allocation_move"].to_dicts()
    assert (row["from_institution_id"], row["to_institution_id"]) == ("rich", "short")
    assert row["units"] == pytest.approx(2, abs=1e-5)
    assert (str(row["date"]), str(row["arrives"])) == ("2026-01-05", "2026-01-06")
    assert row["explanation"].startswith("short is short of ventilator on 2 days from 2026-01-06")
    assert made.record.objectives["harm"] == pytest.approx(20, rel=2e-6)


def test_retention_keeps_units_at_home():
    given = tables(
        demand=[("Z", "care", 0.0)],
        census=[("short", "care", [9.0])],
        capacity=[("rich", "bed", 8.0)],
        stay=[("care", [1.0])],
        use=[("care", "bed", 1.0)],
        care=[("care", 20.0, 9.0, 0.0, 0.0)],
        resource=[{"resource_id": "bed", "movable": True, "retain_share": 0.75}],
        move=[("rich", "short", "bed", 1.0)],
    )
    moved = planned(given).frames["allocation_move"]
    assert moved["units"].to_list() == pytest.approx([2.0])


def test_surge_is_opened_only_where_it_is_worth_more_than_it_costs_nothing_else():
    """Surge holds two of the three who are over; harm comes before cost."""
    given = tables(
        demand=[("Z", "care", 8.0)],
        arc=[("Z", "H", "care", 1.0, 1.0)],
        capacity=[("H", "bed", 5.0, 2.0)],
        stay=[("care", [1.0])],
        use=[("care", "bed", 1.0)],
        care=[("care", 20.0, 1.0, 0.0, 0.0)],
        resource=[{"resource_id": "bed", "cost_surge_day": 1e4}],
    )
    made = planned(given)
    (load,) = made.frames["allocation_load"].to_dicts()
    assert (load["surge"], load["crowding"]) == (pytest.approx(2), pytest.approx(1))
    assert made.record.objectives["cost"] == pytest.approx(2e4)


def two_beds(**resource):
    """One short of 2.5 beds, one with 6 to spare."""
    return tables(
        demand=[("Z", "care", 0.0)],
        census=[("short", "care", [4.5])],
        capacity=[("rich", "bed", 6.0), ("short", "bed", 2.0)],
        stay=[("care", [1.0])],
        use=[("care", "bed", 1.0)],
        care=[("care", 20.0, 9.0, 0.0, 0.0)],
        resource=[
            {"resource_id": "bed", "movable": True, "retain_share": 0.0, "cost_unit_km": 1.0}
            | resource
        ],
        move=[("rich", "short", "bed", 1.0)],
    )


@pytest.mark.parametrize(
    ("resource", "integer", "units", "cost"),
    [
        ({}, (), 2.5, 2.5),
        ({}, ("bed",), 3.0, 3.0),
        ({"least_move": 4.0}, (), 4.0, 4.0),
        ({"cost_move": 100.0}, (), 2.5, 102.5),
    ],
    ids=["any", "whole", "least size", "fixed cost"],
)
def test_moves_whole_of_a_least_size_at_a_fixed_cost(resource, integer, units, cost):
    made = planned(two_beds(**resource), integer=integer)
    assert made.frames["allocation_move"]["units"].to_list() == pytest.approx([units], abs=1e-5)
    assert made.record.objectives["cost"] == pytest.approx(cost, rel=1e-5)


def test_no_worse_spares_the_neighbour():
    """A is over by 4; B is full. Without the rule B may be crowded for A, with it not."""
    given = tables(
        demand=[("ZA", "care", 10.0), ("ZB", "care", 6.0)],
        arc=[
            ("ZA", "A", "care", 1.0, 1.0),
            ("ZA", "B", "care", 1.0, 0.0),
            ("ZB", "B", "care", 1.0, 1.0),
        ],
        capacity=[("A", "bed", 6.0), ("B", "bed", 6.0)],
        stay=[("care", [1.0])],
        use=[("care", "bed", 1.0)],
        care=[("care", 20.0, 1.0, 1.0, 1.0)],
        resource=[{"resource_id": "bed"}],
    )
    over = {
        rule: planned(given, no_worse=rule).frames["allocation_load"]["crowding"].to_list()
        for rule in (True, False)
    }
    assert over[True] == pytest.approx([4, 0], abs=1e-4)
    assert over[False] == pytest.approx([2, 2], abs=1e-4)


def test_the_budget_of_robustness_keeps_room_for_the_worst_days():
    """upper - mean is 2 a day, half stay on: with a budget of 1 day, β is 2; of 2 days, 2, 3, 3."""
    given = tables(
        3,
        demand=[("Z", "care", 1.0, 3.0)],
        arc=[("Z", "H", "care", 1.0, 1.0)],
        capacity=[("H", "bed", 9.0)],
        stay=[("care", [1.0, 0.5, 0.25])],
        use=[("care", "bed", 1.0)],
        care=[("care", 20.0, 2.0, 0.0, 0.0)],
        resource=[{"resource_id": "bed"}],
    )
    expected = {0: [0, 0, 0], 1: [2, 2, 2], 2: [2, 3, 3], 3: [2, 3, 3.5]}
    for budget, reserve in expected.items():
        load = planned(given, demand={"budget": budget}).frames["allocation_load"]
        assert load["reserve"].to_list() == pytest.approx(reserve)


def test_the_price_of_a_bed_is_what_one_more_averts():
    """3 over on each of two days, h = 10: a bed more averts 20."""
    given = tables(
        2,
        demand=[("Z", "care", 0.0)],
        census=[("H", "care", [8.0, 8.0])],
        capacity=[("H", "bed", 5.0)],
        stay=[("care", [1.0, 1.0])],
        use=[("care", "bed", 1.0)],
        care=[("care", 20.0, 9.0, 0.0, 0.0)],
        resource=[{"resource_id": "bed"}],
    )
    made = planned(given)
    value, (best,) = made.frames["allocation_value"], made.frames["allocation_best_unit"].to_dicts()
    assert value["unit_day_price"].to_list() == pytest.approx([10, 10])
    assert set(value["binds"]) == {"no worse"}
    assert (best["averted_by_price"], best["averted"]) == (pytest.approx(20), pytest.approx(20))
