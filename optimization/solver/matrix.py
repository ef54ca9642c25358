"""From a Pyomo model, declared for templates, to one matrix, and from that to its parts."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyomo.environ as pyo
from pyomo.common.errors import PyomoException
from pyomo.repn.plugins import standard_form
from scipy.sparse import coo_array, csc_array, csr_array
from scipy.sparse.csgraph import connected_components

from optimization.solver.arrays import Expanded
from optimization.solver.guard import LARGEST
from optimization.solver.templates import TemplateVisitor, expanded
from schemas.errors import InputRefused


def members(labels: Iterable[Any], width: int = 1) -> pyo.Set:
    """A set of ``labels``, each of ``width`` parts; templates want to know it of empty sets too."""
    return pyo.Set(initialize=list(labels), dimen=width)


def members_of(index: pyo.Set, groups: Mapping[Any, Iterable[Any]], width: int = 1) -> pyo.Set:
    """An indexed set: the members of each key, none for a key that ``groups`` does not have."""
    return pyo.Set(index, dimen=width, initialize={k: list(groups.get(k, ())) for k in index})


def grouped(pairs: Iterable[tuple[Any, Any]]) -> dict[Any, list[Any]]:
    """The second members of the pairs, by the first, in order."""
    groups: dict[Any, list[Any]] = {}
    for key, member in pairs:
        groups.setdefault(key, []).append(member)
    return groups


def param(values: Mapping[Any, float], width: int = 1) -> pyo.Param:
    """A parameter over the keys of ``values``, each of ``width`` parts.

    By rule: Pyomo takes a third of the time that it takes for a mapping.
    """
    rule = (lambda _, key: values[key]) if width == 1 else (lambda _, *key: values[key])
    return pyo.Param(members(values, width), initialize=rule, within=pyo.Any)


def param_over(axes: Iterable[Any], values: Mapping[tuple[Any, ...], float]) -> pyo.Param:
    """A parameter over the product of ``axes``; every key of ``values`` is a tuple."""
    return pyo.Param(*axes, initialize=lambda _, *key: values[key], within=pyo.Any)


def hold(m: pyo.ConcreteModel, rule: Callable[..., Any], *index: pyo.Set) -> None:
    """Add the constraint ``rule`` under its own name; over no members, a template has no rows."""
    if all(len(keys) for keys in index):
        m.add_component(rule.__name__, pyo.Constraint(*index, rule=rule))


def minimise(m: pyo.ConcreteModel, rule: Callable[..., Any]) -> None:
    """Add the objective ``rule`` under its own name."""
    m.add_component(rule.__name__, pyo.Objective(rule=rule))


SMALLEST = 2_000


@dataclass(frozen=True, slots=True, eq=False)
class Matrix:
    """Minimise each row of ``costs`` in turn, subject to ``lower <= coefficients x <= upper``.

    ``costs`` is tiers x columns, ``offsets`` what each tier adds; ``constraints`` and
    ``variables`` name the Pyomo data behind each row and column.
    """

    coefficients: csc_array
    row_lower: np.ndarray
    row_upper: np.ndarray
    column_lower: np.ndarray
    column_upper: np.ndarray
    whole: np.ndarray
    costs: np.ndarray
    offsets: np.ndarray
    constraints: Sequence[Any]
    variables: Sequence[Any]

    @property
    def rows(self) -> int:
        """Number of rows."""
        return self.coefficients.shape[0]

    @property
    def columns(self) -> int:
        """Number of columns."""
        return self.coefficients.shape[1]


@dataclass(frozen=True, slots=True, eq=False)
class Submatrix:
    """Rows and columns of a matrix that touch no others."""

    rows: np.ndarray
    columns: np.ndarray


def compile_model(model: pyo.ConcreteModel, tiers: Sequence[str]) -> Matrix:
    """Compile ``model`` once, with the objectives named ``tiers`` as its cost rows.

    Raises:
        InputRefused: a tier maximises, a constraint contradicts itself, or a coefficient,
            bound or cost is not finite or too large for the solver to keep.
    """
    with _only_active(model, tiers):
        form = expanded(model, tiers) or row_by_row(model, tiers)
    matrix = Matrix(
        form.coefficients,
        form.lower,
        form.upper,
        *_of_columns(form.variables),
        form.costs,
        form.offsets,
        form.constraints,
        form.variables,
    )
    _check_matrix(matrix, tiers)
    return matrix


def row_by_row(model: pyo.ConcreteModel, tiers: Sequence[str]) -> Expanded:
    """The same by Pyomo's own compiler, which takes rules of any kind."""
    form = _standard_form(model)
    order = {id(objective): k for k, objective in enumerate(form.objectives)}
    costs = [order[id(model.component(tier))] for tier in tiers]
    return Expanded(
        csc_array(form.A),
        *_row_bounds(form),
        form.c.toarray()[costs],
        np.asarray(form.c_offset, float)[costs],
        [row.constraint for row in form.rows],
        form.columns,
    )


def _standard_form(model: pyo.ConcreteModel) -> Any:
    quiet = logging.getLogger("pyomo")
    level = quiet.level
    quiet.setLevel(logging.CRITICAL)
    standard_form.LinearTemplateRepnVisitor = TemplateVisitor
    try:
        return standard_form.LinearStandardFormCompiler().write(
            model, mixed_form=True, set_sense=None
        )
    except (PyomoException, ValueError) as err:
        problem = str(err).splitlines()[0]
    finally:
        quiet.setLevel(level)
    raise InputRefused(f"{model.name}: {problem}")


@contextmanager
def _only_active(model: pyo.ConcreteModel, tiers: Sequence[str]) -> Iterator[None]:
    objectives = list(model.component_objects(pyo.Objective))
    before = [o for o in objectives if o.active]
    for objective in objectives:
        objective.deactivate()
    try:
        for tier in tiers:
            _minimised(model, tier).activate()
        yield
    finally:
        for objective in objectives:
            objective.deactivate()
        for objective in before:
            objective.activate()


def _minimised(model: pyo.ConcreteModel, tier: str) -> Any:
    objective = model.component(tier)
    if not isinstance(objective, pyo.Objective) or objective.sense != pyo.minimize:
        raise InputRefused(f"{model.name}: {tier} is not an objective that is minimised")
    return objective


def _row_bounds(form: Any) -> tuple[np.ndarray, np.ndarray]:
    kind = np.fromiter((row.bound_type for row in form.rows), int, len(form.rows))
    rhs = np.asarray(form.rhs, float)
    return np.where(kind == 1, -np.inf, rhs), np.where(kind == -1, np.inf, rhs)


def _of_columns(columns: Sequence[Any]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lower and upper bound of each column, and whether it is whole.

    Nearly all share a handful of domains and have no bound of their own; so a domain is asked
    once, and a variable only where it has bounds.
    """
    domains = [variable.domain for variable in columns]
    first, kind = _numbered(domains)
    ends = [domains[k].bounds() for k in first]
    lower = np.array([bound_or(low, -np.inf) for low, _ in ends], float)[kind]
    upper = np.array([bound_or(high, np.inf) for _, high in ends], float)[kind]
    for k, variable in enumerate(columns):
        if variable._lb is not None or variable._ub is not None:
            lower[k], upper[k] = bound_or(variable.lb, -np.inf), bound_or(variable.ub, np.inf)
    whole = np.array([not columns[k].is_continuous() for k in first], bool)[kind]
    return lower, upper, whole


def _numbered(items: Sequence[Any]) -> tuple[np.ndarray, np.ndarray]:
    """Position of the first of each distinct object, and which of them every item is."""
    same = np.fromiter(map(id, items), np.int64, len(items))
    _, first, kind = np.unique(same, return_index=True, return_inverse=True)
    return first, kind


def bound_or(bound: float | None, instead: float) -> float:
    """``bound`` as Pyomo has it, or ``instead`` where there is none."""
    return instead if bound is None else bound


def _check_matrix(matrix: Matrix, tiers: Sequence[str]) -> None:
    """Nothing may reach the solver that it would drop without a word."""
    bad = _unfit(matrix.coefficients.data)
    if bad.any():
        rows = np.unique(matrix.coefficients.indices[bad])
        names = {matrix.constraints[k].parent_component().name for k in rows}
        raise InputRefused(f"coefficients not finite or too large in {', '.join(sorted(names))}")
    bounds = np.where(np.isinf(matrix.row_lower), matrix.row_upper, matrix.row_lower)
    for row in np.flatnonzero(_unfit(bounds))[:1]:
        name = matrix.constraints[row].parent_component().name
        raise InputRefused(f"right side not finite or too large in {name}")
    for tier, cost in zip(tiers, matrix.costs, strict=True):
        if _unfit(cost).any():
            raise InputRefused(f"costs not finite or too large in {tier}")
    if np.isnan(matrix.column_lower).any() or np.isnan(matrix.column_upper).any():
        raise InputRefused("a variable's bound is not a number")


def _unfit(numbers: np.ndarray) -> np.ndarray:
    return ~(np.abs(numbers) <= LARGEST)


def split_matrix(matrix: Matrix, smallest: int = SMALLEST) -> list[Submatrix]:
    """Connected components of the matrix, largest first; small ones share a part.

    Together they have every row and column exactly once.
    """
    entries = coo_array(matrix.coefficients)
    rows, columns = matrix.rows, matrix.columns
    link = (np.ones(entries.nnz, np.int8), (entries.row, entries.col + rows))
    graph = csr_array(link, shape=(rows + columns, rows + columns))
    number, label = connected_components(graph, directed=False)
    label = _bundled(label, number, rows, smallest)
    return sorted(_split(label, rows), key=lambda p: (-p.columns.size, *p.columns[:1]))


def _bundled(label: np.ndarray, number: int, rows: int, smallest: int) -> np.ndarray:
    """Number small components into bundles until each has ``smallest`` columns."""
    sizes = np.bincount(label[rows:], minlength=number)
    small = np.flatnonzero(sizes < smallest)
    bundle = np.arange(number)
    bundle[small] = number + np.cumsum(sizes[small]) // max(smallest, 1)
    return bundle[label]


def _split(label: np.ndarray, rows: int) -> list[Submatrix]:
    order = np.argsort(label, kind="stable")
    cuts = np.flatnonzero(np.diff(label[order])) + 1
    groups = [np.sort(group) for group in np.split(order, cuts) if group.size]
    return [Submatrix(group[group < rows], group[group >= rows] - rows) for group in groups]
