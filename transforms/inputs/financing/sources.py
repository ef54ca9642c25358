"""Payers, funds and loans, as the assumptions and the reports make them."""

import polars as pl

from schemas.assumptions.financing import (
    FinancingAssumptions,
    FundAssumptions,
    PayerAssumptions,
)
from schemas.results import financing as tables
from schemas.table import conform, polars_schema
from transforms.exact import exact_sum
from transforms.inputs.financing.reports import newest

PLANNED = ("operating", "capital")


def ceilings(claims: pl.DataFrame, payers: dict[str, PayerAssumptions]) -> pl.DataFrame:
    """``FinancingPayer``: the ceiling of each payer that has one, by period.

    Reads ``FinancingClaim``; a ceiling is an amount, or a share of the period's claims.
    """
    asked = claims.group_by("payer_id", "period").agg(asked=exact_sum("claim", 2))
    rows = [
        (y, p, round(a.ceiling if a.ceiling is not None else a.ceiling_share * total, 2))
        for y, p, total in asked.sort("payer_id", "period").iter_rows()
        if (a := payers.get(y)) and (a.ceiling is not None or a.ceiling_share is not None)
    ]
    return _frame(tables.FinancingPayer, ["payer_id", "period", "ceiling"], rows)


def arrears(claims_by_day: pl.DataFrame, payers: dict[str, PayerAssumptions]) -> pl.DataFrame:
    """``FinancingArrears``: days of claims that payers owe before the first period."""
    days = {y: a.arrears_days for y, a in payers.items() if a.arrears_days > 0}
    owed = claims_by_day.with_columns(
        days=pl.col("payer_id").replace_strict(days, default=None, return_dtype=pl.Float64)
    ).drop_nulls("days")
    amount = (pl.col("amount") * pl.col("days")).round(2)
    return conform(tables.FinancingArrears, owed.with_columns(arrears=amount))


def funds(
    assumed: FinancingAssumptions, regions: list[str], *purposes: str
) -> list[FundAssumptions]:
    """The funds for ``purposes``, if none is named for operation and capital.

    Those that are per region once for each region, named fund:region.
    """
    whole = []
    for fund in assumed.funds:
        if fund.purpose not in (purposes or PLANNED):
            continue
        if not fund.per_region:
            whole.append(fund)
            continue
        for r in regions:
            if not fund.regions or r in fund.regions:
                own = {"fund_id": f"{fund.fund_id}:{r}", "regions": (r,), "per_region": False}
                whole.append(fund.model_copy(update=own))
    return whole


def fund_table(whole: list[FundAssumptions], assumed: FinancingAssumptions) -> pl.DataFrame:
    """``FinancingFund``; without a cost of its own, public money costs what deposits would earn."""
    least = (1 + assumed.deposit_rate) ** assumed.periods - 1
    rows = [
        (f.fund_id, f.name or f.fund_id, f.purpose, f.max_share, f.carry_over, _or(f.cost, least))
        for f in whole
    ]
    columns = ["fund_id", "name", "purpose", "max_share", "carry_over", "cost_of_funds"]
    return _frame(tables.FinancingFund, columns, rows)


def eligible(whole: list[FundAssumptions], institution: pl.DataFrame) -> pl.DataFrame:
    """``FinancingEligible``: institutions of a fund's regions, tiers and owners."""
    parts = [
        _members(fund, institution).select("institution_id", fund_id=pl.lit(fund.fund_id))
        for fund in whole
    ]
    none = [institution.clear().select("institution_id", fund_id=pl.lit(""))]
    return conform(tables.FinancingEligible, pl.concat(parts or none))


def _members(fund: FundAssumptions, institution: pl.DataFrame) -> pl.DataFrame:
    wanted = {"region_id": fund.regions, "tier": fund.tiers, "ownership": fund.ownerships}
    rules = [pl.col(c).is_in(list(values)) for c, values in wanted.items() if values]
    return institution.filter(rules) if rules else institution


def budgets(
    whole: list[FundAssumptions],
    institution: pl.DataFrame,
    finance: pl.DataFrame,
    periods: pl.DataFrame,
    least_days: int,
) -> pl.DataFrame:
    """``FinancingBudget``: a given amount, or a share of what the fund's institutions report.

    ``institution`` are all that report of late: who does counts, financed or not.
    """
    rows = []
    for fund in whole:
        by_day = 0.0
        if fund.budget_measure is not None and fund.budget_share is not None:
            amounts = newest(finance, fund.budget_measure, least_days).join(
                _members(fund, institution), on="institution_id", how="semi"
            )
            daily = (pl.col("amount") / pl.col("days")).clip(0)
            by_day = fund.budget_share * amounts.select(exact_sum(daily, 4)).item()
        rows += [
            (fund.fund_id, p, round(_or(fund.budget, by_day * days), 2))
            for p, days in periods.select("period", "days").iter_rows()
        ]
    return _frame(tables.FinancingBudget, ["fund_id", "period", "budget"], rows)


def loans(assumed: FinancingAssumptions, *purposes: str) -> pl.DataFrame:
    """``FinancingLoan`` of ``purposes``, if none is named for operation and capital."""
    rows = [
        loan.model_dump(exclude={"source", "currency"})
        | {"name": loan.name or loan.loan_id, "draw_last": loan.draw_last or assumed.periods}
        for loan in assumed.loans
        if loan.purpose in (purposes or PLANNED)
    ]
    types = polars_schema(tables.FinancingLoan)
    return conform(tables.FinancingLoan, pl.DataFrame(rows, schema=types))


def _frame(table: type, columns: list[str], rows: list[tuple]) -> pl.DataFrame:
    types = polars_schema(table)
    return conform(table, pl.DataFrame(rows, schema=[(c, types[c]) for c in columns], orient="row"))


def _or(value: float | None, instead: float) -> float:
    return instead if value is None else value
