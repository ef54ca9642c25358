"""How far rules are broken, and from where on a plan is refused."""

import numpy as np
import polars as pl

from schemas.errors import PlanRefused

LIMIT = 1e-6


class Verdict:
    """Collects the worst relative violation; refuses at once what may not be."""

    def __init__(self) -> None:
        self.worst = 0.0

    def at_most(self, rule: str, frame: pl.DataFrame, value: pl.Expr, limit: pl.Expr) -> None:
        """``value <= limit`` on every row, to a millionth.

        Raises:
            PlanRefused: naming the rule and the number of rows that break it.
        """
        values, limits = _arrays(frame, value, limit)
        excess = np.maximum(values - limits, 0.0) / np.maximum(1.0, np.abs(limits))
        self._note(rule, excess, excess > LIMIT)

    def equal(
        self,
        rule: str,
        frame: pl.DataFrame,
        value: pl.Expr,
        expected: pl.Expr,
        least: float = 1e-11,
        share: float = 1e-9,
    ) -> None:
        """``value = expected`` on every row, but for the noise of adding up.

        Raises:
            PlanRefused: naming the rule and the number of rows that break it.
        """
        values, wanted = _arrays(frame, value, expected)
        off = np.abs(values - wanted)
        allowed = least + share * np.maximum(np.abs(values), np.abs(wanted))
        self._note(rule, off / np.maximum(1.0, np.abs(wanted)), off > allowed)

    def none(self, rule: str, frame: pl.DataFrame) -> None:
        """``frame`` has no rows.

        Raises:
            PlanRefused: it has.
        """
        if not frame.is_empty():
            raise PlanRefused(f"allocation: {rule}: {frame.height} rows")

    def _note(self, rule: str, violation: np.ndarray, broken: np.ndarray) -> None:
        if not np.isfinite(violation).all():
            raise PlanRefused(f"allocation: {rule}: a number is missing")
        if broken.any():
            most = violation[broken].max()
            raise PlanRefused(
                f"allocation: {rule}: {broken.sum()} rows are off, by up to {most:.1e}"
            )
        self.worst = max(self.worst, float(violation.max(initial=0.0)))


def _arrays(frame: pl.DataFrame, *columns: pl.Expr) -> tuple[np.ndarray, ...]:
    chosen = frame.select(c.cast(pl.Float64).alias(str(k)) for k, c in enumerate(columns))
    return tuple(c.fill_null(float("nan")).to_numpy() for c in chosen.iter_columns())
