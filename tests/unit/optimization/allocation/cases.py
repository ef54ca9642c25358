"""Tiny allocation problems, and random ones that use every feature."""

from datetime import date, timedelta

import numpy as np
import polars as pl

from optimization.models import ALLOCATION
from schemas.assumptions.allocation import AllocationAssumptions
from schemas.assumptions.planning import PlanningAssumptions
from schemas.assumptions.region import Region
from schemas.results.allocation import INPUTS
from schemas.table import conform, empty, name

START = date(2026, 1, 5)
BY_NAME = {name(table): table for table in INPUTS}


def days(number):
    return [START + timedelta(days=t) for t in range(number)]


def assumptions(**settings):
    return AllocationAssumptions(classes={}, resources={}, **settings)


def plan(given, zones, institutions, assumed, threads=2):
    """The verified plan of input tables and places."""
    planning = PlanningAssumptions(upper_deviations=1.0)
    region = Region.model_construct(allocation=assumed, planning=planning)
    return ALLOCATION.solve({**given, "zone": zones, "institution": institutions}, region, threads)


def tables(horizon=1, **rows):
    """Input tables from rows without dates; each is repeated on every day of the horizon.

    demand (zone, class, mean[, upper]), arc (zone, institution, class, km, usual),
    capacity (institution, resource, units[, surge]), census (institution, class, [patients by
    day]), stay (class, [shares]), use (class, resource, units), care (class, harm, mean stay,
    limit, cost), resource (dict), move (from, to, resource, km).
    """
    made = {
        "allocation_demand": [
            {"zone_id": z, "class_id": c, "date": day, "mean": mean, "upper": (*upper, mean)[0]}
            for z, c, mean, *upper in rows.get("demand", [])
            for day in days(horizon)
        ],
        "allocation_arc": [
            {"zone_id": z, "institution_id": i, "class_id": c, "km": km, "usual": usual}
            for z, i, c, km, usual in rows.get("arc", [])
        ],
        "allocation_capacity": [
            {
                "institution_id": i,
                "resource_id": r,
                "date": day,
                "in_service": units,
                "surge_limit": (*surge, 0.0)[0],
            }
            for i, r, units, *surge in rows.get("capacity", [])
            for day in days(horizon)
        ],
        "allocation_census": [
            {"institution_id": i, "class_id": c, "date": day, "patients": patients}
            for i, c, by_day in rows.get("census", [])
            for day, patients in zip(days(horizon), by_day, strict=True)
        ],
        "allocation_stay": [
            {"class_id": c, "day": k, "staying_share": share}
            for c, shares in rows.get("stay", [])
            for k, share in enumerate(shares)
        ],
        "allocation_use": [
            {"class_id": c, "resource_id": r, "units_per_patient": units}
            for c, r, units in rows["use"]
        ],
        "allocation_class": [
            {
                "class_id": c,
                "harm_weight": harm,
                "mean_stay_days": stay,
                "elsewhere_limit": limit,
                "cost_km": cost,
            }
            for c, harm, stay, limit, cost in rows["care"]
        ],
        "allocation_resource": [
            {
                "movable": False,
                "crowding_weight": 10.0,
                "occupancy_target": 1.0,
                "retain_share": 1.0,
                "lead_days": 0,
                "cost_unit_km": 0.0,
                "cost_surge_day": 0.0,
            }
            | resource
            for resource in rows["resource"]
        ],
        "allocation_move_arc": [
            {"from_institution_id": i, "to_institution_id": j, "resource_id": r, "km": km}
            for i, j, r, km in rows.get("move", [])
        ],
        "allocation_scenario": [],
        "allocation_under_way": [],
        "allocation_sent": [],
        "allocation_announced_day": [],
        "allocation_announced": [],
    }
    return {t: frame(BY_NAME[t], rows) for t, rows in made.items()}


def frame(table, rows):
    return conform(table, pl.DataFrame(rows)) if rows else empty(table)


def places(given, regions=1):
    """One region for all, or as many as asked for, in turn."""
    zones = given["allocation_demand"]["zone_id"].unique().sort()
    used = [
        given[t]["institution_id"]
        for t in ("allocation_capacity", "allocation_arc", "allocation_census")
    ]
    institutions = pl.concat(used).unique().sort()
    return tuple(
        pl.DataFrame({key: ids, "region_id": [f"R{k % regions}" for k in range(len(ids))]})
        for key, ids in (("zone_id", zones), ("institution_id", institutions))
    )


def announced(given, flows, on, prices):
    """``given`` with what was announced: flows (action, from, to, subject, date, patients
    or units) on the days ``on``, and the price of a change by class or resource.
    """
    columns = ("action", "from_id", "to_id", "subject_id", "date", "announced")
    rows = [dict(zip(columns, flow, strict=True)) for flow in flows]
    announced_days = [{"date": day, "announced_on": START - timedelta(days=2)} for day in on]
    made = {
        "allocation_announced": frame(BY_NAME["allocation_announced"], rows),
        "allocation_announced_day": frame(BY_NAME["allocation_announced_day"], announced_days),
    }
    for table, key, cost in (
        ("allocation_class", "class_id", "cost_change_patient"),
        ("allocation_resource", "resource_id", "cost_change_unit"),
    ):
        price = pl.col(key).replace_strict(prices, default=None, return_dtype=pl.Float64)
        made[table] = given[table].with_columns(price.alias(cost))
    return {**given, **made}


def random_announced(seed, given, on=2):
    """``given`` with transfers and moves that a night before had announced for its first days."""
    rng = np.random.default_rng(seed)
    flows = [
        (kind, *arc, day, round(float(rng.uniform(0.2, 2)), 2))
        for kind, table in (("transfer", "allocation_arc"), ("move", "allocation_move_arc"))
        for arc in given[table].select(pl.nth(0, 1, 2)).rows()
        for day in days(on)
        if rng.random() < 0.4
    ]
    prices = {"general": 40.0, "icu": 300.0, "nurse": 25.0, "icu_bed": 90.0}
    return announced(given, flows, days(on), prices)


def random_tables(seed, horizon=4, zones=4, institutions=4, closed=False):
    """Two classes that share nurses, three resources of which two move, surge, uneven days."""
    rng = np.random.default_rng(seed)
    z, i = [f"Z{k}" for k in range(zones)], [f"H{k}" for k in range(institutions)]
    km = rng.uniform(5, 90, (zones, institutions)).round(1)
    arc = []
    for a in range(zones):
        for c in ("general", "icu"):
            reach = np.sort(rng.choice(institutions, min(3, institutions), replace=False))
            if closed:
                reach = np.array([b for b in range(institutions) if b % 2 == a % 2])
            weight = rng.dirichlet(np.ones(len(reach)))
            usual = np.append(weight[:-1].round(3), 1 - weight[:-1].round(3).sum())
            arc += [(z[a], i[b], c, km[a, b], s) for b, s in zip(reach, usual, strict=True)]
    move = [
        (i[a], i[b], r, round(float(rng.uniform(5, 60)), 1))
        for r in ("icu_bed", "nurse")
        for a in range(institutions)
        for b in range(institutions)
        if a != b and (not closed or a % 2 == b % 2) and rng.random() < 0.6
    ]
    given = tables(
        horizon,
        demand=[
            (a, c, *rng.uniform(1, 6, 1).round(3), 12.0) for a in z for c in ("general", "icu")
        ],
        arc=arc,
        capacity=[
            (b, r, float(rng.integers(4, 20)), float(rng.integers(0, 3)))
            for b in i
            for r in ("general_bed", "icu_bed", "nurse")
        ],
        census=[
            (b, c, np.sort(rng.uniform(0, 6, horizon).round(2))[::-1])
            for b in i
            for c in ("general", "icu")
        ],
        stay=[
            ("general", [0.6**k for k in range(horizon + 1)]),
            ("icu", [0.8**k for k in range(horizon + 1)]),
        ],
        use=[
            ("general", "general_bed", 1.0),
            ("general", "nurse", 0.25),
            ("icu", "icu_bed", 1.0),
            ("icu", "nurse", 1.0),
        ],
        care=[("general", 20.0, 2.5, 0.4, 3.0), ("icu", 60.0, 5.0, 0.3, 5.0)],
        resource=[
            {"resource_id": "general_bed", "crowding_weight": 10.0, "occupancy_target": 0.9},
            {
                "resource_id": "icu_bed",
                "movable": True,
                "crowding_weight": 30.0,
                "occupancy_target": 0.85,
                "retain_share": 0.6,
                "lead_days": 1,
                "cost_unit_km": 4.0,
                "cost_surge_day": 500.0,
            },
            {
                "resource_id": "nurse",
                "movable": True,
                "crowding_weight": 8.0,
                "retain_share": 0.7,
                "cost_unit_km": 1.0,
                "cost_surge_day": 200.0,
            },
        ],
        move=move,
    )
    wave = pl.col("date").dt.day() % 3 * 0.3 + 0.8
    given["allocation_demand"] = given["allocation_demand"].with_columns(
        mean=(pl.col("mean") * wave).round(3)
    )
    return given


def drawn(given, number, seed=0, spread=0.5):
    """``given`` with paths of demand drawn around its mean, some of them 0 on a day."""
    rng = np.random.default_rng(seed)
    mean = given["allocation_demand"].drop("upper")
    rows = mean.join(pl.DataFrame({"path": range(1, number + 1)}), how="cross")
    factor = np.maximum(1 + spread * rng.standard_normal(rows.height), 0.0)
    patients = (pl.col("mean") * pl.Series(factor)).round(3)
    paths = rows.with_columns(demand_patients=patients).filter(pl.col("demand_patients") > 0)
    return {**given, "allocation_scenario": conform(BY_NAME["allocation_scenario"], paths)}
