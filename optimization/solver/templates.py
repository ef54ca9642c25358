"""Templates of a Pyomo model as one matrix: each constraint at once, not row by row.

Pyomo's visitor brings a template into linear form; its compiler then runs that form for every row
in Python. Here it is run once over arrays: an index is an array of codes, a parameter one of
values. The matrix is the same, entry by entry. A model in which anything else occurs (a rule that
is no template, a fixed variable, a missing key) is left to Pyomo's compiler.
"""

import builtins
import operator
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import reduce
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyomo.core.base.constraint as pyomo_constraint
import pyomo.core.base.objective as pyomo_objective
import pyomo.environ as pyo
from pyomo.common.errors import PyomoException
from pyomo.common.gc_manager import PauseGC
from pyomo.common.numeric_types import native_numeric_types, native_types
from pyomo.core.base.constraint import TemplateConstraintData
from pyomo.core.base.label import NumericLabeler
from pyomo.core.base.set import SetData
from pyomo.core.expr import numeric_expr, template_expr
from pyomo.core.expr.symbol_map import SymbolMap
from pyomo.core.expr.template_expr import GetItemExpression, IndexTemplate
from pyomo.repn.linear_template import LinearTemplateRepnVisitor

from optimization.solver.arrays import (
    Expanded,
    Labels,
    NotExpandable,
    RowBlock,
    Terms,
    assembled,
    row_block,
)

NO_TERMS = Terms(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), np.zeros(0))
OPERATIONS = {
    numeric_expr.SumExpression: operator.add,
    numeric_expr.ProductExpression: operator.mul,
    numeric_expr.DivisionExpression: operator.truediv,
}
SUMS = SimpleNamespace(sum=builtins.sum)
KINDS = {pyo.Constraint, pyo.Objective, pyo.Var, pyo.Param, pyo.Set, pyo.RangeSet}


@contextmanager
def templatized() -> Iterator[None]:
    """Within it, rules over Pyomo Sets and Params become templates: far faster to compile.

    A rule that Pyomo cannot templatize is built row by row as always. Pyomo replaces ``sum`` while
    it calls a rule, for the whole process: any other thread that adds up numbers would fail. Here
    it replaces what ``sum_over`` calls, and the builtin stays what it is.
    """
    before = pyomo_constraint.TEMPLATIZE_CONSTRAINTS, pyomo_objective.TEMPLATIZE_OBJECTIVES
    pyomo_constraint.TEMPLATIZE_CONSTRAINTS = pyomo_objective.TEMPLATIZE_OBJECTIVES = True
    template_expr.builtins = SUMS
    try:
        with PauseGC():
            yield
    finally:
        template_expr.builtins = builtins
        pyomo_constraint.TEMPLATIZE_CONSTRAINTS, pyomo_objective.TEMPLATIZE_OBJECTIVES = before


def sum_over(terms: Iterable[Any]) -> Any:
    """The sum in a rule: over members of Pyomo sets, a template of it."""
    return SUMS.sum(terms)


@dataclass(frozen=True, slots=True, eq=False)
class Lanes:
    """One lane for every term: its row, and the code of each index by the template's identity."""

    rows: np.ndarray
    codes: dict[int, np.ndarray]

    def spread(self, times: np.ndarray, index: Sequence[Any], members: np.ndarray) -> "Lanes":
        """Every lane ``times`` over, with the columns of ``members`` for the codes of ``index``."""
        codes = {key: np.repeat(kept, times) for key, kept in self.codes.items()}
        new = {id(template): members[:, k] for k, template in enumerate(index)}
        return Lanes(np.repeat(self.rows, times), codes | new)


def expanded(model: pyo.ConcreteModel, tiers: Sequence[str]) -> Expanded | None:
    """Rows of all active constraints and costs of ``tiers``; None if Pyomo must compile them."""
    try:
        with np.errstate(all="ignore"):  # what is not finite is refused by name, later
            return _Expansion(model).run(tiers)
    except (NotExpandable, PyomoException, AttributeError, LookupError, TypeError, ValueError):
        return None


class _Columns:
    """What Pyomo's visitor asks of a recorder of variables: columns in the order of first use."""

    def __init__(self, labels: Labels) -> None:
        self.labels = labels
        self.env: dict[Any, Any] = {None: 0}
        self.symbolmap = SymbolMap(NumericLabeler("x"))
        self.var_map: dict[int, Any] = {}
        self.start: dict[int, int] = {}
        self.variables: list[Any] = []

    def add(self, variable: Any) -> None:
        if not isinstance(variable, pyo.Var) or not variable.is_indexed():
            raise NotExpandable("a variable by itself")
        if id(variable) in self.start:
            return
        self.start[id(variable)] = len(self.variables)
        self.variables.extend(self.labels.data(variable))


class TemplateVisitor(LinearTemplateRepnVisitor):
    """Pyomo's visitor, which forgets a factor before the sum that is a whole side of a rule."""

    def finalizeResult(self, result: Any) -> Any:
        """The linear form of a template, its factor applied to what is summed within it."""
        form = result[1]
        if isinstance(form, self.Result):
            for inner, *_ in form.linear_sum:
                inner.multiplier *= form.multiplier
        return super().finalizeResult(result)


class _Expansion:
    def __init__(self, model: pyo.ConcreteModel) -> None:
        self.model = model
        self.labels = Labels()
        self.columns = _Columns(self.labels)
        self.visitor = TemplateVisitor({}, var_recorder=self.columns)
        read_here = model.component_objects(pyo.Param)
        self.visitor.indexed_params.update(read_here)  # else it copies every value
        self.values: dict[int, np.ndarray] = {}
        self.members: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    def run(self, tiers: Sequence[str]) -> Expanded:
        if not KINDS.issuperset(self.model.collect_ctypes(active=True)):
            raise NotExpandable("blocks, or other components")
        costs = {
            objective.local_name: self._cost(objective)
            for objective in self.model.component_objects(pyo.Objective, active=True)
        }
        blocks = [self._block(c) for c in self.model.component_objects(pyo.Constraint, active=True)]
        if True in [variable.fixed for variable in self.columns.variables]:
            raise NotExpandable("a variable is fixed")
        return assembled([costs[tier] for tier in tiers], blocks, self.columns.variables)

    def _cost(self, objective: Any) -> Terms:
        expression, _ = objective.template_expr()
        return self._terms(expression, Lanes(np.zeros(1, np.int64), {}), 1)

    def _block(self, constraint: pyo.Constraint) -> RowBlock:
        data = self.labels.data(constraint)
        if not data:
            return row_block(NO_TERMS, None, None, data)
        kinds, active = {type(row) for row in data}, {row.active for row in data}
        if kinds != {TemplateConstraintData} or active != {True}:
            raise NotExpandable(f"{constraint.name} is no template")
        _, index = data[0].template_expr()
        codes = self.labels.key_set(constraint).codes
        lanes = Lanes(np.arange(len(data)), {id(t): codes[:, k] for k, t in enumerate(index)})
        lower, body, upper = data[0].to_bounded_expression()
        terms = self._terms(body, lanes, len(data))
        return row_block(terms, self._bound(lower, lanes), self._bound(upper, lanes), data)

    def _bound(self, bound: Any, lanes: Lanes) -> np.ndarray | None:
        if bound is None:
            return None
        terms = self._terms(bound, lanes, lanes.rows.size)
        if terms.rows.size:
            raise NotExpandable("a variable bound")
        return terms.constants

    def _terms(self, expression: Any, lanes: Lanes, rows: int) -> Terms:
        """``expression`` over ``lanes``, which belong to ``rows`` rows."""
        entries: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        constants = np.zeros(rows)
        for inner, factor, form in self._forms(self.visitor.walk_expression(expression), lanes, 1):
            constant = self._value(form.constant, inner) * factor
            np.add.at(constants, inner.rows, constant)
            for key, coefficient in form.linear.items():
                value = self._value(coefficient, inner) * factor
                column = self._column(self.visitor.expr_cache[key], inner)
                entries.append((inner.rows, column, np.broadcast_to(value, column.shape)))
        if not entries:
            return replace(NO_TERMS, constants=constants)
        rows_, columns, values = (np.concatenate(part) for part in zip(*entries, strict=True))
        return Terms(rows_, columns, values, constants)

    def _forms(self, form: Any, lanes: Lanes, factor: Any) -> Iterator[tuple[Lanes, Any, Any]]:
        """``form`` and the forms summed within it: lanes of each, and what multiplies it."""
        if form.nonlinear is not None:
            raise NotExpandable("not linear")
        factor = factor * self._value(form.multiplier, lanes)
        yield lanes, factor, form
        for inner, indices, sets in form.linear_sum:
            spread, parent = lanes, np.arange(lanes.rows.size)
            for index, members in zip(indices, sets, strict=True):
                times, codes = self._chosen(members, len(index), spread)
                spread, parent = spread.spread(times, index, codes), np.repeat(parent, times)
            repeated = factor[parent] if isinstance(factor, np.ndarray) else factor
            yield from self._forms(inner, spread, repeated)

    def _chosen(self, members: Any, width: int, lanes: Lanes) -> tuple[np.ndarray, np.ndarray]:
        """How many members each lane is summed over, and the codes of all of them in turn."""
        size = lanes.rows.size
        if isinstance(members, SetData):
            codes = self.labels.key_set_of(members).codes
            return np.full(size, len(codes)), np.tile(codes, (size, 1))
        if not isinstance(members, GetItemExpression):
            raise NotExpandable("a sum over something else than a set")
        component = members.arg(0)
        lengths, codes = self._listed(component, width)
        position = self._position(members, lanes)
        times = lengths[position]
        within = np.arange(times.sum()) - np.repeat(np.cumsum(times) - times, times)
        starts = np.cumsum(lengths) - lengths
        return times, codes[np.repeat(starts[position], times) + within]

    def _listed(self, component: Any, width: int) -> tuple[np.ndarray, np.ndarray]:
        """Of an indexed set: how many members each key has, and the codes of all in turn."""
        if id(component) not in self.members:
            if not isinstance(component, pyo.Set):
                raise NotExpandable(f"{component.name} is no set")
            lists = [list(one) for one in self.labels.data(component)]
            flat = [member for one in lists for member in one]
            if width > 1:
                if any(len(member) != width for member in flat):
                    raise NotExpandable(f"members of {component.name} have no common length")
                flat = [label for member in flat for label in member]
            codes = self.labels.codes(flat).reshape(-1, width)
            self.members[id(component)] = np.array([len(one) for one in lists], np.int64), codes
        return self.members[id(component)]

    def _column(self, item: Any, lanes: Lanes) -> np.ndarray:
        if not isinstance(item, GetItemExpression):
            raise NotExpandable("a variable by itself")
        return self.columns.start[id(item.arg(0))] + self._position(item, lanes)

    def _position(self, item: GetItemExpression, lanes: Lanes) -> np.ndarray:
        keys = self.labels.key_set(item.arg(0))
        return keys.find([self._codes(index, lanes) for index in item.args[1:]])

    def _codes(self, index: Any, lanes: Lanes) -> np.ndarray:
        if isinstance(index, IndexTemplate):
            return lanes.codes[id(index)]
        if index.__class__ in native_types:
            return np.full(lanes.rows.size, self.labels.code_of(index))
        return self.labels.coded(self._value(index, lanes))

    def _value(self, node: Any, lanes: Lanes) -> Any:
        """A number, or one for each lane."""
        if node.__class__ in native_numeric_types:
            return node
        if isinstance(node, IndexTemplate):
            return self.labels.numbers(lanes.codes[id(node)])
        if isinstance(node, GetItemExpression):
            return self._parameter(node.arg(0))[self._position(node, lanes)]
        for kind, operation in OPERATIONS.items():
            if isinstance(node, kind):
                return reduce(operation, (self._value(arg, lanes) for arg in node.args))
        if isinstance(node, numeric_expr.NegationExpression):
            return -self._value(node.arg(0), lanes)
        raise NotExpandable(f"{type(node).__name__} in a template")

    def _parameter(self, parameter: Any) -> np.ndarray:
        if id(parameter) not in self.values:
            if not isinstance(parameter, pyo.Param) or parameter.mutable:
                raise NotExpandable("something else than a parameter that stays")
            self.values[id(parameter)] = np.array(self.labels.data(parameter), float)
        return self.values[id(parameter)]
