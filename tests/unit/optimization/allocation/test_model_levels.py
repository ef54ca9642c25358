"""Plans with the least mean harm over levels of each institution's load."""

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optimization.allocation.accounting import as_usual, harm
from optimization.allocation.inputs.read import read_instance
from optimization.verify.allocation import verify_allocation
from schemas.assumptions.allocation import Levels
from schemas.errors import PlanRefused
from tests.unit.optimization.allocation.cases import (
    assumptions,
    places,
    plan,
    random_tables,
    tables,
)

few = settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
QUARTILE = 0.6744897501960817


def two_hospitals():
    """12 patients use A, which has 10 beds; 2 are in B, which has 3."""
    return tables(
        demand=[("Z", "general", 12.0)],
        arc=[("Z", "A", "general", 5.0, 1.0), ("Z", "B", "general", 20.0, 0.0)],
        capacity=[("A", "bed", 10.0), ("B", "bed", 3.0)],
        census=[("B", "general", [2.0])],
        stay=[("general", [1.0, 0.0])],
        use=[("general", "bed", 1.0)],
        care=[("general", 20.0, 1.0, 0.5, 1.0)],
        resource=[{"resource_id": "bed", "crowding_weight": 1.0}],
    )


def planned(given_, demand, **more):
    return plan(given_, *places(given_), assumptions(demand=demand, **more))


def of_plan(made, column):
    return made.frames["policy_comparison"].filter(policy="plan")[column].item()


def test_two_levels_by_hand():
    """Half of the standard deviation, at the quartiles: A ± 1.168, B ± 0.477 beds.

    Of x patients sent, A is crowded by 3.168 - x or 0.832 - x, B by x - 0.523 or not: up to 0.832
    each helps on both levels of A or harms on one of B; beyond, it harms as much as it helps. On
    the mean, all of the one bed that B has free is used.
    """
    a, b = (0.5 * QUARTILE * patients**0.5 for patients in (12, 2))
    made = planned(two_hospitals(), Levels(levels=2, spread=0.5), fairness="none")
    assert of_plan(made, "sent") == pytest.approx(2 - a, abs=1e-4)
    expected = (2 + a - (2 - a)) / 2 + (2 - a - 1 + b) / 2
    assert of_plan(made, "harm") == pytest.approx(expected, abs=1e-5)
    assert of_plan(planned(two_hospitals(), "mean"), "sent") == pytest.approx(1, abs=1e-4)


@few
@given(st.integers(0, 10_000))
def test_without_spread_the_plan_is_that_of_the_mean(seed):
    given_ = random_tables(seed, horizon=2)
    flat, mean = planned(given_, Levels(levels=3, spread=0)), planned(given_, "mean")
    for figure in ("harm", "worst", "cost"):
        assert of_plan(flat, figure) == pytest.approx(of_plan(mean, figure), rel=1e-4, abs=1e-4)


@few
@given(st.integers(0, 10_000), st.integers(2, 6))
def test_chance_never_spares_harm(seed, levels):
    given_ = random_tables(seed, horizon=2)
    where = places(given_)
    harms = []
    for demand in ("mean", Levels(levels=levels, spread=0.5), Levels(levels=levels, spread=1)):
        instance = read_instance(given_, *where, assumptions(demand=demand))
        harms.append(harm(instance, as_usual(instance)))
    assert harms == sorted(harms)


def test_crowding_of_other_levels_is_refused():
    given_ = two_hospitals()
    zones, institutions = places(given_)
    made = planned(given_, Levels(levels=2, spread=0.5))
    found = {**given_, **made.exact, "zone": zones, "institution": institutions}
    verify_allocation(found)
    words = pl.col("value").str.replace("levels 2 0.5", "levels 2 0.6", literal=True)
    found["allocation_setting"] = found["allocation_setting"].with_columns(words)
    with pytest.raises(PlanRefused, match="capacity_holds"):
        verify_allocation(found)
