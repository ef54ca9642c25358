from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from schemas.clean import Capacity, CapacityEstimate, Institution
from schemas.table import check, conform
from transforms.supply.impute import capacity_estimate

DAY = date(2026, 1, 5)
INSTITUTIONS = conform(
    Institution,
    pl.DataFrame(
        {
            "institution_id": ["a", "b", "c", "x"],
            "zone_id": "z",
            "region_id": ["R", "R", "R", "S"],
        }
    ),
)


def cell(institution: str, week: int = 0, service=None, use=None, **more: object) -> dict:
    """A row of capacity; unknown numbers are not reported unless a reason is given."""
    row = {
        "institution_id": institution,
        "resource_id": "bed",
        "date": DAY + timedelta(weeks=week),
        "period_days": 7,
        "in_service": service,
        "in_use": use,
        "in_service_reason": None if service is not None else "not_reported",
        "in_use_reason": None if use is not None else "not_reported",
    }
    return {**row, **more}


def withheld(measure: str, high: float = 4.0) -> dict:
    return {f"{measure}_reason": "withheld", f"{measure}_low": 0.0, f"{measure}_high": high}


def estimate(*cells: dict) -> pl.DataFrame:
    capacity = check(Capacity, conform(Capacity, pl.DataFrame(cells, infer_schema_length=None)))
    return check(CapacityEstimate, capacity_estimate(capacity, INSTITUTIONS))


def filled(frame: pl.DataFrame, measure: str, institution: str = "a") -> tuple:
    """Reported, imputed and rule of an institution's newest row."""
    row = frame.filter(institution_id=institution).sort("date").tail(1)
    return row.select(f"{measure}_reported", f"{measure}_imputed", f"{measure}_rule").row(0)


def test_what_is_reported_stays_and_has_no_rule():
    found = estimate(cell("a", service=10.0, use=12.0))
    assert filled(found, "in_service") == (10.0, None, None)
    assert filled(found, "in_use") == (12.0, None, None)


def test_withheld_is_the_middle_of_its_range():
    found = estimate(
        cell("a", 0, 20.0, 9.0),
        cell("a", 1, **withheld("in_service"), **withheld("in_use", 3.0)),
    )
    assert filled(found, "in_service") == (None, 2.0, "middle_of_range")
    assert filled(found, "in_use") == (None, 1.5, "middle_of_range")


@pytest.mark.parametrize("reason", ["not_reported", "unreadable", "implausible"])
def test_other_gaps_take_the_last_known_number(reason):
    found = estimate(
        cell("a", 0, 20.0, 9.0),
        cell("a", 1, 22.0, 11.0),
        cell("a", 2, in_service_reason=reason, in_use_reason=reason),
    )
    assert filled(found, "in_service") == (None, 22.0, "last_known")
    assert filled(found, "in_use") == (None, 11.0, "last_known")


def test_a_withheld_number_is_a_known_one_afterwards():
    found = estimate(
        cell("a", 0, 20.0, 9.0), cell("a", 1, 20.0, **withheld("in_use")), cell("a", 2, 20.0)
    )
    assert filled(found, "in_use") == (None, 2.0, "last_known")


def test_a_last_number_of_nothing_stays_nothing():
    found = estimate(cell("a", 0, 0.0, 0.0), cell("a", 1))
    assert filled(found, "in_service") == (None, 0.0, "last_known")
    assert filled(found, "in_use") == (None, 0.0, "last_known")


def test_the_future_is_not_known():
    found = estimate(cell("a", 0, 20.0), cell("a", 1, 20.0, 9.0))
    assert found.filter(date=DAY)["in_use_rule"].to_list() == ["none"]


@pytest.mark.parametrize(
    ("then", "now", "expected"),
    [((20.0, 9.0), 5.0, 5.0), ((20.0, 22.0), 20.0, 22.0), ((20.0, 22.0), 10.0, 11.0)],
    ids=["fits into fewer beds", "as crowded as then", "as crowded in fewer beds"],
)
def test_the_last_known_use_makes_nobody_more_crowded_than_then(then, now, expected):
    found = estimate(cell("a", 0, *then), cell("a", 1, now))
    assert filled(found, "in_use") == (None, pytest.approx(expected), "last_known")


def test_never_known_use_is_the_regions_occupancy_of_that_date():
    """R that week: b 9 of 10, c 21 of 40, so 30 of 50; c of last week and S do not count."""
    found = estimate(
        cell("a", 1, 5.0),
        cell("b", 1, 10.0, 9.0),
        cell("c", 1, 40.0, 21.0),
        cell("c", 0, 40.0, 40.0),
        cell("x", 1, 10.0, 10.0),
    )
    assert filled(found, "in_use") == (None, pytest.approx(3.0), "region_occupancy")


@pytest.mark.parametrize(
    ("c", "occupancy"),
    [((1.0, 1.0), 4 / 11), ((0.0, 7.0), 3 / 10), ((10.0, 1 / 3), 3.333333333 / 20)],
)
def test_occupancy_is_that_of_those_who_have_units(c, occupancy):
    """b has 3 of 10 in use; who reports people in no unit at all does not count."""
    found = estimate(cell("a", 0, 5.0), cell("b", 0, 10.0, 3.0), cell("c", 0, *c))
    assert filled(found, "in_use") == (None, 5 * occupancy, "region_occupancy")


def test_the_regions_occupancy_applies_to_imputed_units_too():
    found = estimate(cell("a", **withheld("in_service")), cell("b", service=10.0, use=5.0))
    assert filled(found, "in_use") == (None, 1.0, "region_occupancy")


def test_units_never_known_are_the_middle_of_a_range_given_for_any_reason():
    bounds = {"in_service_low": 2.0, "in_service_high": 8.0, "in_service_reason": "implausible"}
    assert filled(estimate(cell("a", **bounds)), "in_service") == (None, 5.0, "middle_of_range")


def test_what_nothing_can_fill_stays_null_by_the_rule_none():
    found = estimate(cell("a"), cell("x", service=3.0))
    assert filled(found, "in_service") == (None, None, "none")
    assert filled(found, "in_use") == (None, None, "none")
    assert filled(found, "in_use", "x") == (None, None, "none")


def test_resources_of_one_institution_are_apart():
    other = {**cell("a", 0, 99.0, 98.0), "resource_id": "icu_bed"}
    found = estimate(other, cell("a", 1))
    assert filled(found, "in_service") == (None, None, "none")


numbers = st.none() | st.integers(0, 40).map(float)
ranges = st.none() | st.tuples(st.integers(0, 5), st.integers(0, 9)).map(
    lambda b: (float(b[0]), float(b[0] + b[1]))
)


@st.composite
def histories(draw: st.DrawFn) -> list[dict]:
    rows = []
    for institution in ("a", "b", "c", "x"):
        for week in range(draw(st.integers(0, 3))):
            row = cell(institution, week, draw(numbers), draw(numbers))
            for measure in ("in_service", "in_use"):
                bounds = draw(ranges)
                if row[measure] is None and bounds:
                    row[f"{measure}_low"], row[f"{measure}_high"] = bounds
                    row[f"{measure}_reason"] = draw(st.sampled_from(["withheld", "not_reported"]))
            rows.append(row)
    return rows or [cell("a")]


@given(histories(), st.randoms(use_true_random=False))
def test_estimates_fill_only_gaps_keep_to_their_range_and_ignore_row_order(rows, random):
    sent = conform(Capacity, pl.DataFrame(rows, infer_schema_length=None))
    found = check(CapacityEstimate, capacity_estimate(sent, INSTITUTIONS))
    order = random.sample(range(sent.height), sent.height)
    assert_frame_equal(capacity_estimate(sent[order], INSTITUTIONS), found)
    joined = found.join(sent, on=["institution_id", "resource_id", "date"])
    for measure in ("in_service", "in_use"):
        gap = pl.col(f"{measure}_reported").is_null()
        imputed = pl.col(f"{measure}_imputed")
        assert joined.filter(~gap, imputed.is_not_null()).is_empty()
        assert joined.filter(gap, pl.col(f"{measure}_rule").is_null()).is_empty()
        assert joined.filter(gap, imputed > pl.col(f"{measure}_high")).is_empty()
        assert joined.filter(gap, imputed < pl.col(f"{measure}_low")).is_empty()
        assert joined[f"{measure}_reported"].to_list() == joined[measure].to_list()
