from datetime import date

import polars as pl

from optimization.allocation.changes import changes
from schemas.base import conform, empty
from schemas.results.allocation import AllocationMove, AllocationTransfer

MONDAY, TUESDAY, WEDNESDAY = (date(2026, 1, day) for day in (5, 6, 7))


def told(transfers=(), moves=()):
    """Transfers (to, date, patients) of zone Z's care, moves (to, date, units) of H's beds."""
    sent = [
        {"zone_id": "Z", "institution_id": to, "class_id": "care", "date": day, "patients": n}
        for to, day, n in transfers
    ]
    moved = [
        {
            "from_institution_id": "H",
            "to_institution_id": to,
            "resource_id": "bed",
            "date": day,
            "units": n,
        }
        for to, day, n in moves
    ]
    return {
        name: conform(table, pl.DataFrame(rows)) if rows else empty(table)
        for name, table, rows in (
            ("allocation_transfer", AllocationTransfer, sent),
            ("allocation_move", AllocationMove, moved),
        )
    }


def rows(planned, announced, first=TUESDAY):
    table = changes(planned, announced, pl.lit(first))
    return table.select("kind", "to_id", "date", "announced", "planned", "change").rows()


def test_more_less_new_and_dropped_are_told_the_same_is_not():
    announced = told([("A", TUESDAY, 3.0), ("B", TUESDAY, 2.0), ("C", WEDNESDAY, 1.0)])
    planned = told([("A", TUESDAY, 4.0), ("C", WEDNESDAY, 1.0)], [("D", WEDNESDAY, 5.0)])
    assert rows(planned, announced) == [
        ("move", "D", WEDNESDAY, 0.0, 5.0, 5.0),
        ("transfer", "A", TUESDAY, 3.0, 4.0, 1.0),
        ("transfer", "B", TUESDAY, 2.0, 0.0, -2.0),
    ]


def test_days_that_have_passed_and_days_never_announced_are_no_change():
    announced = told([("A", MONDAY, 3.0), ("A", TUESDAY, 3.0)])
    planned = told([("A", TUESDAY, 3.0), ("A", WEDNESDAY, 9.0)])
    assert rows(planned, announced) == []


def test_a_first_night_changes_nothing():
    assert rows(told([("A", TUESDAY, 3.0)]), told()) == []
