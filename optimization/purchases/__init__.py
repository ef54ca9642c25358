"""Which of the units that institutions ask for are bought, when, and from which money."""

from optimization.purchases.plan import plan

__all__ = ["plan"]
