"""Who pays for each institution, from which source, when."""

from optimization.financing.plan import plan

__all__ = ["plan"]
