"""Each constraint and tier as a tiny LP file: a change of formulation shows in the diff.

To write them again after a change that is meant:
``python -m tests.unit.optimization.allocation.test_golden``.
"""

from contextlib import nullcontext
from pathlib import Path
from unittest import mock

import pyomo.environ as pyo
import pytest

from optimization.allocation.inputs.read import read_instance
from optimization.allocation.model import build
from tests.unit.optimization.allocation.cases import START, announced, assumptions, places, tables

GOLDEN = Path(__file__).resolve().parents[3] / "golden"
NAMES = [
    "demand_is_met",
    "arrivals",
    "census_follows",
    "capacity_holds",
    "stock_follows",
    "retention",
    "surge_holds",
    "fair_to_zones",
    "fair_to_institutions",
    "steps_of_zones",
    "steps_of_institutions",
    "choice",
    "choice_limit",
    "no_worse",
    "largest_moves",
    "least_moves",
    "sent_beyond_announced",
    "sent_short_of_announced",
    "moved_beyond_announced",
    "moved_short_of_announced",
    "harm",
    "unfairness",
    "cost",
]


def tiny():
    """One zone, two institutions, beds that move and open, two days."""
    given = tables(
        2,
        demand=[("Z", "care", 4.0, 5.0)],
        arc=[("Z", "A", "care", 3.0, 0.75), ("Z", "B", "care", 8.0, 0.25)],
        capacity=[("A", "bed", 5.0, 1.0), ("B", "bed", 7.0)],
        census=[("A", "care", [2.0, 1.0])],
        stay=[("care", [1.0, 0.5])],
        use=[("care", "bed", 1.0)],
        care=[("care", 20.0, 2.0, 0.3, 2.0)],
        resource=[
            {
                "resource_id": "bed",
                "movable": True,
                "occupancy_target": 0.9,
                "retain_share": 0.6,
                "lead_days": 1,
                "cost_unit_km": 1.5,
                "cost_surge_day": 40.0,
                "least_move": 0.5,
                "cost_move": 10.0,
            }
        ],
        move=[("B", "A", "bed", 6.0)],
    )
    flows = [
        ("transfer", "Z", "B", "care", START, 0.5),
        ("move", "B", "A", "bed", START, 2.0),
    ]
    given = announced(given, flows, [START], {"care": 7.0, "bed": 9.0})
    settings = assumptions(fairness="graduated", demand={"budget": 1})
    instance = read_instance(given, *places(given), settings)
    with mock.patch("optimization.allocation.model.templatized", nullcontext):
        return build(instance)  # row by row, for an LP file cannot be written from templates


def written(name, folder):
    """The LP file of the model with nothing but the constraint or tier ``name``."""
    model = tiny()
    if model.component(name).ctype is pyo.Objective:
        for constraint in model.component_objects(pyo.Constraint):
            constraint.deactivate()
    else:
        for constraint in model.component_objects(pyo.Constraint):
            if constraint.name != name:
                constraint.deactivate()
        model.nothing = pyo.Objective(expr=0.0)
    for objective in list(model.component_objects(pyo.Objective)):
        if objective.name not in (name, "nothing"):
            objective.deactivate()
    path = folder / f"allocation_{name}.lp"
    model.write(str(path), io_options={"symbolic_solver_labels": True})
    return path.read_text()


@pytest.mark.parametrize("name", NAMES)
def test_the_formulation_is_unchanged(name, tmp_path):
    assert written(name, tmp_path) == (GOLDEN / f"allocation_{name}.lp").read_text()


def test_every_constraint_has_a_golden_file():
    model = tiny()
    parts = [*model.component_objects(pyo.Constraint), *model.component_objects(pyo.Objective)]
    assert {part.name for part in parts} == set(NAMES)


if __name__ == "__main__":
    for each in NAMES:
        written(each, GOLDEN)
