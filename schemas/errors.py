"""Every error the platform raises on purpose: one base class, an exit code each.

A message says what is wrong, where (feed, file, column, row number) and what to do. It never
carries a value read from an extract, because a value may be a patient's.
"""

from collections.abc import Mapping
from typing import Any

from schemas.events import Occurrence


class CatchmentError(Exception):
    """Base of every error that a person is meant to read."""

    exit_code = 1


class StepFailed(CatchmentError):
    """A step of the night met an error that nobody foresaw; names the place in the code."""


class ConfigRefused(CatchmentError):
    """A region, feed or setting file says something it may not say."""

    exit_code = 2


class TableRefused(CatchmentError):
    """A frame does not fit its table. Names checks and counts, never row values."""

    exit_code = 3


class DeliveryRejected(CatchmentError):
    """A file is not what its feed says; the night goes on without it.

    ``occurrences`` are the reason, given by its code and facts, and what else helps to see it.
    """

    exit_code = 4

    def __init__(self, reason: str | Occurrence, *others: Occurrence, **facts: Any) -> None:
        first = Occurrence(reason, **facts) if isinstance(reason, str) else reason
        self.occurrences = (first, *others)
        super().__init__("; ".join(o.words() for o in self.occurrences))


class InputRefused(CatchmentError):
    """A number that a model must not be given: not finite, out of range, or contradictory."""

    exit_code = 5


class SolverStopped(CatchmentError):
    """The solver ended without a plan that can be used (time, memory, numerics)."""

    exit_code = 6


class PlanRefused(CatchmentError):
    """The independent verification found a plan or budget that breaks its own rules.

    ``rule`` is its name in docs/verification.md; ``where`` names the row that is furthest off,
    ``published`` is what stands there and ``expected`` what follows from the inputs.
    """

    exit_code = 7

    def __init__(
        self,
        model: str,
        rule: str,
        words: str,
        where: Mapping[str, object],
        published: object,
        expected: object,
        rows: int = 1,
    ) -> None:
        super().__init__(model, rule, words, where, published, expected, rows)
        self.rule, self.where = rule, dict(where)
        self.published, self.expected, self.rows = published, expected, rows

    def __str__(self) -> str:
        model, rule, words, where, published, expected, rows = self.args
        place = ", ".join(f"{key} {value}" for key, value in where.items()) or "the whole plan"
        return (
            f"{model}: {rule} is broken in {rows} rows, most at {place}: published is {published}, "
            f"expected {expected} ({words}); do not use this plan, run the night again"
        )


class NightBusy(CatchmentError):
    """Another night holds the home."""

    exit_code = 8


class HomeRefused(CatchmentError):
    """The home, its warehouse or its published file cannot be used as they are."""

    exit_code = 9


class ReconciliationFailed(CatchmentError):
    """A delivery's rows do not add up: a defect of the platform, never of the file."""

    exit_code = 10


class AuditFailed(CatchmentError):
    """The new published file is wrong in itself; the last one stays."""

    exit_code = 11


class KeyRefused(CatchmentError):
    """A key is missing or open to others, or an encrypted file is not what was written."""

    exit_code = 12
