import numpy as np
import pytest
from polars.testing import assert_frame_equal

from benchmarks import horizon
from optimization.allocation.inputs.read import read_instance
from optimization.allocation.plan import reached
from optimization.solver import split_matrix, tiers
from schemas.errors import PlanRefused, SolverStopped
from schemas.results.allocation import RESULTS
from schemas.results.run import PlanRun, PlanSeconds
from schemas.table import check, name
from tests.unit.optimization.allocation.cases import (
    assumptions,
    places,
    plan,
    random_tables,
    tables,
)


def planned(threads=2, closed=False, **settings):
    given = random_tables(3, closed=closed)
    return plan(given, *places(given, regions=2), assumptions(**settings), threads=threads)


@pytest.fixture(scope="module")
def made():
    return planned()


def test_every_table_fits_its_schema(made):
    made_of = (*RESULTS, PlanRun, PlanSeconds)
    assert set(made.frames) == {name(table) for table in made_of}
    for table in made_of:
        check(table, made.frames[name(table)])


def test_two_threads_and_one_give_the_same_plan_to_the_last_digit(monkeypatch):
    monkeypatch.setattr(tiers, "split_matrix", lambda matrix: split_matrix(matrix, 1))
    made, other = planned(closed=True), planned(closed=True, threads=1)
    assert made.record.components > 1
    for table in set(made.frames) - {"plan_seconds"}:
        assert_frame_equal(made.frames[table], other.frames[table], check_exact=True)


def test_everyone_asked_for_is_admitted_or_unmet(made):
    unmet = made.frames["allocation_unmet"]
    admitted = made.frames["allocation_admission"]["patients_per_day"].sum()
    assert admitted + unmet["unmet_patients"].sum() == pytest.approx(
        unmet["demand_patients"].sum(), abs=1e-9
    )


def test_the_plan_spares_a_quarter_of_the_harm(made):
    rows = {row["policy"]: row for row in made.frames["policy_comparison"].to_dicts()}
    assert rows["plan"]["harm"] < rows["usual"]["harm"] * 3 / 4


def test_every_transfer_and_move_has_a_reason(made):
    for table in ("allocation_transfer", "allocation_move"):
        reasons = made.frames[table]["explanation"]
        assert reasons.null_count() == 0
        assert reasons.str.contains("short of").any()


def test_the_settings_are_published(made):
    rows = made.frames["allocation_setting"]
    assert dict(rows.iter_rows()) == {
        "demand": "mean",
        "fairness": "worst_share",
        "integer": "",
        "no_worse": "true",
    }


def test_whole_moves_are_whole():
    units = planned(integer=("icu_bed", "nurse")).frames["allocation_move"]["units"]
    assert units.len() > 0
    assert (units == units.round()).all()


def test_no_time_no_plan():
    with pytest.raises(SolverStopped, match="before any plan"):
        planned(time_limit_s=1e-9)


def test_a_plan_worse_than_the_solver_claims_is_refused(made):
    worse = {tier.name: tier.objective + 1.0 for tier in made.record.tiers}
    with pytest.raises(PlanRefused, match="harm"):
        reached(made.record, worse)


@pytest.mark.parametrize(("days", "kept"), [(72, 61), (120, 61)])
def test_a_long_horizon_is_planned_and_shares_below_a_ten_millionth_stay_no_longer(days, kept):
    """0.77^61 is 1.2e-7 and 0.77^62 is 9.2e-8: the solver never sees shares of a billionth."""
    given = tables(
        days,
        demand=[("Z", "care", 3.0)],
        arc=[("Z", "A", "care", 1.0, 1.0), ("Z", "B", "care", 9.0, 0.0)],
        capacity=[("A", "bed", 10.0), ("B", "bed", 6.0)],
        stay=[("care", [0.77**k for k in range(days)])],
        use=[("care", "bed", 1.0)],
        care=[("care", 20.0, 4.35, 0.3, 1.0)],
        resource=[{"resource_id": "bed"}],
    )
    shares = read_instance(given, *places(given), assumptions(horizon_days=days)).stay
    assert np.count_nonzero(shares) == kept + 1
    made = plan(given, *places(given), assumptions(horizon_days=days))
    assert made.record.status == "optimal"
    assert made.frames["allocation_load"].height == 2 * days


def test_a_made_up_region_is_planned_for_the_benchmark_with_and_without_paths():
    for number in (0, 2):
        frames, _ = horizon.planned(4, 6, number)
        assert frames["allocation_scenario_harm"].height == number
        assert (frames["plan_run"]["status"] == "optimal").all()
