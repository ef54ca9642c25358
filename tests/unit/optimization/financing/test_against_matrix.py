"""The same optimum from a second model that shares nothing with the first."""

import pytest

from tests.unit.optimization.financing.cases import plan
from tests.unit.optimization.financing.instances import random_case
from tests.unit.optimization.financing.matrix_model import optimum


@pytest.mark.parametrize("seed", range(8))
def test_tiers_are_those_of_an_independent_matrix(seed):
    tables = random_case(seed)
    tiers = plan(tables).record.tiers
    assert [t.bound for t in tiers] == pytest.approx(optimum(tables), rel=2e-5, abs=2e-5)
