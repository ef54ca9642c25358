"""Prints a hash over all regional tables and planning inputs of a made-up country.

Run by a test with one thread and with two. As many zones and hospitals as the United States
have, two resources by the week, and encounters for one class of the two.
"""

import hashlib
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl

from schemas import clean as tables
from schemas.assumptions.allocation import AllocationAssumptions
from schemas.assumptions.planning import PlanningAssumptions
from schemas.assumptions.region import CareClassDefinition, Region, ResourceDefinition
from schemas.table import conform, empty
from transforms.demand.balance import regional_balance, regional_demand
from transforms.demand.outlook import demand_forecast
from transforms.inputs.allocation import planning_inputs
from transforms.places import places
from transforms.supply import care, impute, supply

ZONES, HOSPITALS, STAYS, WEEKS = 2_464, 4_996, 100_000, 3
NIGHT = date(2026, 1, 18)
LIMITS = {"max_km": 200, "nearest": 6, "elsewhere_limit": 0.3, "cost_km": 3}
RULES = {"harm": 1, "occupancy_target": 0.9, "surge_share": 0.1}
REGION = Region.model_construct(
    timezone="America/New_York",
    classes=(
        CareClassDefinition(
            class_id="general", name="x", harm_weight=3, mean_stay_days=4.6, uses={"general_bed": 1}
        ),
        CareClassDefinition(
            class_id="icu", name="x", harm_weight=9, mean_stay_days=3.9, uses={"icu_bed": 1}
        ),
    ),
    resources=tuple(
        ResourceDefinition(
            resource_id=r, name="x", category="environment", unit="bed", movable=r == "icu_bed"
        )
        for r in ("general_bed", "icu_bed")
    ),
    planning=PlanningAssumptions(),
    allocation=AllocationAssumptions(
        classes={"general": LIMITS, "icu": LIMITS},
        resources={
            "general_bed": RULES,
            "icu_bed": {**RULES, "max_move_km": 300, "nearest_move": 4},
        },
    ),
)


def country(rng: np.random.Generator) -> dict[str, pl.DataFrame]:
    """Clean tables as they come from feeds."""
    home = rng.integers(0, ZONES, HOSPITALS)
    zone = pl.DataFrame(
        {
            "zone_id": [f"{z:05}" for z in range(ZONES)],
            "region_id": [f"S{z % 51:02}" for z in range(ZONES)],
            "latitude": rng.uniform(25, 49, ZONES),
            "longitude": rng.uniform(-124, -67, ZONES),
        }
    )
    hospital = pl.DataFrame(
        {
            "institution_id": [f"{i:06}" for i in range(HOSPITALS)],
            "zone_id": zone["zone_id"].gather(home),
            "region_id": zone["region_id"].gather(home),
        }
    )
    people = zone.select(
        "zone_id",
        year=2025,
        age_band=pl.lit("all"),
        sex=pl.lit("all"),
        persons=pl.Series(rng.uniform(1e3, 1e6, ZONES)),
    )
    return {
        "zone": conform(tables.Zone, zone),
        "institution": conform(tables.Institution, hospital),
        "population": conform(tables.Population, people),
        "capacity": conform(tables.Capacity, _capacity(rng, hospital)),
        "encounter": conform(tables.Encounter, _encounters(rng, hospital, zone)),
        "activity": empty(tables.Activity),
        "forecast": empty(tables.Forecast),
        "travel": empty(tables.Travel),
    }


def _capacity(rng: np.random.Generator, hospital: pl.DataFrame) -> pl.DataFrame:
    rows = (
        hospital.select("institution_id")
        .join(pl.DataFrame({"resource_id": ["general_bed", "icu_bed"]}), how="cross")
        .join(
            pl.DataFrame({"date": [NIGHT - timedelta(weeks=w) for w in range(WEEKS)]}), how="cross"
        )
    )
    service = rng.gamma(1.2, 60, rows.height).round(1)
    use = (service * rng.beta(7, 3, rows.height)).round(1)
    gap = rng.uniform(size=rows.height)
    return rows.with_columns(
        period_days=7, in_service=service, in_use=pl.Series(use), gap=pl.Series(gap)
    ).with_columns(
        in_use=pl.when(pl.col("gap") > 0.15).then("in_use"),
        in_use_reason=pl.when(pl.col("gap") < 0.1)
        .then(pl.lit("withheld"))
        .when(pl.col("gap") <= 0.15)
        .then(pl.lit("not_reported")),
        in_use_low=pl.when(pl.col("gap") < 0.1).then(0.0),
        in_use_high=pl.when(pl.col("gap") < 0.1).then(4.0),
    )


def _encounters(
    rng: np.random.Generator, hospital: pl.DataFrame, zone: pl.DataFrame
) -> pl.DataFrame:
    at = rng.integers(0, HOSPITALS, STAYS)
    minutes = rng.integers(0, 60 * 24 * 60, STAYS)
    stay = rng.exponential(4 * 24 * 60, STAYS).astype(int)
    start = datetime(2025, 11, 20)
    admitted = [start + timedelta(minutes=int(m)) for m in minutes]
    left = [start + timedelta(minutes=int(m)) for m in minutes + stay]
    return pl.DataFrame(
        {
            "encounter_id": [f"{n:07}" for n in range(STAYS)],
            "patient_key": "p",
            "institution_id": hospital["institution_id"].gather(at),
            "zone_id": hospital["zone_id"].gather(at),
            "class_id": "icu",
            "admitted_at": admitted,
            "discharged_at": [t if t < datetime(2026, 1, 19) else None for t in left],
        }
    )


def night(sent: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """All that the night computes before it solves."""
    made = dict(sent)
    made["zone"] = places.zone(sent["zone"], sent["institution"])
    made["institution"] = places.institution(sent["institution"], made["zone"])
    made["resource"] = care.resource(REGION.resources)
    made["care_class"] = care.care_class(REGION.classes, sent["activity"])
    made["capacity_estimate"] = impute.capacity_estimate(sent["capacity"], made["institution"])
    made["supply"] = supply.supply(
        made["capacity_estimate"], made["institution"], sent["population"], made["zone"]
    )
    made["capacity_gap"] = supply.capacity_gap(
        sent["capacity"], made["capacity_estimate"], made["institution"]
    )
    made["demand"] = regional_demand(made, REGION, NIGHT)
    made["balance"] = regional_balance(made, made["supply"], made["demand"], REGION, NIGHT)
    made["demand_forecast"], made["forecast_score"] = demand_forecast(made, REGION, NIGHT)
    return {**made, **planning_inputs(made, REGION, NIGHT)}


def fingerprint(made: dict[str, pl.DataFrame]) -> str:
    """One hash over every table, row by row as it stands."""
    digest = hashlib.sha256()
    for name, frame in sorted(made.items()):
        digest.update(name.encode())
        digest.update(frame.write_csv().encode())
    return digest.hexdigest()


if __name__ == "__main__":
    print(fingerprint(night(country(np.random.default_rng(7)))))
