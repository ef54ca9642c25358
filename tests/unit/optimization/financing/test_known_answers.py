"""Cases whose answer is known without this model."""

import pytest

from optimization.financing import plan
from optimization.financing.repayment import Loan
from tests.unit.optimization.financing.cases import case

PAPER = 1.02 ** (1 / 3) - 1
SIX_MONTHS = {
    "institutions": {
        "a": {
            "capital": [150.0, 100.0, 0.0, 200.0, 0.0, 0.0],
            "other": [0.0, 0.0, 200.0, 0.0, 50.0, 300.0],
        }
    },
    "periods": 6,
    "days": 30,
    "deposit_rate": 0.003,
    "gap_growth": 0.0048,
    "loans": {
        "line": {"rate": 0.01, "limit": 100.0, "draw_last": 5},
        "paper": {"rate": PAPER, "term": 3, "draw_last": 3},
    },
}


def column(plan, table: str, name: str) -> list:
    return plan.exact[table][name].to_list()


def test_six_month_cash_problem_closes_as_in_the_book():
    solved = plan(case(**SIX_MONTHS))
    assert column(solved, "financing_position", "closing_cash")[-1] == pytest.approx(
        92.4969491525, abs=1e-5
    )
    assert solved.frames["financing_position"]["closing_cash"][-1] == 92.50


def test_six_month_cash_problem_prices_cash_as_in_the_book():
    solved = plan(case(**SIX_MONTHS))
    duals = solved.record.dual("cost", "cash_balance")
    prices = [1 - duals["a", p] for p in range(1, 7)]
    assert prices == pytest.approx([1.03729, 1.0302, 1.02, 1.01695, 1.01, 1.0], abs=1e-5)
