"""Whether a plan came true: what it did, what hindsight could have done."""

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.optimization.allocation.cases import assumptions, random_tables
from tests.unit.optimization.allocation.outcomes import made, outcome, two_hospitals, what_came

few = settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))


def in_all(found):
    return found["plan_outcome"].filter(area="all").row(0, named=True)


def test_two_hospitals_by_hand():
    """The plan sends 3 to B and leaves A one too many. 12 come, and B has but 2 beds.

    As usual A has 2 too many; 3 are sent, so that A has 9 in 10 beds and B 3 in 2: 1 point.
    With hindsight 2 are sent: none is too many.
    """
    found, _ = outcome(two_hospitals(), what_came(two_hospitals(), 12 / 14, {"A": 1.0, "B": 2 / 3}))
    row = in_all(found)
    expected = {"usual": 2, "promised": 1, "realised": 1, "hindsight": 0}
    for way, points in expected.items():
        assert row[f"harm_{way}"] == pytest.approx(points, abs=1e-5)
    assert row["regret"] == pytest.approx(1, abs=1e-5)
    assert row["kept_share"] == pytest.approx(0.5, abs=1e-5)
    (worse,) = found["plan_outcome_institution"].rows(named=True)
    assert (worse["institution_id"], worse["resource_id"]) == ("B", "bed")
    assert worse["usual_unit_days"] == 0.0
    for figure in ("realised_unit_days", "worse_unit_days", "worse_harm"):
        assert worse[figure] == pytest.approx(1, abs=1e-5)


def test_no_more_leave_than_came_and_no_more_are_sent_than_may_be():
    """Of 4 who came 2 may be sent, though 3 were planned."""
    _, ways = outcome(two_hospitals(), what_came(two_hospitals(), 4 / 14))
    admitted = dict(
        ways["realised"]["admission"].select("institution_id", "patients_per_day").rows()
    )
    assert admitted == pytest.approx({"A": 2.0, "B": 2.0})


def test_nothing_to_avert_has_no_kept_share():
    found, _ = outcome(two_hospitals(), what_came(two_hospitals(), 5 / 14))
    assert in_all(found)["kept_share"] is None


def test_where_plans_are_carried_out_the_reports_say_what_came_of_it():
    """B reports 5 patients in 3 beds, A 9 in 10: 2 points, whatever was planned."""
    kept, assumed = two_hospitals(), assumptions(carried_out=True)
    date = kept["allocation_capacity"]["date"][0]
    came = what_came(kept) | {
        "patients": pl.DataFrame(
            {"institution_id": ["A", "B"], "class_id": "general", "date": date}
        ).with_columns(patients=pl.Series([9.0, 5.0])),
        "in_service": kept["allocation_capacity"].drop("surge_limit"),
    }
    found, ways = outcome(kept, came, assumed)
    row = in_all(found)
    assert (row["realised_by"], row["harm_realised"]) == ("reports", pytest.approx(2))
    assert row["harm_usual"] == pytest.approx(4)
    assert "realised" not in ways


@few
@given(st.integers(0, 10_000))
def test_a_plan_on_paper_is_never_better_than_hindsight(seed):
    kept = made(random_tables(seed, horizon=3))
    rng = np.random.default_rng(seed)
    zones = {z: float(rng.uniform(0.3, 1.8)) for z in kept["zone"]["zone_id"]}
    units = {i: float(rng.uniform(0.5, 1.4)) for i in kept["institution"]["institution_id"]}
    found, _ = outcome(kept, what_came(kept, zones, units))
    assert in_all(found)["regret"] >= -1e-5 * max(1.0, in_all(found)["harm_hindsight"])


@few
@given(st.integers(0, 10_000))
def test_with_a_perfect_forecast_all_is_kept(seed):
    kept = made(random_tables(seed, horizon=3))
    row = in_all(outcome(kept, what_came(kept))[0])
    usual, planned = (
        kept["policy_comparison"].filter(policy=policy)["harm"].item()
        for policy in ("usual", "plan")
    )
    assert row["harm_usual"] == pytest.approx(usual, rel=1e-5, abs=1e-4)
    for harm in ("harm_promised", "harm_realised", "harm_hindsight"):
        assert row[harm] == pytest.approx(planned, rel=1e-5, abs=1e-4)
    assert row["kept_share"] is None or row["kept_share"] == pytest.approx(1, abs=1e-4)
