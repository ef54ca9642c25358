"""Which institutions are financed, what they cost and earn, and how they stand."""

import polars as pl

from schemas.assumptions.financing import FinancingAssumptions
from transforms.exact import exact_sum
from transforms.inputs.financing.reports import flow_by_day, newest, one_flow_by_day, reported

YEAR = 365.0


def operating_by_day(finance: pl.DataFrame, least_days: int) -> pl.DataFrame:
    """Each institution's money of a day, from its newest report.

    Returns institution_id, cost (without depreciation), depreciation, other_income,
    debt_service, capital_need; the last two null where not reported. Rules: depreciation that is
    missing, below 0 or no less than the operating cost is 0; other income that is missing is 0.
    """
    periods = reported(finance, least_days)
    frame = periods.select("institution_id")
    for measure in ("operating_cost", "depreciation", "other_income", "debt_service"):
        flow = one_flow_by_day(finance, periods, measure)
        frame = frame.join(flow, on="institution_id", how="left")
    frame = frame.join(
        one_flow_by_day(finance, periods, "capital_need"), on="institution_id", how="left"
    )
    plausible = pl.col("depreciation").is_between(0, pl.col("operating_cost"), closed="left")
    return frame.with_columns(
        depreciation=pl.when(plausible).then("depreciation").otherwise(0.0),
        other_income=pl.col("other_income").fill_null(0.0),
        debt_service=pl.col("debt_service").clip(0),
        capital_need=pl.col("capital_need").clip(0),
    ).with_columns(cost=pl.col("operating_cost") - pl.col("depreciation"))


def claims_by_day(finance: pl.DataFrame, least_days: int) -> pl.DataFrame:
    """What each payer owes an institution by day: institution_id, payer_id, amount.

    Rules: revenue below 0 of a payer is 0; where payers are known, the revenue of ``all`` that
    they leave is the payer ``other``; where none is, ``all`` is the payer.
    """
    revenue = flow_by_day(finance, reported(finance, least_days), "net_patient_revenue")
    named = revenue.filter(pl.col("payer_id") != "all").with_columns(pl.col("amount").clip(0))
    known = named.group_by("institution_id").agg(known=exact_sum("amount", 4))
    whole = revenue.filter(pl.col("payer_id") == "all").join(known, on="institution_id", how="left")
    rest = whole.select(
        "institution_id",
        payer_id=pl.when(pl.col("known").is_null()).then(pl.lit("all")).otherwise(pl.lit("other")),
        amount=(pl.col("amount") - pl.col("known").fill_null(0.0)).clip(0),
    )
    return (
        pl.concat([named, rest])
        .group_by("institution_id", "payer_id")
        .agg(amount=exact_sum("amount", 4))
        .filter(pl.col("amount") > 0)
        .sort("institution_id", "payer_id")
    )


def excluded(
    institution: pl.DataFrame,
    finance: pl.DataFrame,
    claims: pl.DataFrame,
    assumed: FinancingAssumptions,
) -> pl.DataFrame:
    """``FinancingExcluded``: institutions that cannot be financed, by the first rule that says so.

    no_finance_rows, no_operating_cost (no period long enough with a cost above 0),
    report_too_old (the newest such period ends long before the region's newest),
    no_patient_revenue (none above 0 in that period).
    """
    periods = reported(finance, assumed.least_report_days)
    end = pl.col("period_start") + pl.duration(days=pl.col("days") - 1)
    age = (end.max() - end).dt.total_days()
    has = {
        "no_finance_rows": finance["institution_id"].unique(),
        "no_operating_cost": periods["institution_id"],
        "report_too_old": periods.filter(age <= assumed.oldest_report_days)["institution_id"],
        "no_patient_revenue": claims["institution_id"].unique(),
    }
    ids = pl.col("institution_id")
    rule = pl.coalesce(
        pl.when(~ids.is_in(known.implode())).then(pl.lit(name)) for name, known in has.items()
    )
    return (
        institution.select("institution_id", exclusion_rule=rule)
        .drop_nulls()
        .sort("institution_id")
    )


def openings(
    institution: pl.DataFrame,
    finance: pl.DataFrame,
    by_day: pl.DataFrame,
    assumed: FinancingAssumptions,
) -> pl.DataFrame:
    """``FinancingOpening``: region, cash and last year's support of each institution.

    ``by_day`` has institution_id and cost. Rules for cash: not reported is 0; an overdraft of
    more than ``largest_overdraft_days`` of cost is 0; the row says so.
    """
    least = assumed.least_report_days
    cash = newest(finance, "cash", least).select("institution_id", reported="amount")
    support = newest(finance, "subsidies", least).select(
        "institution_id", last_support=(pl.col("amount") / pl.col("days") * YEAR).clip(0).round(2)
    )
    deepest = -assumed.largest_overdraft_days * pl.col("cost")
    rule = (
        pl.when(pl.col("reported").is_null())
        .then(pl.lit("not_reported_is_0"))
        .when(pl.col("reported") < deepest)
        .then(pl.lit("implausible_overdraft_is_0"))
    )
    return (
        institution.select("institution_id", "region_id")
        .join(cash, on="institution_id", how="left")
        .join(support, on="institution_id", how="left")
        .join(by_day.select("institution_id", "cost"), on="institution_id", how="left")
        .with_columns(cash_rule=rule, days_required=pl.lit(float(assumed.days_required)))
        .with_columns(
            cash=pl.when(pl.col("cash_rule").is_null()).then("reported").otherwise(0.0).round(2)
        )
        .select("institution_id", "region_id", "cash", "cash_rule", "days_required", "last_support")
        .sort("institution_id")
    )
