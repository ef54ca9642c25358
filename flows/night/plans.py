"""The two plans of a night: solved, verified, and stored with all that they were made from."""

from collections.abc import Iterable

import polars as pl

from flows.warehouse import Connection, read
from schemas import clean
from schemas.base import Table, name
from schemas.results import allocation as allocation_tables
from schemas.results import financing as financing_tables

Frames = dict[str, pl.DataFrame]
PLANNED_FROM: tuple[type[Table], ...] = (
    clean.Zone,
    clean.Institution,
    clean.Resource,
    clean.CareClass,
    clean.CapacityEstimate,
    clean.Activity,
    clean.Encounter,
    clean.Travel,
)
FINANCED_FROM: tuple[type[Table], ...] = (
    clean.Zone,
    clean.Institution,
    clean.Population,
    clean.Finance,
    allocation_tables.AllocationLoad,
)
ALLOCATION = (*allocation_tables.INPUTS, *allocation_tables.RESULTS)
FINANCING = (*financing_tables.INPUTS, *financing_tables.RESULTS)


def frames_of(con: Connection, tables: Iterable[type[Table]]) -> Frames:
    """Tables of the warehouse by name."""
    return {name(table): read(con, table) for table in tables}


def allocation(night: Night) -> int:
    """Solve, verify and store who is treated where; a stopped solver leaves the last plan."""
    region = night.region
    with opened(night.home) as con:
        tables = frames_of(con, PLANNED_FROM)
    inputs = planning_inputs(tables, region, night.date)
    try:
        plan = allocation_model.plan(
            inputs, tables["zone"], tables["institution"], region.allocation, threads=threads()
        )
    except SolverStopped as stopped:
        return _stale(night, "allocation", str(stopped))
    return _store(night, "allocation", ALLOCATION, {**inputs, **plan.frames}, plan)


def financing(night: Night) -> int:
    """Solve, verify and store who pays; a stopped solver leaves the last budget."""
    region = night.region
    with opened(night.home) as con:
        tables = frames_of(con, FINANCED_FROM)
    inputs = financing_inputs(tables, region.financing, night.date)
    try:
        plan = financing_model.plan(inputs, threads=threads())
    except SolverStopped as stopped:
        return _stale(night, "financing", str(stopped))
    return _store(night, "financing", FINANCING, {**inputs, **plan.frames}, plan)
