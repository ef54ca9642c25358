import numpy as np
import polars as pl
import pytest

from optimization.solver import check_numbers, input_hash
from schemas.errors import InputRefused


@pytest.mark.parametrize(
    "numbers",
    [
        [1.0, float("nan")],
        [float("inf")],
        np.array([-np.inf, 1.0]),
        pl.Series([1.0, float("nan")]),
        {"a": float("nan")},
        float("nan"),
    ],
)
def test_what_is_not_finite_is_refused_by_name(numbers):
    with pytest.raises(InputRefused, match="beds: 1 numbers are not finite"):
        check_numbers({"fine": [1.0], "beds": numbers})


def test_a_frame_is_refused_by_its_column():
    frame = pl.DataFrame({"id": ["a", "b"], "units": [1.0, float("inf")]})
    with pytest.raises(InputRefused, match="capacity.units"):
        check_numbers({"capacity": frame})


@pytest.mark.parametrize("number", [1.1e9, -1.1e9, 1e15])
def test_what_is_too_large_is_refused(number):
    with pytest.raises(InputRefused, match="beds: magnitude above 1e\\+09"):
        check_numbers({"beds": [number]})


def test_what_is_too_far_apart_is_refused():
    with pytest.raises(InputRefused, match="weights: largest and smallest differ"):
        check_numbers({"weights": [1e-3, 2e5]})
    check_numbers({"weights": [1e-3, 2e5]}, widest=None)


def test_zeros_nulls_texts_and_nothing_pass():
    check_numbers({"a": [0.0, 1e-9], "b": pl.Series([None, 1.0]), "c": "mean", "d": []})


def test_the_hash_changes_with_every_input():
    inputs = {"a": pl.DataFrame({"x": [1.0, 2.0]}), "b": {"k": 1.0}, "c": np.array([1.0]), "d": "m"}
    known = input_hash(inputs)
    assert known == input_hash(dict(reversed(inputs.items())))
    others = [
        {"a": pl.DataFrame({"x": [1.0, 2.5]})},
        {"b": {"k": 2.0}},
        {"c": np.array([1.5])},
        {"d": "n"},
        {"e": 1},
    ]
    assert len({known, *(input_hash(inputs | other) for other in others)}) == 6
