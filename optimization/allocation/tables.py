"""The plan's tables, one function each; every one lists rows in key order."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from optimization.allocation.accounting import (
    PUBLISHED,
    Outcome,
    institution_shares,
    move_cost,
    transfer_cost,
    worst_by_region,
    zone_shares,
)
from optimization.allocation.instance import Instance
from schemas.results.allocation import (
    AllocationAdmission,
    AllocationFairness,
    AllocationLoad,
    AllocationMove,
    AllocationTransfer,
    AllocationUnmet,
)
from schemas.table import Table, check, conform


def admission(instance: Instance, plan: Outcome) -> pl.DataFrame:
    """``AllocationAdmission`` of ``plan``."""
    at = np.argwhere(plan.admit > 0)
    return _table(
        AllocationAdmission, _arc_ids(instance, at) | {"patients_per_day": plan.admit[tuple(at.T)]}
    )


def transfer(instance: Instance, plan: Outcome, reasons: Sequence[str | None]) -> pl.DataFrame:
    """``AllocationTransfer`` of ``plan``; ``reasons`` in the order of ``transfers``."""
    at = transfers(plan)
    return _table(
        AllocationTransfer,
        _arc_ids(instance, at)
        | {
            "patients_per_day": plan.elsewhere[tuple(at.T)],
            "km": instance.arcs.km[at[:, 0]],
            "cost_per_day": transfer_cost(instance, plan)[tuple(at.T)],
            "reason": pl.Series(reasons, dtype=pl.String),
        },
    )


def transfers(plan: Outcome) -> np.ndarray:
    """Arc and day of every transfer."""
    return np.argwhere(plan.elsewhere > 0)


def move(instance: Instance, plan: Outcome, reasons: Sequence[str | None]) -> pl.DataFrame:
    """``AllocationMove`` of ``plan``; ``reasons`` in the order of ``moves``."""
    at, names = moves(plan), instance.names
    arc, day = at[:, 0], at[:, 1]
    resource = instance.moves.resource[arc]
    left = pl.Series(_ids(names.days, day), dtype=pl.Date)
    return _table(
        AllocationMove,
        {
            "from_institution_id": _ids(names.institutions, instance.moves.giver[arc]),
            "to_institution_id": _ids(names.institutions, instance.moves.taker[arc]),
            "resource_id": _ids(names.resources, resource),
            "date": left,
            "arrives": _later(left, instance.resources.lead[resource]),
            "units": plan.move[tuple(at.T)],
            "km": instance.moves.km[arc],
            "cost": move_cost(instance, plan)[tuple(at.T)],
            "reason": pl.Series(reasons, dtype=pl.String),
        },
    )


def moves(plan: Outcome) -> np.ndarray:
    """Move arc and day of every move."""
    return np.argwhere(plan.move > 0)


def load(instance: Instance, plan: Outcome, usual: Outcome) -> pl.DataFrame:
    """``AllocationLoad``: ``plan`` beside ``usual``."""
    at = cell_days(instance)
    values = {
        "in_service": instance.capacity,
        "stock": plan.stock,
        "planned_use": plan.use,
        "reserve": instance.reserve,
        "surge": plan.surge,
        "crowding": plan.over,
        "usual_use": usual.use,
        "usual_crowding": usual.over,
    }
    picked = {name: np.maximum(value[tuple(at.T)], 0.0) for name, value in values.items()}
    return _table(AllocationLoad, cell_ids(instance, at) | picked)


def unmet(instance: Instance, plan: Outcome) -> pl.DataFrame:
    """``AllocationUnmet``: a row per zone, class and day with demand."""
    at = np.argwhere(instance.demand > 0)
    names = instance.names
    demand, missed = instance.demand[tuple(at.T)], plan.unmet[tuple(at.T)]
    return _table(
        AllocationUnmet,
        {
            "zone_id": _ids(names.zones, at[:, 0]),
            "class_id": _ids(names.classes, at[:, 1]),
            "date": pl.Series(_ids(names.days, at[:, 2]), dtype=pl.Date),
            "demand_patients": demand,
            "unmet_patients": missed,
            "unmet_share": missed / demand,
        },
    )


def fairness(instance: Instance, plan: Outcome, usual: Outcome) -> pl.DataFrame:
    """``AllocationFairness``: the worst off of each region, ``plan`` beside ``usual``."""
    columns: dict[str, Any] = {"region_id": instance.names.regions}
    regions = len(instance.names.regions)
    for prefix, result in (("", plan), ("usual_", usual)):
        zones, places = zone_shares(instance, result), institution_shares(instance, result)
        columns[f"{prefix}worst"] = worst_by_region(zones, instance.zone_region, regions)
        columns[f"{prefix}crowded"] = worst_by_region(places, instance.institution_region, regions)
    return _table(AllocationFairness, columns)


def cell_days(instance: Instance) -> np.ndarray:
    """Institution, resource and day of every row of ``AllocationLoad``."""
    return np.argwhere(np.repeat(instance.cells[:, :, None], instance.horizon, axis=2))


def cell_ids(instance: Instance, at: np.ndarray) -> dict[str, Any]:
    """The key columns of the cells and days ``at``."""
    names = instance.names
    return {
        "institution_id": _ids(names.institutions, at[:, 0]),
        "resource_id": _ids(names.resources, at[:, 1]),
        "date": pl.Series(_ids(names.days, at[:, 2]), dtype=pl.Date),
    }


def _arc_ids(instance: Instance, at: np.ndarray) -> dict[str, Any]:
    names, arcs = instance.names, instance.arcs
    return {
        "zone_id": _ids(names.zones, arcs.zone[at[:, 0]]),
        "institution_id": _ids(names.institutions, arcs.institution[at[:, 0]]),
        "class_id": _ids(names.classes, arcs.care[at[:, 0]]),
        "date": pl.Series(_ids(names.days, at[:, 1]), dtype=pl.Date),
    }


def _ids(ids: Sequence[Any], positions: np.ndarray) -> list[Any]:
    return [ids[k] for k in positions.tolist()]


def _later(dates: pl.Series, days: np.ndarray) -> pl.Series:
    by = pl.DataFrame({"date": dates, "days": days}, schema_overrides={"date": pl.Date})
    return by.select(pl.col("date").dt.offset_by(pl.format("{}d", "days"))).to_series()


def _table(table: type[Table], columns: Mapping[str, Any]) -> pl.DataFrame:
    return check(table, conform(table, pl.DataFrame(dict(columns))))


def published(frame: pl.DataFrame) -> pl.DataFrame:
    """Numbers as they are published: to the twelfth decimal, so that noise stays out of files."""
    return frame.with_columns(pl.selectors.float().round(PUBLISHED))
