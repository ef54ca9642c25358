from datetime import date

import polars as pl
import pytest

from schemas.assumptions.allocation import AllocationAssumptions
from schemas.clean import CareClass, Resource
from schemas.results.allocation import (
    AllocationCapacity,
    AllocationClass,
    AllocationResource,
    AllocationUse,
)
from schemas.table import check, conform
from transforms.inputs.allocation import inputs
from transforms.inputs.allocation.offer import plan_days

ASSUMED = AllocationAssumptions(
    integer=("bed",),
    classes={
        "icu": {"max_km": 9, "nearest": 2, "elsewhere_limit": 0.3, "cost_km": 4, "cost_change": 9}
    },
    resources={
        "bed": {
            "harm": 3,
            "occupancy_target": 0.9,
            "surge_share": 0.1,
            "retain_share": 0.8,
            "lead_days": 2,
            "cost_unit_km": 5,
            "cost_surge_day": 6,
            "least_move": 1,
            "cost_move": 7,
            "cost_change": 8,
        },
        "spare": {"harm": 1, "occupancy_target": 1},
    },
)
USE = pl.DataFrame({"class_id": ["icu"], "resource_id": ["bed"], "units": [1.0]})
RESOURCES = conform(
    Resource,
    pl.DataFrame(
        {
            "resource_id": ["bed", "spare"],
            "name": "x",
            "category": "environment",
            "unit": "bed",
            "movable": [True, False],
        }
    ),
)


def test_todays_units_and_their_surge_stand_on_every_day():
    units = pl.DataFrame(
        {
            "institution_id": ["a"],
            "resource_id": ["bed"],
            "date": [date(2026, 1, 1)],
            "service": [20.0],
            "use": [3.0],
        }
    )
    found = inputs.allocation_capacity(units, plan_days(date(2026, 2, 1), 2), ASSUMED)
    assert check(AllocationCapacity, found).rows() == [
        ("a", "bed", date(2026, 2, 2), 20.0, pytest.approx(2.0)),
        ("a", "bed", date(2026, 2, 3), 20.0, pytest.approx(2.0)),
    ]


def test_use_is_as_configured():
    assert check(AllocationUse, inputs.allocation_use(USE)).rows() == [("icu", "bed", 1.0)]


def test_classes_carry_their_limits():
    row = {"class_id": ["icu"], "name": "x", "harm_weight": 8.0, "mean_stay_days": 5.0}
    care_class = conform(CareClass, pl.DataFrame({**row, "mean_stay_source": "x"}))
    found = check(AllocationClass, inputs.allocation_class(care_class, ASSUMED))
    assert found.rows() == [("icu", 8.0, 5.0, 0.3, 4.0, 9.0)]


def test_resources_that_classes_use_carry_their_rules():
    found = check(AllocationResource, inputs.allocation_resource(USE, RESOURCES, ASSUMED))
    assert found.rows(named=True) == [
        {
            "resource_id": "bed",
            "movable": True,
            "crowding_weight": 3.0,
            "occupancy_target": 0.9,
            "retain_share": 0.8,
            "lead_days": 2,
            "cost_unit_km": 5.0,
            "cost_surge_day": 6.0,
            "whole": True,
            "least_move": 1.0,
            "cost_move": 7.0,
            "cost_change_unit": 8.0,
        }
    ]
