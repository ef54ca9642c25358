"""What the allocation reads: expected demand, who may admit it, and what there is to use."""

from transforms.inputs.allocation.calendar import planning_start
from transforms.inputs.allocation.earlier import EarlierPlan
from transforms.inputs.allocation.inputs import planning_inputs

__all__ = ["EarlierPlan", "planning_inputs", "planning_start"]
