"""Tables of a plan, summed and joined; how far figures are off; when a plan is refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from schemas.errors import PlanRefused
from schemas.table import Table, check, key, name

LIMIT = 1e-6
CENT = 0.01
SMALLEST = 1e-12
NAMED = {
    *("action", "constraint_name", "date", "flow_kind", "lever", "line_item", "objective_name"),
    *("objective_tier", "period", "policy", "rank", "round", "side", "source_kind", "table"),
}
Value = pl.Expr | str
Amount = pl.Expr | float


@dataclass(frozen=True, slots=True)
class Verification:
    """What a verification found: the largest relative violation of any rule."""

    worst_violation: float


class Verdict:
    """The worst relative violation so far; refuses the first that is beyond its rule's tolerance.

    ``rules`` are the words of each rule by name. ``cent`` is what one rounding may move an amount,
    ``unit`` the plan's unit of money, in whose millionth the solver may break a limit; both in
    currency.

    Every rule raises PlanRefused: naming itself, the worst row, its figure and what should stand
    there.
    """

    def __init__(
        self, model: str, rules: Mapping[str, str], cent: float = 0.0, unit: float = 1.0
    ) -> None:
        self.model = model
        self.rules = rules
        self.cent = cent
        self.unit = unit
        self.worst = 0.0

    def equal(
        self,
        rule: str,
        frame: pl.DataFrame,
        value: Value,
        expected: Value,
        size: Amount = 0.0,
        allowed: Amount = 0.0,
    ) -> None:
        """``value = expected``, but for ``allowed`` and a millionth of the largest of the three."""
        a, b = _expr(value), _expr(expected)
        share = ((a - b).abs() - allowed) / pl.max_horizontal(a.abs(), b.abs(), size, SMALLEST)
        self._judge(rule, frame, a, b, share)

    def follows(
        self,
        rule: str,
        frame: pl.DataFrame,
        value: Value,
        expected: Value,
        least: float = 1e-11,
        share: float = 1e-9,
    ) -> None:
        """``value = expected``, but for the noise of adding up: ``least``, ``share`` of both."""
        a, b = _expr(value), _expr(expected)
        size = pl.max_horizontal(b.abs(), 1.0)
        noise = least + share * pl.max_horizontal(a.abs(), b.abs())
        self._judge(rule, frame, a, b, (a - b).abs() / size, noise / size)

    def balance(self, rule: str, frame: pl.DataFrame, value: Value, expected: Value) -> None:
        """Sums of amounts are equal: to less than half a cent, if the books are in cents."""
        if not self.cent:
            return self.equal(rule, frame, value, expected, size=1e-3 * self.unit)
        a, b = _expr(value), _expr(expected)
        out = (a - b).abs() >= self.cent / 2
        return self._judge(rule, frame, a, b, out.cast(pl.Float64))

    def at_most(
        self,
        rule: str,
        frame: pl.DataFrame,
        value: Value,
        limit: Value,
        size: Amount = 0.0,
        allowed: Amount = 0.0,
    ) -> None:
        """``value <= limit``, but for ``allowed`` and a millionth of ``limit`` or ``size``."""
        a, b = _expr(value), _expr(limit)
        share = (a - b - allowed) / pl.max_horizontal(b.abs(), size, SMALLEST)
        self._judge(rule, frame, a, b, share)

    def limit_slack(self, cents: float = 1.0) -> float:
        """What a limit in money may be broken by: roundings, and the solver's tolerance."""
        return cents * self.cent + LIMIT * self.unit

    def none(self, rule: str, frame: pl.DataFrame) -> None:
        """``frame`` has no rows: none stands that may not."""
        self._no_rows(rule, frame, "a row", "none")

    def lacking(self, rule: str, frame: pl.DataFrame) -> None:
        """``frame`` has no rows: none is missing."""
        self._no_rows(rule, frame, "no row", "one")

    def same_rows(
        self, rule: str, frame: pl.DataFrame, expected: pl.DataFrame, on: Sequence[str]
    ) -> None:
        """Both frames have the same keys, ``frame`` each once."""
        self.lacking(rule, expected.join(frame, on=on, how="anti"))
        self.none(rule, frame.join(expected, on=on, how="anti"))
        self.none(rule, frame.filter(~pl.struct(on).is_first_distinct()))

    def _no_rows(self, rule: str, frame: pl.DataFrame, found: str, wanted: str) -> None:
        words = self.rules[rule]
        if not frame.is_empty():
            where = _where(frame)
            raise PlanRefused(self.model, rule, words, where, found, wanted, frame.height)

    def _judge(
        self,
        rule: str,
        frame: pl.DataFrame,
        value: pl.Expr,
        expected: pl.Expr,
        share: pl.Expr,
        limit: Amount = LIMIT,
    ) -> None:
        words = self.rules[rule]
        rows = frame.with_columns(_value=value, _expected=expected, _share=share, _limit=limit)
        absent = pl.col("_value").is_null() & pl.col("_expected").is_null()
        sound = (pl.col("_share") <= pl.col("_limit")) & pl.col("_share").is_finite()
        broken = rows.filter(~(absent | sound.fill_null(False)))
        if not broken.is_empty():
            broken = broken.sort("_share", descending=True)
            figures = broken["_value"][0], broken["_expected"][0]
            where = {**_where(broken), "figure": value.meta.output_name()}
            raise PlanRefused(self.model, rule, words, where, *figures, broken.height)
        self.worst = max(self.worst, float(rows["_share"].max() or 0.0))  # type: ignore[arg-type]


def _where(rows: pl.DataFrame) -> dict[str, object]:
    """What names the first row."""
    keys = [c for c in rows.columns if c in NAMED or c.endswith("_id")]
    return rows.select(keys).row(0, named=True) if keys else {}


def _expr(value: Value) -> pl.Expr:
    return pl.col(value) if isinstance(value, str) else value


class TableView:
    """What was read and what was published, side by side.

    Raises:
        PlanRefused: a table that is ``needed`` is missing.
        TableRefused: a table does not fit its schema.
    """

    def __init__(
        self, tables: Mapping[str, pl.DataFrame], needed: Sequence[type[Table]], verdict: Verdict
    ) -> None:
        missing = [name(t) for t in needed if name(t) not in tables]
        verdict.lacking("tables", pl.DataFrame({"table": missing}))
        checked = {name(t): check(t, tables[name(t)]).sort(key(t)) for t in needed}
        self.tables = dict(tables) | checked

    def __getitem__(self, table: str) -> pl.DataFrame:
        return self.tables[table]


def total(
    frame: pl.DataFrame, by: Sequence[str], value: Value, name: str | None = None
) -> pl.DataFrame:
    """Sum ``value`` by ``by``, in an order that the keys alone decide."""
    value = pl.col(value) if isinstance(value, str) else value
    name = name or value.meta.output_name()
    keys = [c for c, kind in frame.schema.items() if not kind.is_float() and c not in by]
    rows = frame.sort(*by, *keys).group_by(by, maintain_order=True).agg(_all=value.cast(pl.Float64))
    return rows.select(*by, pl.col("_all").list.sum().alias(name))


def whole(frame: pl.DataFrame, value: Value) -> float:
    """Sum ``value`` over all rows, in the order of the keys."""
    value = pl.col(value) if isinstance(value, str) else value
    keys = [c for c, kind in frame.schema.items() if not kind.is_float()]
    numbers = frame.sort(keys).select(value.cast(pl.Float64)).to_series().to_numpy()
    return float(np.add.reduce(numbers)) if numbers.size else 0.0


def joined(frame: pl.DataFrame, other: pl.DataFrame, on: Sequence[str]) -> pl.DataFrame:
    """``frame`` with what ``other`` has for its rows, else 0."""
    added = [c for c in other.columns if c not in on]
    return frame.join(other, on=on, how="left").with_columns(pl.col(added).fill_null(0.0))


def outer_joined(left: pl.DataFrame, right: pl.DataFrame, on: Sequence[str]) -> pl.DataFrame:
    """All rows of both, side by side, numbers that are missing as 0, in key order."""
    both = left.join(right, on=on, how="full", coalesce=True).sort(on)
    return both.with_columns(pl.selectors.float().fill_null(0.0))
