"""All that the financing model reads, from clean tables, the plan's loads and assumptions."""

from collections.abc import Mapping
from datetime import date

import polars as pl

from schemas.assumptions.financing import FinancingAssumptions
from schemas.clean import Activity
from schemas.money import amounts, money_unit
from schemas.results.financing import READ, FinancingSetting
from schemas.table import conform, empty, name, polars_schema
from transforms.inputs.financing import cells, institutions, projection, shares, sources
from transforms.inputs.financing.reports import newest
from transforms.inputs.financing.response import cost_response
from transforms.inputs.financing.tariffs import by_tariff, tariffs

NO_LOAN_SPREAD = 0.01


def financing_inputs(
    tables: Mapping[str, pl.DataFrame], assumed: FinancingAssumptions, start: date
) -> dict[str, pl.DataFrame]:
    """The input tables of the financing by name; amounts in whole cents.

    Args:
        tables: ``zone``, ``institution``, ``population``, ``finance`` and ``allocation_load``;
            of the last no rows if activity is not planned. With ``activity``, how cost follows
            it is estimated; with ``activity`` or ``encounter``, tariffs make claims.
        assumed: what the region believes about money.
        start: first day of the first period.
    """
    finance, least = tables["finance"], assumed.least_report_days
    everyone = tables["institution"].sort("institution_id")
    daily_claims = institutions.claims_by_day(finance, least)
    left_out = institutions.excluded(everyone, finance, daily_claims, assumed)
    closed = left_out.filter(pl.col("exclusion_rule") == "report_too_old")
    reporting = everyone.join(closed, on="institution_id", how="anti").sort("institution_id")
    financed = everyone.join(left_out, on="institution_id", how="anti").sort("institution_id")
    reported = daily_claims.join(financed, on="institution_id", how="semi")
    tariff = tariffs(reported, tables, assumed)
    daily_claims = by_tariff(reported, tariff)
    spans = cells.periods(start, assumed.periods, assumed.period_months)
    ratio = cells.activity_ratio(tables["allocation_load"], assumed.largest_activity_ratio)
    by_day = _with_assumed(finance, assumed).join(financed, on="institution_id", how="semi")
    response = _response(tables, assumed)
    fixed = _fixed_share(response, assumed)
    costs, claims = _cells(by_day, daily_claims, spans, ratio, assumed, fixed)
    as_usual = _cells(by_day, daily_claims, spans, ratio.clear(), assumed, fixed)
    whole = sources.funds(assumed, financed["region_id"].unique().sort().to_list())
    frames = {
        "financing_period": spans,
        "financing_opening": institutions.openings(financed, finance, by_day, assumed),
        "financing_institution": costs,
        "financing_activity": cells.activity_effect(as_usual, (costs, claims), ratio),
        "financing_claim": claims,
        "financing_tariff": tariff,
        "financing_arrears": sources.arrears(daily_claims, assumed.payers),
        "financing_payer": sources.ceilings(claims, assumed.payers),
        "financing_fund": sources.fund_table(whole, assumed),
        "financing_budget": sources.budgets(whole, reporting, finance, spans, least),
        "financing_eligible": sources.eligible(whole, financed),
        "financing_loan": sources.loans(assumed),
        "financing_region": shares.target_shares(tables["zone"], tables["population"]),
        "financing_cost_response": response,
        "financing_excluded": left_out,
        **_projections(finance, financed, least),
    }
    return {**frames, "financing_setting": settings(assumed, _money_unit(frames))}


def _projections(
    finance: pl.DataFrame, financed: pl.DataFrame, least: int
) -> dict[str, pl.DataFrame]:
    """How well the years before would have told the newest."""
    own = finance.join(financed, on="institution_id", how="semi")
    years = projection.yearly(own, least)
    projected = projection.projections(years)
    errors = projection.projection_errors(years, projected)
    return {"financing_projection": projected, "financing_projection_error": errors}


def _response(tables: Mapping[str, pl.DataFrame], assumed: FinancingAssumptions) -> pl.DataFrame:
    """How cost follows activity in the reports of the region's institutions."""
    own = tables["institution"].select("institution_id")
    finance = tables["finance"].join(own, on="institution_id", how="semi")
    activity = tables.get("activity", empty(Activity))
    return cost_response(finance, activity, assumed.least_report_days, assumed.fixed_cost_share)


def _fixed_share(response: pl.DataFrame, assumed: FinancingAssumptions) -> float:
    if assumed.fixed_cost_share == "estimated":
        return float(response["fixed_share_used"][0])
    return float(assumed.fixed_cost_share)


def _cells(
    by_day: pl.DataFrame,
    claims: pl.DataFrame,
    spans: pl.DataFrame,
    ratio: pl.DataFrame,
    assumed: FinancingAssumptions,
    fixed_share: float,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """``FinancingInstitution`` and ``FinancingClaim`` if activity changes by ``ratio``."""
    return (
        cells.institution_cells(by_day, spans, ratio, fixed_share),
        cells.claim_cells(claims, spans, ratio, assumed.payers),
    )


def _with_assumed(finance: pl.DataFrame, assumed: FinancingAssumptions) -> pl.DataFrame:
    """Money by day; service of debt and capital need by assumption where they are not reported."""
    debt = newest(finance, "long_term_debt", assumed.least_report_days)
    service = pl.col("long_term_debt").fill_null(0.0).clip(0) * assumed.debt_service_share
    need = pl.col("depreciation") * assumed.capital_need_share
    return (
        institutions.operating_by_day(finance, assumed.least_report_days)
        .join(
            debt.select("institution_id", long_term_debt="amount"), on="institution_id", how="left"
        )
        .with_columns(
            debt_service=pl.col("debt_service").fill_null(service / institutions.YEAR),
            capital_need=pl.col("capital_need").fill_null(need),
        )
        .sort("institution_id")
    )


def settings(assumed: FinancingAssumptions, unit: float) -> pl.DataFrame:
    """``FinancingSetting``; a need weighs more the earlier, midway between deposit and loan."""
    rates = sources.loans(assumed)["rate"].to_list()
    cheapest = min(rates, default=assumed.deposit_rate + NO_LOAN_SPREAD)
    values = {
        "deposit_rate": assumed.deposit_rate,
        "gap_growth": (assumed.deposit_rate + cheapest) / 2,
        "least_cover": assumed.least_cover,
        "largest_cut": assumed.largest_cut,
        "equity_band": assumed.equity_band,
        "money_unit": unit,
    }
    rows = [(setting, float(value)) for setting, value in values.items()]
    schema = polars_schema(FinancingSetting)
    return conform(FinancingSetting, pl.DataFrame(rows, schema=schema, orient="row"))


def _money_unit(frames: Mapping[str, pl.DataFrame]) -> float:
    return money_unit(frames[name(t)][column] for t in READ for column in amounts(t))
