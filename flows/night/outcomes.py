"""The night's step that says whether the plans of earlier nights came true."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb
import polars as pl

from flows.publish.keep import PublishedNight, nights, published_nights
from flows.store.files import file_hash
from flows.store.home import settings
from flows.store.night import Night
from flows.store.warehouse import opened, qualified, read
from optimization.allocation.outcome import came_true
from optimization.allocation.outcome.tables import followed, outcome_tables
from optimization.solver import SolveSettings, input_hash
from optimization.verify.outcome import verify_followed, verify_outcome
from schemas import clean, ops
from schemas.assumptions.region import Region
from schemas.events import words
from schemas.results import allocation as allocation_tables
from schemas.results.outcome import TABLES, PlanOutcomeInstitution
from schemas.table import Table, conform, empty, key, name, polars_schema
from transforms.inputs.allocation import planning_start
from transforms.inputs.allocation.came import came

Frames = Mapping[str, pl.DataFrame]
MAKES: tuple[type[Table], ...] = (*TABLES, ops.Alert)
READS: tuple[type[Table], ...] = (
    clean.Zone,
    clean.Institution,
    clean.Resource,
    clean.CapacityEstimate,
    clean.Encounter,
)
OTHERS = ("the region's file", "plans of the nights that were kept", "outcomes told before")
# What a plan is judged by: all that it read and decided.
PLAN: tuple[type[Table], ...] = (
    *allocation_tables.INPUTS,
    allocation_tables.AllocationAdmission,
    allocation_tables.AllocationUnmet,
    allocation_tables.AllocationTransfer,
    allocation_tables.AllocationMove,
    allocation_tables.AllocationLoad,
    clean.Zone,
    clean.Institution,
)


@dataclass(frozen=True, slots=True, eq=False)
class KeptPlan:
    """A plan of an earlier night: what it read and decided, by name; ``seal`` names it."""

    night: date
    tables: Frames
    seal: str

    @property
    def days(self) -> tuple[date, date]:
        """The first day planned and the last."""
        dates = self.tables["allocation_capacity"]["date"]
        return dates.min(), dates.max()  # type: ignore[return-value]


def outcomes(night: Night, frames: Frames) -> Frames:
    """results.plan_outcome and its parts, and an alert for each plan that made someone worse off.

    Of plans that are carried out, a day counts that was planned by no later night.

    Raises:
        PlanRefused: an outcome does not follow from the plan and what came.
    """
    last = planning_start(frames["capacity_estimate"], night.region.classes, night.date)
    last -= timedelta(days=1)
    known, found = told_before(night), []
    until = date.max
    for plan in reversed(kept_plans(night)):
        first, end = plan.days
        end = min(end, last, until - timedelta(days=1))
        if first <= end:
            found.append(judged(plan, frames, night.region, (first, end), known))
        if night.region.allocation.carried_out:
            until = min(until, first)
    made = {
        name(t): conform(t, pl.concat([empty(t), *(tables[name(t)] for tables in found)]))
        for t in TABLES
    }
    verify_outcome(made)
    worse = made["plan_outcome_institution"]
    known_ones = worse.join(frames["institution"], on="institution_id", how="semi")
    made["plan_outcome_institution"] = known_ones.sort(key(PlanOutcomeInstitution))
    return {**made, "alert": alerts(made["plan_outcome_institution"])}


def judged(
    plan: KeptPlan, frames: Frames, region: Region, days: tuple[date, date], known: Frames
) -> Frames:
    """The outcome of ``plan`` on ``days``, from ``known`` where nothing changed since.

    Raises:
        PlanRefused: it does not follow from the plan and what came.
    """
    truth_came = came(plan.tables, frames, region, *days)
    seal = input_hash({**truth_came, "plan": plan.seal, "region": region.allocation.model_dump()})
    same = known["plan_outcome"].filter(planned_on=plan.night, input_hash=seal)
    if same.height:
        return {t: frame.filter(planned_on=plan.night) for t, frame in known.items()}
    places = plan.tables["zone"], plan.tables["institution"]
    limits = SolveSettings(region.allocation.time_limit_s, settings().threads)
    truth = came_true(plan.tables, truth_came, places, region.allocation, limits)
    realised_by = "reports" if truth.reported else "paper"
    facts = {"planned_on": plan.night, "realised_by": realised_by, "input_hash": seal}
    tables = outcome_tables(truth, plan.tables, facts)
    verify_followed(plan.tables, truth_came, followed(truth), tables)
    return tables


def told_before(night: Night) -> Frames:
    """What the last night told, from the warehouse."""
    with opened(night.home) as con:
        return {name(table): read(con, table) for table in TABLES}


def kept_plans(night: Night) -> list[KeptPlan]:
    """Plans of the kept nights before this one, oldest first, of each night the newest.

    A kept file that is damaged, or that another version wrote, tells nothing.
    """
    newest = {kept.night: kept for kept in published_nights(night.home)}
    asked = sorted(day for day in newest if day and day < night.date.isoformat())
    return [plan for day in asked if (plan := _plan(night, newest[day])) is not None]


def _plan(night: Night, kept: PublishedNight) -> KeptPlan | None:
    file = nights(night.home) / f"{kept.stem}.duckdb"
    if not file.is_file() or file_hash(file) != kept.sha256:
        return None
    with duckdb.connect(str(file), read_only=True) as con:
        if not all(_known(con, table) for table in PLAN):
            return None
        tables = {name(t): conform(t, con.sql(f"FROM {qualified(t)}").pl()) for t in PLAN}
    if tables["allocation_capacity"].is_empty():
        return None
    return KeptPlan(date.fromisoformat(kept.night), tables, kept.sha256)


def _known(con: duckdb.DuckDBPyConnection, table: type[Table]) -> bool:
    try:
        columns = con.sql(f"FROM {qualified(table)} LIMIT 0").columns
    except duckdb.CatalogException:
        return False
    return columns == polars_schema(table).names()


def alerts(worse: pl.DataFrame) -> pl.DataFrame:
    """An alert for each plan that made institutions more crowded than as usual."""
    counted = worse.group_by("planned_on").agg(pl.col("institution_id").n_unique())
    rule = "institutions_made_worse"
    rows = [
        {"rule": rule, "subject": on.isoformat(), "message": words(rule, {"count": count})}
        for on, count in counted.sort("planned_on").rows()
    ]
    return conform(ops.Alert, pl.DataFrame(rows)) if rows else empty(ops.Alert)
