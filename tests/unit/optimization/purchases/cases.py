"""Tiny choices of purchases, and random ones that use every feature."""

from datetime import date, timedelta

import numpy as np
import polars as pl

from schemas.results.financing import FinancingPeriod
from schemas.results.purchases import INPUTS
from schemas.table import conform, empty, name

REQUEST = {"institution_id": "a", "resource_id": "bed", "units": 1.0, "price": 10.0}
REQUEST |= {"running_cost": 0.0, "earliest_period": 1, "priced": 1.0, "income": 100.0}
BUDGET = {"fund_id": "f", "period": 1, "budget": 10.0}
BUDGET |= {"max_share": 1.0, "carry_over": True, "cost_of_funds": 0.0}
LOAN = {"loan_id": "l", "repayment": "bullet", "rate": 0.1, "term": 4, "limit": 10.0}
LOAN |= {"income_multiple": None, "draw_first": 1, "draw_last": 9}


def tables(periods=1, days=365, **rows):
    """Input tables from rows that say what differs from the above; all may have all funds."""
    requests = [REQUEST | {"purchase_id": f"k{k}"} | r for k, r in enumerate(rows["request"])]
    budgets = [BUDGET | b for b in rows.get("budget", [])]
    places = sorted({r["institution_id"] for r in requests})
    funds = sorted({b["fund_id"] for b in budgets})
    both = [{"fund_id": f, "institution_id": i} for f in funds for i in places]
    made = {
        "purchase_request": requests,
        "purchase_budget": budgets,
        "purchase_eligible": rows.get("eligible", both),
        "purchase_loan": [LOAN | x for x in rows.get("loan", [])],
    }
    start = date(2026, 1, 1)
    spans = [
        {
            "period": p + 1,
            "period_start": start + timedelta(days=p * days),
            "period_end": start + timedelta(days=(p + 1) * days - 1),
            "days": days,
        }
        for p in range(periods)
    ]
    frames = {name(t): _frame(t, made[name(t)]) for t in INPUTS}
    return frames | {"financing_period": _frame(FinancingPeriod, spans)}


def _frame(table, rows):
    return conform(table, pl.DataFrame(rows, infer_schema_length=None)) if rows else empty(table)


def random_tables(seed):
    """Four requests of two institutions, two periods, a fund that keeps money, one that does not,
    a loan."""
    rng = np.random.default_rng(seed)
    whole = [float(x) for x in rng.integers(1, 12, 20)]
    request = [
        {
            "institution_id": "ab"[k % 2],
            "price": whole[k],
            "priced": whole[4 + k] + k / 16,
            "earliest_period": int(rng.integers(1, 3)),
            "income": 10.0,
        }
        for k in range(4)
    ]
    kept = [{"period": p, "budget": whole[8 + p] / 2, "max_share": 0.75} for p in (1, 2)]
    lapsing = [
        {"fund_id": "g", "period": p, "budget": whole[10 + p] / 2, "carry_over": False}
        for p in (1, 2)
    ]
    repayment = ["bullet", "level_principal", "annuity"][seed % 3]
    loan = [{"limit": whole[14] / 2, "repayment": repayment, "income_multiple": 0.3}]
    eligible = [("f", "a"), ("f", "b"), ("g", "a")]
    pairs = [{"fund_id": f, "institution_id": i} for f, i in eligible]
    budget = kept + lapsing
    return tables(2, 200, request=request, budget=budget, loan=loan, eligible=pairs)
