import re
from dataclasses import asdict
from datetime import date, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import ops, regional
from schemas.events import DELIVERY_EVENTS, EVENTS, NUMBERS, Occurrence, to_do, words
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
    none = conform(ops.Delivery, pl.DataFrame([delivered("people", 1017, 577)]))
    found = disclosure.reconciliation(frame, none, pl.Series(["people"]))
    check(ops.Reconciliation, found)
    wanted = ["delivery_id", "rows_read", "loaded", "quarantined", "duplicate", "disclosure"]
    assert found.select(wanted).rows() == [
        ("beds", 5, 3, 2, 0, "shown"),
        ("people", 1015, 1000, 15, None, "withheld"),
    ]


def delivered(identity: str, rows: int, size: int) -> dict:
    named = dict.fromkeys(
        ("delivery_id", "feed", "file_name", "sha256", "content_sha256"), identity
    )
    seen = {"night": DAY, "received_at": datetime(2026, 2, 10), "verdict": "loaded"}
    return {**named, **seen, "rows_read": rows, "bytes": size}


def shown_deliveries(*rows: dict) -> pl.DataFrame:
    frame = conform(ops.Delivery, pl.DataFrame(rows, infer_schema_length=None))
    known = [
        counts(r["delivery_id"], rows_read=r["rows_read"], loaded=r["rows_read"]) for r in rows
    ]
    people = frame["delivery_id"].filter(frame["delivery_id"] != "beds")
    counted = disclosure.reconciliation(
        conform(ops.Reconciliation, pl.DataFrame(known)), frame, people
    )
    return check(ops.Delivery, disclosure.delivery(frame, people, counted))


@pytest.mark.parametrize(
    ("parts", "rows", "label"),
    [
        ({"loaded": 13_453, "quarantined": 14}, 13_470, "rounded"),
        ({"loaded": 13_453, "quarantined": 4}, 13_455, "withheld"),
        ({"loaded": 9, "quarantined": 9}, 0, "withheld"),
    ],
)
def test_the_same_content_shows_the_same_rows_however_often_it_came(parts, rows, label):
    total = sum(parts.values())
    frame = conform(
        ops.Reconciliation,
        pl.DataFrame(
            [
                counts("a", rows_read=total, **parts),
                counts("a-2", rows_read=total, duplicate=total),
                counts("b", rows_read=40, duplicate=40),
            ]
        ),
    )
    rows_of = [delivered("a", total, 9), delivered("a-2", total, 9), delivered("b", 40, 9)]
    for row in rows_of[:2]:
        row["sha256"] = "a"
    deliveries = conform(ops.Delivery, pl.DataFrame(rows_of))
    found = disclosure.reconciliation(frame, deliveries, pl.Series(["a", "a-2", "b"]))
    check(ops.Reconciliation, found)
    wanted = found.select("delivery_id", "rows_read", "duplicate", "disclosure").rows()
    assert wanted[0][1::2] == (rows, label)
    assert wanted[1] == ("a-2", rows, rows or None, label)
    assert wanted[2] == ("b", 40, 40, "rounded")


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


def events(identity: str, *told: Occurrence) -> pl.DataFrame:
    rows = [
        {
            "delivery_id": identity,
            "number": n,
            "event_kind": o.kind,
            "words": o.words(),
            **asdict(o),
        }
        for n, o in enumerate(told, start=1)
    ]
    return conform(ops.DeliveryEvent, pl.DataFrame(rows, infer_schema_length=None))


TOLD = (
    Occurrence("no_row_loadable", count=3, total=7),
    Occurrence("undeclared_column", private="Ann; some remark on a patient, room seven"),
    Occurrence("undeclared_column", private="Bo"),
    Occurrence("codes_not_kept", "sex", count=4),
    Occurrence("earlier_version", private="sex: 4 cell(s) hold no code; undeclared column: Cy"),
    Occurrence("another_encoding", line=12, detail="utf-8"),
    Occurrence("same_bytes", detail="12ab34-2"),
)


def test_of_a_file_of_people_no_number_and_no_name_is_told():
    frame = pl.concat([events("beds", *TOLD), events("people", *TOLD)])
    found = disclosure.delivery_event(frame, pl.Series(["people"]))
    check(ops.DeliveryEvent, found)
    assert found.filter(pl.col("delivery_id") == "beds").equals(events("beds", *TOLD))
    hidden = found.filter(pl.col("delivery_id") == "people")
    assert (
        hidden.select("count", "total", "share", "line", "private").null_count().row(0) == (7,) * 5
    )
    assert hidden["words"].to_list() == [
        "none of its (withheld) rows can be loaded; (withheld) are at fault",
        "undeclared column not read: (withheld)",
        "undeclared column not read: (withheld)",
        "sex: (withheld) cells hold no code of this region and are not kept",
        "told by an earlier version of Catchment: (withheld)",
        "line (withheld) is not in utf-8, which the feed declares",
        "the same bytes as delivery 12ab34-2, of another extract time",
    ]


@pytest.mark.parametrize(
    "event", [e for e in EVENTS if e.kind in DELIVERY_EVENTS], ids=lambda event: event.code
)
def test_whatever_is_told_no_fact_that_is_withheld_reaches_the_words(event):
    numbers = dict.fromkeys(NUMBERS, 7)
    one = Occurrence(event.code, "beds", "capacity", **numbers, detail="d", private="CANARY")
    found = disclosure.delivery_event(events("people", one), pl.Series(["people"]))
    assert "CANARY" not in found["words"][0]
    assert not re.search(r"(^|\s)7", found["words"][0])


def test_of_findings_about_people_no_figure_is_told():
    found = {"rule": ["rows_at_fault"] * 2, "subject": ["people", "beds"], "value": [7.0, 7.0]}
    frame = pl.DataFrame({**found, "message": ["7 rows", "7 rows"]})
    shown = disclosure.findings(frame, pl.Series(["people"]), ["value"])
    assert shown.rows() == [
        (
            "rows_at_fault",
            "people",
            None,
            f"{words('rows_at_fault', {})}; what to do: {to_do('rows_at_fault')}",
        ),
        ("rows_at_fault", "beds", 7.0, "7 rows"),
    ]


def test_every_published_count_of_people_may_be_withheld():
    marked = {t: observed(t) for t in ALL if observed(t)}
    assert {t.__name__ for t in marked} == {
        "Supply",
        "Demand",
        "DemandForecast",
        "Balance",
        "PlanOutcome",
        "PlanOutcomeDay",
        "PlanOutcomeInstitution",
        "Delivery",
        "Reconciliation",
        "Run",
    }
    assert all(published(table) for table in marked)


def forecast(**figures: float) -> pl.DataFrame:
    columns = dict.fromkeys(observed(regional.DemandForecast), 40.0) | figures
    return pl.DataFrame([{"series_key": "z/icu", "disclosure": "shown", **columns}])


@given(st.lists(st.floats(0, 60), min_size=11, max_size=11))
def test_no_figure_of_a_forecast_tells_of_one_to_ten_people(figures):
    names = observed(regional.DemandForecast)
    frame = forecast(**dict(zip(names, sorted(figures), strict=True)))
    found = disclosure.demand_forecast(frame, names)
    (row,) = found.select(names).rows()
    assert all(f is None or f == 0 or (f >= 15 and f % 5 == 0) for f in row)
    known = [f for f in row if f is not None]
    assert known == sorted(known)
    hidden = None in row
    assert (found["disclosure"].item() == "withheld") == hidden


def test_a_score_of_few_values_is_not_shown():
    frame = pl.DataFrame({"scored": [10, 11], "mean_absolute_error": [1.5, 1.5]})
    found = disclosure.forecast_score(frame, ["mean_absolute_error"])
    assert found["mean_absolute_error"].to_list() == [None, 1.5]
