"""What institutions report about their money: the newest amounts, by day for flows."""

import polars as pl

STOCKS = ("cash", "current_debt", "long_term_debt", "capital_assets")
Days = pl.Expr


def report_days() -> pl.Expr:
    """Days that a row of ``Finance`` covers."""
    return (pl.col("period_end") - pl.col("period_start")).dt.total_days() + 1


def newest(finance: pl.DataFrame, measure: str, least_days: int) -> pl.DataFrame:
    """Each institution's newest known amount of ``measure``: the amount, its days, its period.

    Flows of fewer than ``least_days`` days are left out. Reads ``Finance``, one payer.
    """
    rows = finance.filter(pl.col("measure") == measure, pl.col("amount").is_not_null())
    if measure not in STOCKS:
        rows = rows.filter(report_days() >= least_days)
    return (
        rows.sort("institution_id", "period_end", "period_start", "payer_id")
        .group_by("institution_id", maintain_order=True)
        .last()
        .select("institution_id", "amount", "period_start", "period_end", days=report_days())
        .sort("institution_id")
    )


def reported(finance: pl.DataFrame, least_days: int) -> pl.DataFrame:
    """The newest period of each institution with an operating cost above 0.

    Returns institution_id, period_start, days. Short periods are not annualised: a month in
    which a hospital closed its books says little about a year.
    """
    return newest(finance.filter(pl.col("amount") > 0), "operating_cost", least_days).select(
        "institution_id", "period_start", "days"
    )


def flow_by_day(finance: pl.DataFrame, periods: pl.DataFrame, measure: str) -> pl.DataFrame:
    """Amount of a flow by day, of the periods in ``periods``: institution_id, payer_id, amount."""
    return (
        finance.filter(pl.col("measure") == measure, pl.col("amount").is_not_null())
        .join(periods, on=["institution_id", "period_start"])
        .select("institution_id", "payer_id", amount=pl.col("amount") / pl.col("days"))
        .sort("institution_id", "payer_id")
    )


def one_flow_by_day(finance: pl.DataFrame, periods: pl.DataFrame, measure: str) -> pl.DataFrame:
    """As ``flow_by_day`` for a measure that has no payers: institution_id, ``measure``."""
    whole = flow_by_day(finance, periods, measure).filter(pl.col("payer_id") == "all")
    return whole.select("institution_id", pl.col("amount").alias(measure))
