"""What the purchase model reads: requests priced by the allocation, and money set aside."""

from collections.abc import Mapping

import polars as pl

from schemas.assumptions.financing import FinancingAssumptions
from schemas.results.purchases import (
    PurchaseBudget,
    PurchaseEligible,
    PurchaseLoan,
    PurchaseRequest,
)
from schemas.table import conform, empty, polars_schema
from transforms.exact import exact_sum
from transforms.inputs.financing.sources import budgets, eligible, fund_table, funds, loans

YEAR_DAYS = 365


def purchase_inputs(
    tables: Mapping[str, pl.DataFrame], assumed: FinancingAssumptions, horizon_days: int
) -> dict[str, pl.DataFrame]:
    """The input tables of the purchases by name.

    Reads ``institution``, ``finance``, ``allocation_value`` and of the financing ``period``,
    ``claim`` and ``institution``.
    """
    places = tables["institution"].sort("institution_id")
    whole = funds(assumed, places["region_id"].unique().sort().to_list(), "purchases")
    spans, least = tables["financing_period"], assumed.least_report_days
    amounts = budgets(whole, places, tables["finance"], spans, least)
    terms = fund_table(whole, assumed)
    return {
        "purchase_request": requests(tables, assumed, horizon_days),
        "purchase_budget": conform(PurchaseBudget, amounts.join(terms, on="fund_id")),
        "purchase_eligible": conform(PurchaseEligible, eligible(whole, places)),
        "purchase_loan": conform(PurchaseLoan, loans(assumed, "purchases")),
    }


def requests(
    tables: Mapping[str, pl.DataFrame], assumed: FinancingAssumptions, horizon_days: int
) -> pl.DataFrame:
    """``PurchaseRequest``: priced is units times the unit-days' prices, made a year's."""
    if not assumed.purchases:
        return empty(PurchaseRequest)
    rows = [
        {
            "purchase_id": asked.purchase_id,
            "institution_id": asked.institution_id,
            "resource_id": asked.resource_id,
            "units": asked.units,
            "price": round(asked.units * asked.unit_price, 2),
            "running_cost": round(asked.units * asked.running_cost, 2),
            "earliest_period": asked.earliest_period,
        }
        for asked in assumed.purchases
    ]
    known = {c: t for c, t in polars_schema(PurchaseRequest).items() if c in rows[0]}
    worth = tables["allocation_value"].group_by("institution_id", "resource_id")
    frame = (
        pl.DataFrame(rows, schema=known)
        .join(
            worth.agg(unit=exact_sum("unit_day_price")),
            on=["institution_id", "resource_id"],
            how="left",
        )
        .join(_income(tables), on="institution_id", how="left")
    )
    by_year = pl.col("units") * pl.col("unit").fill_null(0.0) * YEAR_DAYS / horizon_days
    income = pl.col("income").fill_null(0.0)
    return conform(PurchaseRequest, frame.with_columns(priced=by_year.round(6), income=income))


def _income(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Claims and other income of a mean period: institution_id, income."""
    periods = max(tables["financing_period"].height, 1)
    amounts = pl.concat(
        [
            tables["financing_claim"].select("institution_id", amount="claim"),
            tables["financing_institution"].select("institution_id", amount="other_income"),
        ]
    )
    whole = amounts.group_by("institution_id").agg(income=exact_sum("amount", 2))
    return whole.with_columns((pl.col("income") / periods).round(2))
