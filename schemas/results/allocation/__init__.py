"""Tables of the allocation: what the model read, and what the plan says."""

from schemas.base import Table
from schemas.results.allocation.inputs import (
    AllocationArc,
    AllocationCapacity,
    AllocationCensus,
    AllocationClass,
    AllocationDemand,
    AllocationMoveArc,
    AllocationResource,
    AllocationSetting,
    AllocationStay,
    AllocationUse,
)
from schemas.results.allocation.plan import (
    AllocationAdmission,
    AllocationAlternative,
    AllocationBestUnit,
    AllocationFairness,
    AllocationLoad,
    AllocationMove,
    AllocationTransfer,
    AllocationUnmet,
    AllocationValue,
    PolicyComparison,
)

INPUTS: tuple[type[Table], ...] = (
    AllocationDemand,
    AllocationArc,
    AllocationCapacity,
    AllocationCensus,
    AllocationStay,
    AllocationUse,
    AllocationClass,
    AllocationResource,
    AllocationMoveArc,
)
RESULTS: tuple[type[Table], ...] = (
    AllocationSetting,
    AllocationAdmission,
    AllocationTransfer,
    AllocationMove,
    AllocationLoad,
    AllocationUnmet,
    AllocationFairness,
    AllocationValue,
    AllocationBestUnit,
    PolicyComparison,
    AllocationAlternative,
)

__all__ = [
    "INPUTS",
    "RESULTS",
    "AllocationAdmission",
    "AllocationAlternative",
    "AllocationArc",
    "AllocationBestUnit",
    "AllocationCapacity",
    "AllocationCensus",
    "AllocationClass",
    "AllocationDemand",
    "AllocationFairness",
    "AllocationLoad",
    "AllocationMove",
    "AllocationMoveArc",
    "AllocationResource",
    "AllocationSetting",
    "AllocationStay",
    "AllocationTransfer",
    "AllocationUnmet",
    "AllocationUse",
    "AllocationValue",
    "PolicyComparison",
]
