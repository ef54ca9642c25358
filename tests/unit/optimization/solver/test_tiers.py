import time

import numpy as np
import pyomo.environ as pyo
import pytest

from optimization.solver import SolveSettings, solve_tiers, submatrix, sum_over, templatized, tiers
from schemas.errors import InputRefused, SolverStopped


def two_goods(whole=False, copies=1):
    """Each copy: at least 4 of a and b; a costs 1, b 2; then as little a as may be."""
    model = pyo.ConcreteModel(name="goods")
    domain = pyo.NonNegativeIntegers if whole else pyo.NonNegativeReals
    with templatized():
        model.copies = pyo.RangeSet(copies)
        model.a = pyo.Var(model.copies, domain=domain, bounds=(0, 3))
        model.b = pyo.Var(model.copies, domain=domain)
        model.enough = pyo.Constraint(
            model.copies, rule=lambda m, k: m.a[k] + m.b[k] >= (3.5 if whole else 4)
        )
        model.cost = pyo.Objective(
            rule=lambda m: (
                sum_over(m.a[k] for k in m.copies) + 2 * sum_over(m.b[k] for k in m.copies)
            )
        )
        model.waste = pyo.Objective(rule=lambda m: sum_over(m.a[k] for k in m.copies))
    return model


def test_one_tier():
    model = two_goods()
    record = solve_tiers(model, ["cost"], SolveSettings(), {})
    assert record.status == "optimal"
    assert record.objectives == {"cost": pytest.approx(5)}
    assert (model.a[1].value, model.b[1].value) == (pytest.approx(3), pytest.approx(1))


def test_duals_by_name_and_index():
    record = solve_tiers(two_goods(copies=3), ["cost"], SolveSettings(), {})
    assert record.dual("cost", "enough") == pytest.approx({1: 2.0, 2: 2.0, 3: 2.0})
    assert record.reduced_cost("cost", "a") == pytest.approx({1: -1.0, 2: -1.0, 3: -1.0})


def test_an_earlier_tier_is_held_while_the_next_is_solved():
    first = solve_tiers(two_goods(), ["cost", "waste"], SolveSettings(), {})
    assert first.objectives == pytest.approx({"cost": 5, "waste": 3}, abs=1e-4)
    other_way = solve_tiers(two_goods(), ["waste", "cost"], SolveSettings(), {})
    assert other_way.objectives == pytest.approx({"waste": 0, "cost": 8}, abs=1e-4)


def test_a_tier_gives_way_by_its_slack_and_no_more():
    record = solve_tiers(two_goods(), ["cost", "waste"], SolveSettings(slack=0.1), {})
    assert record.objectives == pytest.approx({"cost": 5.5, "waste": 2.5})
    assert record.tiers[0].bound == pytest.approx(5)


def test_whole_variables_are_whole_and_have_prices():
    model = two_goods(whole=True)
    record = solve_tiers(model, ["cost", "waste"], SolveSettings(), {})
    assert (model.a[1].value, model.b[1].value) == (3, 1)
    assert record.objectives["cost"] == 5
    assert record.tiers[0].gap == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_and_parts_change_nothing(threads, monkeypatch):
    monkeypatch.setattr(tiers, "split_matrix", lambda matrix: in_small_parts(matrix, 1))
    model = two_goods(copies=20)
    record = solve_tiers(model, ["cost", "waste"], SolveSettings(threads=threads), {})
    assert record.components == 20
    assert [v.value for v in model.a.values()] == [model.a[1].value] * 20
    assert record.objectives["cost"] == pytest.approx(100, rel=1e-5)


def in_small_parts(matrix, smallest):
    from optimization.solver.matrix import split_matrix

    return split_matrix(matrix, smallest)


def test_a_tier_of_nothing_is_zero():
    model = two_goods()
    model.nothing = pyo.Objective(expr=0.0 * model.a[1])
    record = solve_tiers(model, ["nothing", "cost"], SolveSettings(), {})
    assert record.objectives == pytest.approx({"nothing": 0, "cost": 5})


def test_only_nothing_to_minimise_still_gives_a_feasible_point():
    model = two_goods()
    model.nothing = pyo.Objective(expr=0.0 * model.a[1])
    solve_tiers(model, ["nothing"], SolveSettings(), {})
    assert model.a[1].value + model.b[1].value >= 4 - 1e-6


def test_a_constant_in_the_objective_is_counted():
    model = two_goods()
    model.more = pyo.Objective(expr=model.a[1] + 2 * model.b[1] + 100)
    record = solve_tiers(model, ["more"], SolveSettings(), {})
    assert record.objectives["more"] == pytest.approx(105)
    assert record.tiers[0].bound == pytest.approx(105)


def test_fixed_variables_stay():
    model = two_goods()
    model.a[1].fix(1)
    record = solve_tiers(model, ["cost"], SolveSettings(), {})
    assert record.objectives["cost"] == pytest.approx(7)


def test_a_contradiction_stops_the_solver():
    model = two_goods()
    model.less = pyo.Constraint(expr=model.a[1] + model.b[1] <= 1)
    with pytest.raises(SolverStopped, match="infeasible"):
        solve_tiers(model, ["cost"], SolveSettings(), {})


def test_a_constraint_that_contradicts_itself_is_refused():
    model = two_goods()
    model.a.fix(0)
    model.b.fix(0)
    with pytest.raises((InputRefused, SolverStopped)):
        solve_tiers(model, ["cost"], SolveSettings(), {})


def test_no_bound_below_stops_the_solver():
    model = two_goods()
    model.gain = pyo.Objective(expr=-model.b[1])
    with pytest.raises(SolverStopped, match="unbounded|infeasible"):
        solve_tiers(model, ["gain"], SolveSettings(), {})


def test_a_maximised_tier_is_refused():
    model = two_goods()
    model.gain = pyo.Objective(expr=model.b[1], sense=pyo.maximize)
    with pytest.raises(InputRefused, match="gain"):
        solve_tiers(model, ["gain"], SolveSettings(), {})


def test_a_misspelt_option_is_refused():
    with pytest.raises(InputRefused, match="tim_limit"):
        solve_tiers(two_goods(), ["cost"], SolveSettings(options={"tim_limit": 3.0}), {})


@pytest.mark.parametrize("poison", [float("nan"), float("inf"), 1e15, -2e9])
def test_a_poisoned_coefficient_is_refused_with_its_constraint(poison):
    model = two_goods()
    model.poisoned = pyo.Constraint(expr=poison * model.a[1] + model.b[1] <= 5)
    with pytest.raises(InputRefused, match="poisoned|goods"):
        solve_tiers(model, ["cost"], SolveSettings(), {})


@pytest.mark.parametrize("poison", [float("nan"), float("inf"), 1e15])
def test_a_poisoned_cost_is_refused_with_its_tier(poison):
    model = two_goods()
    model.dear = pyo.Objective(expr=poison * model.a[1] + model.b[1])
    with pytest.raises(InputRefused, match="dear|goods"):
        solve_tiers(model, ["dear"], SolveSettings(), {})


@pytest.mark.parametrize("poison", [float("nan"), 1e15])
def test_a_poisoned_right_side_is_refused(poison):
    model = two_goods()
    model.limit = pyo.Param(initialize=poison, mutable=True, within=pyo.Any)
    model.poisoned = pyo.Constraint(expr=model.a[1] + model.b[1] <= model.limit)
    with pytest.raises(InputRefused, match="poisoned|goods"):
        solve_tiers(model, ["cost"], SolveSettings(), {})


def test_a_poisoned_input_is_refused_by_name():
    with pytest.raises(InputRefused, match="beds"):
        solve_tiers(two_goods(), ["cost"], SolveSettings(), {"beds": [1.0, float("nan")]})


def test_no_time_and_no_plan_is_an_error():
    with pytest.raises(SolverStopped, match="before any plan"):
        solve_tiers(two_goods(), ["cost"], SolveSettings(time_limit_s=0.0), {})


def test_time_up_after_a_tier_keeps_its_plan_with_a_gap(monkeypatch):
    run = submatrix._Run._run
    calls = []

    def late(self):
        calls.append(1)
        return run(self) if len(calls) == 1 else "late"

    monkeypatch.setattr(submatrix._Run, "_run", late)
    record = solve_tiers(two_goods(), ["cost", "waste"], SolveSettings(), {})
    assert record.status == "time_limit"
    assert [t.status for t in record.tiers] == ["optimal", "time_limit"]
    assert record.tiers[1].objective == pytest.approx(3)
    assert record.tiers[1].bound == 0
    assert record.tiers[1].gap == pytest.approx(1)


def knapsack(items=60):
    """Take things of 7 to 96 kg to make up at least 1,000.5 kg, as few kg as may be."""
    model = pyo.ConcreteModel(name="knapsack")
    kg = {k: 7 + (k * 37) % 90 for k in range(items)}
    model.take = pyo.Var(range(items), domain=pyo.Binary)
    model.enough = pyo.Constraint(expr=sum(kg[k] * model.take[k] for k in kg) >= 1000.5)
    model.kg = pyo.Objective(expr=sum((kg[k] + 0.01 * k % 0.07) * model.take[k] for k in kg))
    return model


def test_a_limit_with_an_incumbent_is_a_result_with_its_gap():
    quick = {"mip_max_improving_sols": 1, "presolve": "off"}
    model = knapsack()
    record = solve_tiers(model, ["kg"], SolveSettings(options=quick), {})
    assert record.status == "time_limit"
    assert record.tiers[0].gap > 1e-6
    assert record.tiers[0].bound < record.tiers[0].objective
    assert sum(model.take[k].value * (7 + (k * 37) % 90) for k in range(60)) >= 1000.5


def test_a_limit_without_an_incumbent_is_an_error():
    none = {"simplex_iteration_limit": 0, "presolve": "off"}
    with pytest.raises(SolverStopped, match="before any plan"):
        solve_tiers(two_goods(), ["cost"], SolveSettings(options=none), {})


def test_a_solver_that_hangs_is_left_behind(monkeypatch):
    monkeypatch.setattr(tiers, "GRACE_S", 0.2)
    monkeypatch.setattr(tiers, "solve_submatrix", lambda *_: time.sleep(30))
    with pytest.raises(SolverStopped, match="did not end"):
        solve_tiers(two_goods(), ["cost"], SolveSettings(time_limit_s=0.1), {})


def test_a_wrong_answer_called_optimal_is_refused(monkeypatch):
    solve_submatrix = tiers.solve_submatrix

    def wrong(*args):
        solution = solve_submatrix(*args)
        solution.tiers[-1].primal[:] = 0
        return solution

    monkeypatch.setattr(tiers, "solve_submatrix", wrong)
    with pytest.raises(SolverStopped, match="enough"):
        solve_tiers(two_goods(), ["cost"], SolveSettings(), {})


def test_rows_that_never_arrive_are_noticed(monkeypatch):
    monkeypatch.setattr(submatrix.highspy.Highs, "getNumRow", lambda self: 0)
    with pytest.raises(SolverStopped, match="every row"):
        solve_tiers(two_goods(), ["cost"], SolveSettings(), {})


def test_a_later_tier_that_fails_is_loosened_once_and_recorded(monkeypatch):
    run = submatrix._Run._run
    calls = []

    def fails_once(self):
        calls.append(1)
        return "infeasible" if len(calls) == 2 else run(self)

    monkeypatch.setattr(submatrix._Run, "_run", fails_once)
    record = solve_tiers(two_goods(), ["cost", "waste"], SolveSettings(slack=0.01), {})
    assert record.widened == 1
    assert record.objectives["cost"] == pytest.approx(5.5)


def test_the_record_as_tables():
    record = solve_tiers(two_goods(), ["cost", "waste"], SolveSettings(), {"beds": [1.0]})
    runs = record.run_table(worst_violation=1e-9)
    assert runs["objective_name"].to_list() == ["cost", "waste"]
    assert runs["matrix_rows"].to_list() == [1, 1]
    assert runs["matrix_columns"].to_list() == [2, 2]
    assert set(record.seconds_table()["stage"]) == {"build", "compile", "solve", "extract"}
    assert len(record.input_hash) == 64


def test_a_model_of_constants_solves():
    model = pyo.ConcreteModel(name="empty")
    model.x = pyo.Var(domain=pyo.NonNegativeReals)
    model.nothing = pyo.Objective(expr=0.0 * model.x)
    assert solve_tiers(model, ["nothing"], SolveSettings(), {}).objectives == {"nothing": 0}
    assert np.isfinite(model.x.value)


def test_looking_ahead_changes_no_tier():
    plain = solve_tiers(two_goods(copies=7), ["waste", "cost"], SolveSettings(), {})
    model = two_goods(copies=7)
    ahead = solve_tiers(model, ["waste", "cost"], SolveSettings(look_ahead=True), {})
    assert [t.bound for t in ahead.tiers] == pytest.approx([t.bound for t in plain.tiers])
    assert [v.value for v in model.b.values()] == pytest.approx([4.0] * 7, abs=1e-4)


def test_looking_ahead_in_vain_begins_anew(monkeypatch):
    within, calls = submatrix._Run._within, []

    def late_once(self, seconds):
        calls.append(seconds)
        return "time_limit" if len(calls) == 1 else within(self, seconds)

    monkeypatch.setattr(submatrix._Run, "_within", late_once)
    record = solve_tiers(two_goods(), ["cost", "waste"], SolveSettings(look_ahead=True), {})
    assert calls[0] < 0.51 * SolveSettings().time_limit_s
    assert record.objectives == pytest.approx({"cost": 5, "waste": 3}, abs=1e-4)
