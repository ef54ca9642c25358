"""An instance built, solved and followed through."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyomo.environ as pyo

from optimization.allocation.accounting import (
    PolicyOutcome,
    as_usual,
    policy_outcome,
)
from optimization.allocation.inputs import Instance
from optimization.allocation.model import build, surges, tier_names
from optimization.solver import SolveRecord, SolveSettings, solve_fixed, solve_tiers

DECIMALS = 9
LEAST = 1e-7


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """What a solved model decides, and how it was solved; are its first days held?"""

    plan: PolicyOutcome
    record: SolveRecord
    held: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class FirstDays:
    """Decisions of the first ``days``, by day: ``admit`` by arc, ``move`` by move arc, ``surge`` by
    institution and resource.
    """

    days: int
    admit: np.ndarray
    move: np.ndarray
    surge: np.ndarray


def solve(
    instance: Instance,
    settings: SolveSettings,
    inputs: Mapping[str, object],
    first: FirstDays | None = None,
    tiers: Sequence[str] | None = None,
) -> Solved:
    """Build and solve the model of ``instance``, all its tiers or some, and follow its plan
    through; where ``first`` is given, with the first days' decisions held to it.
    """
    start = time.monotonic()
    model = build(instance)
    if first is not None:
        _held(instance, model, first)
    built = time.monotonic() - start
    record = solve_tiers(model, tiers or tier_names(instance), settings, inputs, built)
    return Solved(decided(instance, model, first), record, first is not None)


def _held(instance: Instance, model: pyo.ConcreteModel, first: FirstDays) -> None:
    for variable, amounts in (
        (model.admit, first.admit),
        (model.move, first.move),
        (model.surge, first.surge[surges(instance)]),
    ):
        for one, amount in zip(variable.values(), amounts.ravel().tolist(), strict=True):
            if one.index()[-1] <= first.days:
                one.setlb(amount)
                one.setub(amount)


def turned_away(instance: Instance, solved: Solved, settings: SolveSettings) -> PolicyOutcome:
    """The policy ``turn_away``: the same model with elsewhere, move and surge held at 0.

    Where every class is dearer to turn away than to crowd in, it turns nobody away: a patient
    left out spares at most the crowding of the days in bed. It is then the status quo.
    """
    if (instance.classes.harm > instance.use @ instance.resources.harm).all():
        return as_usual(instance)
    free = solve(instance, settings, {}) if solved.held else solved
    solve_fixed(free.record, ("elsewhere", "move", "moved", "surge"), settings)
    return decided(instance, free.record.source)


def decided(
    instance: Instance, model: pyo.ConcreteModel, first: FirstDays | None = None
) -> PolicyOutcome:
    """What a solved model decides, without the solver's noise; on the first days as held."""
    admit, move, surge = amounts_decided(instance, model)
    if first is None:
        return policy_outcome(instance, admit, move, surge)
    early = np.arange(instance.horizon) < first.days
    return policy_outcome(
        instance,
        np.where(early, first.admit, admit),
        np.where(early, first.move, move),
        np.where(early, first.surge, surge),
        first.days,
    )


def amounts_decided(
    instance: Instance, model: pyo.ConcreteModel
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """``admit``, ``move`` and ``surge`` of a solved model, without the solver's noise."""
    days = instance.horizon
    admit = _values(model.admit).reshape(-1, days)
    unmet = np.zeros_like(instance.demand)
    unmet[instance.served] = _values(model.unmet).reshape(-1, days)
    surge = np.zeros_like(instance.capacity)
    surge[surges(instance)] = _values(model.surge).reshape(-1, days)
    move = tidied(_values(model.move).reshape(-1, days))
    return settled_admissions(instance, admit, unmet), move, surge


def _values(variable: pyo.Var) -> np.ndarray:
    return np.fromiter((v.value for v in variable.values()), float, len(variable))


def settled_admissions(instance: Instance, admit: np.ndarray, unmet: np.ndarray) -> np.ndarray:
    """Admissions (arc x day) without amounts below ``LEAST``, to the billionth of a patient.

    What this takes from or adds to a zone, class and day goes to its largest admission, so that
    admitted and unmet still add up to demand.
    """
    tidy = tidied(admit)
    arcs = instance.arcs
    wanted = instance.demand - tidied(unmet)
    total = np.zeros_like(instance.demand)
    np.add.at(total, (arcs.zone, arcs.care), tidy)
    most = np.zeros_like(instance.demand)
    np.maximum.at(most, (arcs.zone, arcs.care), tidy)
    largest = tidy == most[arcs.zone, arcs.care]
    first = np.full(instance.demand.shape, arcs.zone.size)
    order = np.where(largest, np.arange(arcs.zone.size)[:, None], arcs.zone.size)
    np.minimum.at(first, (arcs.zone, arcs.care), order)
    takes = first[arcs.zone, arcs.care] == np.arange(arcs.zone.size)[:, None]
    missing = (wanted - total)[arcs.zone, arcs.care]
    return np.maximum(np.where(takes, tidy + missing, tidy), 0.0)


def tidied(amounts: np.ndarray) -> np.ndarray:
    """Amounts to the billionth; those below ``LEAST`` are 0."""
    return np.where(amounts < LEAST, 0.0, amounts.round(DECIMALS))
