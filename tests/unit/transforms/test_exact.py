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
    ("values", "expected"), [([1.0, 2.0, None], 1.5), ([None], None), ([], None)]
)
def test_a_mean_counts_what_is_known(values, expected):
    frame = pl.DataFrame({"x": values}, schema={"x": pl.Float64})
    assert frame.select(x=exact_mean("x"))["x"].to_list() == [expected]
