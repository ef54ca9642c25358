"""What a solve is asked, and what it leaves behind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
import pyomo.environ as pyo

from optimization.solver.matrix import Matrix, Submatrix, bound_or
from schemas.results.run import PlanRun, PlanSeconds
from schemas.table import conform


@dataclass(frozen=True, slots=True)
class SolveSettings:
    """How to solve: seconds by the wall clock for all tiers, threads, HiGHS options.

    ``slack`` loosens a solved tier: ``Z <= Z* + slack * max(1, |Z*|)``. ``look_ahead`` starts
    the first tier where later ones are nearly done: every tier is minimised as always, but where
    a tier has several optima, the prices may be those of another. ``interior`` solves the first
    tier by interior point: where nearly everything hangs together it is several times faster.
    """

    time_limit_s: float = 300.0
    threads: int = 2
    slack: float = 1e-6
    look_ahead: bool = False
    interior: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TierRecord:
    """A solved tier; bound and gap are None where nothing was proved."""

    name: str
    status: str
    objective: float
    bound: float | None
    gap: float | None


@dataclass(frozen=True, eq=False)
class SolveRecord:
    """What was solved and how it ended; ``dual`` and ``reduced_cost`` by name and index.

    ``submatrix_bounds`` is tier x part: what was proved of each part when the tier was solved;
    ``bases`` is where the first one ended in each part.
    ``source`` is the Pyomo model, to whose rows and columns ``matrix`` refers only weakly.
    """

    model: str
    tiers: tuple[TierRecord, ...]
    rows: int
    columns: int
    nonzeros: int
    components: int
    widened: int
    seconds: Mapping[str, float]
    versions: str
    input_hash: str
    source: pyo.ConcreteModel
    matrix: Matrix
    row_duals: np.ndarray
    column_duals: np.ndarray
    submatrices: Sequence[Submatrix]
    submatrix_bounds: np.ndarray
    bases: Sequence[Any]

    @property
    def status(self) -> str:
        """optimal, or time_limit where some tier kept an incumbent."""
        ends = {tier.status for tier in self.tiers}
        return "optimal" if ends == {"optimal"} else "time_limit"

    @property
    def objectives(self) -> dict[str, float]:
        """Objective by tier name."""
        return {tier.name: tier.objective for tier in self.tiers}

    def dual(self, tier: str, constraint: str) -> dict[Any, float]:
        """Change of ``tier`` by one more on the right side of ``constraint``, by index."""
        values = self.row_duals[self._tier(tier)]
        duals: dict[Any, float] = {}
        for row in self._rows.get(constraint, ()):
            index = self.matrix.constraints[row].index()
            duals[index] = duals.get(index, 0.0) + float(values[row])
        return duals

    def reduced_cost(self, tier: str, variable: str) -> dict[Any, float]:
        """Change of ``tier`` by one more of ``variable``, by index."""
        values = self.column_duals[self._tier(tier)]
        named = self._columns.get(variable, ())
        return {self.matrix.variables[k].index(): float(values[k]) for k in named}

    def rows_of(self, constraint: str) -> dict[Any, int]:
        """Row of the matrix by index of ``constraint``; rows that never bind are not there."""
        named = self._rows.get(constraint, ())
        return {self.matrix.constraints[row].index(): row for row in named}

    def columns_of(self, variable: str) -> list[int]:
        """Columns of the matrix that belong to ``variable``."""
        return self._columns.get(variable, [])

    def run_table(self, worst_violation: float) -> pl.DataFrame:
        """``PlanRun`` rows of this solve."""
        of_tiers = [
            (k, tier.name, tier.status, tier.objective, tier.bound, tier.gap)
            for k, tier in enumerate(self.tiers, 1)
        ]
        columns = ["objective_tier", "objective_name", "status", "objective", "bound", "gap"]
        rows = pl.DataFrame(of_tiers, columns, orient="row", infer_schema_length=None).with_columns(
            model=pl.lit(self.model),
            components=self.components,
            matrix_rows=self.rows,
            matrix_columns=self.columns,
            nonzeros=self.nonzeros,
            widened=self.widened,
            worst_violation=worst_violation,
            versions=pl.lit(self.versions),
            input_hash=pl.lit(self.input_hash),
        )
        return conform(PlanRun, rows)

    def seconds_table(self) -> pl.DataFrame:
        """``PlanSeconds`` rows of this solve."""
        rows = [
            {"model": self.model, "stage": stage, "seconds": seconds}
            for stage, seconds in self.seconds.items()
        ]
        return conform(PlanSeconds, pl.DataFrame(rows))

    def _tier(self, tier: str) -> int:
        return [t.name for t in self.tiers].index(tier)

    @cached_property
    def _rows(self) -> dict[str, list[int]]:
        return _positions(self.matrix.constraints)

    @cached_property
    def _columns(self) -> dict[str, list[int]]:
        return _positions(self.matrix.variables)


@dataclass(frozen=True, slots=True)
class Plan:
    """A solved plan: result tables by name.

    ``frames`` are as published, ``exact`` as the solver left them, with all else that the
    verification needs to know of the solve; ``record`` says how it was solved, ``before`` how what
    it starts from was.
    """

    frames: Mapping[str, pl.DataFrame]
    exact: Mapping[str, pl.DataFrame]
    record: SolveRecord
    before: tuple[SolveRecord, ...] = ()


def run_table(records: Sequence[SolveRecord], worst_violation: float) -> pl.DataFrame:
    """``PlanRun`` rows of solves that led to one plan, as the last one's model; their tiers are
    numbered on.
    """
    rows = pl.concat([record.run_table(worst_violation) for record in records])
    number = pl.Series(range(1, rows.height + 1), dtype=rows.schema["objective_tier"])
    return rows.with_columns(model=pl.lit(records[-1].model), objective_tier=number)


def seconds_table(records: Sequence[SolveRecord]) -> pl.DataFrame:
    """``PlanSeconds`` rows of the same, by stage."""
    rows = pl.concat([record.seconds_table() for record in records])
    total = rows.group_by("stage").agg(pl.col("seconds").sum())
    return conform(PlanSeconds, total.with_columns(model=pl.lit(records[-1].model)))


def _positions(data: Sequence[Any]) -> dict[str, list[int]]:
    named: dict[str, list[int]] = {}
    for position, item in enumerate(data):
        named.setdefault(item.parent_component().name, []).append(position)
    return named


def write_back(model: pyo.ConcreteModel, matrix: Matrix, primal: np.ndarray) -> None:
    """Give every Pyomo variable its value; one that no row or cost names gets what is nearest 0."""
    for variable, value in zip(matrix.variables, primal.tolist(), strict=True):
        variable.set_value(value, skip_validation=True)
    components = list(model.component_objects(pyo.Var))
    if sum(map(len, components)) == matrix.columns:
        return
    for variable in (v for component in components for v in component.values()):
        if variable.value is None:
            variable.set_value(
                min(max(0.0, bound_or(variable.lb, 0.0)), bound_or(variable.ub, np.inf))
            )
