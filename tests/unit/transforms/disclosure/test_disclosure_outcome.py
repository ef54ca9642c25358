"""Outcomes of plans, made from people who came, as they may be published."""

from datetime import date

import polars as pl

from schemas.results.outcome import PlanOutcome, PlanOutcomeInstitution
from schemas.table import conform
from transforms.disclosure import made_worse, outcome


def harms(usual, realised, hindsight):
    row = {
        "planned_on": date(2026, 2, 9),
        "area": "all",
        "first_day": date(2026, 2, 10),
        "last_day": date(2026, 2, 12),
        "realised_by": "paper",
        "harm_usual": usual,
        "harm_promised": 3.25,
        "harm_realised": realised,
        "harm_hindsight": hindsight,
        "input_hash": "0",
    }
    return outcome(conform(PlanOutcome, pl.DataFrame([row])), 2.0).row(0, named=True)


def test_harms_are_rounded_as_counts_of_so_much_weight_and_the_rest_follows_from_them():
    row = harms(201.7, 99.9, 50.3)
    assert (row["harm_usual"], row["harm_realised"], row["harm_hindsight"]) == (200.0, 100.0, 50.0)
    assert (row["regret"], row["kept_share"]) == (50.0, 100 / 150)
    assert (row["harm_promised"], row["disclosure"]) == (3.25, "rounded")


def test_a_harm_of_few_people_is_withheld_and_what_would_give_it_away():
    row = harms(201.7, 99.9, 19.0)
    assert row["harm_hindsight"] is None
    assert (row["regret"], row["kept_share"], row["disclosure"]) == (None, None, "withheld")


def worse(usual, realised):
    row = {
        "planned_on": date(2026, 2, 9),
        "institution_id": "H",
        "resource_id": "bed",
        "usual_unit_days": usual,
        "realised_unit_days": realised,
        "worse_unit_days": realised - usual,
        "worse_harm": 3.0 * (realised - usual),
    }
    return made_worse(conform(PlanOutcomeInstitution, pl.DataFrame([row]))).row(0, named=True)


def test_what_is_worse_follows_from_what_is_shown():
    row = worse(0.0, 41.0)
    assert (row["realised_unit_days"], row["worse_unit_days"], row["worse_harm"]) == (
        40.0,
        40.0,
        120.0,
    )


def test_few_unit_days_are_withheld():
    assert worse(0.0, 4.0)["worse_unit_days"] is None
    row = worse(38.0, 41.0)
    assert (row["worse_unit_days"], row["worse_harm"], row["disclosure"]) == (
        None,
        None,
        "withheld",
    )


def test_few_more_unit_days_do_not_follow_from_those_as_usual():
    row = worse(38.0, 48.0)
    assert (row["usual_unit_days"], row["realised_unit_days"]) == (None, 50.0)
    assert (row["worse_unit_days"], row["disclosure"]) == (None, "withheld")
