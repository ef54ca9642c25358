"""The forecast that the sample sends of its own."""

import numpy as np
import pytest

from schemas.columns.forecast import LEVELS
from transforms.sample.forecast import AHEAD, ISSUES, forecast_table
from transforms.sample.places import places


@pytest.mark.parametrize("issued", ISSUES, ids=str)
def test_every_quantile_of_the_contract_is_sent(issued):
    """A column that is empty would be told of each file that is sent."""
    table = forecast_table(1, places(1, 12), issued)
    assert table.height == 40 * AHEAD
    assert sum(table.null_count().row(0)) == 0
    assert set(LEVELS) <= set(table.columns)
    assert (np.diff(table.select(sorted(LEVELS)).to_numpy(), axis=1) >= 0).all()
