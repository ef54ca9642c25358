"""Sets, parameters, constraints and objectives as Pyomo's templates want them."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pyomo.environ as pyo


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
