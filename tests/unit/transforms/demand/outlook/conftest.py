from datetime import date, datetime, timedelta

import polars as pl
import pytest

from schemas import clean
from schemas.assumptions.allocation import AllocationAssumptions
from schemas.assumptions.planning import PlanningAssumptions
from schemas.assumptions.region import CareClassDefinition, Region, ResourceDefinition
from schemas.table import conform, empty
from transforms.supply import care, impute

NIGHT = date(2026, 2, 1)
LIMITS = {"max_km": 500, "nearest": 2, "elsewhere_limit": 0.3, "cost_km": 3}
RULES = {"harm": 1, "occupancy_target": 0.9, "surge_share": 0.1}
REGION = Region.model_construct(
    timezone="UTC",
    classes=(
        CareClassDefinition(
            class_id="icu", name="x", harm_weight=9, mean_stay_days=4, uses={"icu_bed": 1}
        ),
        CareClassDefinition(
            class_id="ward", name="x", harm_weight=3, mean_stay_days=5, uses={"bed": 2}
        ),
    ),
    resources=tuple(
        ResourceDefinition(resource_id=r, name="x", category="environment", unit="bed")
        for r in ("bed", "icu_bed")
    ),
    planning=PlanningAssumptions(least_stays=1000),
    allocation=AllocationAssumptions(
        horizon_days=3,
        circuity=1,
        classes={"icu": LIMITS, "ward": LIMITS},
        resources={"bed": RULES, "icu_bed": RULES},
    ),
)


def tables(days: int = 70, used=lambda i, d: 20 + i + d.weekday() / 2, people=True) -> dict:
    """Hospitals a and b: the ward is known from its beds each day, icu from two stays a day."""
    dates = [NIGHT - timedelta(days=k) for k in range(days)][::-1]
    cells = [
        (h, r, d, 1, 60.0, float(used(i, d)) if r == "bed" else 3.0)
        for i, h in enumerate("ab")
        for d in dates
        for r in ("bed", "icu_bed")
    ]
    capacity = ["institution_id", "resource_id", "date", "period_days", "in_service", "in_use"]
    noon = [datetime(d.year, d.month, d.day, 12) for d in dates]
    stays = [(h, z, t, t + timedelta(days=1)) for t in noon for h, z in (("a", "y"), ("a", "z"))]
    stay = {
        "institution_id": pl.String,
        "zone_id": pl.String,
        "admitted_at": pl.Datetime("us"),
        "discharged_at": pl.Datetime("us"),
    }
    known = pl.DataFrame(stays if people else [], orient="row", schema=stay)
    place = {"zone_id": ["y", "z"], "region_id": "R", "latitude": 0.0, "longitude": [0.0, 1.0]}
    made = {
        "zone": conform(clean.Zone, pl.DataFrame(place)),
        "institution": conform(
            clean.Institution, pl.DataFrame({**place, "institution_id": ["a", "b"]})
        ),
        "capacity": conform(clean.Capacity, pl.DataFrame(cells, orient="row", schema=capacity)),
        "encounter": conform(
            clean.Encounter,
            known.with_row_index("encounter_id").with_columns(
                patient_key=pl.lit("p"), class_id=pl.lit("icu")
            ),
        ),
        "resource": care.resource(REGION.resources),
        "care_class": care.care_class(REGION.classes, empty(clean.Activity)),
        "travel": empty(clean.Travel),
        "forecast": empty(clean.Forecast),
    }
    made["capacity_estimate"] = impute.capacity_estimate(made["capacity"], made["institution"])
    return made


def planning(**changes) -> Region:
    return REGION.model_copy(update={"planning": REGION.planning.model_copy(update=changes)})


@pytest.fixture(scope="session")
def world() -> dict:
    return tables()
