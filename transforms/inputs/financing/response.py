"""How much of operating cost follows activity, from the region's own reports.

Named method ``yearly_changes``: over all pairs of reports of an institution that end a year
apart, the logarithm of the change of cost by day is regressed on that of patient-days by day,
both taken from their medians (what rises everywhere, prices, is not activity); changes of more
than half are left out (openings, closures, errors). The slope is the variable share.
"""

import math
from collections.abc import Sequence

import polars as pl

from schemas.errors import ConfigRefused
from schemas.results.financing import FinancingCostResponse
from schemas.table import conform, empty
from transforms.exact import exact_sum
from transforms.inputs.financing.institutions import YEAR
from transforms.inputs.financing.reports import report_days

METHOD = "yearly_changes"
LARGEST_CHANGE = 0.5
LEAST_PAIRS = 30
TOLERANCE_DAYS = 45
REPORT = ["institution_id", "period_start", "period_end"]


def cost_response(
    finance: pl.DataFrame, activity: pl.DataFrame, least_days: int, assumed: float | str
) -> pl.DataFrame:
    """``FinancingCostResponse``: one row, or none where there are too few pairs of reports.

    Raises:
        ConfigRefused: the fixed share is to be estimated, and there are too few.
    """
    pairs = changes(reports(finance, activity, least_days))
    if pairs.height < LEAST_PAIRS:
        if assumed == "estimated":
            raise ConfigRefused(
                f"financing.fixed_cost_share: {pairs.height} pairs of reports with cost and "
                f"patient-days are too few to estimate it from; set a share from 0 to 1"
            )
        return empty(FinancingCostResponse)
    slope, error, left = fit(pairs["activity"].to_list(), pairs["cost"].to_list())
    sizes = pl.Series([abs(x) for x in left])
    fixed = min(max(1 - slope, 0.0), 1.0) if assumed == "estimated" else float(assumed)
    row = {
        "method": METHOD,
        "pairs": pairs.height,
        "variable_share": slope,
        "low": slope - 1.96 * error,
        "high": slope + 1.96 * error,
        "median_error": sizes.median(),
        "p90_error": sizes.quantile(0.9, "linear"),
        "fixed_share_used": fixed,
    }
    return conform(FinancingCostResponse, pl.DataFrame([row]))


def reports(finance: pl.DataFrame, activity: pl.DataFrame, least_days: int) -> pl.DataFrame:
    """Cost and patient-days by day of each report that has both, long enough and above 0."""
    cost = finance.filter(pl.col("measure") == "operating_cost", pl.col("payer_id") == "all")
    days = activity.group_by(REPORT).agg(patient_days=exact_sum("patient_days", 3))
    return (
        cost.join(days, on=REPORT)
        .filter(pl.col("amount") > 0, pl.col("patient_days") > 0, report_days() >= least_days)
        .select(
            "institution_id",
            "period_end",
            cost=pl.col("amount") / report_days(),
            activity=pl.col("patient_days") / report_days(),
        )
        .sort("institution_id", "period_end")
    )


def changes(reported: pl.DataFrame) -> pl.DataFrame:
    """Logarithms of the changes from a year before, less their medians: activity, cost."""
    before = reported.rename({"period_end": "before", "cost": "cost0", "activity": "activity0"})
    apart = (pl.col("period_end") - pl.col("before")).dt.total_days()
    pairs = reported.join(before, on="institution_id").filter(
        (apart - YEAR).abs() <= TOLERANCE_DAYS
    )
    grown = pairs.sort("institution_id", "period_end", "before").select(
        activity=(pl.col("activity") / pl.col("activity0")).log(),
        cost=(pl.col("cost") / pl.col("cost0")).log(),
    )
    kept = grown.filter(pl.all_horizontal(pl.all().abs() < LARGEST_CHANGE))
    return kept.select(pl.all() - pl.all().median())


def fit(x: Sequence[float], y: Sequence[float]) -> tuple[float, float, list[float]]:
    """Slope through the origin by least squares, its standard error, and what is left."""
    square = math.fsum(a * a for a in x)
    slope = math.fsum(a * b for a, b in zip(x, y, strict=True)) / square if square else 0.0
    left = [b - slope * a for a, b in zip(x, y, strict=True)]
    spread = math.sqrt(math.fsum(r * r for r in left) / max(len(left) - 1, 1))
    return slope, spread / math.sqrt(square) if square else 0.0, left
