"""Looking ahead where numbers are whole: faster, and the same optima."""

import numpy as np
import pyomo.environ as pyo
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimization.solver import (
    SolveSettings,
    first_tier_changes,
    solve_tiers,
    sum_over,
    templatized,
)
from optimization.solver.submatrix import _Run

AHEAD = SolveSettings(look_ahead=True)


def loads(size, need, price, distance):
    """Whole loads of each ``size`` carry ``need`` at least, at the least price, then distance."""
    model = pyo.ConcreteModel(name="loads")
    with templatized():
        model.kinds = pyo.RangeSet(len(size))
        size, price, distance = (
            pyo.Param(model.kinds, initialize=dict(enumerate(values, 1)))
            for values in (size, price, distance)
        )
        model.size, model.price, model.distance = size, price, distance
        model.loads = pyo.Var(model.kinds, domain=pyo.NonNegativeIntegers)
        model.short = pyo.Var(model.kinds, domain=pyo.NonNegativeReals)
        model.need = pyo.Constraint(
            model.kinds,
            rule=lambda m, k: (
                sum_over(m.size[j] * m.loads[j] for j in m.kinds) + m.short[k] >= need * 1.0
            ),
        )
        model.cost = pyo.Objective(
            rule=lambda m: sum_over(m.price[k] * m.loads[k] + 9.0 * m.short[k] for k in m.kinds)
        )
        model.way = pyo.Objective(
            rule=lambda m: sum_over(m.distance[k] * m.loads[k] for k in m.kinds)
        )
    return model


def optima(model, how):
    return [tier.objective for tier in solve_tiers(model, ["cost", "way"], how, {}).tiers]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_looking_ahead_changes_no_tier_of_whole_numbers(seed):
    random = np.random.default_rng(seed)
    kinds = int(random.integers(2, 6))
    size, price, distance = random.uniform(1, 9, (3, kinds)).round(2).tolist()
    need = round(random.uniform(5, 60), 1)
    found = [optima(loads(size, need, price, distance), how) for how in (AHEAD, SolveSettings())]
    assert found[0] == pytest.approx(found[1], rel=1e-5)


def no_load_of_two():
    """Of loads of 2, cheapest by what they carry, no whole number carries 3: one of 3 does."""
    model = pyo.ConcreteModel(name="exact")
    with templatized():
        model.kinds = pyo.RangeSet(2)
        model.size = pyo.Param(model.kinds, initialize={1: 2.0, 2: 3.0})
        model.loads = pyo.Var(model.kinds, domain=pyo.NonNegativeIntegers)
        model.all = pyo.Constraint(
            pyo.RangeSet(1),
            rule=lambda m, _: sum_over(m.size[k] * m.loads[k] for k in m.kinds) == 3.0,
        )
        model.cost = pyo.Objective(
            rule=lambda m: sum_over(m.size[k] * m.size[k] * m.loads[k] for k in m.kinds)
        )
    return model


def test_what_would_be_nothing_if_it_could_be_divided_is_used_where_it_must_be():
    model = no_load_of_two()
    record = solve_tiers(model, ["cost"], AHEAD, {})
    assert [v.value for v in model.loads.values()] == [0, 1]
    assert record.tiers[0].bound == pytest.approx(9)


def test_the_search_begins_at_what_was_found_ahead(monkeypatch):
    begun = []
    tier = _Run.tier

    def noted(run, k, before):
        begun.append(None if run.begin is None else list(run.begin.col_value))
        return tier(run, k, before)

    monkeypatch.setattr(_Run, "tier", noted)
    optima(loads([4.0, 3.0], 8, [4.0, 4.0], [1.0, 1.0]), AHEAD)
    assert begun == [pytest.approx([2, 0, 0, 0]), None]


def test_a_change_is_priced_with_whole_numbers_as_they_are():
    """Two loads of 4 carry 8; 2 more come short, in both rows, for 9 each."""
    record = solve_tiers(loads([4.0, 3.0], 8, [4.0, 4.0], [1.0, 1.0]), ["cost"], AHEAD, {})
    changes = [{"need": {1: 2.0}}, {"need": {1: 2.0, 2: 2.0}}, {"need": {1: -1.0}}, {}]
    assert first_tier_changes(record, changes, AHEAD) == pytest.approx([18, 36, 0, 0])
