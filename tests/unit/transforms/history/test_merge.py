from datetime import date, datetime

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from schemas import clean, ops
from schemas.table import conform, key, name
from transforms.history.merge import PERIODS, as_of, current, delivery_order, left_out, placed

MOMENT = pl.Datetime("us")


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


def test_a_period_of_money_is_corrected_by_institution_and_first_day():
    def amounts(delivery: str, *rows: tuple[str, int, float]) -> pl.DataFrame:
        frame = pl.DataFrame(rows, orient="row", schema=["institution_id", "month", "amount"])
        month = pl.date(2026, "month", 1)
        rows = frame.with_columns(period_start=month, period_end=month.dt.month_end())
        rows = rows.with_columns(measure=pl.lit(f"m{delivery}"), payer_id=pl.lit("all"))
        return conform(clean.Finance, rows).with_columns(delivery_id=pl.lit(delivery))

    rows = history(
        amounts("d1", ("a", 1, 10.0), ("a", 2, 11.0), ("b", 1, 20.0)), amounts("d2", ("a", 1, 12.0))
    )
    deliveries = order(("d1", "books", 0, 0, "period"), ("d2", "books", 1, 0, "period"))
    found = current(clean.Finance, rows, deliveries)
    months = found.select("institution_id", pl.col("period_start").dt.month(), "amount")
    assert months.sort("institution_id", "period_start").rows() == [
        ("a", 1, 12.0),
        ("a", 2, 11.0),
        ("b", 1, 20.0),
    ]


def test_a_period_is_named_by_columns_of_the_tables_key():
    tables = {name(t): t for t in (clean.Capacity, clean.Activity, clean.Finance, clean.Population)}
    assert PERIODS.keys() == tables.keys()
    assert all(set(columns) <= set(key(tables[t])) for t, columns in PERIODS.items())


def test_the_newest_row_stands_whole_and_what_it_leaves_open_stays_open():
    old = capacity(("a", 1, 10, "old")).with_columns(in_use=pl.lit(7.0))
    rows = history(old, capacity(("a", 1, 12, "new")))
    deliveries = order(("old", "beds", 0, 0, "nothing"), ("new", "beds", 1, 0, "nothing"))
    found = current(clean.Capacity, rows, deliveries)
    assert found.columns == [c for c in rows.columns if c != "delivery_id"]
    assert found.select("in_service", "in_use").rows() == [(12.0, None)]


def test_where_a_delivery_replaces_nothing_the_newest_row_of_a_key_counts():
    rows = history(
        capacity(("a", 1, 10, "old"), ("a", 2, 11, "old")), capacity(("a", 1, 12, "new"))
    )
    deliveries = order(("old", "beds", 0, 0, "nothing"), ("new", "beds", 1, 0, "nothing"))
    assert beds(current(clean.Capacity, rows, deliveries)) == [("a", 1, 12), ("a", 2, 11)]


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


def test_of_one_feed_the_newest_that_is_known_of_an_institution_counts():
    sent = pl.DataFrame(
        {"institution_id": "a", "name": ["old", "new"], "tier": ["primary", None]},
    ).with_columns(zone_id=pl.lit("z"), region_id=pl.lit("r"))
    rows = conform(clean.Institution, sent).with_columns(delivery_id=pl.col("name"))
    deliveries = order(("old", "register", 0, 0, "nothing"), ("new", "register", 1, 0, "nothing"))
    merged = current(clean.Institution, rows, deliveries)
    assert merged.select("name", "tier").rows() == [("new", "primary")]


@given(st.permutations(range(5)))
def test_the_order_of_arrival_does_not_matter(arrival):
    parts = [capacity(("a", 1, n, f"d{n}"), (f"i{n}", 2, n, f"d{n}")) for n in range(5)]
    deliveries = order(*((f"d{n}", "beds", n, 0, "period") for n in range(5)))
    shuffled = history(*(parts[n] for n in arrival))
    expected = [("a", 1, 4.0), *((f"i{n}", 2, float(n)) for n in range(5))]
    assert beds(current(clean.Capacity, shuffled, deliveries)) == expected


def delivered(*rows: tuple[str, str, datetime | None, str]) -> pl.DataFrame:
    """ops.delivery of the 9th, from delivery, feed, time of the extract and verdict."""
    names = ["delivery_id", "feed", "extract_time", "verdict"]
    frame = pl.DataFrame(rows, schema=names, orient="row", schema_overrides={names[2]: MOMENT})
    return conform(
        ops.Delivery,
        frame.with_columns(
            file_name="delivery_id",
            sha256="delivery_id",
            bytes=1,
            rows_read=1,
            night=date(2026, 1, 9),
            received_at=datetime(2026, 1, 9),
        ),
    )


def test_deliveries_rank_by_extract_time_and_leave_out_what_was_not_loaded():
    deliveries = delivered(
        ("new", "x", datetime(2026, 1, 5), "loaded"),
        ("old", "x", datetime(2026, 1, 1), "loaded"),
        ("bad", "x", datetime(2026, 1, 7), "rejected"),
        ("foreign", "z", datetime(2026, 1, 2), "loaded"),
        ("other", "y", datetime(2026, 1, 3), "loaded"),
    )
    ranked = delivery_order(deliveries, ("y", "x"), {"x": "period", "y": "nothing"})
    assert ranked.rows() == [
        ("old", "x", 0, 1, "period"),
        ("other", "y", 1, 0, "nothing"),
        ("new", "x", 2, 1, "period"),
    ]


def test_a_delivery_counts_up_to_the_day_of_its_extract_by_the_feeds_own_clocks():
    """23:30 UTC on the 5th is the 6th in Vienna, and the 5th still in New York."""
    late = datetime(2026, 1, 5, 23, 30)
    deliveries = delivered(
        ("east", "x", late, "loaded"), ("west", "y", late, "loaded"), ("other", "z", late, "loaded")
    )
    clocks = {"x": "Europe/Vienna", "y": "America/New_York"}
    kept = {day: as_of(deliveries, date(2026, 1, day), clocks) for day in (4, 5, 6)}
    ids = {day: frame["delivery_id"].to_list() for day, frame in kept.items()}
    assert ids == {4: [], 5: ["west"], 6: ["east", "west"]}
    assert kept[4].columns == deliveries.columns
    assert as_of(deliveries, date(2026, 1, 6), {}).is_empty()


def test_a_place_without_what_it_must_have_is_left_out_and_named():
    rows = pl.DataFrame(
        {"zone_id": ["z2", "z1", "z0"], "region_id": [None, "R", None]},
        schema_overrides={"region_id": pl.String},
    )
    standing = placed(clean.Zone, conform(clean.Zone, rows))
    assert standing["zone_id"].to_list() == ["z1"]
    assert left_out(clean.Zone, rows, standing).rows() == [("z0", None), ("z2", None)]
