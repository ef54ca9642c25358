"""Cents that sources share: they add up, and none is far from what it was."""

from hypothesis import given
from hypothesis import strategies as st

from optimization.money import exact_shares, shared_out, whole, whole_shares

AMOUNTS = st.lists(st.floats(0, 1e6), min_size=1, max_size=6).map(lambda xs: dict(enumerate(xs)))


def test_an_amount_alone_is_the_nearest_cent():
    assert [whole(x) for x in (2.4, 2.6, -0.2)] == [2.0, 3.0, 0.0]


def test_the_largest_remainder_gets_the_cent_that_is_left():
    assert whole_shares({"a": 1.3, "b": 1.4, "c": 1.3}, 10) == {"a": 1.0, "b": 2.0, "c": 1.0}


def test_of_equal_remainders_the_first_gets_it():
    assert shared_out({"a": 262.5, "b": 137.5}, 400) == {"a": 263.0, "b": 137.0}


def test_a_purse_pays_no_more_than_it_holds():
    assert whole_shares({"a": 3.0, "b": 5.0}, 6.0) == {"a": 3.0, "b": 3.0}


def test_what_is_missing_of_a_total_is_shared_alike():
    assert shared_out({"a": 1.0, "b": 2.0}, 8) == {"a": 4.0, "b": 4.0}


def test_nothing_is_shared_among_nobody():
    assert whole_shares({}, 0.0) == {}


@given(AMOUNTS)
def test_shares_add_up_and_move_by_less_than_a_cent(amounts):
    shares = whole_shares(amounts, float("inf"))
    assert sum(shares.values()) == round(sum(amounts.values()))
    assert all(abs(shares[k] - amount) < 1 + 1e-6 for k, amount in amounts.items())


def test_exact_amounts_stay_but_for_what_is_below_nothing():
    assert exact_shares({"a": 1.25, "b": -1e-9}, 0.0) == {"a": 1.25, "b": 0.0}
