"""What was announced: what tonight changes of it, and what keeps it."""

import polars as pl
import pytest

from optimization.allocation.results import changes
from schemas.results.allocation import AllocationMove, AllocationTransfer
from tests.unit.optimization.allocation.cases import (
    announced,
    assumptions,
    days,
    frame,
    places,
    plan,
    tables,
)

FIRST, SECOND = days(2)


def planned(transfers=(), moves=()):
    """Transfers (to, date, patients) of zone Z's care, moves (to, date, units) of A's beds."""
    sent = [
        {
            "zone_id": "Z",
            "institution_id": to,
            "class_id": "care",
            "date": day,
            "patients_per_day": n,
        }
        for to, day, n in transfers
    ]
    moved = [
        {"from_institution_id": "A", "to_institution_id": to, "resource_id": "bed", "date": day}
        | {"units": n}
        for to, day, n in moves
    ]
    return {
        "allocation_transfer": frame(AllocationTransfer, sent),
        "allocation_move": frame(AllocationMove, moved),
    }


def earlier(*flows, on=(FIRST, SECOND), prices=None):
    """A region whose A is full, so that 2 patients a day go to B (10 km) or C (20 km)."""
    given = tables(
        2,
        demand=[("Z", "care", 4.0)],
        arc=[("Z", "A", "care", 1.0, 1.0), ("Z", "B", "care", 10.0, 0.0)]
        + [("Z", "C", "care", 20.0, 0.0)],
        capacity=[(i, "bed", 2.0 if i == "A" else 9.0) for i in "ABC"],
        stay=[("care", [1.0, 0.0])],
        use=[("care", "bed", 1.0)],
        care=[("care", 20.0, 1.0, 1.0, 3.0)],
        resource=[{"resource_id": "bed", "movable": True, "cost_unit_km": 1.0}],
    )
    return announced(given, flows, on, prices or {})


def sent(given, **settings):
    made = plan(given, *places(given), assumptions(**settings)).frames
    columns = ("institution_id", "date", "patients_per_day")
    cost = made["policy_comparison"].filter(policy="plan")["cost"].item()
    rows = (
        made["allocation_transfer"]
        .select(columns)
        .with_columns(pl.col("patients_per_day").round(4))
    )
    return rows.rows(), pytest.approx(cost, abs=1e-4)


def to(institution, day, patients):
    return ("transfer", "Z", institution, "care", day, patients)


def test_more_less_new_and_dropped_are_told_the_same_is_not():
    given = earlier(to("A", FIRST, 3.0), to("B", FIRST, 2.0), to("C", SECOND, 1.0))
    made = planned([("A", FIRST, 4.0), ("C", SECOND, 1.0)], [("D", SECOND, 5.0)])
    found = changes(made, given).select(
        "action", "to_id", "date", "announced", "planned", "difference"
    )
    assert found.rows() == [
        ("move", "D", SECOND, 0.0, 5.0, 5.0),
        ("transfer", "A", FIRST, 3.0, 4.0, 1.0),
        ("transfer", "B", FIRST, 2.0, 0.0, -2.0),
    ]


def test_days_never_announced_are_no_change():
    given = earlier(to("A", FIRST, 3.0), on=(FIRST,))
    assert changes(planned([("A", FIRST, 3.0), ("A", SECOND, 9.0)]), given).is_empty()
    assert changes(planned([("A", FIRST, 3.0)]), earlier(on=())).is_empty()


def test_a_first_night_sends_the_cheapest_way():
    assert sent(earlier(on=())) == ([("B", FIRST, 2.0), ("B", SECOND, 2.0)], 120.0)


@pytest.mark.parametrize(
    ("price", "where", "cost"),
    [
        # a change withdraws 2 and adds 2: 4 * price, against 2 patients * 10 km * 3 saved
        (14.0, "B", 60 + 60 + 4 * 14),
        (16.0, "C", 120 + 60),
    ],
)
def test_what_was_announced_stays_unless_a_change_saves_more_than_its_price(price, where, cost):
    given = earlier(to("C", FIRST, 2.0), on=(FIRST,), prices={"care": price})
    found = sent(given)
    assert found == (sorted([(where, FIRST, 2.0), ("B", SECOND, 2.0)]), cost)


def test_fewer_than_announced_are_withdrawn_and_more_are_added():
    given = earlier(to("B", FIRST, 3.0), to("B", SECOND, 1.0), prices={"care": 1.0})
    assert sent(given) == ([("B", FIRST, 2.0), ("B", SECOND, 2.0)], 120 + 1 + 1)


def test_the_status_quo_pays_for_what_it_withdraws():
    given = earlier(to("B", FIRST, 3.0), prices={"care": 7.0})
    made = plan(given, *places(given), assumptions()).frames["policy_comparison"]
    assert made.filter(policy="usual")["cost"].item() == pytest.approx(21.0)


def test_a_unit_announced_moves_unless_staying_saves_more_than_the_price():
    given = tables(
        2,
        demand=[("Z", "care", 4.0)],
        arc=[("Z", "A", "care", 1.0, 1.0)],
        capacity=[("A", "bed", 4.0), ("B", "bed", 5.0)],
        stay=[("care", [1.0, 0.0])],
        use=[("care", "bed", 1.0)],
        care=[("care", 20.0, 1.0, 1.0, 3.0)],
        resource=[
            {"resource_id": "bed", "movable": True, "cost_unit_km": 1.0, "retain_share": 0.5}
        ],
        move=[("B", "A", "bed", 30.0)],
    )
    for price, moved in ((29.0, 0.0), (31.0, 2.0)):
        flows = [("move", "B", "A", "bed", FIRST, 2.0)]
        asked = announced(given, flows, (FIRST,), {"bed": price})
        made = plan(asked, *places(asked), assumptions()).frames
        assert made["allocation_move"]["units"].sum() == pytest.approx(moved, abs=1e-4)


def test_what_no_arc_serves_any_more_is_told_and_has_no_price():
    given = earlier(to("X", FIRST, 2.0), prices={"care": 5.0})
    made = plan(given, *places(given), assumptions()).frames
    change = made["allocation_change"].select("to_id", "announced", "planned")
    assert ("X", 2.0, 0.0) in change.rows()
    assert made["policy_comparison"].filter(policy="usual")["cost"].item() == 0.0


def test_the_same_night_once_more_keeps_every_flow():
    """Solved again on the days that remain, with what was announced: nothing changes."""
    first = earlier(on=(), prices={})
    flows = plan(first, *places(first), assumptions()).frames["allocation_transfer"]
    again = earlier(*(to(i, d, n) for i, d, n in flows.select(
        "institution_id", "date", "patients_per_day"
    ).rows()), prices={"care": 0.5})  # fmt: skip
    made = plan(again, *places(again), assumptions()).frames
    assert made["allocation_change"].is_empty()
    assert made["policy_comparison"].filter(policy="plan")["cost"].item() == pytest.approx(
        120, abs=1e-4
    )
