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
    column,
    conform,
    dictionary,
    empty,
    key,
)


class Bed(Table):
    """One row is a bed of a test."""

    ward: str = column("Ward.")
    day: pl.Date = column("Day.")
    patients: float = column("Patients.", unit="patients", nullable=True, ge=0)

    class Config:
        name = "bed"
        unique = ["ward", "day"]
        metadata = {"layer": "clean", "source": "a test"}


def beds(*patients: float | None) -> pl.DataFrame:
    rows = [
        {"ward": f"w{n}", "day": date(2026, 1, 1), "patients": p} for n, p in enumerate(patients)
    ]
    return conform(Bed, pl.DataFrame(rows, infer_schema_length=None))


def test_rows_that_fit_pass_unchanged():
    frame = beds(1.0, None, 0.0)
    assert check(Bed, frame).equals(frame)


@given(st.sampled_from([-1.0, float("inf"), float("-inf"), float("nan")]))
def test_a_number_out_of_bounds_is_refused_even_where_nulls_are_allowed(value):
    with pytest.raises(TableRefused, match="bed refused"):
        check(Bed, beds(1.0, value))


def test_a_repeated_key_is_refused():
    with pytest.raises(TableRefused, match="uniqueness"):
        check(Bed, pl.concat([beds(1.0), beds(2.0)]))


@pytest.mark.parametrize(
    "wrong",
    [
        beds(1.0).drop("patients"),
        beds(1.0).with_columns(more=pl.lit(1)),
        beds(1.0).with_columns(pl.col("patients").cast(pl.Int64)),
        beds(1.0).with_columns(ward=pl.lit(None, pl.String)),
    ],
    ids=["missing", "extra", "type", "null"],
)
def test_another_shape_is_refused(wrong):
    with pytest.raises(TableRefused):
        check(Bed, wrong)


def test_a_refusal_names_checks_and_never_a_value():
    secret = beds(-4711.0).with_columns(ward=pl.lit("Jane Roe"))
    with pytest.raises(TableRefused) as refused:
        check(Bed, secret)
    assert "4711" not in str(refused.value) and "Jane" not in str(refused.value)
    assert refused.value.__context__ is None


def test_conform_orders_columns_and_rows_and_fills_what_is_absent():
    frame = pl.DataFrame({"day": [date(2026, 1, 1)] * 2, "ward": ["b", "a"]})
    made = conform(Bed, frame)
    assert made.columns == ["ward", "day", "patients"]
    assert made["ward"].to_list() == ["a", "b"]
    assert made["patients"].to_list() == [None, None]
    assert conform(Bed, pl.DataFrame()).equals(empty(Bed))


def test_an_unknown_unit_is_refused():
    with pytest.raises(ConfigRefused, match="furlong"):
        column("Length.", unit="furlong")


def test_checks_cannot_be_switched_off(monkeypatch):
    assert_checks_are_on()
    monkeypatch.setenv("PANDERA_VALIDATION_ENABLED", "False")
    with pytest.raises(ConfigRefused, match="unset it"):
        assert_checks_are_on()


def test_the_dictionary_has_a_row_for_every_column():
    assert dictionary(Bed).select("column", "unit", "key").rows() == [
        ("ward", None, True),
        ("day", None, True),
        ("patients", "patients", False),
    ]
    assert key(Bed) == ["ward", "day"]


def test_a_repeated_index_is_refused_not_dropped():
    frame = pl.DataFrame({"a": ["x", "x"], "b": ["y", "z"], "v": [1.0, 2.0]})
    with pytest.raises(InputRefused, match="a repeats: 2 rows, 1 keys"):
        by_key(frame, "a", "v")
    assert by_key(frame, ["a", "b"], "v") == {("x", "y"): 1.0, ("x", "z"): 2.0}
