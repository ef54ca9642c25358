import polars as pl
import pytest

from schemas.assumptions.allocation import AllocationAssumptions
from schemas.clean import Institution, Resource, Travel
from schemas.results.allocation import AllocationMoveArc
from schemas.table import check, conform, empty
from transforms.inputs.allocation.arcs import allocation_move_arc

KM = 6371.0088 * 3.141592653589793 / 180
USE = pl.DataFrame({"class_id": ["icu"], "resource_id": ["vent"], "units": [1.0]})
HOSPITALS = conform(
    Institution,
    pl.DataFrame(
        {
            "institution_id": ["a", "b", "c", "d"],
            "zone_id": "z",
            "region_id": ["R", "R", "S", "R"],
            "latitude": [0.0, 0.0, 0.0, None],
            "longitude": [0.0, 1.0, 3.0, None],
        }
    ),
)
UNITS = pl.DataFrame(
    {"institution_id": ["a", "b", "c", "d"], "resource_id": "vent", "service": [5.0, 0.0, 5.0, 5.0]}
)


def resources(movable: bool = True) -> pl.DataFrame:
    row = {"resource_id": ["vent"], "name": "x", "category": "equipment", "unit": "x"}
    return conform(Resource, pl.DataFrame({**row, "movable": movable}))


def arcs(
    nearest: int = 9,
    max_km: float = 1e4,
    closed: bool = False,
    offered: tuple[str, ...] = ("a", "b", "c", "d"),
    movable: bool = True,
    travel: pl.DataFrame | None = None,
) -> list[tuple]:
    limits = {"harm": 1, "occupancy_target": 1, "max_move_km": max_km, "nearest_move": nearest}
    assumed = AllocationAssumptions(
        classes={}, resources={"vent": limits}, circuity=1, close_borders=closed
    )
    found = allocation_move_arc(
        UNITS,
        pl.DataFrame({"institution_id": offered, "class_id": "icu"}),
        USE,
        resources(movable),
        HOSPITALS,
        empty(Travel) if travel is None else travel,
        assumed,
    )
    rows = check(AllocationMoveArc, found).drop("resource_id").rows()
    return [(f, t, pytest.approx(km, abs=1e-3)) for f, t, km in rows]


def test_who_has_units_may_send_them_to_any_who_need_them():
    """b has none to give, d stands nowhere."""
    assert arcs() == [("a", "b", KM), ("a", "c", 3 * KM), ("c", "a", 3 * KM), ("c", "b", 2 * KM)]


def test_only_to_those_who_treat_a_class_that_uses_it():
    assert arcs(offered=("c",)) == [("a", "c", 3 * KM)]


def test_only_the_nearest_within_reach():
    assert arcs(nearest=1) == [("a", "b", KM), ("c", "b", 2 * KM)]
    assert arcs(max_km=2.5 * KM) == [("a", "b", KM), ("c", "b", 2 * KM)]


def test_closed_borders_stop_moves():
    assert arcs(closed=True) == [("a", "b", KM)]


@pytest.mark.parametrize("rule", [{"movable": False}, {"nearest": 0}])
def test_what_may_not_move_has_no_arcs(rule):
    assert arcs(**rule) == []


def test_travel_goes_before_great_circles():
    road = conform(Travel, pl.DataFrame({"from_id": ["a"], "to_id": ["b"], "km": [5000.0]}))
    assert arcs(nearest=1, travel=road)[0] == ("a", "c", 3 * KM)
