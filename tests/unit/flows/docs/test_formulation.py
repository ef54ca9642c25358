import pyomo.environ as pyo

from flows.docs.formulation import documents
from schemas.assumptions.allocation import AllocationAssumptions
from schemas.assumptions.financing import FinancingAssumptions
from tests.unit.optimization.allocation.test_golden import tiny


def test_every_constraint_and_objective_of_the_allocation_is_described():
    text, model = documents()["allocation.md"], tiny()
    for part in (pyo.Constraint, pyo.Objective):
        for component in model.component_objects(part):
            assert f"`{component.name}`" in text


def test_every_variable_of_the_allocation_is_named_in_the_symbols():
    text = documents()["allocation.md"]
    shown = {"zone_above": "above[o,b]", "institution_above": "above[i,b]"}
    for variable in tiny().component_objects(pyo.Var):
        assert shown.get(variable.name, f"{variable.name}[") in text


def test_every_setting_stands_there_with_its_unit():
    written = documents()
    for file, assumed in (
        ("allocation.md", AllocationAssumptions),
        ("financing.md", FinancingAssumptions),
    ):
        for name, field in assumed.model_fields.items():
            assert f"`{name}`" in written[file]
            assert (field.description or "").endswith("]"), name
