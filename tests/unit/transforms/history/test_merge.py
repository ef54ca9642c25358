from datetime import date, datetime

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from schemas import clean, ops
from schemas.table import conform
from transforms.history.merge import current, delivery_order


def capacity(*rows: tuple[str, int, float, str]) -> pl.DataFrame:
    frame = pl.DataFrame(
        [
            {
                "institution_id": i,
                "resource_id": "bed",
                "date": date(2026, 1, day),
                "period_days": 1,
                "in_service": beds,
            }
            for i, day, beds, _ in rows
        ]
    )
    return conform(clean.Capacity, frame).join(
        pl.DataFrame(
            [(i, date(2026, 1, day), d) for i, day, _, d in rows],
            schema=["institution_id", "date", "delivery_id"],
            orient="row",
        ),
        on=["institution_id", "date"],
        how="left",
    )


def history(*parts: pl.DataFrame) -> pl.DataFrame:
    return pl.concat(parts)


def order(*rows: tuple[str, str, int, int, str]) -> pl.DataFrame:
    return pl.DataFrame(
        rows, schema=["delivery_id", "feed", "sequence", "precedence", "replaces"], orient="row"
    )


def beds(frame: pl.DataFrame) -> list[tuple[str, int, float]]:
    return [
        (i, d.day, n) for i, d, n in frame.select("institution_id", "date", "in_service").rows()
    ]


def test_a_correction_of_a_period_supersedes_the_period_and_no_other():
    rows = history(
        capacity(("a", 1, 10, "d1"), ("a", 2, 11, "d1"), ("b", 1, 20, "d1")),
        capacity(("a", 1, 12, "d2")),
    )
    deliveries = order(("d1", "beds", 0, 0, "period"), ("d2", "beds", 1, 0, "period"))
    assert beds(current(clean.Capacity, rows, deliveries)) == [
        ("a", 1, 12),
        ("a", 2, 11),
        ("b", 1, 20),
    ]


def test_a_whole_table_supersedes_all_that_its_feed_sent_before():
    rows = history(capacity(("a", 1, 10, "d1"), ("b", 1, 20, "d1")), capacity(("a", 1, 12, "d2")))
    deliveries = order(("d1", "beds", 0, 0, "whole_table"), ("d2", "beds", 1, 0, "whole_table"))
    assert beds(current(clean.Capacity, rows, deliveries)) == [("a", 1, 12)]


def test_a_late_extract_never_alters_the_newest():
    rows = history(capacity(("a", 1, 12, "new")), capacity(("a", 1, 10, "late")))
    deliveries = order(("late", "beds", 0, 0, "period"), ("new", "beds", 1, 0, "period"))
    assert beds(current(clean.Capacity, rows, deliveries)) == [("a", 1, 12)]


def test_the_first_feed_is_believed_first():
    rows = history(capacity(("a", 1, 12, "second")), capacity(("a", 1, 10, "first")))
    deliveries = order(("first", "x", 0, 0, "nothing"), ("second", "y", 1, 1, "nothing"))
    assert beds(current(clean.Capacity, rows, deliveries)) == [("a", 1, 10)]


def test_feeds_complement_what_others_leave_open_of_an_institution():
    sent = pl.DataFrame(
        {
            "institution_id": ["a", "a"],
            "name": ["A", "other"],
            "zone_id": ["z", "z"],
            "region_id": ["r", "r"],
            "tier": [None, "primary"],
        }
    )
    rows = conform(clean.Institution, sent).with_columns(
        delivery_id=pl.when(pl.col("name") == "A").then(pl.lit("d1")).otherwise(pl.lit("d2"))
    )
    deliveries = order(("d1", "register", 0, 0, "nothing"), ("d2", "reports", 1, 1, "nothing"))
    merged = current(clean.Institution, rows, deliveries)
    assert merged.select("name", "tier").rows() == [("A", "primary")]


@given(st.permutations(range(5)))
def test_the_order_of_arrival_does_not_matter(arrival):
    parts = [capacity(("a", 1, n, f"d{n}"), (f"i{n}", 2, n, f"d{n}")) for n in range(5)]
    deliveries = order(*((f"d{n}", "beds", n, 0, "period") for n in range(5)))
    shuffled = history(*(parts[n] for n in arrival))
    expected = [("a", 1, 4.0), *((f"i{n}", 2, float(n)) for n in range(5))]
    assert beds(current(clean.Capacity, shuffled, deliveries)) == expected


def test_deliveries_rank_by_extract_time_and_leave_out_what_was_not_loaded():
    def row(delivery: str, feed: str, day: int, verdict: str) -> dict[str, object]:
        return {
            "delivery_id": delivery,
            "night": date(2026, 1, 9),
            "feed": feed,
            "file_name": delivery,
            "sha256": delivery,
            "bytes": 1,
            "rows_read": 1,
            "extract_time": datetime(2026, 1, day),
            "received_at": datetime(2026, 1, 9),
            "verdict": verdict,
        }

    deliveries = conform(
        ops.Delivery,
        pl.DataFrame(
            [
                row("new", "x", 5, "loaded"),
                row("old", "x", 1, "loaded"),
                row("bad", "x", 7, "rejected"),
                row("foreign", "z", 2, "loaded"),
                row("other", "y", 3, "loaded"),
            ]
        ),
    )
    ranked = delivery_order(deliveries, ("y", "x"), {"x": "period", "y": "nothing"})
    assert ranked.rows() == [
        ("old", "x", 0, 1, "period"),
        ("other", "y", 1, 0, "nothing"),
        ("new", "x", 2, 1, "period"),
    ]
