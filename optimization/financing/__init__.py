"""Who pays for each institution, from which source, when."""

from optimization.financing.plan import FinancingPlan, plan

__all__ = ["FinancingPlan", "plan"]
