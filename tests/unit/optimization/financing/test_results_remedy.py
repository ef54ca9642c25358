"""What would close a gap closes it: each lever is pulled, and the plan made again."""

import polars as pl

from tests.unit.optimization.financing.cases import case, plan

FOUR = {"a": {"cost": [100.0, 50.0, 50.0, 50.0], "other": [40.0, 72.0, 72.0, 72.0]}}


def remedies(made) -> dict[str, dict]:
    """Remedies by lever and party."""
    rows = made.frames["financing_remedy"].iter_rows(named=True)
    return {f"{row['lever']}:{row['party_id']}": row for row in rows}


def uncovered(tables: dict[str, pl.DataFrame]) -> float:
    """What the plan of ``tables`` leaves uncovered or beyond."""
    outcome = plan(tables).frames["financing_outcome"]
    return (outcome["uncovered"] + outcome["beyond"]).sum()


def test_more_budget_closes_the_gap():
    problem = {
        "institutions": FOUR,
        "funds": {"pool": {"budget": [20.0, 0, 0, 0], "cost_of_funds": 0.03}},
    }
    found = remedies(plan(case(**problem)))
    assert found["fund:pool"]["amount"] == 40.0
    assert found["fund:pool"]["cost"] == 1.2
    assert found["fund:pool"]["lever_share"] == 2.0
    assert found["fund:pool"]["cheapest"]
    richer = {"pool": {"budget": [60.0, 0, 0, 0], "cost_of_funds": 0.03}}
    assert uncovered(case(**(problem | {"funds": richer}))) == 0.0


def test_a_higher_limit_closes_a_gap_that_later_cash_repays():
    loans = {"line": {"rate": 0.02, "term": 2, "repayment": "annuity", "limit": 50.0}}
    dear = {"pool": {"budget": 0.0, "cost_of_funds": 0.5}}
    problem = {"institutions": FOUR, "loans": loans, "funds": dear}
    found = remedies(plan(case(**problem)))
    assert "loan:line" not in found  # half of 60 a period is more than the 22 that are left
    long = {"line": loans["line"] | {"term": 3}}
    found = remedies(plan(case(**(problem | {"loans": long}))))
    assert found["loan:line"]["amount"] == 10.0
    assert found["loan:line"]["cheapest"]
    assert not found["fund:pool"]["cheapest"]
    higher = {"line": long["line"] | {"limit": 60.0}}
    assert uncovered(case(**(problem | {"loans": higher}))) == 0.0


def test_a_payer_that_owes_enough_need_only_pay_earlier():
    problem = {
        "institutions": {"a": {"cost": 80.0}},
        "claims": {("state", "a"): 80.0},
        "ceilings": {"state": 60.0},
        "funds": {"pool": {"budget": 0.0, "cost_of_funds": 0.01}},
    }
    found = remedies(plan(case(**problem)))
    assert found["payer:state"]["amount"] == 80.0
    assert found["payer:state"]["cost"] == 0.0
    assert found["payer:state"]["lever_share"] == 0.25
    assert found["payer:state"]["cheapest"]
    assert uncovered(case(**(problem | {"ceilings": {"state": 80.0}}))) == 0.0


def test_capital_money_closes_no_gap_of_operation():
    problem = {
        "institutions": {"a": {"cost": 80.0, "capital": [30.0, 0, 0, 0], "other": [70.0] * 4}},
        "funds": {"grant": {"budget": [5.0, 0, 0, 0], "purpose": "capital"}},
    }
    found = remedies(plan(case(**problem)))
    assert set(found) == {"saving:own"}
    assert found["saving:own"]["cheapest"]
    assert found["saving:own"]["cost"] is None
    assert found["saving:own"]["lever_share"] == 65 / 320


def test_without_a_gap_there_is_nothing_to_remedy():
    assert plan(case({"a": {"cost": 10.0, "other": 10.0}})).frames["financing_remedy"].is_empty()


def test_sources_and_uses_of_a_region_by_hand():
    made = plan(
        case(
            {"a": {"cost": 100.0, "cash": 10.0}},
            periods=1,
            claims={("state", "a"): 60.0},
            funds={"pool": {"budget": 20.0}},
        )
    )
    rows = made.frames["financing_balance"].select("side", "line_item", "party_id", "amount").rows()
    assert rows == [
        ("source", "opening_cash", "own", 10.0),
        ("source", "payment", "state", 60.0),
        ("source", "support", "pool", 20.0),
        ("source", "uncovered", "nobody", 10.0),
        ("use", "operating_cost", "own", 100.0),
    ]
