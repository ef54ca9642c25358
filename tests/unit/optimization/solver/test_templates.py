"""What is expanded at once equals what Pyomo compiles row by row."""

import builtins
import threading
from contextlib import nullcontext
from unittest import mock

import numpy as np
import pyomo.environ as pyo
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimization.allocation.inputs.read import read_instance
from optimization.allocation.model import build, tier_names
from optimization.financing import model as financing
from optimization.financing.ledger import inputs_with_need
from optimization.financing.tiers import ORDER
from optimization.purchases import model as purchases
from optimization.purchases.inputs import read_inputs
from optimization.solver import sum_over, templatized
from optimization.solver.matrix import compile_model, row_by_row
from optimization.solver.templates import expanded
from tests.unit.optimization.allocation import cases
from tests.unit.optimization.financing.instances import random_case
from tests.unit.optimization.purchases.cases import random_tables as random_requests

SUM = sum
NUMBERS = st.sampled_from([0.0, 1.0, -2.5, 0.3, 7.0])


def wards(numbers, days=3, sent=(("a", "x"), ("b", "x"), ("b", "y"))):
    """Two zones send to two wards; stays fall with the day: ragged sums, lags, products."""
    model = pyo.ConcreteModel(name="wards")
    share, cost, need = numbers
    with templatized():
        model.days = pyo.RangeSet(days)
        model.wards = pyo.Set(initialize=["x", "y", "z"])
        model.arcs = pyo.Set(initialize=list(sent), dimen=2)
        model.until = pyo.Set(model.days, initialize={t: range(1, t + 1) for t in model.days})
        into = {w: [arc for arc in sent if arc[1] == w] for w in model.wards}
        model.into = pyo.Set(model.wards, dimen=2, initialize=into)
        model.share = pyo.Param(range(days), initialize=lambda _, k: share / (k + 1))
        model.cost = pyo.Param(model.wards, initialize={"z": 2.0, "y": cost, "x": 1.0})
        model.need = pyo.Param(model.wards, model.days, initialize=lambda _, w, t: need * t)
        model.sent = pyo.Var(model.arcs, model.days, domain=pyo.NonNegativeReals)
        model.left = pyo.Var(model.wards, model.days, bounds=(0, 9))
        model.unused = pyo.Var(model.days)
        model.census = pyo.Constraint(model.wards, model.days, rule=census)
        model.enough = pyo.Constraint(model.wards, rule=enough)
        model.most = pyo.Constraint(model.arcs, rule=most)
        model.spent = pyo.Objective(rule=spent)
        model.waited = pyo.Objective(rule=waited)
    return model


def census(m, w, t):
    kept = sum_over(m.share[t - s] * m.sent[a, v, s] for s in m.until[t] for a, v in m.into[w])
    return m.left[w, t] * 2 - m.need[w, t] == kept - m.left[w, t] / 4


def enough(m, w):
    return m.need[w, 1] <= m.cost[w] * sum_over(m.left[w, t] - 0.5 for t in m.days)


def most(m, a, w):
    return sum_over(m.cost[w] * m.sent[a, w, t] for t in m.days) <= 4 + m.need[w, 2]


def spent(m):
    arcs = sum_over(m.cost[w] * (1 + m.sent[a, w, t]) for a, w in m.arcs for t in m.days)
    return arcs + 3 * sum_over(-m.left[w, t] for w in m.wards for t in m.days)


def waited(m):
    return sum_over(m.left[w, t] * t for w in m.wards for t in m.days) + 5


def assert_same(model, tiers, written_out=None):
    """The matrix is Pyomo's, of the same model or of one whose rules are built row by row."""
    one, other = expanded(model, tiers), row_by_row(written_out or model, tiers)
    assert one is not None
    for mine, theirs in (
        (one.coefficients.toarray(), other.coefficients.toarray()),
        (one.lower, other.lower),
        (one.upper, other.upper),
        (one.costs, other.costs),
        (one.offsets, other.offsets),
    ):
        np.testing.assert_allclose(mine, theirs, rtol=1e-14, atol=0)
    assert one.coefficients.nnz == other.coefficients.nnz
    assert [v.name for v in one.variables] == [v.name for v in other.variables]
    assert [c.name for c in one.constraints] == [c.name for c in other.constraints]


@settings(max_examples=20)
@given(st.tuples(NUMBERS, NUMBERS, NUMBERS), st.integers(2, 4))
def test_the_matrix_is_pyomos_entry_by_entry(numbers, days):
    assert_same(wards(numbers, days), ["spent", "waited"])


def test_a_row_worked_by_hand():
    one = expanded(wards((0.5, 3.0, 2.0)), ["waited"])
    rows = {c.name: k for k, c in enumerate(one.constraints)}
    columns = {v.name: k for k, v in enumerate(one.variables)}
    row, entries = rows["census[y,2]"], one.coefficients.toarray()
    named = {name: entries[row, k] for name, k in columns.items() if entries[row, k]}
    assert named == {"left[y,2]": 2.25, "sent[b,y,1]": -0.25, "sent[b,y,2]": -0.5}
    assert (one.lower[row], one.upper[row]) == (4.0, 4.0)
    assert one.costs[0, columns["left[z,3]"]] == 3.0
    assert one.offsets.tolist() == [5.0]


def test_what_no_row_or_cost_names_is_no_column():
    names = {v.parent_component().name for v in expanded(wards((1, 1, 1)), ["waited"]).variables}
    assert names == {"sent", "left"}


def test_the_allocation_is_expanded():
    given = cases.random_tables(3)
    instance = read_instance(given, *cases.places(given), cases.assumptions())
    assert_same(build(instance), tier_names(instance))


@pytest.mark.parametrize("seed", range(3))
def test_the_financing_is_expanded_as_its_rules_say(seed):
    inputs = inputs_with_need(random_case(seed))
    with mock.patch("optimization.financing.model.templatized", nullcontext):
        written_out = financing.build(inputs)
    assert_same(financing.build(inputs), ORDER, written_out)


@pytest.mark.parametrize("seed", range(3))
def test_the_purchases_are_expanded_as_their_rules_say(seed):
    inputs = read_inputs(random_requests(seed))
    worth = dict.fromkeys(sorted(inputs.requests), 2.0)
    with mock.patch("optimization.purchases.model.templatized", nullcontext):
        written_out = purchases.build(inputs, worth)
    assert_same(purchases.build(inputs, worth), ["harm_kept", "spending"], written_out)


def test_values_given_in_another_order_reach_their_keys():
    model = wards((1, 5.0, 1))
    one = expanded(model, ["spent"])
    names = {v.name: k for k, v in enumerate(one.variables)}
    assert [one.costs[0, names[n]] for n in ("sent[a,x,1]", "sent[b,y,1]")] == [1.0, 5.0]


def fixed(model):
    model.left["x", 1].fix(2.0)


def scalar(model):
    model.one = pyo.Var()
    model.held = pyo.Constraint(model.days, rule=lambda m, t: m.left["x", t] <= m.one)


def mutable(model):
    model.price = pyo.Param(model.wards, initialize=1.0, mutable=True)
    with templatized():
        model.dear = pyo.Constraint(model.wards, rule=lambda m, w: m.left[w, 1] <= m.price[w])


def switched_off(model):
    model.most["a", "x"].deactivate()


def listed(model):
    model.all = pyo.Constraint(expr=sum(model.left.values()) <= 9)


@pytest.mark.parametrize("change", [fixed, scalar, mutable, switched_off, listed])
def test_anything_else_is_left_to_pyomo(change):
    model = wards((1, 1, 1))
    model.spent.deactivate()
    change(model)
    assert expanded(model, ["waited"]) is None
    other, matrix = row_by_row(model, ["waited"]), compile_model(model, ["waited"])
    np.testing.assert_array_equal(matrix.coefficients.toarray(), other.coefficients.toarray())
    np.testing.assert_array_equal(matrix.row_upper, other.upper)


def test_a_row_without_terms_is_left_out_if_it_holds():
    model = wards((1, 1, 1), sent=(("a", "x"),))
    with templatized():
        model.none = pyo.Constraint(
            model.wards, rule=lambda m, w: sum_over(m.sent[a, v, 1] for a, v in m.into[w]) <= 3
        )
    one = expanded(model, ["waited"])
    assert [c.name for c in one.constraints if c.name.startswith("none")] == ["none[x]"]
    assert_same(model, ["waited"])


FACTORS = {
    "a number": (lambda m, terms: 3 * terms, 3.0),
    "a minus": (lambda m, terms: -terms, -1.0),
    "a divisor": (lambda m, terms: terms / 8, 0.125),
    "a parameter": (lambda m, terms: m.cost["z"] * terms, 2.0),
    "two": (lambda m, terms: -(m.cost["z"] * (terms / 8)), -0.25),
}


@pytest.mark.parametrize(("scaled", "factor"), FACTORS.values(), ids=FACTORS.keys())
@pytest.mark.parametrize("compiled", [expanded, row_by_row])
def test_a_factor_before_a_whole_sum_is_kept(compiled, scaled, factor):
    """Pyomo's visitor drops it where nothing else stands on that side."""
    model = pyo.ConcreteModel()
    with templatized():
        model.days = pyo.RangeSet(2)
        model.cost = pyo.Param(["z"], initialize=2.0)
        model.left = pyo.Var(model.days)
        model.most = pyo.Constraint(
            model.days, rule=lambda m, d: scaled(m, sum_over(m.left[t] for t in m.days)) <= 1
        )
        model.all = pyo.Objective(rule=lambda m: scaled(m, sum_over(m.left[t] for t in m.days)))
    form = compiled(model, ["all"])
    assert form.costs.tolist() == [[factor, factor]]
    assert form.coefficients.toarray().tolist() == [[factor, factor]] * 2


def test_the_builtin_sum_stays_while_rules_are_called_and_afterwards():
    called = []

    def rule(m, w):
        called.append((builtins.sum is SUM, sum([1, 2], 3)))
        return sum_over(m.left[w, t] for t in m.days) <= 9

    model = wards((1, 1, 1))
    with templatized():
        model.watched = pyo.Constraint(model.wards, rule=rule)
    assert called == [(True, 6)]
    assert_same(model, ["waited"])


def test_other_threads_may_add_up_while_a_model_is_templatized_and_compiled():
    stop, failures, added = threading.Event(), [], []

    def add_up():
        while not stop.is_set():
            try:
                added.append(sum([1, 2], 3) + sum(k for k in range(3)))
            except TypeError as err:
                failures.append(err)

    thread = threading.Thread(target=add_up)
    thread.start()
    while len(added) < 100:
        pass
    for _ in range(5):
        assert_same(wards((1, 1, 1)), ["spent", "waited"])
    stop.set()
    thread.join()
    assert not failures
    assert set(added) == {9}


def test_a_rule_with_the_builtin_sum_is_built_row_by_row():
    model = wards((1, 1, 1))
    with templatized():
        model.plain = pyo.Constraint(
            model.wards, rule=lambda m, w: sum(m.left[w, t] for t in m.days) <= 9
        )
    assert expanded(model, ["waited"]) is None
    matrix = compile_model(model, ["waited"])
    assert sum(c.parent_component() is model.plain for c in matrix.constraints) == 3
