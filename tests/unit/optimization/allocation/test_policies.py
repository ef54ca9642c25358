import numpy as np
import pytest

from optimization.allocation.inputs.read import read_instance
from optimization.allocation.policies import simple_policies
from tests.unit.optimization.allocation.cases import assumptions, places, plan, tables


def outcomes(given):
    return simple_policies(read_instance(given, *places(given), assumptions()))


def one_ward(demand, **capacity):
    """Zone Z1 and Z2 near A (2 km), further from B (9 km); everyone goes to A as a rule."""
    zones = sorted({zone for zone, *_ in demand})
    classes = sorted({c for _, c, _ in demand})
    return tables(
        demand=demand,
        arc=[
            arc
            for zone in zones
            for c in classes
            for arc in ((zone, "A", c, 2.0, 1.0), (zone, "B", c, 9.0, 0.0))
        ],
        capacity=[(i, "bed", units) for i, units in capacity.items()],
        stay=[("long", [1.0]), ("short", [1.0])],
        use=[("long", "bed", 1.0), ("short", "bed", 1.0)],
        care=[("long", 50.0, 9.0, 0.5, 1.0), ("short", 20.0, 2.0, 0.5, 1.0)],
        resource=[{"resource_id": "bed"}],
    )


def admitted(instance_admit):
    return instance_admit[:, 0].tolist()


def test_first_come_is_served_nearest_then_elsewhere_then_turned_away():
    """A has 6 beds: Z1's 4 take four of them, Z2 gets two there, 1 at B, for half is the limit."""
    given = one_ward([("Z1", "long", 4.0), ("Z2", "long", 4.0)], A=6.0, B=1.0)
    result = outcomes(given)["fcfs"]
    assert admitted(result.admit) == [4, 0, 2, 1]
    assert result.unmet.sum() == pytest.approx(1)
    assert result.elsewhere.sum() == pytest.approx(1)
    assert result.crowding.sum() == 0


def test_no_more_go_elsewhere_than_the_limit():
    given = one_ward([("Z1", "long", 4.0)], A=0.0, B=50.0)
    result = outcomes(given)["fcfs"]
    assert admitted(result.admit) == [0, 2]
    assert result.unmet.sum() == pytest.approx(2)


@pytest.mark.parametrize(
    ("policy", "at_a"),
    [
        ("fcfs", {"long": 3, "short": 0}),
        ("shortest_stay_first", {"long": 0, "short": 3}),
        ("priority", {"long": 3, "short": 0}),
    ],
)
def test_who_gets_the_last_beds(policy, at_a):
    given = one_ward([("Z1", "long", 3.0), ("Z1", "short", 3.0)], A=3.0)
    instance = read_instance(given, *places(given), assumptions())
    result = simple_policies(instance)[policy]
    there = instance.arcs.institution == instance.names.institutions.index("A")
    for name, patients in at_a.items():
        care = instance.arcs.care == instance.names.classes.index(name)
        assert result.admit[there & care].sum() == pytest.approx(patients)


def test_room_must_last_as_long_as_the_patient():
    """A bed free today and taken tomorrow is no bed for a stay of two days."""
    given = tables(
        2,
        demand=[("Z", "care", 1.0)],
        arc=[("Z", "A", "care", 1.0, 1.0)],
        capacity=[("A", "bed", 2.0)],
        census=[("A", "care", [0.0, 2.0])],
        stay=[("care", [1.0, 1.0])],
        use=[("care", "bed", 1.0)],
        care=[("care", 20.0, 2.0, 0.0, 0.0)],
        resource=[{"resource_id": "bed"}],
    )
    assert outcomes(given)["fcfs"].unmet.sum() == pytest.approx(2)


def test_free_units_go_to_the_worst_shortage_from_the_nearest():
    given = tables(
        demand=[("Z", "care", 0.0)],
        census=[("worse", "care", [9.0]), ("bad", "care", [6.0])],
        capacity=[
            ("worse", "bed", 5.0),
            ("bad", "bed", 4.0),
            ("near", "bed", 3.0),
            ("far", "bed", 9.0),
        ],
        stay=[("care", [1.0])],
        use=[("care", "bed", 1.0)],
        care=[("care", 20.0, 2.0, 0.0, 0.0)],
        resource=[{"resource_id": "bed", "movable": True, "retain_share": 0.0}],
        move=[
            (i, j, "bed", km) for i, km in (("near", 1.0), ("far", 8.0)) for j in ("worse", "bad")
        ],
    )
    instance = read_instance(given, *places(given), assumptions())
    result = simple_policies(instance)["greedy_moves"]
    names = instance.names.institutions
    moved = {
        (names[i], names[j]): units
        for i, j, units in zip(
            instance.moves.giver, instance.moves.taker, result.move[:, 0], strict=True
        )
        if units
    }
    assert moved == pytest.approx({("near", "worse"): 3, ("far", "worse"): 1, ("far", "bad"): 2})
    assert result.crowding.sum() == pytest.approx(0)


def test_the_comparison_holds_every_policy_and_the_plan_is_best():
    given = one_ward([("Z1", "long", 6.0), ("Z2", "short", 5.0)], A=4.0, B=3.0)
    rows = plan(given, *places(given), assumptions()).frames["policy_comparison"]
    assert rows["policy"].to_list() == [
        "fcfs",
        "greedy_moves",
        "plan",
        "priority",
        "shortest_stay_first",
        "turn_away",
        "usual",
    ]
    harm = dict(zip(rows["policy"], rows["harm"], strict=True))
    assert harm["usual"] == pytest.approx(70)
    assert harm["plan"] == pytest.approx(40, rel=1e-5)
    assert harm["turn_away"] == harm["usual"]


def test_turned_away_where_that_is_cheaper_than_crowding():
    """A bed over costs 10, a patient refused 3: with no other way, all 7 above are refused."""
    given = one_ward([("Z1", "long", 6.0), ("Z2", "long", 5.0)], A=4.0)
    cheap = given["allocation_class"].with_columns(harm_weight=3.0)
    given["allocation_class"] = cheap.cast(dict(given["allocation_class"].schema))
    rows = plan(given, *places(given), assumptions(may_refuse=True)).frames["policy_comparison"]
    turned = {row["policy"]: row for row in rows.to_dicts()}["turn_away"]
    assert turned["unmet"] == pytest.approx(7, rel=1e-5)
    assert turned["harm"] == pytest.approx(21, rel=1e-5)
    assert np.isclose(turned["sent"], 0)
