"""From where on a figure is refused, on both sides of each tolerance, and how it is named."""

import math
import pickle

import numpy as np
import polars as pl
import pytest

from optimization.verify.loans import lifetime_interest, schedule
from optimization.verify.verdict import CENT, Verdict, joined, outer_joined, total, whole
from schemas.errors import PlanRefused

RULES = {"met": "both are the same"}


def verdict(cent: float = 0.0, unit: float = 1.0) -> Verdict:
    return Verdict("allocation", RULES, cent, unit)


def rows(*pairs: tuple) -> pl.DataFrame:
    schema = {"value": pl.Float64, "wanted": pl.Float64}
    frame = pl.DataFrame(list(pairs), schema=schema, orient="row")
    return frame.with_columns(zone_id=pl.format("Z{}", pl.int_range(pl.len())), name=pl.lit("x"))


def refused(method: str, frame: pl.DataFrame, *more, judge: Verdict | None = None, **options):
    judge = judge or verdict()
    try:
        getattr(judge, method)("met", frame, "value", "wanted", *more, **options)
    except PlanRefused as refusal:
        return refusal
    return None


@pytest.mark.parametrize(
    ("method", "value", "wanted", "options", "passes"),
    [
        ("equal", 1e6, 1e6 + 0.9, {}, True),
        ("equal", 1e6, 1e6 + 1.1, {}, False),
        ("equal", 1e6 + 1.1, 1e6, {}, False),
        ("equal", -1e6, -1e6 + 1.1, {}, False),
        ("equal", 0.0, 0.0, {}, True),
        ("equal", 0.0, 1e-9, {}, False),
        ("equal", 0.0, 0.9e-6, {"size": 1.0}, True),
        ("equal", 0.0, 1.1e-6, {"size": 1.0}, False),
        ("equal", 5.0, 5.01, {"allowed": 0.01}, True),
        ("equal", 5.0, 5.011, {"allowed": 0.01}, False),
        ("equal", None, None, {}, True),
        ("equal", None, 0.0, {}, False),
        ("equal", 0.0, None, {}, False),
        ("equal", math.nan, math.nan, {}, False),
        ("equal", math.inf, math.inf, {}, False),
        ("at_most", 1e6 + 0.9, 1e6, {}, True),
        ("at_most", 1e6 + 1.1, 1e6, {}, False),
        ("at_most", -1e6 + 1.1, -1e6, {}, False),
        ("at_most", 0.0, 1e6, {}, True),
        ("at_most", 0.0, 0.0, {}, True),
        ("at_most", 1e-9, 0.0, {}, False),
        ("at_most", 0.9e-6, 0.0, {"size": 1.0}, True),
        ("at_most", 1.1e-6, 0.0, {"size": 1.0}, False),
        ("at_most", 5.01, 5.0, {"allowed": 0.01}, True),
        ("at_most", 5.011, 5.0, {"allowed": 0.01}, False),
        ("at_most", None, 5.0, {}, False),
        ("at_most", 1.0, None, {}, False),
        ("at_most", -math.inf, 5.0, {}, False),
        ("follows", 1.0, 1.0 + 0.9e-9, {}, True),
        ("follows", 1.0, 1.0 + 1.2e-9, {}, False),
        ("follows", -1.0, -1.0 + 1.2e-9, {}, False),
        ("follows", 0.0, 0.9e-11, {}, True),
        ("follows", 0.0, 1.2e-11, {}, False),
        ("follows", 0.0, 0.9e-3, {"least": 1e-3}, True),
        ("follows", 1e3, 1e3 + 0.9, {"share": 1e-3}, True),
        ("follows", 1e3, 1e3 + 1.2, {"share": 1e-3}, False),
        ("follows", 1e3 + 1.2, 1e3, {"share": 1e-3}, False),
        ("follows", math.nan, 1.0, {}, False),
        ("balance", 1e6, 1e6 + 0.9, {}, True),
        ("balance", 1e6, 1e6 + 1.1, {}, False),
        ("balance", 0.0, 0.9e-9, {}, True),
        ("balance", 0.0, 1.1e-9, {}, False),
    ],
)
def test_a_figure_passes_up_to_its_tolerance_and_not_beyond(method, value, wanted, options, passes):
    assert (refused(method, rows((value, wanted)), **options) is None) == passes


@pytest.mark.parametrize(("off", "passes"), [(0.0049, True), (0.0051, False)])
@pytest.mark.parametrize("sign", [1, -1])
def test_books_in_cents_balance_to_less_than_half_a_cent(off, sign, passes):
    judge = verdict(CENT)
    frame = rows((1e9, 1e9 + sign * off))
    assert (refused("balance", frame, judge=judge) is None) == passes
    assert judge.worst == 0.0


def test_books_that_are_not_in_cents_balance_by_a_thousandth_of_their_unit():
    assert refused("balance", rows((0.0, 0.9e-6)), judge=verdict(unit=1000.0)) is None
    assert refused("balance", rows((0.0, 1.1e-6)), judge=verdict(unit=1000.0)) is not None


def test_limits_in_money_may_be_broken_by_roundings_and_a_millionth_of_the_unit():
    assert verdict(CENT, 1000.0).limit_slack() == pytest.approx(0.011)
    assert verdict(CENT, 1000.0).limit_slack(cents=3.0) == pytest.approx(0.031)


def test_the_worst_violation_is_the_largest_of_all_rules_and_never_below_0():
    judge = verdict()
    refused("at_most", rows((1.0, 5.0)), judge=judge)
    assert judge.worst == 0.0
    refused("equal", rows((1.0, 1.0), (2.0, 2.000001)), judge=judge)
    refused("equal", rows((1.0, 1.0)), judge=judge)
    refused("equal", rows(), judge=judge)
    assert judge.worst == pytest.approx(5e-7, rel=1e-3)
    refused("follows", rows((4.0, 4.0 + 3.2e-9)), judge=judge)
    assert judge.worst == pytest.approx(5e-7, rel=1e-3)


def test_a_refusal_names_rule_row_and_both_figures_of_the_row_that_is_furthest_off():
    refusal = refused("equal", rows((1.0, 1.0), (1.0, 2.0), (1.0, 4.0)))
    assert (refusal.rule, refusal.rows) == ("met", 2)
    assert refusal.where == {"zone_id": "Z2", "figure": "value"}
    assert (refusal.published, refusal.expected) == (1.0, 4.0)
    assert str(refusal) == (
        "allocation: met is broken in 2 rows, most at zone_id Z2, figure value: published is 1.0, "
        "expected 4.0 (both are the same); do not use this plan, run the night again"
    )
    assert str(pickle.loads(pickle.dumps(refusal))) == str(refusal)


def test_a_row_too_many_and_a_row_too_few_are_refused_and_named():
    one, two = pl.DataFrame({"zone_id": ["a"]}), pl.DataFrame({"zone_id": ["a", "b"]})
    verdict().same_rows("met", two, two, ["zone_id"])
    verdict().none("met", one.clear())
    for left, right, where, found in [
        (one, two, "b", "no row"),
        (two, one, "b", "a row"),
        (pl.concat([one, two]), two, "a", "a row"),
    ]:
        with pytest.raises(PlanRefused) as refusal:
            verdict().same_rows("met", left, right, ["zone_id"])
        assert (refusal.value.where, refusal.value.published) == ({"zone_id": where}, found)
    with pytest.raises(PlanRefused) as refusal:
        verdict().none("met", pl.DataFrame({"x": [1, 2]}))
    assert (refusal.value.where, refusal.value.rows) == ({}, 2)
    assert "most at the whole plan" in str(refusal.value)


def test_only_rules_that_are_listed_can_be_judged():
    with pytest.raises(KeyError):
        verdict().equal("other", rows((1.0, 1.0)), "value", "wanted")
    with pytest.raises(KeyError):
        verdict().none("other", rows())


SUMMED = pl.DataFrame({"k": ["b", "a", "b"], "t": [2, 1, 1], "v": [1.0, 2.0, 4.0]})


def test_sums_are_added_in_key_order_and_named():
    assert total(SUMMED, ["k"], "v").rows() == [("a", 2.0), ("b", 5.0)]
    assert total(SUMMED, ["k"], pl.col("v") * 2, "w").to_dict(as_series=False) == {
        "k": ["a", "b"],
        "w": [4.0, 10.0],
    }
    assert total(SUMMED.clear(), ["k"], "v").schema == {"k": pl.String, "v": pl.Float64}
    assert whole(SUMMED, "v") == 7.0
    assert whole(SUMMED.clear(), "v") == 0.0
    tiny = pl.DataFrame({"k": ["a"] * 3, "t": [3, 1, 2], "v": [1e16, 1.0, -1e16]})
    assert total(tiny, ["k"], "v").rows() == [("a", 0.0)]
    other = pl.DataFrame({"t": [3, 1, 2], "v": [1.0, 1e16, -1e16]})
    assert whole(other, "v") == 1.0


def test_joins_fill_numbers_that_are_missing_with_0():
    other = pl.DataFrame({"k": ["a", "c"], "w": [3.0, 9.0]})
    assert joined(SUMMED, other, ["k"])["w"].to_list() == [0.0, 3.0, 0.0]
    both = outer_joined(SUMMED, other, ["k"])
    assert both["k"].to_list() == ["a", "b", "b", "c"]
    assert both["w"].to_list() == [3.0, 0.0, 0.0, 9.0]
    assert both["v"].to_list()[0::3] == [2.0, 0.0]


LOANS = pl.DataFrame(
    {
        "loan_id": ["bullet", "level", "annuity"],
        "repayment": ["bullet", "level_principal", "annuity"],
        "rate": [0.1, 0.1, 0.1],
        "term": [2, 2, 2],
    }
)


def test_what_falls_due_on_a_loan_is_followed_period_by_period():
    due = {
        loan: schedule(LOANS, 3).filter(loan_id=loan).select("repaid", "principal", "interest")
        for loan in LOANS["loan_id"]
    }
    payment = 0.1 / (1 - 1.1**-2)
    first = payment - 0.1
    expected = {
        "bullet": [(0, 0, 0), (0, 0, 0), (1, 1, 0.21), (1, 0, 0)],
        "level": [(0, 0, 0), (0.5, 0.5, 0.1), (1, 0.5, 0.05), (1, 0, 0)],
        "annuity": [(0, 0, 0), (first, first, 0.1), (1, 1 - first, 0.1 * (1 - first)), (1, 0, 0)],
    }
    for loan, rows_ in expected.items():
        assert due[loan].to_numpy() == pytest.approx(np.array(rows_, float))


def test_interest_over_a_loans_whole_life_is_the_sum_of_what_falls_due():
    whole_life = LOANS.select(interest=lifetime_interest())["interest"].to_list()
    sums = schedule(LOANS, 2).group_by("loan_id", maintain_order=True).agg(pl.col("interest").sum())
    assert whole_life == pytest.approx(sums["interest"].to_list())
