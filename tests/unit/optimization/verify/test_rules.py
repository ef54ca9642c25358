"""The rules of verification cover every constraint of the models."""

import inspect

import pytest

from optimization.models import MODELS

ELSEWHERE = {
    "arrivals": "census_follows",
    "steps_of_zones": "objective",
    "steps_of_institutions": "objective",
    "largest_moves": "move_cost",
    "crowding_of_level": "capacity_holds",
    "mean_crowding": "capacity_holds",
    "operating_debt": "liquidity",
    "owed_terms": "principal_due",
    "sent_beyond_announced": "objective",
    "sent_short_of_announced": "objective",
    "moved_beyond_announced": "objective",
    "moved_short_of_announced": "objective",
}


def constraints(model):
    """Functions of the model whose formula is a relation."""
    module = model.formulation.constraints
    return {
        name
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
        and any(sign in (function.__doc__ or "") for sign in ("≤", "≥", " = "))
    }


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_every_constraint_is_a_rule_or_is_part_of_one(model):
    names = constraints(model)
    assert len(names) >= 6
    assert {ELSEWHERE.get(name, name) for name in names} <= set(model.rules)
