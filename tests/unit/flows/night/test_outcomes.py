"""What the night says of the plans of earlier nights."""

from datetime import date
from types import SimpleNamespace

import polars as pl
import pytest

from flows.night import outcomes
from flows.night.outcomes import MAKES, KeptPlan, alerts
from schemas.results.outcome import PlanOutcomeInstitution
from schemas.table import conform, empty, name


def day(number):
    return date(2026, 2, number)


def kept(night, first, last):
    capacity = pl.DataFrame({"date": [day(first), day(last)]})
    return KeptPlan(day(night), {"allocation_capacity": capacity}, str(night))


@pytest.fixture
def judged_days(monkeypatch):
    """Which days of which plan are judged, where reports cover days to the 12th."""

    def of(plans, carried_out):
        asked = []
        monkeypatch.setattr(outcomes, "kept_plans", lambda night: plans)
        monkeypatch.setattr(outcomes, "told_before", lambda night: {})
        monkeypatch.setattr(outcomes, "planning_start", lambda *_: day(13))

        def judged(plan, frames, region, days, known):
            asked.append((plan.night.day, days[0].day, days[1].day))
            return {name(t): empty(t) for t in MAKES}

        monkeypatch.setattr(outcomes, "judged", judged)
        allocation = SimpleNamespace(carried_out=carried_out)
        night = SimpleNamespace(
            region=SimpleNamespace(allocation=allocation, classes=()), date=day(12)
        )
        frames = {
            "capacity_estimate": None,
            "institution": pl.DataFrame({"institution_id": ["H"]}),
        }
        outcomes.outcomes(night, frames)
        return asked

    return of


PLANS = [kept(8, 9, 15), kept(10, 11, 17), kept(12, 13, 19)]


def test_every_day_of_a_plan_that_reports_cover_is_judged(judged_days):
    assert judged_days(PLANS, carried_out=False) == [(10, 11, 12), (8, 9, 12)]


def test_of_plans_that_are_carried_out_the_days_on_which_they_were_in_force(judged_days):
    assert judged_days(PLANS, carried_out=True) == [(10, 11, 12), (8, 9, 10)]


def test_a_plan_that_made_institutions_worse_off_is_an_alert_that_counts_them():
    rows = [
        {
            "planned_on": day(8),
            "institution_id": institution,
            "resource_id": resource,
            "usual_unit_days": 0.0,
            "realised_unit_days": 1.0,
            "worse_unit_days": 1.0,
            "worse_harm": 2.0,
        }
        for institution, resource in (("A", "bed"), ("A", "nurse"), ("B", "bed"))
    ]
    found = alerts(conform(PlanOutcomeInstitution, pl.DataFrame(rows)))
    assert found.select("rule", "subject").rows() == [("institutions_made_worse", "2026-02-08")]
    assert "2 institutions" in found["message"].item()
    assert alerts(empty(PlanOutcomeInstitution)).is_empty()
