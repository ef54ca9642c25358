"""The rules of verification cover every constraint of the models, and are written down."""

import inspect
from pathlib import Path

import pytest

from optimization.models import MODELS
from optimization.verify.allocation import RULES as ALLOCATION
from optimization.verify.financing import RULES as FINANCING
from optimization.verify.purchases import RULES as PURCHASES

ELSEWHERE = {
    "arrivals": "census_follows",
    "steps_of_zones": "objective",
    "steps_of_institutions": "objective",
    "largest_moves": "move_cost",
    "operating_debt": "liquidity",
    "owed_terms": "principal_due",
    "sent_beyond_announced": "objective",
    "sent_short_of_announced": "objective",
    "moved_beyond_announced": "objective",
    "moved_short_of_announced": "objective",
}


def constraints(model):
    """Functions of the model whose formula is a relation."""
    return {
        name
        for module in model.formulation.constraints
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
        and any(sign in (function.__doc__ or "") for sign in ("≤", "≥", " = "))
    }


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_every_constraint_is_a_rule_or_is_part_of_one(model):
    names = constraints(model)
    assert len(names) >= 6
    assert {ELSEWHERE.get(name, name) for name in names} <= set(model.rules)


def test_every_rule_is_written_down():
    """`make docs` writes them."""
    written = (Path(__file__).parents[4] / "docs" / "verification.md").read_text()
    rows = [row for rules in (ALLOCATION, FINANCING, PURCHASES) for row in rules.items()]
    assert [row for row in written.splitlines() if row.startswith("| `")] == [
        f"| `{rule}` | {words} |" for rule, words in rows
    ]
