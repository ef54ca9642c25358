"""The plan's tables, one function each; every one lists rows in key order."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from optimization.allocation.accounting import (
    PUBLISHED,
    PolicyOutcome,
    institution_shares,
    move_cost,
    transfer_cost,
    worst_by_region,
    zone_shares,
)
from optimization.allocation.inputs import Instance
from schemas.results.allocation import (
    KEY,
    AllocationAdmission,
    AllocationChange,
    AllocationFairness,
    AllocationLoad,
    AllocationMove,
    AllocationTransfer,
    AllocationUnmet,
    flows,
)
from schemas.table import Table, check, conform

LEAST = 1e-6


def admission(instance: Instance, plan: PolicyOutcome) -> pl.DataFrame:
    """``AllocationAdmission`` of ``plan``."""
    entries = np.argwhere(plan.admit > 0)
    return _table(
        AllocationAdmission,
        _arc_ids(instance, entries) | {"patients_per_day": plan.admit[tuple(entries.T)]},
    )


def transfer(
    instance: Instance, plan: PolicyOutcome, reasons: Sequence[str | None]
) -> pl.DataFrame:
    """``AllocationTransfer`` of ``plan``; ``reasons`` in the order of ``transfers``."""
    entries = transfers(plan)
    return _table(
        AllocationTransfer,
        _arc_ids(instance, entries)
        | {
            "patients_per_day": plan.elsewhere[tuple(entries.T)],
            "km": instance.arcs.km[entries[:, 0]],
            "cost_per_day": transfer_cost(instance, plan)[tuple(entries.T)],
            "explanation": pl.Series(reasons, dtype=pl.String),
        },
    )


def transfers(plan: PolicyOutcome) -> np.ndarray:
    """Arc and day of every transfer."""
    return np.argwhere(plan.elsewhere > 0)


def move(instance: Instance, plan: PolicyOutcome, reasons: Sequence[str | None]) -> pl.DataFrame:
    """``AllocationMove`` of ``plan``; ``reasons`` in the order of ``moves``."""
    entries, names = moves(plan), instance.names
    arc, day = entries[:, 0], entries[:, 1]
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
            "units": plan.move[tuple(entries.T)],
            "km": instance.moves.km[arc],
            "cost": move_cost(instance, plan)[tuple(entries.T)],
            "explanation": pl.Series(reasons, dtype=pl.String),
        },
    )


def moves(plan: PolicyOutcome) -> np.ndarray:
    """Move arc and day of every move."""
    return np.argwhere(plan.move > 0)


def load(instance: Instance, plan: PolicyOutcome, usual: PolicyOutcome) -> pl.DataFrame:
    """``AllocationLoad``: ``plan`` beside ``usual``."""
    entries = cell_days(instance)
    values = {
        "in_service": instance.capacity,
        "stock": plan.stock,
        "planned_use": plan.use,
        "reserve": instance.reserve,
        "surge": plan.surge,
        "crowding": plan.crowding,
        "usual_use": usual.use,
        "usual_crowding": usual.crowding,
    }
    picked = {name: np.maximum(value[tuple(entries.T)], 0.0) for name, value in values.items()}
    return _table(AllocationLoad, cell_ids(instance, entries) | picked)


def unmet(instance: Instance, plan: PolicyOutcome) -> pl.DataFrame:
    """``AllocationUnmet``: a row per zone, class and day with demand."""
    entries = np.argwhere(instance.demand > 0)
    names = instance.names
    demand, missed = instance.demand[tuple(entries.T)], plan.unmet[tuple(entries.T)]
    return _table(
        AllocationUnmet,
        {
            "zone_id": _ids(names.zones, entries[:, 0]),
            "class_id": _ids(names.classes, entries[:, 1]),
            "date": pl.Series(_ids(names.days, entries[:, 2]), dtype=pl.Date),
            "demand_patients": demand,
            "unmet_patients": missed,
            "unmet_share": missed / demand,
        },
    )


def fairness(instance: Instance, plan: PolicyOutcome, usual: PolicyOutcome) -> pl.DataFrame:
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


def cell_ids(instance: Instance, entries: np.ndarray) -> dict[str, Any]:
    """The key columns of the cells and days ``entries``."""
    names = instance.names
    return {
        "institution_id": _ids(names.institutions, entries[:, 0]),
        "resource_id": _ids(names.resources, entries[:, 1]),
        "date": pl.Series(_ids(names.days, entries[:, 2]), dtype=pl.Date),
    }


def _arc_ids(instance: Instance, entries: np.ndarray) -> dict[str, Any]:
    names, arcs = instance.names, instance.arcs
    return {
        "zone_id": _ids(names.zones, arcs.zone[entries[:, 0]]),
        "institution_id": _ids(names.institutions, arcs.institution[entries[:, 0]]),
        "class_id": _ids(names.classes, arcs.care[entries[:, 0]]),
        "date": pl.Series(_ids(names.days, entries[:, 1]), dtype=pl.Date),
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


def changes(
    planned: Mapping[str, pl.DataFrame], inputs: Mapping[str, pl.DataFrame]
) -> pl.DataFrame:
    """``AllocationChange``: transfers and moves that differ, on the days that were announced.

    ``planned`` has allocation_transfer and allocation_move, ``inputs`` allocation_announced and
    allocation_announced_day.
    """
    days = inputs["allocation_announced_day"].select("date")
    now = flows(planned).join(days, on="date", how="semi").rename({"amount": "planned"})
    then = inputs["allocation_announced"]
    both = now.join(then, on=KEY, how="full", coalesce=True)
    both = both.with_columns(pl.col("planned", "announced").fill_null(0.0))
    both = both.with_columns(difference=pl.col("planned") - pl.col("announced"))
    differ = both.filter(pl.col("difference").abs() > LEAST)
    return check(AllocationChange, conform(AllocationChange, differ))
