from datetime import date, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import ops, regional
from schemas.table import check, conform, observed, published
from schemas.tables import ALL
from transforms import disclosure

DAY = date(2026, 2, 10)
PLACE = {"region_id": "R1", "date": DAY}


def test_what_is_shown_of_each_count():
    counts = [0.0, 0.4, 1, 5, 10, 10.4, 11, 12, 13, 17, 18, 22.5, 102]
    found = pl.DataFrame({"n": counts}).select(disclosure.shown("n"))["n"].to_list()
    assert found == [0, None, None, None, None, None, 15, 15, 15, 15, 20, 25, 100]


@given(st.floats(0, 1e6))
def test_no_count_of_one_to_ten_is_ever_shown(count):
    (found,) = pl.DataFrame({"n": [count]}).select(disclosure.shown("n"))["n"].to_list()
    assert found is None or found == 0 or (found >= 15 and found % 5 == 0)
    assert found is None or abs(found - count) < 4.001


def demand(*rows: tuple[str, float, float]) -> pl.DataFrame:
    named = [
        {
            "class_id": c,
            "admissions_per_day": a,
            "patient_days_per_day": p,
            "admissions_per_100k": a / 2,
        }
        for c, a, p in rows
    ]
    given = {"period_days": 1, "demand_source": "encounters", **PLACE}
    return conform(regional.Demand, pl.DataFrame(named).with_columns(**_literals(given)))


def _literals(values: dict) -> dict:
    return {k: pl.lit(v) for k, v in values.items()}


def test_demand_is_rounded_and_its_rate_follows_what_is_shown():
    found = disclosure.demand(demand(("a", 22.0, 101.0), ("b", 4.0, 40.0), ("c", 0.0, 0.0)))
    check(regional.Demand, conform(regional.Demand, found))
    wanted = ["admissions_per_day", "patient_days_per_day", "admissions_per_100k", "disclosure"]
    assert found.select(wanted).rows() == [
        (20, 100, 10, "rounded"),
        (None, 40, None, "withheld"),
        (0, 0, 0, "shown"),
    ]


def supply(in_service: float, reported: float, in_use: float) -> dict:
    row = {
        **PLACE,
        "resource_id": "bed",
        "institutions": 2,
        "in_service_reported": in_service,
        "in_service": in_service,
        "in_use_reported": reported,
        "in_use": in_use,
        "free": in_service - in_use,
        "occupancy": in_use / in_service,
    }
    frame = disclosure.supply(conform(regional.Supply, pl.DataFrame([row])))
    return check(regional.Supply, frame).row(0, named=True)


def test_free_beds_and_occupancy_follow_from_the_beds_in_use_that_are_shown():
    found = supply(100, 63, 63)
    assert (found["in_use"], found["free"], found["occupancy"]) == (65, 35, 0.65)
    assert found["disclosure"] == "rounded"


@pytest.mark.parametrize(("reported", "in_use"), [(7, 7), (7, 20)])
def test_free_beds_do_not_give_away_beds_in_use_that_are_withheld(reported, in_use):
    found = supply(100, reported, in_use)
    hidden = ("in_use_reported", "in_use", "free", "occupancy")
    assert {found[c] for c in hidden} == {None}
    assert found["disclosure"] == "withheld"


def gap(column: str, imputed: float, in_use: float | None) -> float | None:
    cell = {**PLACE, "resource_id": "bed"}
    gaps = {"column_name": column, "gap_reason": "withheld", "imputation_rule": "last_known"}
    frame = conform(
        regional.CapacityGap, pl.DataFrame([{**cell, **gaps, "gaps": 1, "imputed": imputed}])
    )
    had = pl.DataFrame([{**cell, "in_use": in_use}], schema_overrides={"in_use": pl.Float64})
    return check(regional.CapacityGap, disclosure.capacity_gap(frame, had))["imputed"].item()


def test_what_was_imputed_does_not_give_away_beds_in_use_that_are_withheld():
    assert gap("in_use", 7, None) is None
    assert gap("in_use", 27, None) is None
    assert gap("in_use", 7, 40) is None
    assert gap("in_use", 27, 40) == 25
    assert gap("in_service", 7, None) == 7


def balance(demand_rows, **cells) -> dict:
    row = {**PLACE, "resource_id": "nurse", "supply": 50.0, "ratio": 1.0, **cells}
    uses = pl.DataFrame(
        {"class_id": ["a", "b"], "resource_id": ["nurse", "nurse"], "units": [1, 1]}
    )
    frame = disclosure.balance(
        conform(regional.Balance, pl.DataFrame([row])), disclosure.demand(demand_rows), uses
    )
    return check(regional.Balance, frame).row(0, named=True)


def test_a_total_is_withheld_where_one_of_its_classes_is():
    rows = demand(("a", 20.0, 40.0), ("b", 4.0, 7.0))
    found = balance(rows, demand_units=47.0, shortage=0.0, surplus=20.0)
    assert (found["demand_units"], found["ratio"], found["disclosure"]) == (None, None, "withheld")
    assert found["surplus"] == 20


def test_shortage_and_surplus_do_not_give_away_few_patients():
    rows = demand(("a", 20.0, 40.0), ("b", 20.0, 20.0))
    found = balance(rows, demand_units=60.0, shortage=0.0, surplus=44.0)
    assert (found["demand_units"], found["shortage"], found["surplus"]) == (60, None, None)
    found = balance(rows, demand_units=60.0, shortage=3.0, surplus=20.0)
    assert (found["shortage"], found["surplus"]) == (None, None)
    found = balance(rows, demand_units=60.0, shortage=23.0, surplus=0.0)
    assert (found["shortage"], found["surplus"], found["ratio"]) == (25, 0, 50 / 60)


def counts(identity: str, **cells) -> dict:
    none = dict.fromkeys((*disclosure.COUNTS, "cells_nulled"), 0)
    return {"delivery_id": identity, "rows_read": 0, **none, **cells}


def test_rows_that_are_people_add_up_in_what_is_shown():
    frame = conform(
        ops.Reconciliation,
        pl.DataFrame(
            [
                counts("people", rows_read=1017, loaded=1000, quarantined=14, duplicate=3),
                counts("beds", rows_read=5, loaded=3, quarantined=2),
            ]
        ),
    )
    found = disclosure.reconciliation(frame, pl.Series(["people"]))
    check(ops.Reconciliation, found)
    wanted = ["delivery_id", "rows_read", "loaded", "quarantined", "duplicate", "disclosure"]
    assert found.select(wanted).rows() == [
        ("beds", 5, 3, 2, 0, "shown"),
        ("people", 1015, 1000, 15, None, "withheld"),
    ]


def delivered(identity: str, rows: int, size: int, flags: str | None = None) -> dict:
    named = dict.fromkeys(
        ("delivery_id", "feed", "file_name", "sha256", "content_sha256"), identity
    )
    seen = {"night": DAY, "received_at": datetime(2026, 2, 10), "verdict": "loaded"}
    return {**named, **seen, "rows_read": rows, "bytes": size, "flags": flags}


def shown_deliveries(*rows: dict) -> pl.DataFrame:
    frame = conform(ops.Delivery, pl.DataFrame(rows, infer_schema_length=None))
    known = [
        counts(r["delivery_id"], rows_read=r["rows_read"], loaded=r["rows_read"]) for r in rows
    ]
    people = frame["delivery_id"].filter(frame["delivery_id"] != "beds")
    counted = disclosure.reconciliation(conform(ops.Reconciliation, pl.DataFrame(known)), people)
    return check(ops.Delivery, disclosure.delivery(frame, people, counted))


def test_a_size_does_not_tell_how_many_rows_there_are():
    found = shown_deliveries(
        delivered("beds", 4, 577),
        delivered("few", 4, 577),
        delivered("many", 1017, 130_666),
        delivered("none", 0, 1154),
        delivered("some", 15, 400),
    )
    assert found.select("delivery_id", "rows_read", "bytes").rows() == [
        ("beds", 4, 577),
        ("few", 0, None),
        ("many", 1015, 131_000),
        ("none", 0, None),
        ("some", 15, 1000),
    ]


def test_names_of_undeclared_columns_are_counted_and_never_shown():
    flags = (
        "byte order mark removed; undeclared column not read: Ann; Lee 7; undeclared column not"
        " read: Bo; sex: 4 cell(s) hold no code of this region, not kept; 3 years; released"
    )
    (found,) = shown_deliveries(delivered("people", 20, 9, flags))["flags"].to_list()
    assert found == (
        "byte order mark removed; undeclared columns not read: 2;"
        " sex: some cell(s) hold no code of this region, not kept; some years; released"
    )
    assert shown_deliveries(delivered("beds", 20, 9, flags))["flags"].to_list() == [flags]


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        (
            "none of its 7 rows can be loaded; 3 are at fault",
            "none of its some rows can be loaded; some are at fault",
        ),
        ("it is older than 2026-02-10", "it is older than 2026-02-10"),
        ("the same bytes as delivery 12ab34-2", "the same bytes as delivery 12ab34-2"),
        ("sex: 4 cell(s), 5", "sex: some cell(s), some"),
        ("1,204 rows.", "some rows."),
    ],
)
def test_no_number_of_people_is_told_in_words(words, kept):
    frame = pl.DataFrame({"subject": ["people"], "message": [words], "value": [7.0]})
    found = disclosure.told(frame, pl.Series(["people"]), ["value"], ["message"])
    assert found.row(0) == ("people", kept, None)
    other = disclosure.told(frame, pl.Series(["beds"]), ["value"], ["message"])
    assert other.equals(frame)


def test_every_published_count_of_people_may_be_withheld():
    marked = {t: observed(t) for t in ALL if observed(t)}
    assert {t.__name__ for t in marked} == {
        "Supply",
        "Demand",
        "Balance",
        "Delivery",
        "Reconciliation",
        "Run",
    }
    assert all(published(table) for table in marked)
