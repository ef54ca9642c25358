"""An instance built, solved, and followed through."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyomo.environ as pyo

from optimization.allocation.accounting import Outcome, as_usual, outcome
from optimization.allocation.instance import Instance
from optimization.allocation.model import build, tier_names
from optimization.allocation.settle import settled_admissions, tidied
from optimization.solver import SolveRecord, SolveSettings, solve_fixed, solve_tiers


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """A solved model, what it decides, and how it was solved."""

    model: pyo.ConcreteModel
    plan: Outcome
    record: SolveRecord


def solve(instance: Instance, settings: SolveSettings, inputs: Mapping[str, object]) -> Solved:
    """Build and solve the model of ``instance``, and follow its plan through."""
    start = time.monotonic()
    model = build(instance)
    built = time.monotonic() - start
    record = solve_tiers(model, tier_names(instance), settings, inputs, built)
    return Solved(model, decided(instance, model), record)


def turned_away(instance: Instance, solved: Solved, settings: SolveSettings) -> Outcome:
    """The policy ``turn_away``: the same model with elsewhere, move and surge held at 0.

    Where every class is dearer to turn away than to crowd in, it turns nobody away: a patient
    left out spares at most the crowding of the days in bed. It is then the status quo.
    """
    if (instance.classes.harm > instance.use @ instance.resources.harm).all():
        return as_usual(instance)
    held = ("elsewhere", "move", "moved", "surge")
    solve_fixed(solved.model, solved.record, held, settings)
    return decided(instance, solved.model)


def decided(instance: Instance, model: pyo.ConcreteModel) -> Outcome:
    """What a solved model decides, without the solver's noise."""
    days = instance.horizon
    admit = _values(model.admit).reshape(-1, days)
    unmet = np.zeros_like(instance.demand)
    unmet[instance.served] = _values(model.unmet).reshape(-1, days)
    surge = np.zeros_like(instance.capacity)
    opens = instance.cells & (instance.surge_limit > 0).any(axis=2)
    surge[opens] = _values(model.surge).reshape(-1, days)
    move = tidied(_values(model.move).reshape(-1, days))
    return outcome(instance, settled_admissions(instance, admit, unmet), move, surge)


def _values(variable: pyo.Var) -> np.ndarray:
    return np.fromiter((v.value for v in variable.values()), float, len(variable))
