"""Random financing problems that use every feature, and one that surely does."""

import random

import polars as pl

from tests.unit.optimization.financing.cases import case


def random_case(seed: int, institutions: int = 5, periods: int = 4) -> dict[str, pl.DataFrame]:
    """The input tables of a problem in which most constraints may bind."""
    draw = random.Random(seed)
    names = [f"h{k}" for k in range(institutions)]

    def amounts(low: float, high: float) -> list[float]:
        return [round(draw.uniform(low, high), 2) for _ in range(periods)]

    people = {
        i: {
            "region": f"r{k % 2}",
            "cash": round(draw.uniform(-20, 60) + (400 if k == institutions - 1 else 0), 2),
            "days": draw.choice([0.0, 10.0, 30.0]),
            "last_support": draw.choice([None, round(draw.uniform(0, 150), 2)]),
            "cost": amounts(80, 140),
            "capital": amounts(0, 30),
            "other": amounts(-2, 20),
            "service": amounts(0, 5),
        }
        for k, i in enumerate(names)
    }
    claims = {(y, i): amounts(20, 60) for y in ("public", "private") for i in names}
    funds = {
        "pool": {
            "budget": amounts(20, 60),
            "carry_over": True,
            "cost_of_funds": 0.05,
            "max_share": 0.4,
        },
        "local": {"budget": amounts(0, 20), "eligible": names[::2], "cost_of_funds": 0.03},
        "idle": {"budget": 7.0, "eligible": []},
        "grant": {"budget": amounts(0, 30), "purpose": "capital", "max_share": 0.5},
    }
    loans = {
        "line": {"rate": 0.02, "term": 2, "limit": 60.0, "income_multiple": 0.4},
        "note": {"rate": 0.025, "term": 3, "repayment": "level_principal", "limit": 50.0},
        "long": {"rate": 0.03, "term": 8, "repayment": "annuity", "limit": 40.0, "draw_first": 2},
        "build": {"rate": 0.015, "term": 6, "purpose": "capital", "repayment": "annuity"},
    }
    return case(
        people,
        periods=periods,
        claims=claims,
        arrears={("public", names[0]): 15.0, ("old", names[1]): 5.0},
        ceilings={"public": amounts(30 * institutions, 50 * institutions)},
        funds=funds,
        loans=loans,
        shares={"r0": 0.6, "r1": 0.4},
        deposit_rate=0.004,
        gap_growth=0.0095,
        least_cover=draw.choice([0.0, 1.2]),
        largest_cut=0.3,
        equity_band=0.1,
    )
