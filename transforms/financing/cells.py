"""Each institution in each period of the plan: costs, income, claims."""

from datetime import date, timedelta

import polars as pl

from schemas.base import conform
from schemas.results.financing import FinancingClaim, FinancingInstitution, FinancingPeriod
from transforms.exact import exact_sum


def periods(start: date, count: int, months: int) -> pl.DataFrame:
    """``FinancingPeriod``: ``count`` periods of ``months`` months, the first from ``start``."""
    firsts = [
        pl.select(pl.lit(start).dt.offset_by(f"{months * k}mo")).item() for k in range(count + 1)
    ]
    rows = [
        (k, first, after - timedelta(days=1), (after - first).days)
        for k, (first, after) in enumerate(zip(firsts, firsts[1:], strict=False), 1)
    ]
    names = ["period", "period_start", "period_end", "days"]
    return conform(FinancingPeriod, pl.DataFrame(rows, schema=names, orient="row"))


def activity_ratio(load: pl.DataFrame) -> pl.DataFrame:
    """Planned by usual use of each institution's resources: institution_id, ratio.

    Reads ``AllocationLoad``. Where nothing is used as usual there is no row: activity stays.
    """
    return (
        load.group_by("institution_id")
        .agg(planned=exact_sum("planned_use"), usual=exact_sum("usual_use"))
        .filter(pl.col("usual") > 0)
        .select("institution_id", ratio=pl.col("planned") / pl.col("usual"))
        .sort("institution_id")
    )


def institution_cells(
    by_day: pl.DataFrame, periods: pl.DataFrame, ratio: pl.DataFrame, fixed_share: float
) -> pl.DataFrame:
    """``FinancingInstitution``: money by day times days; cost = fixed share + activity x the rest.

    ``by_day`` has institution_id, cost, other_income, debt_service, capital_need.
    """
    activity = fixed_share + (1 - fixed_share) * pl.col("ratio")
    days = pl.col("days")
    frame = by_day.join(ratio, on="institution_id", how="left").with_columns(
        pl.col("ratio").fill_null(1.0)
    )
    cells = frame.join(periods.select("period", "days"), how="cross").with_columns(
        operating_cost=(pl.col("cost") * days * activity).round(2),
        **{
            c: (pl.col(c) * days).round(2) for c in ("other_income", "debt_service", "capital_need")
        },
    )
    return conform(FinancingInstitution, cells)


def claim_cells(claims: pl.DataFrame, periods: pl.DataFrame, ratio: pl.DataFrame) -> pl.DataFrame:
    """``FinancingClaim``: claims by day times days times activity."""
    frame = claims.join(ratio, on="institution_id", how="left").with_columns(
        pl.col("ratio").fill_null(1.0)
    )
    cells = frame.join(periods.select("period", "days"), how="cross").with_columns(
        claim=(pl.col("amount") * pl.col("days") * pl.col("ratio")).round(2)
    )
    return conform(FinancingClaim, cells)
