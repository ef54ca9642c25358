"""From the published input tables to an ``Instance``, refusing what contradicts itself."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from optimization.allocation.inputs import (
    Announced,
    Arcs,
    Classes,
    Instance,
    Moves,
    Names,
    Resources,
)
from optimization.allocation.inputs.room import margin, reserve
from optimization.solver import check_numbers
from schemas.assumptions.allocation import AllocationAssumptions, Budget, Levels
from schemas.errors import InputRefused
from schemas.events import Count
from schemas.results.allocation import INPUTS, staying
from schemas.table import check, name

DECIMALS = 6
Tables = Mapping[str, pl.DataFrame]


def read_instance(
    tables: Tables,
    zones: pl.DataFrame,
    institutions: pl.DataFrame,
    assumptions: AllocationAssumptions,
) -> Instance:
    """Arrays of the input tables (by table name), demand and capacity to the millionth.

    ``zones`` needs zone_id, region_id; ``institutions`` institution_id, region_id.

    Raises:
        TableRefused: a table does not fit its schema.
        InputRefused: numbers or tables that contradict each other, naming which.
    """
    checked = {name(table): check(table, tables[name(table)]) for table in INPUTS}
    checked["allocation_stay"] = staying(checked["allocation_stay"])
    check_inputs(checked)
    names = _names(checked, zones, institutions)
    mean = by_day(checked["allocation_demand"], "mean", names)
    above = demand_above_mean(checked, names)
    demand = (mean + above if assumptions.demand == "upper" else mean).round(DECIMALS)
    arcs = _arcs(checked["allocation_arc"], demand, names)
    stay, use = _stay(checked["allocation_stay"], names), _use(checked["allocation_use"], names)
    days = assumptions.demand.budget if isinstance(assumptions.demand, Budget) else 0
    capacity, moves = checked["allocation_capacity"], _moves(checked["allocation_move_arc"], names)
    instance = Instance(
        names=names,
        zone_region=_regions(zones, "zone_id", names.zones, names.regions),
        institution_region=_regions(
            institutions, "institution_id", names.institutions, names.regions
        ),
        demand=demand,
        arcs=arcs,
        initial=by_day(checked["allocation_census"], "patients", names),
        stay=stay,
        use=use,
        capacity=by_day(capacity, "in_service", names).round(DECIMALS),
        surge_limit=by_day(capacity, "surge_limit", names).round(DECIMALS),
        reserve=reserve(above, arcs, stay, use, len(names.institutions), days),
        classes=_classes(checked["allocation_class"]),
        resources=_resources(checked["allocation_resource"], assumptions.integer),
        moves=moves,
        announced=_announced(checked, arcs, moves, names),
        fairness=assumptions.fairness,
        no_worse=assumptions.no_worse,
    )
    check_instance(instance, assumptions.may_refuse)
    if isinstance(assumptions.demand, Levels):
        return replace(instance, margin=margin(instance, assumptions.demand))
    return instance


def demand_above_mean(tables: Tables, names: Names) -> np.ndarray:
    """upper - mean, patients/day, zone x class x day; 0 where upper is not above."""
    demand = tables["allocation_demand"]
    above = by_day(demand, "upper", names) - by_day(demand, "mean", names)
    return np.maximum(above, 0.0)


def check_inputs(tables: Tables) -> None:
    """Refuse numbers that a solver would misread.

    Raises:
        InputRefused: naming table and column.
    """
    check_numbers(tables, widest=None)
    coefficients = ("allocation_stay", "allocation_use", "allocation_class", "allocation_resource")
    check_numbers({table: tables[table] for table in coefficients})


def check_instance(instance: Instance, may_refuse: bool) -> None:
    """Refuse tables that contradict each other.

    Raises:
        InputRefused: usual shares of a zone's arcs that do not add up to 1, stays that rise or
            do not start at 1, a class that is cheaper to turn away than to crowd in (unless the
            region says that it may be). What no arc serves is unmet, and no error.
    """
    arcs = instance.arcs
    total, reached = np.zeros((2, *instance.demand.shape[:2]))
    np.add.at(total, (arcs.zone, arcs.care), arcs.usual)
    reached[arcs.zone, arcs.care] = 1
    off = (reached > 0) & (np.abs(total - 1) > 1e-6)
    _refuse(off, "allocation_arc.usual: {} zones and classes with demand do not add up to 1")
    off = (instance.stay[:, 0] != 1) | (np.diff(instance.stay, axis=1) > 1e-12).any(axis=1)
    _refuse(off, "allocation_stay.staying_share: {} classes rise, or do not start at 1")
    cheap = instance.classes.harm < instance.use @ instance.resources.harm
    if not may_refuse:
        _refuse(
            cheap,
            "allocation_class.harm_weight: {} classes are cheaper to turn away than to crowd in",
        )


def _refuse(off: np.ndarray, message: str) -> None:
    if off.any():
        raise InputRefused(message.format(int(off.sum())))


def _names(tables: Tables, zones: pl.DataFrame, institutions: pl.DataFrame) -> Names:
    capacity, demand = tables["allocation_capacity"], tables["allocation_demand"]
    census, arc = tables["allocation_census"], tables["allocation_arc"]
    return Names(
        zones=_sorted(demand["zone_id"]),
        institutions=_sorted(*(t["institution_id"] for t in (capacity, census, arc))),
        classes=_sorted(tables["allocation_class"]["class_id"]),
        resources=_sorted(tables["allocation_resource"]["resource_id"]),
        regions=_sorted(zones["region_id"], institutions["region_id"]),
        days=_sorted(*(t["date"] for t in (capacity, demand, census))),
    )


def _sorted(*columns: pl.Series) -> list[Any]:
    return pl.concat([column.rename("id") for column in columns]).unique().sort().to_list()


def codes(column: pl.Series, ids: Sequence[Any]) -> np.ndarray:
    """Position of every value of ``column`` in ``ids``.

    Raises:
        InputRefused: values that are not in ``ids``, by their number.
    """
    found = column.replace_strict(
        pl.Series(ids, dtype=column.dtype), range(len(ids)), default=None, return_dtype=pl.Int64
    )
    if found.null_count():
        lost = Count(found.null_count())
        raise InputRefused(f"{column.name}: {lost:row names|rows name} what no table lists")
    return found.to_numpy()


def dense(frame: pl.DataFrame, axes: Mapping[str, Sequence[Any]], value: str) -> np.ndarray:
    """``value`` by the positions of ``axes``; 0 where the table has no row."""
    array = np.zeros([len(ids) for ids in axes.values()])
    array[tuple(codes(frame[column], ids) for column, ids in axes.items())] = frame[value]
    return array


def by_day(frame: pl.DataFrame, value: str, names: Names) -> np.ndarray:
    """``value`` by the ids and days that ``frame`` has; 0 where it has no row."""
    ids: dict[str, Sequence[Any]] = {
        "zone_id": names.zones,
        "institution_id": names.institutions,
        "class_id": names.classes,
        "resource_id": names.resources,
        "date": names.days,
    }
    return dense(frame, {c: ids[c] for c in ids if c in frame.columns}, value)


def _stay(frame: pl.DataFrame, names: Names) -> np.ndarray:
    days = range(len(names.days))
    within = frame.filter(pl.col("day") < len(days))
    return dense(within, {"class_id": names.classes, "day": days}, "staying_share")


def _use(frame: pl.DataFrame, names: Names) -> np.ndarray:
    return dense(
        frame, {"class_id": names.classes, "resource_id": names.resources}, "units_per_patient"
    )


def _arcs(frame: pl.DataFrame, demand: np.ndarray, names: Names) -> Arcs:
    """Arcs of zones and classes that have demand, in key order."""
    known = frame.filter(pl.col("zone_id").is_in(names.zones))
    arcs = known.sort("zone_id", "institution_id", "class_id")
    zone, care = codes(arcs["zone_id"], names.zones), codes(arcs["class_id"], names.classes)
    kept = np.asarray((demand > 0).any(axis=2))[zone, care]
    institution = codes(arcs["institution_id"], names.institutions)
    km, usual = arcs["km"].to_numpy(), arcs["usual"].to_numpy()
    return Arcs(*(column[kept] for column in (zone, institution, care, km, usual)))


def _moves(frame: pl.DataFrame, names: Names) -> Moves:
    arcs = frame.filter(pl.col("from_institution_id") != pl.col("to_institution_id"))
    arcs = arcs.sort("from_institution_id", "to_institution_id", "resource_id")
    return Moves(
        codes(arcs["from_institution_id"], names.institutions),
        codes(arcs["to_institution_id"], names.institutions),
        codes(arcs["resource_id"], names.resources),
        arcs["km"].to_numpy(),
    )


def _announced(tables: Tables, arcs: Arcs, moves: Moves, names: Names) -> Announced:
    """What was announced on tonight's arcs; what no arc serves any more cannot be kept."""
    ids = names.institutions
    announced = set(tables["allocation_announced_day"]["date"])
    days = np.array([day in announced for day in names.days])
    flows = tables["allocation_announced"].filter(pl.col("date").is_in(names.days))
    sent = on_arcs(
        flows.filter(action="transfer"),
        (arcs.zone, arcs.institution, arcs.care),
        (names.zones, ids, names.classes),
        names.days,
    )
    moved = on_arcs(
        flows.filter(action="move"),
        (moves.giver, moves.taker, moves.resource),
        (ids, ids, names.resources),
        names.days,
    )
    return Announced(days, sent * days, moved * days)


def on_arcs(
    flows: pl.DataFrame,
    ends: Sequence[np.ndarray],
    ids: Sequence[Sequence[str]],
    days: Sequence[Any],
) -> np.ndarray:
    """``amount`` of ``flows`` by arc and day; ``ends`` are an arc's positions in ``ids``."""
    amounts = np.zeros((ends[0].size, len(days)))
    keys = ["from_id", "to_id", "subject_id"]
    names = {
        key: pl.Series(known, dtype=pl.String).gather(end)
        for key, known, end in zip(keys, ids, ends, strict=True)
    }
    arcs = pl.DataFrame(names).with_row_index("arc")
    found = flows.join(arcs, on=keys, how="inner")
    amounts[found["arc"].to_numpy(), codes(found["date"], days)] = found["announced"]
    return amounts


def amounts_on_arcs(instance: Instance, rows: pl.DataFrame, amount: str) -> np.ndarray:
    """``amount`` of rows of zone_id, institution_id, class_id, date, by arc and day."""
    arcs, names = instance.arcs, instance.names
    named = rows.filter(pl.col("date").is_in(names.days)).select(
        "date", from_id="zone_id", to_id="institution_id", subject_id="class_id", announced=amount
    )
    ends = (arcs.zone, arcs.institution, arcs.care)
    return on_arcs(named, ends, (names.zones, names.institutions, names.classes), names.days)


def _classes(frame: pl.DataFrame) -> Classes:
    rows = frame.sort("class_id").with_columns(pl.col("cost_change_patient").fill_null(0.0))
    columns = ("harm_weight", "elsewhere_limit", "cost_km", "mean_stay_days", "cost_change_patient")
    return Classes(*(rows[c].to_numpy() for c in columns))


def _resources(frame: pl.DataFrame, integer: Sequence[str]) -> Resources:
    rows = frame.sort("resource_id").with_columns(
        pl.col("whole").fill_null(False) | pl.col("resource_id").is_in(list(integer)),
        pl.col("least_move", "cost_move", "cost_change_unit").fill_null(0.0),
    )
    columns = ("crowding_weight", "occupancy_target", "retain_share", "lead_days", "cost_unit_km")
    more = ("cost_surge_day", "whole", "least_move", "cost_move", "cost_change_unit")
    return Resources(*(rows[c].to_numpy() for c in columns + more))


def _regions(
    frame: pl.DataFrame, key: str, ids: Sequence[str], regions: Sequence[str]
) -> np.ndarray:
    placed = pl.DataFrame({key: pl.Series(ids, dtype=pl.String)}).join(
        frame.select(key, "region_id"), on=key, how="left", maintain_order="left"
    )
    if placed.height != len(ids):
        raise InputRefused(f"{key} repeats where regions are looked up")
    return codes(placed["region_id"], regions)
