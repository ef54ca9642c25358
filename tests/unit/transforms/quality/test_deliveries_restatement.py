"""What an extract says anew, on tables small enough to count by hand."""

from datetime import date

import polars as pl

from schemas import clean
from schemas.clean import FEED_TABLES
from schemas.table import conform, polars_schema
from transforms.quality.deliveries import PEOPLE, ROW, restatement

FIRST, SECOND, THIRD = (date(2026, 1, day) for day in (1, 2, 3))


def capacity(*rows: tuple) -> pl.DataFrame:
    """Rows of (date, in_service, in_use)."""
    return conform(
        clean.Capacity,
        pl.DataFrame(
            [
                {"institution_id": "h1", "resource_id": "bed", "date": on, "period_days": 1,
                 "in_service": service, "in_use": use}
                for on, service, use in rows
            ],
            schema_overrides={"in_service": pl.Float64, "in_use": pl.Float64},
        ),
    )  # fmt: skip


BEFORE = capacity((FIRST, 10, 8), (SECOND, 10, None))
AFTER = capacity((SECOND, 7, 5), (THIRD, 9, 9))


def test_rows_are_new_same_restated_or_gone_and_cells_changed_or_filled():
    found = restatement(clean.Capacity, BEFORE, AFTER, show_people=True)
    assert found.rows() == [
        ("capacity", ROW, "new", 1, None, THIRD, THIRD),
        ("capacity", ROW, "same", 0, None, None, None),
        ("capacity", ROW, "restated", 1, None, SECOND, SECOND),
        ("capacity", ROW, "gone", 1, None, FIRST, FIRST),
        ("capacity", "in_service", "changed", 1, 3.0, SECOND, SECOND),
        ("capacity", "in_use", "filled", 1, None, SECOND, SECOND),
    ]
    back = restatement(clean.Capacity, AFTER, BEFORE, show_people=True)
    assert back.filter(pl.col("column_name") == "in_use")["change"].to_list() == ["emptied"]


def test_the_size_of_a_change_in_people_is_told_only_where_inputs_are_public():
    earlier, later = capacity((FIRST, 10, 8)), capacity((FIRST, 12, 9))
    for public, size in ((True, 1.0), (False, None)):
        found = restatement(clean.Capacity, earlier, later, show_people=public)
        sizes = dict(found.select("column_name", "largest").filter(found["change"] == "changed")
                     .iter_rows())  # fmt: skip
        assert sizes == {"in_service": 2.0, "in_use": size}


def test_rows_of_a_table_without_a_date_have_no_dates():
    one, two = (
        conform(clean.Zone, pl.DataFrame({"zone_id": ["z"], "region_id": "r", "need_weight": [w]}))
        for w in (1.0, 1.5)
    )
    found = restatement(clean.Zone, one, two, show_people=True)
    assert found.tail(1).rows() == [("zone", "need_weight", "changed", 1, 0.5, None, None)]
    assert found["first_date"].null_count() == found["last_date"].null_count() == found.height


def test_columns_that_count_people_are_columns():
    known = {c for table in FEED_TABLES.values() for c in polars_schema(table)}
    assert set(PEOPLE) <= known
