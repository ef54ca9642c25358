"""Outcomes as tables: by region and day, in all, and the institutions that were made worse."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from optimization.allocation import results
from optimization.allocation.accounting import PolicyOutcome
from optimization.allocation.inputs import Instance
from optimization.allocation.outcome import Truth
from optimization.allocation.outcome.paper import on_its_days
from schemas.results.outcome import PlanOutcome, PlanOutcomeDay, PlanOutcomeInstitution
from schemas.table import check, conform

Tables = Mapping[str, pl.DataFrame]
ALL = "all"
DECIMALS = 9
LEAST = 1e-6
HARMS = ("harm_usual", "harm_promised", "harm_realised", "harm_hindsight")
OUTCOMES = ("plan_outcome", "plan_outcome_day", "plan_outcome_institution")


def outcome_tables(truth: Truth, plan: Tables, facts: Mapping[str, object]) -> Tables:
    """The outcome of a plan.

    Args:
        truth: from ``came_true``.
        plan: the plan's kept tables by name.
        facts: planned_on, demand_expectation, realised_by and input_hash: the same for all rows.

    Returns:
        results.plan_outcome, plan_outcome_day and plan_outcome_institution, by name.
    """
    told = [pl.lit(value).alias(column) for column, value in facts.items()]
    days = by_area_and_day(truth, plan).with_columns(told)
    summed = (
        days.group_by("area", maintain_order=True)
        .agg(
            pl.col(HARMS).sum().round(DECIMALS),
            first_day=pl.col("date").min(),
            last_day=pl.col("date").max(),
        )
        .with_columns(told)
    )
    made = {
        PlanOutcome: judged(summed),
        PlanOutcomeDay: days,
        PlanOutcomeInstitution: made_worse(truth).with_columns(told),
    }
    tables = {t: check(t, conform(t, frame)) for t, frame in made.items()}
    return dict(zip(OUTCOMES, tables.values(), strict=True))


def judged(frame: pl.DataFrame) -> pl.DataFrame:
    """``frame`` with regret and the kept share, from its harms."""
    gained = pl.col("harm_usual") - pl.col("harm_realised")
    could = pl.col("harm_usual") - pl.col("harm_hindsight")
    return frame.with_columns(
        regret=pl.col("harm_realised") - pl.col("harm_hindsight"),
        kept_share=pl.when(could > LEAST).then(gained / could),
    )


def by_area_and_day(truth: Truth, plan: Tables) -> pl.DataFrame:
    """area, date | the four harms; ``all`` is the sum of the regions."""
    came = truth.came
    found = {
        "harm_usual": _harm(came, truth.usual),
        "harm_promised": promised(came, plan),
        "harm_realised": _harm(came, truth.realised),
        "harm_hindsight": _harm(came, truth.hindsight),
    }
    names, horizon = came.names, came.horizon
    rows = pl.DataFrame(
        {
            "area": np.repeat(np.array(names.regions, dtype=object), horizon).tolist(),
            "date": names.days * len(names.regions),
            **{harm: by_day.ravel() for harm, by_day in found.items()},
        },
        schema={"area": pl.String, "date": pl.Date, **dict.fromkeys(HARMS, pl.Float64)},
    )
    sums = {harm: by_day.sum(axis=0) for harm, by_day in found.items()}
    total = pl.DataFrame({"area": [ALL] * horizon, "date": names.days, **sums})
    return pl.concat([rows, total]).with_columns(pl.col(HARMS).round(DECIMALS))


def _harm(instance: Instance, result: PolicyOutcome) -> np.ndarray:
    """Z1 by region and day, points."""
    missed = np.einsum("oct,ct->ot", result.unmet, instance.harm_unmet)
    crowded = np.einsum("irt,r->it", result.crowding, instance.resources.harm)
    return _by_region(instance, missed, crowded)


def _by_region(instance: Instance, missed: np.ndarray, crowded: np.ndarray) -> np.ndarray:
    found = np.zeros((len(instance.names.regions), instance.horizon))
    np.add.at(found, instance.zone_region, missed)
    np.add.at(found, instance.institution_region, crowded)
    return found


def promised(instance: Instance, plan: Tables) -> np.ndarray:
    """What the plan said of the same days, by region and day, points."""
    unmet = on_its_days(plan["allocation_unmet"], "unmet_patients", instance.names)
    crowding = on_its_days(plan["allocation_load"], "crowding", instance.names)
    missed = np.einsum("oct,ct->ot", unmet, instance.harm_unmet)
    crowded = np.einsum("irt,r->it", crowding, instance.resources.harm)
    return _by_region(instance, missed, crowded)


def made_worse(truth: Truth) -> pl.DataFrame:
    """Institutions and resources with more crowding than as usual, over all days."""
    came = truth.came
    usual, realised = truth.usual.crowding.sum(axis=2), truth.realised.crowding.sum(axis=2)
    usual, realised = usual.round(DECIMALS), realised.round(DECIMALS)
    worse = (realised - usual).round(DECIMALS)
    entries = np.argwhere(worse > LEAST)
    at = tuple(entries.T)
    names = came.names
    return pl.DataFrame(
        {
            "institution_id": [names.institutions[i] for i in entries[:, 0].tolist()],
            "resource_id": [names.resources[r] for r in entries[:, 1].tolist()],
            "usual_unit_days": usual[at],
            "realised_unit_days": realised[at],
            "worse_unit_days": worse[at],
            "worse_harm": (worse * came.resources.harm[None, :])[at].round(DECIMALS),
        },
        schema_overrides={"institution_id": pl.String, "resource_id": pl.String},
    )


def followed(truth: Truth) -> dict[str, Tables]:
    """What each way of deciding did, as tables for the verification: admission, unmet, move, load.

    What was reported follows from no decision: it is left out.
    """
    ways = {"usual": truth.usual, "realised": truth.realised, "hindsight": truth.hindsight}
    if truth.reported:
        ways.pop("realised")
    return {way: _tables(truth, result) for way, result in ways.items()}


def _tables(truth: Truth, result: PolicyOutcome) -> Tables:
    made = np.argwhere(result.move > 0).shape[0]
    return {
        "admission": results.admission(truth.came, result),
        "unmet": results.unmet(truth.came, result),
        "move": results.move(truth.came, result, [None] * made),
        "load": results.load(truth.came, result, truth.usual),
    }
