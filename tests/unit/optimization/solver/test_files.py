import highspy
import pytest

from optimization.solver import SolveSettings, save_model, solve_tiers
from tests.unit.optimization.solver.test_tiers_changed import pools


@pytest.mark.parametrize("ending", ["lp", "mps"])
def test_a_saved_model_solved_elsewhere_has_the_same_optimum(tmp_path, ending):
    record = solve_tiers(pools(), ["cost", "use"], SolveSettings(), {})
    path = tmp_path / f"pools.{ending}"
    save_model(record.matrix, path)
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    assert highs.readModel(str(path)) == highspy.HighsStatus.kOk
    highs.run()
    assert highs.getInfo().objective_function_value == pytest.approx(record.tiers[0].bound)
    assert "a(1)" in path.read_text()
