import pyomo.environ as pyo

from optimization.allocation.formulation import formulation
from schemas.assumptions.allocation import AllocationAssumptions
from tests.unit.optimization.allocation.test_golden import tiny


def test_every_constraint_and_objective_of_the_model_is_described():
    text, model = formulation(), tiny()
    for part in (pyo.Constraint, pyo.Objective):
        for component in model.component_objects(part):
            assert f"`{component.name}`" in text


def test_every_variable_is_named_in_the_symbols():
    text = formulation()
    shown = {"zone_above": "above[o,b]", "institution_above": "above[i,b]"}
    for variable in tiny().component_objects(pyo.Var):
        assert shown.get(variable.name, f"{variable.name}[") in text


def test_every_setting_stands_there_with_its_unit():
    text = formulation()
    for name, field in AllocationAssumptions.model_fields.items():
        assert f"`{name}`" in text
        assert field.description.endswith("]")
