from dataclasses import replace
from datetime import date, datetime
from types import SimpleNamespace

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.clean import Capacity, Encounter, Zone
from schemas.errors import DeliveryRejected
from schemas.events import Occurrence
from schemas.table import conform
from transforms.feed import FeedResult
from transforms.feed.faults import SCHEMA
from transforms.feed.result import Counts
from transforms.quality.holds import (
    Compared,
    closed_reason,
    filled_by_part,
    future_reason,
    reasons_to_hold,
    refuse_foreign,
    rows_by_subject,
    stranger_reason,
)


def capacity(*rows: tuple[str, str, int, float | None]) -> pl.DataFrame:
    names = ("institution_id", "resource_id", "day", "in_service")
    frame = pl.DataFrame(
        rows, schema=dict(zip(names, (str, str, int, float), strict=True)), orient="row"
    )
    return conform(
        Capacity,
        frame.select(
            "institution_id",
            "resource_id",
            date=pl.date(2026, 1, pl.col("day")),
            period_days=1,
            in_service="in_service",
        ),
    )


def days(institution: str, count: int, beds: float | None = 5, resource: str = "bed"):
    return [(institution, resource, day, beds) for day in range(1, count + 1)]


def held(before: pl.DataFrame, after: pl.DataFrame, table: str = "capacity") -> list[Occurrence]:
    one = Compared(
        table,
        rows_by_subject(table, before),
        rows_by_subject(table, after),
        filled_by_part(table, before),
        filled_by_part(table, after),
    )
    return reasons_to_hold([one], after.height, [])


@pytest.mark.parametrize(("left", "reasons"), [(10, 0), (8, 0), (7, 1), (0, 1)])
def test_an_institution_may_lose_a_fifth_of_its_rows(left, reasons):
    before = capacity(*days("a", 10), *days("b", 10))
    after = capacity(*days("a", left), *days("b", 20))
    assert len(held(before, after)) == reasons


def test_the_reason_names_counts_and_no_institution():
    before, after = capacity(*days("a", 10), *days("b", 4)), capacity(*days("b", 3))
    assert held(before, after) == [
        Occurrence("rows_removed", table_name="capacity", count=2, share=1.0)
    ]


def test_a_table_without_institutions_is_compared_whole():
    zones = pl.DataFrame({"zone_id": [f"z{n}" for n in range(10)], "region_id": ["r"] * 10})
    before = conform(Zone, zones)
    assert held(before, before.head(8), "zone") == []
    (reason,) = held(before, before.head(7), "zone")
    assert reason.words() == "it would remove 30% of the zone rows"


def test_a_column_that_becomes_empty_for_one_resource_is_seen():
    before = capacity(*days("a", 5), *days("a", 5, 3, "icu"))
    after = capacity(*days("a", 5), *days("a", 5, None, "icu"))
    (reason,) = held(before, after)
    assert reason.words() == "capacity.in_service is suddenly empty (icu)"
    assert held(after, after) == []
    assert held(after, before) == []


@pytest.mark.parametrize(
    ("rows", "earlier", "reasons"),
    [
        (100, [], 0),
        (100, [100, 90], 0),
        (999, [100], 0),
        (1000, [100], 1),
        (11, [100], 0),
        (10, [100], 1),
        (100, [1000, 90, 110], 0),
        (5, [0], 0),
    ],
)
def test_ten_times_or_a_tenth_of_the_usual_rows(rows, earlier, reasons):
    assert len(reasons_to_hold([], rows, earlier)) == reasons


def test_rows_after_an_institutions_last_day_are_seen():
    tables = {"capacity": capacity(*days("a", 3), *days("b", 5))}
    closed = pl.DataFrame({"institution_id": ["a", "b"], "active_to": [date(2026, 1, 3)] * 2})
    assert closed_reason(tables, closed.head(1)) is None
    assert closed_reason(tables, closed) == Occurrence("after_closing", count=1)
    assert closed_reason({"zone": pl.DataFrame()}, closed) is None


def test_an_admission_on_the_last_day_is_not_after_it():
    stay = {
        "encounter_id": ["e"],
        "patient_key": ["p"],
        "institution_id": ["a"],
        "class_id": ["c"],
        "admitted_at": [datetime(2026, 1, 3, 23, 59)],
    }
    tables = {"encounter": conform(Encounter, pl.DataFrame(stay))}
    closed = pl.DataFrame({"institution_id": ["a"], "active_to": [date(2026, 1, 3)]})
    assert closed_reason(tables, closed) is None
    earlier = closed.with_columns(active_to=date(2026, 1, 2))
    assert closed_reason(tables, earlier) is not None


def test_an_extract_drawn_later_than_it_can_be_is_seen():
    latest = datetime(2026, 1, 1, 12)
    assert future_reason(latest, latest) is None
    assert future_reason(datetime(2026, 1, 1, 12, 0, 1), latest) is not None


def delivered(sent: int, created: int = 0, unknown: int = 0, read: int = 10) -> FeedResult:
    """A result of so many institutions sent, created, and rows of unknown ones."""
    institution = pl.DataFrame({"institution_id": [f"i{n}" for n in range(sent)] * 2})
    strangers = [(n // 2, "id", "unknown_institution", "row") for n in range(2 * unknown)]
    faults = pl.DataFrame([*strangers, (99, "id", "empty", "row")], schema=SCHEMA, orient="row")
    return FeedResult(
        {"institution": institution},
        faults,
        pl.DataFrame(),
        Counts(read, 0, 0, 0, 0, 0, 0),
        [],
        [f"i{n}" for n in range(created)],
        pl.DataFrame(),
    )


@pytest.mark.parametrize(
    ("sent", "created", "held"), [(3, 3, True), (3, 2, False), (2, 2, False), (3, 0, False)]
)
def test_a_delivery_of_three_institutions_or_more_that_are_all_new_is_held(sent, created, held):
    feed = SimpleNamespace(institution="id")
    reason = stranger_reason(feed, delivered(sent, created))
    assert reason == (Occurrence("all_institutions_new", count=sent) if held else None)


def test_new_institutions_are_no_strangers_to_a_feed_that_does_not_list_them():
    whole = delivered(3, 3)
    assert stranger_reason(SimpleNamespace(institution=None), whole) is None
    assert stranger_reason(SimpleNamespace(institution="id"), replace(whole, tables={})) is None


@pytest.mark.parametrize(("unknown", "read"), [(3, 6), (2, 2), (0, 0)])
def test_half_of_the_rows_or_two_may_be_of_unknown_institutions(unknown, read):
    refuse_foreign(delivered(1, unknown=unknown, read=read))


def test_a_file_is_another_regions_if_most_rows_are_of_unknown_institutions():
    with pytest.raises(DeliveryRejected) as refused:
        refuse_foreign(delivered(1, unknown=3, read=5))
    assert refused.value.occurrences == (Occurrence("another_region", count=3, total=5),)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 28)), unique=True, min_size=1))
def test_what_stays_or_grows_is_never_held(rows):
    before = capacity(*((i, "bed", day, 1.0) for i, day in rows[: len(rows) // 2 + 1]))
    after = capacity(*((i, "bed", day, 1.0) for i, day in rows))
    assert held(before, after) == []
