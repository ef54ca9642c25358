"""How good a forecast was: absolute error, weighted interval score, and coverage."""

import numpy as np
import polars as pl

LEVELS = (0.01, 0.025, *(round(0.05 * n, 2) for n in range(1, 20)), 0.975, 0.99)
# The bounds whose coverage is told, and the median.
TOLD = (0.1, 0.25, 0.5, 0.75, 0.9)
NAIVE = ("last_value", "seasonal_naive")
MEASURES = ["mae", "wis", "coverage_50", "coverage_80"]


def scores(
    values: np.ndarray, truth: np.ndarray, levels: np.ndarray, counted: np.ndarray
) -> dict[str, np.ndarray]:
    """Score quantiles against what came, cell by cell.

    The weighted interval score is the mean over levels of twice the quantile loss: Bracher
    and others, Evaluating epidemic forecasts in an interval format, 2021.

    Args:
        values: … × levels, with all of ``TOLD`` among the levels.
        truth: …, NaN where not known.
        levels: of the last axis.
        counted: which of the levels the weighted interval score is the mean over.

    Returns:
        mae, wis (unit of the values), coverage_50, coverage_80 (1 inside, 0 outside); NaN where
        the truth is not known.
    """
    told = {level: values[..., int(np.argmin(abs(levels - level)))] for level in TOLD}
    above = truth[..., None] - values
    loss = np.where(above >= 0, levels * above, (levels - 1) * above)
    unknown = np.where(np.isnan(truth), np.nan, 0.0)
    return {
        "mae": abs(truth - told[0.5]),
        "wis": 2 * loss[..., counted].mean(axis=-1),
        "coverage_50": ((truth >= told[0.25]) & (truth <= told[0.75])) + unknown,
        "coverage_80": ((truth >= told[0.1]) & (truth <= told[0.9])) + unknown,
    }


def bands(horizon: int, step: int) -> dict[str, slice]:
    """The bands of the horizon that are told: weeks of days, or each week, and all."""
    size = 7 if step == 1 else 1
    starts = range(0, horizon, size)
    named = {_named(s + 1, min(s + size, horizon)): slice(s, s + size) for s in starts}
    return named if len(named) == 1 else {**named, "all": slice(0, horizon)}


def _named(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"


def relative(scores: pl.DataFrame) -> pl.DataFrame:
    """Add mae_relative and wis_relative: to the better of the naive engines on the same cells."""
    naive = scores.filter(pl.col("engine").is_in(NAIVE)).group_by("horizon")
    least = naive.agg(pl.col("mae").min().alias("_mae"), pl.col("wis").min().alias("_wis"))
    ratios = [
        pl.when(pl.col(f"_{m}") > 0).then(pl.col(m) / pl.col(f"_{m}")).alias(f"{m}_relative")
        for m in ["mae", "wis"]
    ]
    joined = scores.join(least, on="horizon", how="left", maintain_order="left")
    return joined.with_columns(ratios).drop("_mae", "_wis")
