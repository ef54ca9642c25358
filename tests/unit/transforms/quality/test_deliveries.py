from dataclasses import asdict
from datetime import date, datetime

import polars as pl
import pytest

from schemas import ops
from schemas.events import Occurrence
from schemas.table import check, conform, empty
from transforms.quality.deliveries import (
    delivery_held,
    delivery_rejected,
    empty_feed,
    good_share,
    rows_at_fault,
    same_content_new_name,
    silent_feed,
    undeclared_columns,
)
from transforms.quality.findings import alerts, quality, quality_score

NIGHT = date(2026, 2, 10)


def delivery(identity: str, verdict: str = "loaded", **other: object) -> dict[str, object]:
    return {
        "delivery_id": identity,
        "night": NIGHT,
        "feed": "beds",
        "file_name": identity,
        "sha256": identity,
        "content_sha256": identity,
        "bytes": 1,
        "rows_read": 100,
        "extract_time": datetime(2026, 2, 9),
        "received_at": datetime(2026, 2, 10, 2),
        "verdict": verdict,
        **other,
    }


def deliveries(*rows: dict[str, object]) -> pl.DataFrame:
    return conform(ops.Delivery, pl.DataFrame(list(rows), infer_schema_length=None))


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
    return conform(ops.DeliveryEvent, pl.DataFrame(rows)) if rows else empty(ops.DeliveryEvent)


def rows_of(identity: str, read: int, quarantined: int, nulled: int = 0) -> pl.DataFrame:
    counts = {
        "delivery_id": identity,
        "rows_read": read,
        "loaded": read - quarantined,
        "quarantined": quarantined,
        "duplicate": 0,
        "excluded": 0,
        "merged": 0,
        "cells_nulled": nulled,
    }
    return conform(ops.Reconciliation, pl.DataFrame([counts]))


@pytest.mark.parametrize(("every", "value"), [(1, 8.0), (4, None), (3, 8 / 3)])
def test_a_feed_is_silent_after_twice_its_usual_time(every, value):
    sent = deliveries(
        delivery("a", extract_time=datetime(2026, 2, 2)),
        delivery("b", "rejected", extract_time=datetime(2026, 2, 9)),
    )
    found = silent_feed(sent, {"beds": every, "other": 1}, NIGHT).rows()
    assert found == ([] if value is None else [("beds", pytest.approx(value))])


def test_a_feed_that_never_came_is_silent_since_the_first_delivery_of_any():
    sent = deliveries(delivery("a", night=date(2026, 2, 1)), delivery("b"))
    found = silent_feed(sent, {"stays": 4, "money": 5}, NIGHT)
    assert found.rows() == [("stays", 2.25)]
    assert silent_feed(deliveries(), {"stays": 1}, NIGHT).is_empty()


def test_a_feed_from_which_nothing_was_loaded_is_empty():
    sent = deliveries(delivery("a"), delivery("b", "rejected", feed="stays"))
    assert empty_feed(sent, ["beds", "stays"])["subject"].to_list() == ["stays"]


def test_held_deliveries_of_any_night_and_rejected_ones_of_tonight():
    before = {"night": date(2026, 2, 1)}
    sent = deliveries(
        delivery("a", "held", **before),
        delivery("b", "rejected", **before),
        delivery("c", "rejected"),
    )
    assert delivery_held(sent)["subject"].to_list() == ["a"]
    assert delivery_rejected(sent, NIGHT)["subject"].to_list() == ["c"]


def test_content_that_came_before_under_another_name():
    later = {"content_sha256": "x", "received_at": datetime(2026, 2, 10, 3)}
    sent = deliveries(
        delivery("first", content_sha256="x"),
        delivery("again", file_name="first", **later),
        delivery("renamed", **later),
        delivery("elsewhere", feed="stays", **later),
    )
    assert same_content_new_name(sent, NIGHT)["subject"].to_list() == ["renamed"]


def test_a_delivery_with_over_a_twentieth_quarantined():
    sent = deliveries(delivery("a"), delivery("b"))
    rows = pl.concat([rows_of("a", 100, 5), rows_of("b", 100, 6)])
    assert rows_at_fault(sent, rows, NIGHT).rows() == [("b", 0.06)]


def test_columns_that_a_feed_does_not_know():
    sent = deliveries(delivery("a"), delivery("b"), delivery("c", "duplicate"))
    told = pl.concat(
        [
            events("a", Occurrence("byte_order_mark")),
            *(events(d, Occurrence("undeclared_column", private="x")) for d in "bc"),
        ]
    )
    assert undeclared_columns(sent, told, NIGHT)["subject"].to_list() == ["b"]


def test_the_good_share_is_that_of_the_newest_loaded_delivery():
    sent = deliveries(
        delivery("old", extract_time=datetime(2026, 2, 1)),
        delivery("new"),
        delivery("bad", "rejected", extract_time=datetime(2026, 2, 10)),
    )
    rows = pl.concat([rows_of("old", 10, 10), rows_of("new", 100, 2, 3)])
    assert good_share(sent, rows).rows() == [("beds", 0.95)]


def test_findings_scores_and_alerts_fit_their_tables():
    nothing = pl.lit(None, pl.Float64)
    subject = pl.DataFrame({"subject": ["a", "b"]}).with_columns(value=nothing)
    warned = [("stale_institution", subject), ("long_stays", subject.head(1))]
    found = check(ops.Quality, quality("demo/n", [*warned, ("silent_feed", subject)]))
    assert found.height == 5
    shares = {
        "institution": pl.DataFrame({"subject": ["a", "c"], "good_share": [0.9, 1.0]}),
        "feed": pl.DataFrame({"subject": ["a"], "good_share": [0.1]}),
    }
    scores = check(ops.QualityScore, quality_score("demo/n", NIGHT, shares, found))
    assert scores.select("subject_kind", "subject", "score").rows() == [
        ("feed", "a", 0.0),
        ("feed", "b", 0.0),
        ("institution", "a", 70.0),
        ("institution", "b", 0.0),
        ("institution", "c", 100.0),
    ]
    raised = alerts(found, deliveries(delivery("a")), events("a"))
    check(ops.Alert, raised.with_columns(step=pl.lit("quality")))
    assert raised.select("rule", "subject").rows() == [("silent_feed", "a"), ("silent_feed", "b")]


def test_a_score_is_the_good_share_less_10_for_a_warning_and_25_for_a_severe_finding():
    def finding(rule: str, *subjects: str) -> tuple[str, pl.DataFrame]:
        return rule, pl.DataFrame({"subject": subjects, "value": [None] * len(subjects)})

    found = quality("demo/n", [finding("silent_feed", "a", "b"), finding("long_stays", "b", "c")])
    severities = dict(found.select("rule", "severity").rows())
    assert severities == {"silent_feed": "severe", "long_stays": "warn"}
    shares = pl.DataFrame({"subject": list("abcd"), "good_share": [1.0, 1.0, 0.90449, None]})
    kinds = found.with_columns(subject_kind=pl.lit("feed"))
    scores = quality_score("demo/n", NIGHT, {"feed": shares}, kinds)
    assert scores.select("score", "warnings", "severe").rows() == [
        (75.0, 0, 1),
        (65.0, 1, 1),
        (80.4, 1, 0),
        (0.0, 0, 0),
    ]


def test_an_alert_about_a_delivery_names_its_file_and_why():
    sent = deliveries(delivery("a", "rejected", file_name="beds.csv", reason="file_empty"))
    told = events("a", Occurrence("file_empty"), Occurrence("byte_order_mark"))
    found = quality("demo/n", [("delivery_rejected", delivery_rejected(sent, NIGHT))])
    assert alerts(found, sent, told)["message"].to_list() == [
        "beds.csv: it was rejected tonight; the file is empty (zero bytes); what to do: follow its"
        " receipt"
    ]
