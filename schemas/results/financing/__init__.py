"""Tables of the financing: what the model read, and what the plan says."""

from schemas.results.financing.inputs import (
    FinancingActivity,
    FinancingArrears,
    FinancingBudget,
    FinancingClaim,
    FinancingCostResponse,
    FinancingEligible,
    FinancingExcluded,
    FinancingFund,
    FinancingInstitution,
    FinancingLoan,
    FinancingOpening,
    FinancingPayer,
    FinancingPeriod,
    FinancingProjection,
    FinancingProjectionError,
    FinancingRegion,
    FinancingSetting,
    FinancingTariff,
)
from schemas.results.financing.plan import (
    FinancingBalance,
    FinancingDebt,
    FinancingFairness,
    FinancingFlow,
    FinancingObjective,
    FinancingOutcome,
    FinancingPosition,
    FinancingPrice,
    FinancingReceivable,
    FinancingRemedy,
    FinancingSource,
    FinancingStatusQuo,
)
from schemas.table import Table

INPUTS: tuple[type[Table], ...] = (
    FinancingPeriod,
    FinancingSetting,
    FinancingOpening,
    FinancingInstitution,
    FinancingActivity,
    FinancingClaim,
    FinancingTariff,
    FinancingArrears,
    FinancingPayer,
    FinancingFund,
    FinancingBudget,
    FinancingEligible,
    FinancingLoan,
    FinancingRegion,
    FinancingProjection,
    FinancingProjectionError,
    FinancingCostResponse,
    FinancingExcluded,
)
# Inputs that the model does not read: how others came about.
EXPLAINED = (
    FinancingActivity,
    FinancingProjection,
    FinancingProjectionError,
    FinancingCostResponse,
    FinancingExcluded,
)
READ = tuple(table for table in INPUTS if table not in EXPLAINED)
RESULTS: tuple[type[Table], ...] = (
    FinancingFlow,
    FinancingPosition,
    FinancingReceivable,
    FinancingDebt,
    FinancingSource,
    FinancingOutcome,
    FinancingFairness,
    FinancingStatusQuo,
    FinancingBalance,
    FinancingRemedy,
    FinancingPrice,
    FinancingObjective,
)

__all__ = ["INPUTS", "READ", "RESULTS", *(t.__name__ for t in INPUTS + RESULTS)]
