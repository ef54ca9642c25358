"""Planning on drawn paths: an example by hand, laws, and a second implementation."""

import polars as pl
import pytest

from optimization.allocation import scenarios
from optimization.allocation.scenarios.outcome import conditional_value_at_risk
from schemas.assumptions.allocation import Scenarios
from schemas.errors import InputRefused
from tests.unit.optimization.allocation.cases import (
    BY_NAME,
    assumptions,
    drawn,
    frame,
    places,
    plan,
    random_tables,
    tables,
)
from tests.unit.optimization.allocation.scenarios.matrix_paths import least_harm


def on_paths(given, patients):
    """``given`` with one path for each of ``patients``, the same in every zone and on every day."""
    need = given["allocation_demand"].select("zone_id", "class_id", "date").to_dicts()
    rows = [
        row | {"path": k, "demand_patients": float(come)}
        for k, come in enumerate(patients, 1)
        for row in need
        if come
    ]
    return {**given, "allocation_scenario": frame(BY_NAME["allocation_scenario"], rows)}


def planned(given, chosen, **settings):
    return plan(given, *places(given), assumptions(demand=chosen, **settings)).frames


def two_hospitals():
    """Ten patients are expected at A, which has ten beds and nurses; B has beds and no nurse.

    Where 6 come all fit. Where 14 come, the four beyond room cost 3 points at A and 2 at B.
    """
    return on_paths(
        tables(
            demand=[("Z", "care", 10.0)],
            arc=[("Z", "A", "care", 1.0, 1.0), ("Z", "B", "care", 1.0, 0.0)],
            capacity=[("A", "bed", 10.0), ("A", "nurse", 10.0), ("B", "bed", 10.0)],
            stay=[("care", [1.0])],
            use=[("care", "bed", 1.0), ("care", "nurse", 1.0)],
            care=[("care", 20.0, 1.0, 0.5, 1.0)],
            resource=[
                {"resource_id": "bed", "crowding_weight": 1.0},
                {"resource_id": "nurse", "crowding_weight": 2.0},
            ],
        ),
        (6, 14),
    )


@pytest.mark.parametrize(
    ("weight", "sent", "harms", "mean", "tail"),
    [(0.0, 0.0, [0.0, 12.0], 6.0, 12.0), (1.0, 4.0, [4.8, 8.0], 6.4, 8.0)],
)
def test_the_mean_keeps_patients_home_and_the_tail_sends_four(weight, sent, harms, mean, tail):
    """Of the 6 who come of 10 expected, 6/10 of the four are sent: 2.4, who find no nurse."""
    chosen = Scenarios(scenarios=2, tail=0.5, tail_weight=weight)
    made = planned(two_hospitals(), chosen, no_worse=False)
    assert made["allocation_transfer"]["patients_per_day"].sum() == pytest.approx(sent, abs=1e-4)
    assert made["allocation_scenario_harm"]["harm"].to_list() == pytest.approx(harms, abs=1e-4)
    risk = made["allocation_risk"].filter(policy="plan")
    assert risk.select("mean_harm", "tail_harm").row(0) == pytest.approx((mean, tail), abs=1e-4)
    at_b = made["allocation_scenario_flow"].filter(to_id="B")
    for path, patients in ((1, 0.6 * sent), (2, sent)):
        assert at_b.filter(path=path)["planned"].sum() == pytest.approx(patients, abs=1e-4)


def test_nobody_is_sent_where_that_would_crowd_a_hospital_more_than_usual():
    made = planned(two_hospitals(), Scenarios(scenarios=2, tail=0.5, tail_weight=1.0))
    assert made["allocation_transfer"]["patients_per_day"].sum() == pytest.approx(0.0, abs=1e-3)


@pytest.mark.parametrize("seed", range(3))
def test_one_path_that_is_the_mean_is_the_plan_for_the_mean(seed):
    given = random_tables(seed, horizon=3)
    path = given["allocation_demand"].select(
        "zone_id", "class_id", "date", path=pl.lit(1, pl.Int64), demand_patients="mean"
    )
    same = {**given, "allocation_scenario": path.select("path", *path.columns[:3], path.columns[4])}
    on_mean, on_path = planned(given, "mean"), planned(same, Scenarios(scenarios=1))
    harm = [f["policy_comparison"].filter(policy="plan")["harm"].item() for f in (on_mean, on_path)]
    assert harm[1] == pytest.approx(harm[0], rel=1e-5)
    assert on_path["allocation_risk"].filter(policy="plan")["tail_harm"].item() == pytest.approx(
        harm[0], rel=1e-5
    )


@pytest.mark.parametrize("seed", range(3))
def test_more_weight_on_the_tail_lowers_it_and_raises_the_mean(seed):
    given = drawn(random_tables(seed, horizon=3), 6, seed)
    mean, tail = (
        planned(given, Scenarios(scenarios=6, tail=0.5, tail_weight=weight))["allocation_risk"]
        .filter(policy="plan")
        .row(0)[1:]
        for weight in (0.0, 1.0)
    )
    assert mean[0] <= tail[0] * (1 + 1e-5)
    assert tail[1] <= mean[1] * (1 + 1e-5)


@pytest.mark.parametrize("seed", range(6))
def test_harm_over_paths_equals_that_of_a_second_implementation(seed):
    given = drawn(random_tables(seed, horizon=3, zones=3, institutions=3), 3, seed)
    chosen = Scenarios(scenarios=3, tail=0.6, tail_weight=seed % 3 / 2, fixed_days=1 + seed % 2)
    made = planned(given, chosen, no_worse=seed % 2 == 0)
    run = made["plan_run"].filter(objective_name="harm_over_paths")
    assert run["bound"].item() == pytest.approx(least_harm(given, chosen, seed % 2 == 0), rel=2e-6)


def test_the_tail_is_the_mean_of_the_worst_paths():
    assert conditional_value_at_risk([1.0, 9.0, 5.0, 3.0], 0.5) == pytest.approx(7.0)
    assert conditional_value_at_risk([1.0, 9.0, 5.0, 3.0], 0.9) == pytest.approx(9.0)
    assert conditional_value_at_risk([1.0, 9.0, 5.0, 3.0], 0.0) == pytest.approx(4.5)
    assert conditional_value_at_risk([0.0, 4.0, 8.0], 0.5) == pytest.approx((8 + 0.5 * 4) / 1.5)


def test_a_region_too_large_is_refused_with_what_would_fit(monkeypatch):
    given = two_hospitals()
    monkeypatch.setattr(scenarios, "MOST_COLUMNS", 40)
    with pytest.raises(
        InputRefused, match=r"2 paths make \d+ columns, more than 40; at most 1 fits"
    ):
        planned(given, Scenarios(scenarios=2))


def test_paths_that_contradict_the_demand_are_refused():
    given = two_hospitals()
    with pytest.raises(InputRefused, match="2 paths, and 1 is asked for"):
        planned(given, Scenarios(scenarios=1))
    with pytest.raises(InputRefused, match="no path of demand was drawn"):
        planned(on_paths(given, ()), Scenarios(scenarios=2))
    none = given["allocation_demand"].with_columns(pl.col("mean", "upper") * 0)
    with pytest.raises(InputRefused, match="1 zone and class has patients on a path"):
        planned({**given, "allocation_demand": none}, Scenarios(scenarios=2))
