from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import ConfigRefused, InputRefused, TableRefused
from schemas.index import by_key
from schemas.table import (
    Table,
    assert_checks_are_on,
    check,
    conform,
    empty,
    key,
    name,
    observed,
    polars_schema,
    required,
)


class OpenBeds(Table):
    """One row is an institution's beds on a day of a test."""

    layer = "ops"
    key = "institution_id date"
    columns = "in_service?"


def beds(*patients: float | None) -> pl.DataFrame:
    rows = [
        {"institution_id": f"w{n}", "date": date(2026, 1, 1), "in_service": p}
        for n, p in enumerate(patients)
    ]
    return conform(OpenBeds, pl.DataFrame(rows, infer_schema_length=None))


def test_rows_that_fit_pass_unchanged():
    frame = beds(1.0, None, 0.0)
    assert check(OpenBeds, frame).equals(frame)


@given(st.sampled_from([-1.0, float("inf"), float("-inf"), float("nan")]))
def test_a_number_out_of_bounds_is_refused_even_where_nulls_are_allowed(value):
    with pytest.raises(TableRefused, match="open_beds refused"):
        check(OpenBeds, beds(1.0, value))


def test_a_repeated_key_is_refused():
    with pytest.raises(TableRefused, match="uniqueness"):
        check(OpenBeds, pl.concat([beds(1.0), beds(2.0)]))


@pytest.mark.parametrize(
    "wrong",
    [
        beds(1.0).drop("in_service"),
        beds(1.0).with_columns(more=pl.lit(1)),
        beds(1.0).with_columns(pl.col("in_service").cast(pl.Int64)),
        beds(1.0).with_columns(institution_id=pl.lit(None, pl.String)),
    ],
    ids=["missing", "extra", "type", "null"],
)
def test_another_shape_is_refused(wrong):
    with pytest.raises(TableRefused):
        check(OpenBeds, wrong)


def test_a_refusal_names_checks_and_never_a_value():
    secret = beds(-4711.0).with_columns(institution_id=pl.lit("Jane Roe"))
    with pytest.raises(TableRefused) as refused:
        check(OpenBeds, secret)
    assert "4711" not in str(refused.value) and "Jane" not in str(refused.value)
    assert refused.value.__context__ is None


def test_conform_orders_columns_and_rows_and_fills_what_is_absent():
    frame = pl.DataFrame({"date": [date(2026, 1, 1)] * 2, "institution_id": ["b", "a"]})
    made = conform(OpenBeds, frame)
    assert made.columns == ["institution_id", "date", "in_service"]
    assert made["institution_id"].to_list() == ["a", "b"]
    assert made["in_service"].to_list() == [None, None]
    assert conform(OpenBeds, pl.DataFrame()).equals(empty(OpenBeds))


def test_checks_cannot_be_switched_off(monkeypatch):
    assert_checks_are_on()
    monkeypatch.setenv("PANDERA_VALIDATION_ENABLED", "False")
    with pytest.raises(ConfigRefused, match="unset it"):
        assert_checks_are_on()


def test_a_table_is_named_as_its_class_and_typed_as_its_columns():
    assert (name(OpenBeds), key(OpenBeds)) == ("open_beds", ["institution_id", "date"])
    assert polars_schema(OpenBeds) == {
        "institution_id": pl.String,
        "date": pl.Date,
        "in_service": pl.Float64,
    }
    assert required(OpenBeds) == ["institution_id", "date"]


def test_observed_columns_may_be_null_and_codes_of_clean_tables_have_a_length():
    class Count(Table):
        layer = "clean"
        key = "zone_id"
        columns = "persons"
        observed = "persons"

    assert (required(Count), observed(Count)) == (["zone_id"], ["persons"])
    with pytest.raises(TableRefused, match="zone_id: str_length"):
        check(Count, pl.DataFrame({"zone_id": [""], "persons": [1.0]}))


def test_a_repeated_index_is_refused_not_dropped():
    frame = pl.DataFrame({"a": ["x", "x"], "b": ["y", "z"], "v": [1.0, 2.0]})
    with pytest.raises(InputRefused, match="a repeats: 2 rows, 1 keys"):
        by_key(frame, "a", "v")
    assert by_key(frame, ["a", "b"], "v") == {("x", "y"): 1.0, ("x", "z"): 2.0}
