"""A night's plans: for each model its inputs, made from the night's tables, and its results.

What the nights before planned is read from the files that were kept of them.
"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta

import duckdb
import polars as pl

from flows.publish.keep import PublishedNight, nights, published_nights
from flows.store.files import file_hash
from flows.store.home import settings
from flows.store.night import Night
from flows.store.warehouse import qualified
from optimization.models import ALLOCATION, FINANCING, MODELS, PURCHASES, Model
from optimization.verify.forecast import verify_forecast
from schemas import clean, ops, regional
from schemas.assumptions.region import Region
from schemas.errors import SolverStopped
from schemas.events import words
from schemas.results.allocation import (
    AllocationAdmission,
    AllocationArc,
    AllocationCapacity,
    AllocationLoad,
    AllocationMove,
    AllocationTransfer,
    AllocationUnmet,
    AllocationValue,
)
from schemas.results.financing import FinancingClaim, FinancingInstitution, FinancingPeriod
from schemas.results.run import PlanRun, PlanSeconds
from schemas.table import Table, conform, empty, name, polars_schema
from transforms.inputs.allocation import EarlierPlan, planning_inputs, planning_start
from transforms.inputs.allocation.earlier import of_known
from transforms.inputs.financing import financing_inputs
from transforms.inputs.purchases import purchase_inputs

Frames = Mapping[str, pl.DataFrame]
Tables = tuple[type[Table], ...]
# What each model's inputs are made from.
MADE_FROM: dict[str, Tables] = {
    ALLOCATION.name: (
        clean.Zone,
        clean.Institution,
        clean.Resource,
        clean.CareClass,
        clean.CapacityEstimate,
        clean.Encounter,
        clean.Travel,
        regional.DemandForecast,
    ),
    FINANCING.name: (
        clean.Zone,
        clean.Institution,
        clean.Population,
        clean.Activity,
        clean.Finance,
        clean.CapacityEstimate,
        clean.Encounter,
        AllocationLoad,
    ),
    PURCHASES.name: (
        clean.Institution,
        clean.CapacityEstimate,
        clean.Finance,
        AllocationValue,
        FinancingPeriod,
        FinancingClaim,
        FinancingInstitution,
    ),
}
OTHERS = {ALLOCATION.name: ("plans of the nights that were kept",)}
PLANNED: tuple[type[Table], ...] = (AllocationTransfer, AllocationMove)
IN_FORCE: tuple[type[Table], ...] = (AllocationCapacity, AllocationAdmission, AllocationUnmet)
HABITS: tuple[type[Table], ...] = (AllocationArc,)


def reads_of(model: Model, region: Region | None) -> Tables:
    """Tables from which the model's inputs are made and that it is solved with.

    Without a region, all that any may need: encounters pay only by tariff, and where nothing may
    be bought nothing is read.
    """
    if region is not None and model is PURCHASES and not region.financing.purchases:
        return ()
    tables = dict.fromkeys((*MADE_FROM[model.name], *model.reads))
    if region is not None and model is FINANCING and not region.financing.base_rates:
        tables.pop(clean.Encounter)
    return tuple(tables)


def planned(model: Model, night: Night, frames: Frames) -> Frames:
    """The model's inputs and results, verified, and how it was solved; alerts.

    Where there is nothing to decide, inputs and no results; where the solver stopped, an alert
    alone, for the last plan stands.

    Raises:
        PlanRefused: a plan does not follow from its inputs.
    """
    found, anything = INPUTS[model.name](night, frames)
    if anything:
        try:
            plan = model.solve({**frames, **found}, night.region, settings().threads)
        except SolverStopped as stopped:
            said = words("plan_stale", {"detail": str(stopped)})
            return {"alert": _alerts([("plan_stale", model.name, said)])}
        last = pl.lit(_start(night, frames) - timedelta(days=1))
        run = plan.frames["plan_run"].with_columns(data_to=last)
        found = {**found, **plan.frames, "plan_run": run}
    tables: Tables = (*model.inputs, *model.results, PlanRun, PlanSeconds, ops.Alert)
    return {name(t): conform(t, found.get(name(t), empty(t))) for t in tables}


def _start(night: Night, frames: Frames) -> date:
    return planning_start(frames["capacity_estimate"], night.region.classes, night.date)


def verify(night: Night, frames: Frames) -> int:
    """Recompute each stored plan, without the solver; returns rows recomputed.

    Raises:
        PlanRefused: naming what does not follow from the stored inputs.
    """
    solved = frames["plan_run"]["model"].unique().to_list()
    asked = [model for model in MODELS if model.name in solved]
    for model in asked:
        model.verify(frames)
    verify_forecast(frames)
    return sum(frames[name(t)].height for m in asked for t in (*m.inputs, *m.results))


def _allocation_inputs(night: Night, frames: Frames) -> tuple[Frames, bool]:
    known = frames["institution"]["institution_id"]
    earlier = earlier_plans(night, _start(night, frames), known)
    inputs = planning_inputs(frames, night.region, night.date, earlier)
    alert = unreached(inputs["allocation_demand"], inputs["allocation_arc"])
    return {**inputs, "alert": alert}, True


def _financing_inputs(night: Night, frames: Frames) -> tuple[Frames, bool]:
    inputs = financing_inputs(frames, night.region.financing, _start(night, frames))
    return inputs, not inputs["financing_institution"].is_empty()


def _purchase_inputs(night: Night, frames: Frames) -> tuple[Frames, bool]:
    region = night.region
    if not region.financing.purchases:
        return {}, False
    inputs = purchase_inputs(frames, region.financing, region.allocation.horizon_days)
    worthless = (inputs["purchase_request"]["priced"] == 0).all()
    return inputs, not (worthless or frames["financing_period"].is_empty())


# Inputs by name, with alerts about them, and whether there is anything to decide.
INPUTS: dict[str, Callable[[Night, Frames], tuple[Frames, bool]]] = {
    ALLOCATION.name: _allocation_inputs,
    FINANCING.name: _financing_inputs,
    PURCHASES.name: _purchase_inputs,
}


def unreached(demand: pl.DataFrame, arc: pl.DataFrame) -> pl.DataFrame:
    """An alert for each class whose patients, in some zones, no institution may admit."""
    wanted = demand.filter(pl.col("mean") > 0)
    key = ["zone_id", "class_id"]
    alone = wanted.select(key).unique().join(arc, on=key, how="anti")
    counted = alone.group_by("class_id").len("zones").sort("class_id")
    return _alerts(
        [("nobody_in_reach", c, words("nobody_in_reach", {"count": n})) for c, n in counted.rows()]
    )


def _alerts(rows: list[tuple[str, str, str]]) -> pl.DataFrame:
    schema = dict.fromkeys(("rule", "subject", "message"), pl.String)
    return conform(ops.Alert, pl.DataFrame(rows, schema, orient="row"))


def earlier_plans(night: Night, start: date, known: pl.Series) -> list[EarlierPlan]:
    """Plans of the kept nights before this one, oldest first, the days in force before ``start``.

    A plan is in force from its first day until the first of the next one. The same night again
    starts from the night before, not from itself. A kept file that is damaged, or that another
    version wrote, tells nothing. Where plans are not carried out, only the newest is read.
    Institutions that are not ``known`` in the region any more, as one that was forgotten, are left
    out.
    """
    newest: dict[str, PublishedNight] = {}
    for kept in published_nights(night.home):
        if kept.night and kept.night < night.date.isoformat():
            newest[kept.night] = kept
    asked = sorted(newest)[0 if night.region.allocation.carried_out else -1 :]
    plans: list[EarlierPlan] = []
    until = start
    for key in reversed(asked):
        plan = _plan(night, newest[key], until)
        if plan is not None:
            plans.insert(0, of_known(plan, known))
            until = min(until, plan.first)
    return plans


def _plan(night: Night, kept: PublishedNight, until: date) -> EarlierPlan | None:
    file = nights(night.home) / f"{kept.stem}.duckdb"
    if not file.is_file() or file_hash(file) != kept.sha256:
        return None
    with duckdb.connect(str(file), read_only=True) as con:
        if not all(_known(con, table) for table in (*PLANNED, *IN_FORCE, *HABITS)):
            return None
        ((first, last),) = con.execute(
            f"SELECT min(date), max(date) FROM {qualified(AllocationCapacity)}"
        ).fetchall()
        if first is None:
            return None
        frames = {name(table): _read(con, table) for table in PLANNED}
        before = max(until, first + timedelta(days=1))
        frames |= {name(table): _read(con, table, before) for table in IN_FORCE}
        frames |= {name(table): _read(con, table) for table in HABITS}
    return EarlierPlan(date.fromisoformat(kept.night), first, last, until, frames)


def _known(con: duckdb.DuckDBPyConnection, table: type[Table]) -> bool:
    """Has the file the table, as this version writes it?"""
    try:
        columns = con.sql(f"FROM {qualified(table)} LIMIT 0").columns
    except duckdb.CatalogException:
        return False
    return columns == polars_schema(table).names()


def _read(
    con: duckdb.DuckDBPyConnection, table: type[Table], before: date | None = None
) -> pl.DataFrame:
    days = "" if before is None else f"WHERE date < DATE '{before.isoformat()}'"
    return conform(table, con.sql(f"FROM {qualified(table)} {days}").pl())
