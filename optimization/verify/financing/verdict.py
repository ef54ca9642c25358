"""How far a published figure may be from what it should be, and the worst that was seen."""

from collections.abc import Sequence

import polars as pl

from schemas.errors import PlanRefused

TOLERANCE = 1e-6
SMALLEST = 1e-12


class Verdict:
    """The worst relative violation so far; refuses the first above the tolerance.

    ``cent`` is what one rounding may move an amount, ``unit`` the plan's unit of money, in
    whose millionth the solver may break a limit; both in currency.
    """

    def __init__(self, cent: float, unit: float) -> None:
        self.worst = 0.0
        self.cent = cent
        self.unit = unit

    def equal(
        self,
        rule: str,
        frame: pl.DataFrame,
        left: pl.Expr | str,
        right: pl.Expr | str,
        size: pl.Expr | None = None,
        allowed: float | pl.Expr = 0.0,
    ) -> None:
        """Refuse rows where ``left`` is not ``right``, but for ``allowed``."""
        a, b = _expr(left), _expr(right)
        missing = frame.select((a.is_null() != b.is_null()).sum()).item()
        if missing:
            raise PlanRefused(f"financing: {rule}: {missing} figures without their counterpart")
        self._judge(rule, frame, (a - b).abs(), _size(a, b, size), allowed)

    def balance(
        self, rule: str, frame: pl.DataFrame, left: pl.Expr | str, right: pl.Expr | str
    ) -> None:
        """Refuse rows where sums of amounts differ: by half a cent, if the books are in cents."""
        a, b = _expr(left), _expr(right)
        if self.cent:
            off = frame.select((a - b).abs().fill_null(self.cent) >= self.cent / 2).to_series()
            if off.any():
                raise PlanRefused(f"financing: {rule} is out by a cent or more in {off.sum()} rows")
        else:
            self.equal(rule, frame, a, b, size=pl.lit(1e-3 * self.unit))

    def at_most(
        self,
        rule: str,
        frame: pl.DataFrame,
        left: pl.Expr | str,
        right: pl.Expr | str,
        size: pl.Expr | None = None,
        allowed: float | pl.Expr = 0.0,
    ) -> None:
        """Refuse rows where ``left`` is above ``right``, but for ``allowed``."""
        a, b = _expr(left), _expr(right)
        self._judge(rule, frame, a - b, _size(a, b, size), allowed)

    def limit_slack(self, cents: float = 1.0) -> float:
        """What a limit in money may be broken by: roundings, and the solver's tolerance."""
        return cents * self.cent + TOLERANCE * self.unit

    def same_rows(
        self, rule: str, left: pl.DataFrame, right: pl.DataFrame, on: Sequence[str]
    ) -> None:
        """Refuse frames that do not have the same keys, each once."""
        strays = left.join(right, on=on, how="anti").height
        missing = right.join(left, on=on, how="anti").height
        twice = left.height - left.select(on).unique().height
        if strays or missing or twice:
            raise PlanRefused(
                f"financing: {rule}: {missing} rows missing, {strays} too many, {twice} twice"
            )

    def _judge(
        self,
        rule: str,
        frame: pl.DataFrame,
        off: pl.Expr,
        size: pl.Expr,
        allowed: float | pl.Expr,
    ) -> None:
        beyond = (off - (pl.lit(allowed) if isinstance(allowed, float) else allowed)).clip(0)
        share = frame.select(share=beyond / pl.max_horizontal(size, SMALLEST))["share"]
        if share.is_nan().any() or share.is_infinite().any():
            raise PlanRefused(f"financing: {rule}: a figure is not finite")
        worst = share.max()
        if not isinstance(worst, float):
            return
        self.worst = max(self.worst, worst)
        if worst > TOLERANCE:
            broken = (share > TOLERANCE).sum()
            raise PlanRefused(
                f"financing: {rule} is broken in {broken} rows, by {worst:.1e} of its size at "
                "worst; the plan does not follow from its inputs"
            )


def _expr(value: pl.Expr | str) -> pl.Expr:
    return pl.col(value) if isinstance(value, str) else value


def _size(a: pl.Expr, b: pl.Expr, size: pl.Expr | None) -> pl.Expr:
    sizes = [a.abs(), b.abs()] + ([] if size is None else [size])
    return pl.max_horizontal(*sizes)
