"""A made-up country of any size at constant density, as the allocation's input tables."""

from datetime import date, timedelta

import numpy as np
import polars as pl
from scipy.spatial import cKDTree

from schemas.assumptions.allocation import AllocationAssumptions
from schemas.results import allocation as tables
from schemas.table import Table, conform, name

FIRST = date(2026, 1, 1)
KM_EACH = 40.0  # side of the square that holds one institution
REACH = 6
STAY = {"general": 4.6, "icu": 3.9}
RESOURCE = {"general": "general_bed", "icu": "icu_bed"}
BEDS = {"general": 120, "icu": 20}
LIMITS = {"max_km": 500, "nearest": REACH, "elsewhere_limit": 0.3, "cost_km": 5}
ASSUMED = AllocationAssumptions.model_validate(
    {
        "time_limit_s": 3600,
        "classes": {"general": LIMITS, "icu": LIMITS},
        "resources": {
            "general_bed": {"harm": 0.5, "occupancy_target": 0.9},
            "icu_bed": {"harm": 2.5, "occupancy_target": 0.85},
        },
    }
)
Frames = dict[str, pl.DataFrame]
EARLIER = (
    tables.AllocationScenario,
    tables.AllocationUnderWay,
    tables.AllocationSent,
    tables.AllocationAnnouncedDay,
    tables.AllocationAnnounced,
)


def country(institutions: int, days: int, per_region: int, seed: int = 0) -> Frames:
    """Input tables by name, ``zone`` and ``institution`` among them.

    A zone lies around every second institution; ``per_region`` neighbours along the longer way
    make a region, whose borders no patient crosses.
    """
    rng = np.random.default_rng(seed)
    depth = KM_EACH * np.sqrt(per_region)
    length = KM_EACH**2 * institutions / depth
    places = rng.random((institutions, 2)) * (length, depth)
    region = np.minimum(places[:, 0] // depth, max(0, round(length / depth) - 1)).astype(int)
    zones = np.arange(0, institutions, 2)
    ids = np.array([f"I{k:05}" for k in range(institutions)])
    made = {
        "zone": pl.DataFrame({"zone_id": ids[zones], "region_id": _regions(region[zones])}),
        "institution": pl.DataFrame({"institution_id": ids, "region_id": _regions(region)}),
    }
    arcs = _arcs(places, region, zones, ids)
    return made | _amounts(rng, ids, zones, days, arcs) | _rules(days)


def _regions(region: np.ndarray) -> list[str]:
    return [f"R{k:04}" for k in region.tolist()]


def _arcs(
    places: np.ndarray, region: np.ndarray, zones: np.ndarray, ids: np.ndarray
) -> pl.DataFrame:
    rows = []
    for k in np.unique(region):
        inside, own = np.flatnonzero(region == k), zones[region[zones] == k]
        reach = min(REACH, inside.size)
        if not own.size:
            continue
        km, near = cKDTree(places[inside]).query(places[own], k=reach)
        km, near = km.reshape(own.size, reach), near.reshape(own.size, reach)
        weight = 1 / (10 + km)
        rows.append(
            pl.DataFrame(
                {
                    "zone_id": np.repeat(ids[own], reach),
                    "institution_id": ids[inside[near.ravel()]],
                    "km": km.ravel(),
                    "usual": (weight / weight.sum(axis=1, keepdims=True)).ravel(),
                }
            )
        )
    both = [pl.concat(rows).with_columns(class_id=pl.lit(care)) for care in STAY]
    return conform(tables.AllocationArc, pl.concat(both))


def _amounts(
    rng: np.random.Generator, ids: np.ndarray, zones: np.ndarray, days: int, arcs: pl.DataFrame
) -> Frames:
    dates = [FIRST + timedelta(days=t) for t in range(days)]
    capacity, census, demand = [], [], []
    for care, stay in STAY.items():
        beds = (BEDS[care] * rng.gamma(1.5, 0.7, ids.size)).round(1) + 1
        full = rng.beta(7, 3, ids.size)
        still = (1 - 1 / stay) ** np.arange(1, days + 1)
        place = {"institution_id": np.repeat(ids, days), "date": dates * ids.size}
        capacity.append(
            {**place, "resource_id": RESOURCE[care], "in_service": np.repeat(beds, days)}
        )
        patients = np.outer(beds * full, still).ravel()
        census.append({**place, "class_id": care, "patients": patients})
        home = {"zone_id": np.repeat(ids[zones], days), "date": dates * zones.size}
        need = np.repeat(2 * BEDS[care] * 0.78 / stay * rng.gamma(3, 1 / 3, zones.size), days)
        mean = (need * rng.uniform(0.8, 1.2, need.size)).round(6)
        demand.append({**home, "class_id": care, "mean": mean, "upper": mean * 1.2})
    return {
        "allocation_arc": arcs,
        "allocation_capacity": _stacked(tables.AllocationCapacity, capacity, surge_limit=0.0),
        "allocation_census": _stacked(tables.AllocationCensus, census),
        "allocation_demand": _stacked(tables.AllocationDemand, demand),
    }


def _stacked(table: type[Table], columns: list[dict], **same: float) -> pl.DataFrame:
    frame = pl.concat([pl.DataFrame(c) for c in columns], how="diagonal")
    return conform(table, frame.with_columns(**{k: pl.lit(v) for k, v in same.items()}))


def _rules(days: int) -> Frames:
    ages = range(days)
    columns = ["class_id", "day", "staying_share"]
    stay = [(c, k, (1 - 1 / mean) ** k) for c, mean in STAY.items() for k in ages]
    use = [{"class_id": c, "resource_id": r, "units_per_patient": 1.0} for c, r in RESOURCE.items()]
    care = {
        "class_id": list(STAY),
        "harm_weight": [1.0, 5.0],
        "mean_stay_days": list(STAY.values()),
        "elsewhere_limit": [0.2, 0.3],
        "cost_km": [5.0, 10.0],
    }
    zero = {"cost_unit_km": 0.0, "cost_surge_day": 0.0, "lead_days": 0, "retain_share": 1.0}
    resource = [
        {"resource_id": r, "movable": False, "crowding_weight": h, "occupancy_target": o, **zero}
        for r, h, o in (("general_bed", 0.5, 0.9), ("icu_bed", 2.5, 0.85))
    ]
    frames = {
        tables.AllocationStay: pl.DataFrame(stay, columns, orient="row"),
        tables.AllocationUse: pl.DataFrame(use),
        tables.AllocationClass: pl.DataFrame(care),
        tables.AllocationResource: pl.DataFrame(resource),
        tables.AllocationMoveArc: pl.DataFrame(),
    } | {table: pl.DataFrame() for table in EARLIER}
    return {name(table): conform(table, frame) for table, frame in frames.items()}
