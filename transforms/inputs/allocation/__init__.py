"""What the allocation reads: expected demand, who may admit it, and what there is to use."""

from transforms.inputs.allocation.earlier import EarlierPlan
from transforms.inputs.allocation.inputs import planning_inputs
from transforms.inputs.allocation.offer import planning_start

__all__ = ["EarlierPlan", "planning_inputs", "planning_start"]
