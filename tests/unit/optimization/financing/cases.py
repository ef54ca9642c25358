"""Small financing problems, written as what differs from nothing."""

from datetime import date, timedelta

import polars as pl

from optimization.models import FINANCING
from optimization.solver import Plan
from schemas.assumptions.financing import FinancingAssumptions
from schemas.assumptions.region import Region
from schemas.results.financing import INPUTS
from schemas.table import check, name, polars_schema

TABLES = {name(t): t for t in INPUTS}
SETTINGS = {
    "deposit_rate": 0.0,
    "gap_growth": 0.01,
    "least_cover": 0.0,
    "largest_cut": 1.0,
    "equity_band": 1.0,
    "money_unit": 1.0,
}
LOAN = {
    "name": "line",
    "purpose": "operating",
    "repayment": "bullet",
    "term": 1,
    "limit": 1e6,
    "income_multiple": None,
    "draw_first": 1,
}
FUND = {
    "name": "pool",
    "purpose": "operating",
    "max_share": 1.0,
    "carry_over": False,
    "cost_of_funds": 0.0,
}


def plan(tables: dict[str, pl.DataFrame], threads: int = 2) -> Plan:
    """The plan of input tables, verified as it is exact and as it is published."""
    region = Region.model_construct(financing=FinancingAssumptions.model_construct())
    made = FINANCING.solve(tables, region, threads)
    FINANCING.verify({**tables, **made.frames})
    return made


def case(
    institutions: dict,
    periods: int = 4,
    days: int = 90,
    claims: dict | None = None,
    arrears: dict | None = None,
    ceilings: dict | None = None,
    funds: dict | None = None,
    loans: dict | None = None,
    shares: dict | None = None,
    **settings: float,
) -> dict[str, pl.DataFrame]:
    """The input tables of a problem.

    ``institutions`` maps an id to what it has: ``cash``, ``days``, ``region``, ``last_support``
    once, and ``cost``, ``capital``, ``other``, ``service`` as one number or one per period.
    ``claims`` and ``ceilings`` map (payer, institution) and payer to the same; ``funds`` map an
    id to fields, ``budget`` and ``eligible``; ``loans`` to fields; ``shares`` are by region.
    """
    span = range(1, periods + 1)
    rows: dict[str, list[dict]] = {table: [] for table in TABLES}
    start = date(2024, 1, 1)
    for p in span:
        first = start + timedelta(days=days * (p - 1))
        rows["financing_period"].append(
            {
                "period": p,
                "period_start": first,
                "period_end": first + timedelta(days=days - 1),
                "days": days,
            }
        )
    rows["financing_setting"] = [
        {"setting": k, "setting_value": v} for k, v in (SETTINGS | settings).items()
    ]
    for i, has in institutions.items():
        rows["financing_opening"].append(
            {
                "institution_id": i,
                "region_id": has.get("region", "r"),
                "cash": has.get("cash", 0.0),
                "cash_rule": None,
                "days_required": has.get("days", 0.0),
                "last_support": has.get("last_support"),
            }
        )
        for p in span:
            rows["financing_institution"].append(
                {
                    "institution_id": i,
                    "period": p,
                    "operating_cost": at(has.get("cost", 0.0), p),
                    "capital_need": at(has.get("capital", 0.0), p),
                    "other_income": at(has.get("other", 0.0), p),
                    "debt_service": at(has.get("service", 0.0), p),
                }
            )
    for (y, i), amount in (claims or {}).items():
        rows["financing_claim"] += [
            {"payer_id": y, "institution_id": i, "period": p, "claim": at(amount, p)} for p in span
        ]
    rows["financing_arrears"] = [
        {"payer_id": y, "institution_id": i, "arrears": a} for (y, i), a in (arrears or {}).items()
    ]
    for y, amount in (ceilings or {}).items():
        rows["financing_payer"] += [
            {"payer_id": y, "period": p, "ceiling": at(amount, p)} for p in span
        ]
    for f, has in (funds or {}).items():
        rows["financing_fund"].append({"fund_id": f} | {k: has.get(k, FUND[k]) for k in FUND})
        rows["financing_budget"] += [
            {"fund_id": f, "period": p, "budget": at(has["budget"], p)} for p in span
        ]
        rows["financing_eligible"] += [
            {"fund_id": f, "institution_id": i} for i in has.get("eligible", institutions)
        ]
    for k, has in (loans or {}).items():
        rows["financing_loan"].append({"loan_id": k, "draw_last": periods} | LOAN | has)
    rows["financing_region"] = [
        {"region_id": r, "target_share": s} for r, s in (shares or {}).items()
    ]
    return {t: check(TABLES[t], frame(t, content)) for t, content in rows.items()}


def frame(table: str, rows: list[dict]) -> pl.DataFrame:
    """Rows as the table's frame."""
    schema = polars_schema(TABLES[table])
    return pl.DataFrame(
        [
            [
                float(v) if schema[c] == pl.Float64 and v is not None else v
                for c, v in ((c, row[c]) for c in schema)
            ]
            for row in rows
        ],
        schema=schema,
        orient="row",
    )


def at(amount: float | list, period: int) -> float:
    """The amount of a period: the number itself, or the period's in a list."""
    return float(amount[period - 1] if isinstance(amount, list) else amount)
