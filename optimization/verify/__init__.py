"""Plans recomputed from their tables alone, without the modeller and without the solver."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verification:
    """What a verification found: the largest relative violation of any rule."""

    worst_violation: float
