"""Whether a plan came true: what it did, what hindsight could have done."""

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optimization.allocation.outcome import came_true
from optimization.allocation.outcome.tables import followed, outcome_tables
from optimization.solver import SolveSettings
from optimization.verify.outcome import verify_followed, verify_outcome
from schemas.errors import PlanRefused
from tests.unit.optimization.allocation.cases import (
    START,
    assumptions,
    places,
    plan,
    random_tables,
    tables,
)

few = settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
PAPER = assumptions(carried_out=False)
NEED = ["zone_id", "class_id"]


def made(given_, assumed=PAPER, regions=2):
    """The kept tables of the plan of ``given_``."""
    zones, institutions = places(given_, regions)
    planned = plan(given_, zones, institutions, assumed)
    return {**given_, **planned.frames, "zone": zones, "institution": institutions}


def what_came(kept, factor=1.0, units=1.0):
    """``factor`` times the patients expected, by zone or for all, and as many of the ``units``."""
    demand = kept["allocation_demand"]
    if isinstance(factor, dict):
        factor = pl.col("zone_id").replace_strict(factor, return_dtype=pl.Float64)
    demand = demand.with_columns(mean=pl.col("mean") * factor).with_columns(upper="mean")
    arcs = kept["allocation_arc"].filter(pl.col("usual") > 0).join(demand, on=NEED)
    capacity = kept["allocation_capacity"]
    if isinstance(units, dict):
        units = pl.col("institution_id").replace_strict(units, return_dtype=pl.Float64)
    capacity = capacity.with_columns(in_service=pl.col("in_service") * units)
    return {
        "usual": arcs.select(
            *("zone_id", "institution_id", "class_id", "date"),
            patients=pl.col("usual") * pl.col("mean"),
        ),
        "allocation_demand": demand,
        "allocation_census": kept["allocation_census"],
        "allocation_capacity": capacity,
    }


def outcome(kept, came, assumed=PAPER):
    """The outcome's tables, verified, and what each way did."""
    where = kept["zone"], kept["institution"]
    truth = came_true(kept, came, where, assumed, SolveSettings())
    by = "reports" if truth.reported else "paper"
    facts = {"planned_on": START, "realised_by": by, "input_hash": "0"}
    found, ways = outcome_tables(truth, kept, facts), followed(truth)
    verify_followed(kept, came, ways, found)
    verify_outcome(found)
    return found, ways


def in_all(found):
    return found["plan_outcome"].filter(area="all").row(0, named=True)


def two_hospitals():
    """14 patients use A, which has 10 beds; half may be sent to B, which has 3."""
    return made(
        tables(
            demand=[("Z", "general", 14.0)],
            arc=[("Z", "A", "general", 5.0, 1.0), ("Z", "B", "general", 20.0, 0.0)],
            capacity=[("A", "bed", 10.0), ("B", "bed", 3.0)],
            stay=[("general", [1.0, 0.0])],
            use=[("general", "bed", 1.0)],
            care=[("general", 20.0, 1.0, 0.5, 1.0)],
            resource=[{"resource_id": "bed", "crowding_weight": 1.0}],
        ),
        regions=1,
    )


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


WRONG = {
    "outcome_days": ("plan_outcome", pl.col("harm_usual") + 1.0),
    "outcome_regret": ("plan_outcome", pl.col("regret") + 1.0),
    "outcome_kept_share": ("plan_outcome", pl.col("kept_share") + 0.1),
    "outcome_worse": ("plan_outcome_institution", pl.col("worse_unit_days") + 1.0),
}


@pytest.fixture(scope="module")
def judged():
    came = what_came(two_hospitals(), 12 / 14, {"A": 1.0, "B": 2 / 3})
    found, ways = outcome(two_hospitals(), came)
    return two_hospitals(), came, ways, found


@pytest.mark.parametrize("rule", WRONG)
def test_a_figure_that_does_not_follow_is_refused(judged, rule):
    table, wrong = WRONG[rule]
    found = dict(judged[3])
    found[table] = found[table].with_columns(wrong)
    with pytest.raises(PlanRefused, match=rule):
        verify_outcome(found)


def test_harm_in_all_that_is_not_the_sum_of_the_regions_is_refused(judged):
    found = dict(judged[3])
    one = pl.when(pl.col("area") == "all").then(1.0).otherwise(0.0)
    for table in ("plan_outcome", "plan_outcome_day"):
        found[table] = found[table].with_columns(pl.col("harm_usual") + one)
    with pytest.raises(PlanRefused, match="outcome_regions"):
        verify_outcome(found)


def test_less_harm_than_by_hindsight_is_refused(judged):
    found = dict(judged[3])
    less = (pl.col("harm_hindsight") + 1.5).alias("harm_hindsight")
    for table in ("plan_outcome", "plan_outcome_day"):
        found[table] = found[table].with_columns(less)
    found["plan_outcome"] = found["plan_outcome"].with_columns(
        regret=pl.col("harm_realised") - pl.col("harm_hindsight"),
        kept_share=(pl.col("harm_usual") - pl.col("harm_realised"))
        / (pl.col("harm_usual") - pl.col("harm_hindsight")),
    )
    with pytest.raises(PlanRefused, match="outcome_bound"):
        verify_outcome(found)


PLANTED = {
    "outcome_use": ("usual", "load", pl.col("planned_use") + 1.0),
    "outcome_stock": ("realised", "load", pl.col("stock") + 1.0),
    "outcome_crowding": ("hindsight", "load", pl.col("crowding") + 1.0),
}


@pytest.mark.parametrize("rule", PLANTED)
def test_what_a_way_did_must_follow(judged, rule):
    kept, came, ways, found = judged
    way, table, wrong = PLANTED[rule]
    planted = {**ways[way], table: ways[way][table].with_columns(wrong)}
    with pytest.raises(PlanRefused, match=rule):
        verify_followed(kept, came, {**ways, way: planted}, found)
