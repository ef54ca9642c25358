"""Each institution in each period of the plan: costs, income, claims."""

from datetime import date, timedelta

import polars as pl

from schemas.assumptions.financing import PayerAssumptions
from schemas.results.financing import (
    FinancingActivity,
    FinancingClaim,
    FinancingInstitution,
    FinancingPeriod,
)
from schemas.table import conform
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


def activity_ratio(load: pl.DataFrame, largest: float) -> pl.DataFrame:
    """Planned by usual use of each institution's resources: institution_id, activity_ratio,
    activity_ratio_rule.

    Reads ``AllocationLoad``. Where nothing is used as usual there is no row: activity stays. The
    ratio is limited to ``largest`` and its inverse, and then the rule is ``limited``.
    """
    planned = pl.col("planned") / pl.col("usual")
    ratio = planned.clip(1 / largest, largest)
    return (
        load.group_by("institution_id")
        .agg(planned=exact_sum("planned_use"), usual=exact_sum("usual_use"))
        .filter(pl.col("usual") > 0)
        .select(
            "institution_id",
            activity_ratio=ratio,
            activity_ratio_rule=pl.when(planned != ratio).then(pl.lit("limited")),
        )
        .sort("institution_id")
    )


def institution_cells(
    by_day: pl.DataFrame, periods: pl.DataFrame, ratio: pl.DataFrame, fixed_share: float
) -> pl.DataFrame:
    """``FinancingInstitution``: money by day times days; cost = fixed share + activity x the rest.

    ``by_day`` has institution_id, cost, other_income, debt_service, capital_need.
    """
    activity = fixed_share + (1 - fixed_share) * pl.col("activity_ratio")
    days = pl.col("days")
    frame = by_day.join(ratio, on="institution_id", how="left").with_columns(
        pl.col("activity_ratio").fill_null(1.0)
    )
    cells = frame.join(periods.select("period", "days"), how="cross").with_columns(
        operating_cost=(pl.col("cost") * days * activity).round(2),
        **{
            c: (pl.col(c) * days).round(2) for c in ("other_income", "debt_service", "capital_need")
        },
    )
    return conform(FinancingInstitution, cells)


def claim_cells(
    claims: pl.DataFrame,
    periods: pl.DataFrame,
    ratio: pl.DataFrame,
    payers: dict[str, PayerAssumptions],
) -> pl.DataFrame:
    """``FinancingClaim``: claims by day times days times activity.

    Of activity beyond the usual, a payer may pay a part of its tariff only.
    """
    beyond = {y: a.tariff_beyond for y, a in payers.items()}
    frame = claims.join(ratio, on="institution_id", how="left").with_columns(
        pl.col("activity_ratio").fill_null(1.0),
        part=pl.col("payer_id").replace_strict(beyond, default=1.0, return_dtype=pl.Float64),
    )
    more = (pl.col("activity_ratio") - 1).clip(0)
    paid = pl.col("activity_ratio").clip(None, 1.0) + pl.col("part") * more
    cells = frame.join(periods.select("period", "days"), how="cross").with_columns(
        claim=(pl.col("amount") * pl.col("days") * paid).round(2)
    )
    return conform(FinancingClaim, cells)


def activity_effect(
    usual: tuple[pl.DataFrame, pl.DataFrame],
    planned: tuple[pl.DataFrame, pl.DataFrame],
    ratio: pl.DataFrame,
) -> pl.DataFrame:
    """``FinancingActivity``: costs and claims as usual and as planned, by institution.

    ``usual`` and ``planned`` are ``FinancingInstitution`` and ``FinancingClaim``.
    """
    frame = _sum(planned[0], "operating_cost", "planned_cost")
    for rows, column, name in (
        (usual[0], "operating_cost", "usual_cost"),
        (usual[1], "claim", "usual_claims"),
        (planned[1], "claim", "planned_claims"),
    ):
        frame = frame.join(_sum(rows, column, name), on="institution_id", how="left")
    frame = frame.with_columns(pl.col("usual_claims", "planned_claims").fill_null(0.0))
    change = pl.col("planned_claims") - pl.col("usual_claims")
    change -= pl.col("planned_cost") - pl.col("usual_cost")
    rated = frame.join(ratio, on="institution_id", how="left")
    return conform(
        FinancingActivity,
        rated.with_columns(pl.col("activity_ratio").fill_null(1.0), net_change=change.round(2)),
    )


def _sum(rows: pl.DataFrame, column: str, name: str) -> pl.DataFrame:
    return rows.group_by("institution_id").agg(exact_sum(column, 2).alias(name))
