"""Weeks of the United States replayed, each with what had arrived: what their plans would keep."""

from datetime import date
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
REGION = Path(__file__).resolve().parents[2] / "config" / "us.toml"
FIRST, LAST = date(2022, 9, 30), date(2022, 10, 7)


@pytest.fixture(scope="module")
def replayed(us, tmp_path_factory):
    """A home into which all weeks came at once."""
    from flows.clerk.backtest import backtest
    from flows.night.run import begin, run_step
    from flows.night.steps import steps_of
    from flows.store.night import plan_night

    night = begin(
        plan_night(REGION, us, tmp_path_factory.mktemp("us") / "home", date(2022, 10, 14))
    )
    for position, step in enumerate(steps_of(night)):
        if step.part == "ingest":
            run_step(night, step.name, position)
    return backtest(REGION, night.home, FIRST, LAST)


def test_each_week_is_replayed_once_with_the_week_before_it(replayed) -> None:
    found = replayed.outcome.filter(area="all", expect="forecast")
    days = found.select("planned_on", "first_day", "last_day").rows()
    assert days == [
        (date(2022, 9, 30), date(2022, 9, 30), date(2022, 10, 6)),
        (date(2022, 10, 7), date(2022, 10, 7), date(2022, 10, 13)),
    ]


def test_at_least_four_fifths_of_what_hindsight_averts_is_kept(replayed) -> None:
    kept = replayed.outcome.filter(area="all")["kept_share"]
    assert kept.len() == 4
    assert kept.min() >= 0.80


def test_no_plan_is_better_than_hindsight(replayed) -> None:
    assert replayed.outcome.filter(area="all")["regret"].min() >= 0
