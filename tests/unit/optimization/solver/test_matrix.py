import highspy
import numpy as np
import pyomo.environ as pyo
from hypothesis import given
from hypothesis import strategies as st

from optimization.solver import compile_model, split_matrix, sum_over, templatized
from optimization.solver.guard import ENDS


def chain(links):
    """x[k] + x[k+1] >= k for every k in ``links``: runs of links are the connected parts."""
    model = pyo.ConcreteModel(name="chain")
    with templatized():
        model.at = pyo.RangeSet(0, 12)
        model.links = pyo.Set(initialize=links)
        model.x = pyo.Var(model.at, domain=pyo.NonNegativeReals)
        model.link = pyo.Constraint(model.links, rule=lambda m, k: m.x[k] + m.x[k + 1] >= k)
        model.cost = pyo.Objective(rule=lambda m: sum_over(m.x[k] for k in m.at))
    return model


@given(st.sets(st.integers(0, 11), min_size=1), st.integers(0, 8))
def test_parts_hold_every_row_and_column_once_and_share_none(links, smallest):
    matrix = compile_model(chain(sorted(links)), ["cost"])
    submatrices = split_matrix(matrix, smallest)
    assert sorted(np.concatenate([p.rows for p in submatrices])) == list(range(matrix.rows))
    assert sorted(np.concatenate([p.columns for p in submatrices])) == list(range(matrix.columns))
    for submatrix in submatrices:
        touched = np.unique(matrix.coefficients.tocsr()[submatrix.rows].indices)
        assert set(touched) <= set(submatrix.columns)


def test_runs_of_links_are_parts():
    matrix = compile_model(chain([0, 1, 5, 9, 10, 11]), ["cost"])
    sizes = sorted(p.columns.size for p in split_matrix(matrix, 1) if p.rows.size)
    assert sizes == [2, 3, 4]


def test_compiled_as_written():
    matrix = compile_model(chain([3]), ["cost"])
    (row,) = range(matrix.rows)
    assert (matrix.row_lower[row], matrix.row_upper[row]) == (3, np.inf)
    names = [matrix.variables[k].name for k in matrix.coefficients.tocsr()[[row]].indices]
    assert sorted(names) == ["x[3]", "x[4]"]
    assert matrix.costs.tolist() == [[1.0] * 13]


def test_objectives_are_left_as_they_were():
    model = chain([3])
    model.other = pyo.Objective(expr=model.x[0])
    model.other.deactivate()
    compile_model(model, ["other"])
    assert (model.cost.active, model.other.active) == (True, False)


def test_every_end_of_the_solver_is_mapped():
    assert set(highspy.HighsModelStatus.__members__.values()) <= set(ENDS)
