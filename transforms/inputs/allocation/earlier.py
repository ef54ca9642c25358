"""What earlier nights planned, as tonight's starting point: under way, already sent, announced."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from schemas.results.allocation import (
    AllocationAnnounced,
    AllocationAnnouncedDay,
    AllocationCapacity,
    AllocationMove,
    AllocationSent,
    AllocationUnderWay,
    flows,
)
from schemas.table import conform, empty
from transforms.exact import exact_sum

DECIMALS = 9
LEAST = 1e-6
GIVER = ["from_institution_id", "resource_id"]
GIVEN = (pl.col("institution_id").alias("from_institution_id"), pl.col("resource_id"))
MOVED = [*GIVER, "to_institution_id", "date", "arrives", "units"]
PLACES = ("institution_id", "from_institution_id", "to_institution_id")
CELL = ["institution_id", "resource_id"]
CARE = ["institution_id", "class_id", "date"]


@dataclass(frozen=True, slots=True)
class EarlierPlan:
    """A plan of an earlier night: its days ``first`` to ``last``, in force before ``until``.

    ``tables`` has, by name, what it published as allocation_transfer, _move, _capacity,
    _admission, _unmet and _arc; of the last four no more than the days in force are needed.
    """

    night: date
    first: date
    last: date
    until: date
    tables: Mapping[str, pl.DataFrame]


def of_known(plan: EarlierPlan, institutions: pl.Series) -> EarlierPlan:
    """The plan without the rows of institutions that the region no longer knows.

    One that closed is known still: what was announced of it is told as withdrawn. One that was
    forgotten, or never should have been there, is named no more.
    """
    known = institutions.implode()
    tables = dict(plan.tables)
    for table, frame in plan.tables.items():
        for column in (c for c in PLACES if c in frame.columns):
            tables[table] = tables[table].filter(pl.col(column).is_in(known))
    return replace(plan, tables=tables)


def announced(
    plans: Sequence[EarlierPlan], days: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What the newest of ``plans`` (oldest first) announced for the days planned tonight.

    Args:
        plans: of earlier nights.
        days: day, date, from ``calendar.plan_days``.

    Returns:
        results.allocation_announced_day and results.allocation_announced.
    """
    if not plans:
        return empty(AllocationAnnouncedDay), empty(AllocationAnnounced)
    plan = plans[-1]
    dates = days.filter(pl.col("date").is_between(plan.first, plan.last)).select("date")
    told = dates.with_columns(announced_on=pl.lit(plan.night))
    remaining = flows(plan.tables).join(dates, on="date", how="semi")
    remaining = remaining.rename({"amount": "announced"})
    return conform(AllocationAnnouncedDay, told), conform(AllocationAnnounced, remaining)


def under_way(plans: Sequence[EarlierPlan], units: pl.DataFrame, start: date) -> pl.DataFrame:
    """Units that left before ``start`` and are in use again on that day or later.

    Since the plan of its oldest move, a giver should have fewer by what left and more by what
    came; what its newest report has above that is ``unreported``, shared among its moves. Moves
    to or from an institution that takes no part tonight are left out.

    Args:
        plans: of earlier nights, oldest first.
        units: from ``calendar.units_today``.
        start: the first day planned tonight.

    Returns:
        results.allocation_under_way.
    """
    left = pl.concat([empty(AllocationMove).select(MOVED), *(_left(plan) for plan in plans)])
    takers = units.select(to_institution_id="institution_id").unique()
    givers = units.select("resource_id", "service", from_institution_id="institution_id")
    moves = (
        left.filter(pl.col("arrives") >= start)
        .join(takers, on="to_institution_id", how="semi")
        .join(givers, on=GIVER)
        .join(_should_have(plans, left, start), on=GIVER)
    )
    gone = exact_sum("units", DECIMALS).over(GIVER)
    extra = pl.min_horizontal((pl.col("service") - pl.col("should_have")).clip(0.0), gone)
    unreported = (pl.col("units") * extra / gone).round(DECIMALS)
    return conform(AllocationUnderWay, moves.with_columns(unreported=unreported))


def with_under_way(capacity: pl.DataFrame, moves: pl.DataFrame) -> pl.DataFrame:
    """results.allocation_capacity with the units of ``under_way``: added from the day on which
    they arrive, taken off the giver as far as its report still has them.
    """
    come = moves.select("resource_id", "units", institution_id="to_institution_id", since="arrives")
    less = moves.select(
        "resource_id",
        units=-pl.col("unreported"),
        institution_id="from_institution_id",
        since="date",
    )
    changes = pl.concat([come, less.select(come.columns)])
    by_day = (
        capacity.select(*CELL, "date")
        .join(changes, on=CELL)
        .filter(pl.col("date") >= pl.col("since"))
        .group_by(*CELL, "date")
        .agg(change=exact_sum("units", DECIMALS))
    )
    both = capacity.join(by_day, on=[*CELL, "date"], how="left", maintain_order="left")
    service = pl.col("in_service") + pl.col("change").fill_null(0.0)
    return both.with_columns(in_service=service.round(DECIMALS).clip(lower_bound=0.0)).select(
        capacity.columns
    )


def sent(plans: Sequence[EarlierPlan], seen: pl.DataFrame, start: date) -> pl.DataFrame:
    """Patients whom ``plans`` sent to institutions, or away, since those last reported.

    Args:
        plans: of earlier nights, oldest first.
        seen: institution_id, class_id | seen (the last day of which its report tells).
        start: the first day planned tonight.

    Returns:
        results.allocation_sent.
    """
    frames = [beyond_usual(plan.tables).filter(pl.col("date") < plan.until) for plan in plans]
    if not frames:
        return empty(AllocationSent)
    fresh = pl.col("date").is_between(pl.col("seen"), start, closed="none")
    rows = pl.concat(frames).join(seen, on=["institution_id", "class_id"]).filter(fresh)
    return conform(AllocationSent, rows.filter(pl.col("patients_per_day").abs() > LEAST))


def with_sent(
    census: pl.DataFrame, moved: pl.DataFrame, stay: pl.DataFrame, days: pl.DataFrame
) -> pl.DataFrame:
    """results.allocation_census with those of ``sent`` who are expected to be in still.

    Args:
        census: results.allocation_census.
        moved: results.allocation_sent.
        stay: class_id, day | staying_share, from ``stay.lasting``.
        days: day, date, from ``calendar.plan_days``.

    Returns:
        results.allocation_census, never below 0.
    """
    by_day = (
        moved.rename({"date": "admitted"})
        .join(days.select("date"), how="cross")
        .with_columns(day=(pl.col("date") - pl.col("admitted")).dt.total_days())
        .join(stay.select("class_id", "day", "staying_share"), on=["class_id", "day"])
        .group_by(CARE)
        .agg(more=exact_sum(pl.col("patients_per_day") * pl.col("staying_share"), DECIMALS))
    )
    both = census.join(by_day, on=CARE, how="full", coalesce=True)
    patients = pl.col("patients").fill_null(0.0) + pl.col("more").fill_null(0.0)
    rows = both.select(*CARE, patients=patients.clip(lower_bound=0.0))
    return rows.sort(CARE)


def _left(plan: EarlierPlan) -> pl.DataFrame:
    """Moves that left while the plan was in force."""
    return plan.tables["allocation_move"].filter(pl.col("date") < plan.until).select(MOVED)


def _should_have(plans: Sequence[EarlierPlan], left: pl.DataFrame, start: date) -> pl.DataFrame:
    """Units that each giver of a move under way has, if all went as planned since that plan."""
    frames = [empty(AllocationCapacity).select(*GIVEN, "date", had="in_service")]
    for plan in plans:
        on_first = plan.tables["allocation_capacity"].filter(pl.col("date") == plan.first)
        had = on_first.select(*GIVEN, "date", had="in_service")
        moving = _left(plan).filter(pl.col("arrives") >= start)
        frames.append(had.join(moving.select(GIVER), on=GIVER, how="semi"))
    since = pl.concat(frames).sort(*GIVER, "date").unique(GIVER, keep="first")
    gone = left.select(*GIVER, on="date", change=-pl.col("units"))
    come = left.filter(pl.col("arrives") < start).select(
        "resource_id",
        from_institution_id="to_institution_id",
        on="arrives",
        change="units",
    )
    changes = pl.concat([gone, come.select(gone.columns)])
    by_giver = (
        since.join(changes, on=GIVER)
        .filter(pl.col("on") >= pl.col("date"))
        .group_by(GIVER)
        .agg(change=exact_sum("change", DECIMALS))
    )
    return since.join(by_giver, on=GIVER).select(
        *GIVER, should_have=pl.col("had") + pl.col("change")
    )


def beyond_usual(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Admissions of a plan less those as usual, by institution, class and day.

    ``tables`` has allocation_admission, _unmet and _arc.
    """
    usual = tables["allocation_arc"].filter(pl.col("usual") > 0)
    expected = usual.join(tables["allocation_unmet"], on=["zone_id", "class_id"]).select(
        *CARE, patients_per_day=-pl.col("usual") * pl.col("demand_patients")
    )
    both = pl.concat([tables["allocation_admission"].select(*CARE, "patients_per_day"), expected])
    return both.group_by(CARE).agg(exact_sum("patients_per_day", DECIMALS))
