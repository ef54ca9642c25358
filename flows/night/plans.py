"""The two plans of a night: solved, verified, and stored with all that they were made from."""

from importlib.metadata import version

import polars as pl

from flows.night.earlier import earlier_plans
from flows.protect.veil import veil_of
from flows.store.audit_log import last
from flows.store.night import Night
from flows.store.settings import settings
from flows.store.warehouse import append, frames_of, opened, read, replace, replace_all
from optimization import models
from schemas import clean, ops
from schemas.assumptions.financing import FinancingAssumptions
from schemas.errors import SolverStopped
from schemas.events import words
from schemas.results import allocation as allocation_tables
from schemas.results import financing as financing_tables
from schemas.results import purchases as purchase_tables
from schemas.results.run import PlanRun, PlanSeconds
from schemas.table import Table, conform, empty, name
from transforms.inputs.allocation import planning_inputs, planning_start
from transforms.inputs.financing import financing_inputs
from transforms.inputs.purchases import purchase_inputs

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
    clean.Activity,
    clean.Finance,
    allocation_tables.AllocationLoad,
)
ALLOCATION = (*allocation_tables.INPUTS, *allocation_tables.RESULTS)
FINANCING = (*financing_tables.INPUTS, *financing_tables.RESULTS)
PURCHASES = (*purchase_tables.INPUTS, *purchase_tables.RESULTS)
PURCHASED_FROM: tuple[type[Table], ...] = (
    clean.Zone,
    clean.Institution,
    clean.Finance,
    *allocation_tables.INPUTS,
    allocation_tables.AllocationValue,
    financing_tables.FinancingPeriod,
    financing_tables.FinancingClaim,
    financing_tables.FinancingInstitution,
)


def allocation(night: Night) -> int:
    """Solve, verify and store who is treated where; a stopped solver leaves the last plan."""
    region = night.region
    _forget_alerts(night, "allocation")
    with opened(night.home) as con:
        tables = frames_of(con, PLANNED_FROM)
    start = planning_start(tables["capacity_estimate"], region.classes, night.date)
    inputs = planning_inputs(tables, region, night.date, earlier_plans(night, start))
    try:
        plan = models.ALLOCATION.solve({**tables, **inputs}, region, threads())
    except SolverStopped as stopped:
        return _stale(night, "allocation", str(stopped))
    _say_unreached(night, inputs)
    return _store(night, ALLOCATION, {**inputs, **plan.frames})


def financing(night: Night) -> int:
    """Solve, verify and store who pays; a stopped solver leaves the last budget."""
    region = night.region
    _forget_alerts(night, "financing")
    with opened(night.home) as con:
        tables = frames_of(con, _financed_from(region.financing))
        start = planning_start(read(con, clean.CapacityEstimate), region.classes, night.date)
    inputs = financing_inputs(tables, region.financing, start)
    if inputs["financing_institution"].is_empty():
        return _no_solve(night, "financing", FINANCING, inputs)
    try:
        plan = models.FINANCING.solve(inputs, region, threads())
    except SolverStopped as stopped:
        return _stale(night, "financing", str(stopped))
    return _store(night, FINANCING, {**inputs, **plan.frames})


def purchases(night: Night) -> int:
    """Choose what to buy, confirm what it averts, verify and store; a stopped solver leaves it."""
    region = night.region
    _forget_alerts(night, "purchases")
    if not region.financing.purchases:
        return _no_solve(night, "purchases", PURCHASES, {})
    with opened(night.home) as con:
        tables = frames_of(con, PURCHASED_FROM)
    inputs = purchase_inputs(tables, region.financing, region.allocation.horizon_days)
    if tables["financing_period"].is_empty() or (inputs["purchase_request"]["priced"] == 0).all():
        return _no_solve(night, "purchases", PURCHASES, inputs)
    try:
        plan = models.PURCHASES.solve({**tables, **inputs}, region, threads())
    except SolverStopped as stopped:
        return _stale(night, "purchases", str(stopped))
    return _store(night, PURCHASES, {**inputs, **plan.frames})


def verify(night: Night) -> int:
    """Recompute the stored plan and budget, without the solver; returns rows recomputed.

    Raises:
        PlanRefused: naming what does not follow from the stored inputs.
    """
    with opened(night.home) as con:
        allocated = frames_of(con, (clean.Zone, clean.Institution, *ALLOCATION, PlanRun))
        financed = frames_of(con, (clean.Zone, clean.Institution, *FINANCING, PlanRun))
        bought = frames_of(con, (*PURCHASES, financing_tables.FinancingPeriod, PlanRun))
    rows = 0
    if not allocated["allocation_demand"].is_empty():
        models.ALLOCATION.verify(allocated)
        rows += sum(allocated[name(table)].height for table in ALLOCATION)
    if not financed["financing_institution"].is_empty():
        models.FINANCING.verify(financed)
        rows += sum(financed[name(table)].height for table in FINANCING)
    if not bought["purchase_round"].is_empty():
        models.PURCHASES.verify(bought)
        rows += sum(bought[name(table)].height for table in PURCHASES)
    return rows


def about(night: Night) -> int:
    """Facts about the whole file: region, currency, night, how old the data are."""
    region = night.region
    with opened(night.home) as con:
        start = planning_start(read(con, clean.Capacity), region.classes, night.date)
        ((newest,),) = con.execute(
            "SELECT max(date) FROM clean.capacity WHERE resource_id IN "
            "(SELECT resource_id FROM results.allocation_use)"
        ).fetchall()
        facts = {
            "region": region.region,
            "name": region.name,
            "currency": region.currency,
            "timezone": region.timezone,
            "synthetic": str(region.synthetic).lower(),
            "night": night.date.isoformat(),
            "plan_from": start.isoformat(),
            "data_to": str(newest or ""),
            "data_age_days": str((night.date - newest).days) if newest else "",
            "horizon_days": str(region.allocation.horizon_days),
            "catchment_version": version("catchment"),
            "configuration_sha256": night.files.sha256,
            "restore_drill": _drilled(night),
            "disclosure": region.disclosure,
            "patient_feeds": ",".join(f.feed for f in night.files.feeds if f.patient_data),
            "estimates": "tables of results are plans and forecasts: estimates, not counts",
            "pseudonym_key": key.key_id
            if (key := veil_of(night.home, night.files).seal())
            else "none",
        }
        frame = pl.DataFrame({"item": list(facts), "value": list(facts.values())})
        return replace(con, ops.RegionInfo, conform(ops.RegionInfo, frame))


def _drilled(night: Night) -> str:
    """When a backup was last restored and compared, and how long that took."""
    drill = last(night.home, "restore drill")
    return f"{drill.at} UTC, {drill.facts['seconds']} s" if drill else "never"


def threads() -> int:
    """Threads that the solver may use."""
    return settings().threads


def _financed_from(assumed: FinancingAssumptions) -> tuple[type[Table], ...]:
    """Tables that the financing reads; encounters only where a tariff pays for them."""
    return (*FINANCED_FROM, clean.Encounter) if assumed.base_rates else FINANCED_FROM


def _store(night: Night, tables: tuple[type[Table], ...], frames: Frames) -> int:
    with opened(night.home) as con:
        stored = {table: conform(table, frames[name(table)]) for table in tables}
        for table in (PlanRun, PlanSeconds):
            stored[table] = _beside(read(con, table), frames[name(table)])
        return replace_all(con, stored)


def _no_solve(night: Night, model: str, tables: tuple[type[Table], ...], inputs: Frames) -> int:
    """Nothing to decide: what was read is kept, no result is, and no run of ``model``."""
    with opened(night.home) as con:
        runs = read(con, PlanRun).filter(pl.col("model") != model)
        stored = {t: conform(t, inputs[name(t)]) if name(t) in inputs else empty(t) for t in tables}
        return replace_all(con, {**stored, PlanRun: runs})


def _beside(stored: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    """``new`` in place of the same models' rows."""
    return pl.concat([stored.join(new, on="model", how="anti"), new])


def _say_unreached(night: Night, inputs: Frames) -> None:
    """An alert for each class whose patients, in some zones, no institution may admit."""
    wanted = inputs["allocation_demand"].filter(pl.col("mean") > 0)
    key = ["zone_id", "class_id"]
    alone = wanted.select(key).unique().join(inputs["allocation_arc"], on=key, how="anti")
    counted = alone.group_by("class_id").len("zones").sort("class_id")
    for class_id, zones in counted.rows():
        _alert(
            night,
            "nobody_in_reach",
            class_id,
            words("nobody_in_reach", {"count": zones}),
        )


def _stale(night: Night, model: str, reason: str) -> int:
    _alert(night, "plan_stale", model, words("plan_stale", {"detail": reason}))
    return 0


def _forget_alerts(night: Night, model: str) -> None:
    """What an earlier attempt at this night said of ``model``: this one says it again, or not."""
    with opened(night.home) as con:
        con.execute(
            "DELETE FROM ops.alert WHERE run_key = ? AND (rule = 'plan_stale' AND subject = ? "
            "OR rule = 'nobody_in_reach' AND ? = 'allocation')",
            [night.run_key, model, model],
        )


def _alert(night: Night, rule: str, subject: str, message: str) -> None:
    row = {"run_key": night.run_key, "rule": rule, "subject": subject, "message": message}
    with opened(night.home) as con:
        append(con, ops.Alert, conform(ops.Alert, pl.DataFrame([row])))
