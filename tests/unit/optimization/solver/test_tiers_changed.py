import pyomo.environ as pyo
import pytest

from optimization.solver import (
    SolveSettings,
    first_tier_changes,
    solve_fixed,
    solve_tiers,
    sum_over,
    templatized,
)


def pools(count=3):
    """Pool k: what is asked, 5 + k, comes from stock a (1 each, at most 4) or from b (3 each)."""
    model = pyo.ConcreteModel(name="pools")
    with templatized():
        model.pools = pyo.RangeSet(count)
        model.asked = pyo.Param(model.pools, initialize=lambda _, k: 5.0 + k)
        model.a = pyo.Var(model.pools, domain=pyo.NonNegativeReals)
        model.b = pyo.Var(model.pools, domain=pyo.NonNegativeReals)
        model.stock = pyo.Constraint(model.pools, rule=lambda m, k: m.a[k] + 0 * m.b[k] <= 4)
        model.ask = pyo.Constraint(model.pools, rule=lambda m, k: m.a[k] + m.b[k] >= m.asked[k])
        model.cost = pyo.Objective(rule=lambda m: sum_over(m.a[k] + 3 * m.b[k] for k in m.pools))
        model.use = pyo.Objective(rule=lambda m: sum_over(m.a[k] for k in m.pools))
    return model


@pytest.fixture
def solved():
    model = pools()
    return model, solve_tiers(model, ["cost", "use"], SolveSettings(), {})


def test_a_price_is_confirmed_by_solving_again(solved):
    _, record = solved
    assert record.dual("cost", "stock")[2] == pytest.approx(-2)
    changes = [{"stock": {2: 1.0}}, {"stock": {2: 5.0}}, {"ask": {1: 1.0, 3: -1.0}}, {}]
    found = first_tier_changes(record, changes, SolveSettings())
    assert found == pytest.approx([-2, -6, 0, 0])


def test_what_is_held_at_nothing_is_done_otherwise(solved):
    model, record = solved
    solve_fixed(record, ["a"], SolveSettings())
    assert [v.value for v in model.a.values()] == [0, 0, 0]
    assert [v.value for v in model.b.values()] == pytest.approx([6, 7, 8])
    assert record.objectives["cost"] == pytest.approx(4 * 3 + 3 * (2 + 3 + 4), rel=1e-5)


def test_rows_and_columns_by_name(solved):
    _, record = solved
    assert set(record.rows_of("ask")) == {1, 2, 3}
    assert len(record.columns_of("b")) == 3
    assert record.columns_of("nothing of that name") == []
