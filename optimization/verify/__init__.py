"""Plans recomputed from their tables alone, without the modeller and without the solver.

Each model's folder lists its ``RULES``: a name, which is the constraint's where it checks one, and
a line of words. A plan that breaks one is refused by that name.
"""

from optimization.verify.verdict import Verification

__all__ = ["Verification"]
