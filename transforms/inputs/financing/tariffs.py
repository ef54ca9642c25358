"""From admissions to money: claim by day = weighted admissions by day · base rate · payer's share.

An admission weighs what ``[financing.weights]`` says of its class; a payer's base rate is what an
admission of weight 1 is worth to it. A payer without a base rate, and an institution whose
admissions are not known, keep their reported revenue.
"""

from collections.abc import Mapping

import polars as pl

from schemas.assumptions.financing import FinancingAssumptions
from schemas.clean import Activity, Encounter
from schemas.results.financing import FinancingTariff
from schemas.table import conform, empty
from transforms.exact import exact_sum
from transforms.inputs.financing.reports import report_days

YEAR_DAYS = 365
WEIGHTED = {"institution_id": pl.String, "weighted": pl.Float64}


def tariffs(
    claims: pl.DataFrame, tables: Mapping[str, pl.DataFrame], assumed: FinancingAssumptions
) -> pl.DataFrame:
    """``FinancingTariff``: a row for each payer with a base rate at an institution it pays.

    ``claims`` are by day, as reported: institution_id, payer_id, amount. Reads ``Activity`` and
    ``Encounter`` where ``tables`` has them. A payer's share is its part of the weighted admissions
    of encounters that name a payer, else its part of the institution's reported revenue.
    """
    if not assumed.base_rates:
        return empty(FinancingTariff)
    stays = weighed_stays(tables.get("encounter", empty(Encounter)), assumed)
    reports = weighed_reports(tables.get("activity", empty(Activity)), assumed)
    admitted = _total(stays).join(reports, on="institution_id", how="anti")
    rate = pl.col("payer_id").replace_strict(
        assumed.base_rates, default=None, return_dtype=pl.Float64
    )
    rows = (
        claims.join(pl.concat([reports, admitted]), on="institution_id")
        .with_columns(base_rate=rate, revenue_per_day="amount")
        .join(payer_shares(stays), on=["institution_id", "payer_id"], how="left")
        .join(_revenue(claims), on="institution_id")
        .drop_nulls("base_rate")
    )
    known = pl.col("part").is_not_null()
    share = pl.when(known).then("part").otherwise(pl.col("amount") / pl.col("revenue"))
    rows = rows.with_columns(
        payer_share=share,
        share_rule=pl.when(known).then(pl.lit("admissions")).otherwise(pl.lit("revenue")),
    )
    amount = pl.col("weighted") * pl.col("base_rate") * pl.col("payer_share")
    return conform(FinancingTariff, rows.with_columns(claims_per_day=amount.round(4)))


def by_tariff(claims: pl.DataFrame, tariff: pl.DataFrame) -> pl.DataFrame:
    """``claims`` with the amounts of ``FinancingTariff`` in place of the reported ones."""
    key = ["institution_id", "payer_id"]
    instead = tariff.select(*key, tariff="claims_per_day")
    return (
        claims.join(instead, on=key, how="left")
        .select(*key, amount=pl.coalesce("tariff", "amount"))
        .filter(pl.col("amount") > 0)
        .sort(key)
    )


def weighed_reports(activity: pl.DataFrame, assumed: FinancingAssumptions) -> pl.DataFrame:
    """Weighted admissions by day of each institution's newest long report."""
    weight = _weight(assumed)
    span = ["institution_id", "period_start", "period_end"]
    return (
        activity.filter(
            pl.col("admissions").is_not_null(), report_days() >= assumed.least_report_days
        )
        .with_columns(weight=weight, days=report_days())
        .group_by(*span, "days")
        .agg(weighted=exact_sum(pl.col("admissions") * pl.col("weight")))
        .filter(pl.col("weighted") > 0)
        .sort(span[0], span[2], span[1])
        .group_by("institution_id", maintain_order=True)
        .last()
        .select("institution_id", weighted=pl.col("weighted") / pl.col("days"))
        .cast(WEIGHTED)  # type: ignore[arg-type]
    )


def weighed_stays(encounter: pl.DataFrame, assumed: FinancingAssumptions) -> pl.DataFrame:
    """Weighted admissions by day of the last year: institution_id, payer_id, weighted.

    No rows where encounters cover fewer days than the shortest report that is annualised.
    """
    admitted = encounter.with_columns(day=pl.col("admitted_at").dt.date(), weight=_weight(assumed))
    year = pl.col("day") > pl.col("day").max() - pl.duration(days=YEAR_DAYS)
    recent = admitted.filter(year).with_columns(
        days=(pl.col("day").max() - pl.col("day").min()).dt.total_days() + 1
    )
    return (
        recent.filter(pl.col("days") >= assumed.least_report_days)
        .group_by("institution_id", "payer_id", "days")
        .agg(exact_sum("weight"))
        .select("institution_id", "payer_id", weighted=pl.col("weight") / pl.col("days"))
        .sort("institution_id", "payer_id")
    )


def payer_shares(stays: pl.DataFrame) -> pl.DataFrame:
    """Each payer's part of the admissions whose payer is known: institution_id, payer_id, part."""
    known = stays.drop_nulls("payer_id")
    whole = _total(known).rename({"weighted": "whole"})
    return known.join(whole, on="institution_id").select(
        "institution_id", "payer_id", part=pl.col("weighted") / pl.col("whole")
    )


def _total(stays: pl.DataFrame) -> pl.DataFrame:
    total = stays.group_by("institution_id").agg(exact_sum("weighted", 9)).sort("institution_id")
    return total.cast(WEIGHTED)  # type: ignore[arg-type]


def _revenue(claims: pl.DataFrame) -> pl.DataFrame:
    return claims.group_by("institution_id").agg(revenue=exact_sum("amount", 4))


def _weight(assumed: FinancingAssumptions) -> pl.Expr:
    return pl.col("class_id").replace_strict(
        dict(assumed.weights), default=0.0, return_dtype=pl.Float64
    )
