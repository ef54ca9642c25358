"""What the allocation reads: expected demand, who may admit it, and what there is to use."""

from transforms.planning.calendar import planning_start
from transforms.planning.earlier import EarlierPlan
from transforms.planning.inputs import planning_inputs

__all__ = ["EarlierPlan", "planning_inputs", "planning_start"]
