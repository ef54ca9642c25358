import gc

import pytest

from optimization.purchases.confirm import confirmation
from optimization.purchases.inputs import Request
from optimization.solver import SolveSettings
from tests.unit.optimization.allocation.cases import assumptions, places, tables

SETTINGS = SolveSettings(threads=1)
WARD = {
    "demand": [("Z", "c", 10.0)],
    "arc": [("Z", "H", "c", 1.0, 1.0)],
    "capacity": [("H", "bed", 6.0)],
    "stay": [("c", [1.0, 0.0])],
    "use": [("c", "bed", 1.0)],
    "care": [("c", 20.0, 1.0, 0.0, 0.0)],
}


def beds(units, resource="bed"):
    return Request("H", resource, units, 1.0, 0.0, 1, 0.0)


def confirmed(sets, **resource):
    """Ten patients a day for two days, six beds, 10 points for each one too many."""
    given = tables(2, **WARD, resource=[{"resource_id": "bed"} | resource])
    return confirmation(given, *places(given), assumptions(), SETTINGS).averted(sets)


def test_beds_avert_what_they_hold_until_there_are_enough():
    """A bed averts 10 points a day, 3,650 a year; of six more, four are needed."""
    found = confirmed([[], [beds(1.0)], [beds(1.0), beds(2.0)], [beds(6.0)]])
    assert found == pytest.approx([0.0, 3650.0, 3 * 3650.0, 4 * 3650.0])


def test_it_can_be_asked_long_after_it_was_made():
    """Rows are named by the model, which must live as long as what asks for them."""
    given = tables(2, **WARD, resource=[{"resource_id": "bed"}])
    again = confirmation(given, *places(given), assumptions(), SETTINGS)
    gc.collect()
    assert again.averted([[beds(1.0)]]) == pytest.approx([3650.0])


def test_of_a_bed_only_the_part_that_may_be_full_counts():
    assert confirmed([[beds(1.0)]], occupancy_target=0.9) == pytest.approx([0.9 * 3650.0])


def test_units_that_can_move_count_where_they_are_bought():
    given = tables(
        2,
        **WARD | {"capacity": [("H", "bed", 6.0), ("I", "bed", 0.0)]},
        move=[("I", "H", "bed", 5.0)],
        resource=[{"resource_id": "bed", "movable": True}],
    )
    again = confirmation(given, *places(given), assumptions(), SETTINGS)
    assert again.averted([[beds(1.0)]]) == pytest.approx([3650.0])
