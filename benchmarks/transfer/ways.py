"""Every way to solve the instance: seconds by stage, and the objective that it reached.

Each measures from the drawn numbers to the shipped amounts as one numpy array, and imports its
own peer before the clock starts.
"""

import importlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.transfer import models
from benchmarks.transfer.instance import PENALTY, Transfer
from benchmarks.transfer.matrix import highs_lp


@dataclass(slots=True)
class Clock:
    """Seconds since the last ``lap``, by the name of the stage that it ends."""

    seconds: dict[str, float] = field(default_factory=dict)
    last: float = field(default_factory=time.perf_counter)

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self.seconds[stage] = now - self.last
        self.last = now


Answer = tuple[float, np.ndarray, Clock]


def catchment(transfer: Transfer) -> Answer:
    """A Pyomo model of templates through ``optimization.solver``: parts, side by side."""
    highs = importlib.import_module("optimization.solver")
    clock = Clock()
    model = models.templates(transfer)
    clock.lap("build")
    inputs = {"km": transfer.km, "supply": transfer.supply, "need": transfer.need}
    record = highs.solve_tiers(model, ["cost"], highs.SolveSettings(threads=2), inputs)
    clock.lap("solve")
    shipped = _values(model.ship)
    clock.lap("extract")
    return record.objectives["cost"], shipped, clock


def highspy(transfer: Transfer) -> Answer:
    """The whole matrix, made by numpy, straight to HiGHS."""
    solver = importlib.import_module("highspy")
    clock = Clock()
    lp = highs_lp(transfer)
    clock.lap("build")
    highs = solver.Highs()
    highs.setOptionValue("output_flag", False)
    highs.passModel(lp)
    highs.run()
    clock.lap("solve")
    columns = np.array(highs.getSolution().col_value)
    clock.lap("extract")
    objective = highs.getInfo().objective_function_value
    return objective, columns[: columns.size - transfer.size.cells], clock


def pyomo(transfer: Transfer) -> Answer:
    """Stock Pyomo and its HiGHS interface, ``contrib.solver``."""
    interface = importlib.import_module("pyomo.contrib.solver.solvers.highs")
    clock = Clock()
    model = models.plain(transfer)
    clock.lap("build")
    result = interface.Highs().solve(model)
    clock.lap("solve")
    shipped = _values(model.ship)
    clock.lap("extract")
    return result.incumbent_objective, shipped, clock


def linopy(transfer: Transfer) -> Answer:
    """linopy over xarray, handed to HiGHS without a file."""
    peer, xr = importlib.import_module("linopy"), importlib.import_module("xarray")
    clock = Clock()
    size = transfer.size
    by_cell = {
        "institution": range(size.institutions),
        "resource": range(size.resources),
        "day": range(size.days),
    }
    by_arc = {"arc": range(transfer.arcs)} | {k: by_cell[k] for k in ("resource", "day")}
    m = peer.Model()
    ship = m.add_variables(lower=0, coords=list(by_arc.values()), dims=list(by_arc), name="ship")
    missing = m.add_variables(
        lower=0, coords=list(by_cell.values()), dims=list(by_cell), name="missing"
    )
    source = xr.DataArray(transfer.source, dims="arc", name="institution")
    target = xr.DataArray(transfer.target, dims="arc", name="institution")
    out = ship.groupby(source).sum()
    come = ship.groupby(target).sum().reindex({"institution": range(size.institutions)})
    supply = xr.DataArray(transfer.supply, coords=by_cell)
    short = xr.DataArray(transfer.need - transfer.supply, coords=by_cell)
    m.add_constraints(come - out + missing >= short, name="met")
    m.add_constraints(out <= supply, name="held")
    km = xr.DataArray(transfer.km, dims="arc")
    m.add_objective((ship * km).sum() + PENALTY * missing.sum())
    clock.lap("build")
    m.solve("highs", io_api="direct", output_flag=False)
    clock.lap("solve")
    shipped = m.variables["ship"].solution.values.ravel()
    clock.lap("extract")
    return float(m.objective.value), shipped, clock


def pulp(transfer: Transfer) -> Answer:
    """PuLP and its HiGHS interface through highspy."""
    peer = importlib.import_module("pulp")
    clock = Clock()
    size, supply, need = transfer.size, transfer.supply.tolist(), transfer.need.tolist()
    slots = [(r, t) for r in range(size.resources) for t in range(size.days)]
    ship = {
        (a, r, t): peer.LpVariable(f"ship_{a}_{r}_{t}", 0)
        for a in range(transfer.arcs)
        for r, t in slots
    }
    missing = {
        (i, r, t): peer.LpVariable(f"missing_{i}_{r}_{t}", 0)
        for i in range(size.institutions)
        for r, t in slots
    }
    leaving, arriving, km = transfer.leaving(), transfer.arriving(), transfer.km.tolist()
    m = peer.LpProblem("transfer", peer.LpMinimize)
    costs = [(v, km[a]) for (a, _, _), v in ship.items()]
    m += peer.LpAffineExpression(costs + [(v, PENALTY) for v in missing.values()])
    for i in range(size.institutions):
        for r, t in slots:
            out = [(ship[a, r, t], -1.0) for a in leaving[i]]
            come = [(ship[a, r, t], 1.0) for a in arriving[i]]
            met = peer.LpAffineExpression([*out, *come, (missing[i, r, t], 1.0)])
            m += met >= need[i][r][t] - supply[i][r][t]
            m += peer.LpAffineExpression([(v, 1.0) for v, _ in out]) <= supply[i][r][t]
    clock.lap("build")
    m.solve(peer.HiGHS(msg=False))
    clock.lap("solve")
    shipped = np.fromiter((v.varValue for v in ship.values()), float, len(ship))
    clock.lap("extract")
    return float(peer.value(m.objective)), shipped, clock


WAYS: dict[str, Callable[[Transfer], Answer]] = {
    "catchment": catchment,
    "highspy": highspy,
    "linopy": linopy,
    "pulp": pulp,
    "pyomo": pyomo,
}


def _values(variable: Any) -> np.ndarray:
    return np.array(list(variable.extract_values().values()), float)
