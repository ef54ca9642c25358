"""Which of the units that institutions ask for are bought, when, and from which money."""

from optimization.purchases.plan import PurchasePlan, plan

__all__ = ["PurchasePlan", "plan"]
