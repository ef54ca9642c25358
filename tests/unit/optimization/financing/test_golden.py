"""One small LP file per constraint and objective: a change of the formulation is a diff.

To accept one: ``python -m tests.unit.optimization.financing.test_golden``.
"""

from contextlib import nullcontext
from pathlib import Path
from unittest import mock

import pyomo.environ as pyo
import pytest
from pyomo.repn.tests import lp_diff

from optimization.financing import tiers
from optimization.financing.ledger import inputs_with_need
from optimization.financing.model import build
from tests.unit.optimization.financing.cases import case

GOLDEN = Path(__file__).parents[3] / "golden"
RULES = (
    "arrears_balance",
    "payers_can_pay",
    "payers_pay_pro_rata",
    "fund_balance",
    "share_of_fund",
    "loan_limit",
    "income_limit",
    "debt_outlives",
    "debt_is_covered",
    "cash_balance",
    "liquidity",
    "capital_is_earmarked",
    "equity",
    "pace",
    "worst_off",
)


def tiny() -> pyo.ConcreteModel:
    """Two institutions in two regions, two periods, one of each kind of source."""
    two = {
        "a": {"region": "n", "cash": 10.0, "days": 9.0, "cost": 100.0, "capital": 20.0},
        "b": {"region": "s", "cash": -5.0, "cost": [80.0, 0.0], "other": 4.0, "last_support": 30.0},
    }
    tables = case(
        two,
        periods=2,
        claims={("insurer", "a"): 60.0, ("state", "b"): 70.0},
        arrears={("insurer", "a"): 6.0},
        ceilings={"insurer": 50.0},
        funds={
            "pool": {
                "budget": [30.0, 10.0],
                "carry_over": True,
                "max_share": 0.5,
                "cost_of_funds": 0.02,
            },
            "grant": {
                "budget": 15.0,
                "purpose": "capital",
                "eligible": ["a"],
                "cost_of_funds": 0.02,
            },
        },
        loans={
            "line": {"rate": 0.02, "limit": 40.0, "income_multiple": 0.5},
            "bond": {"rate": 0.03, "term": 2, "repayment": "annuity", "purpose": "capital"},
        },
        shares={"n": 0.5, "s": 0.5},
        deposit_rate=0.01,
        gap_growth=0.015,
        least_cover=1.25,
        largest_cut=0.5,
        equity_band=0.2,
    )
    with mock.patch("optimization.financing.model.templatized", nullcontext):
        return build(inputs_with_need(tables))  # row by row: no LP file is written of templates


def write(rule: str, path: Path) -> None:
    """The model with nothing but ``rule``, a constraint or an objective."""
    m = tiny()
    for part in m.component_objects((pyo.Constraint, pyo.Objective)):
        part.deactivate()
    m.component(rule).activate()
    if rule not in tiers.ORDER:
        m.nothing = pyo.Objective(expr=0)
    m.write(str(path), io_options={"symbolic_solver_labels": True})


@pytest.mark.parametrize("rule", [*RULES, *tiers.ORDER])
def test_formulation_is_unchanged(rule, tmp_path):
    write(rule, tmp_path / "now.lp")
    golden = GOLDEN / f"financing_{rule}.lp"
    assert lp_diff.load_and_compare_lp_baseline(str(tmp_path / "now.lp"), str(golden)) == ([], [])


def test_every_constraint_has_its_file():
    assert {c.name for c in tiny().component_objects(pyo.Constraint)} == set(RULES)


if __name__ == "__main__":
    for each in (*RULES, *tiers.ORDER):
        write(each, GOLDEN / f"financing_{each}.lp")
