from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.exact import exact_mean, exact_sum

thousandths = st.integers(-(10**9), 10**9)


@given(st.lists(st.none() | thousandths, max_size=50), st.randoms(use_true_random=False))
def test_a_sum_is_the_nearest_float_to_the_true_sum_in_any_order(numbers, random):
    values = [None if n is None else n / 1000 for n in numbers]
    true = float(Fraction(sum(n or 0 for n in numbers), 1000))
    for order in (values, random.sample(values, len(values))):
        frame = pl.DataFrame({"x": order}, schema={"x": pl.Float64})
        assert frame.select(exact_sum("x", 9))["x"][0] == true


def test_whole_numbers_stay_whole():
    frame = pl.DataFrame({"x": [20.0, 10.0]})
    assert frame.select(exact_sum("x", 9))["x"].to_list() == [30.0]


@pytest.mark.parametrize(
    ("values", "expected"),
    [([1.0, 2.0, None], 1.5), ([4.0, None], 4.0), ([None], None), ([], None)],
)
def test_a_mean_counts_what_is_known(values, expected):
    frame = pl.DataFrame({"x": values}, schema={"x": pl.Float64})
    assert frame.select(x=exact_mean("x"))["x"].to_list() == [expected]


def test_a_mean_is_that_of_values_rounded_to_six_decimals_unless_more_are_wanted():
    frame = pl.DataFrame({"x": [0.000_000_4, 0.000_001_4]})
    found = frame.select(six=exact_mean("x"), seven=exact_mean(-pl.col("x"), 7))
    assert found.row(0) == (0.000_000_5, -0.000_000_9)
