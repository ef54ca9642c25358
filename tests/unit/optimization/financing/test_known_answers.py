"""Cases whose answer is known without this model."""

import pytest

from tests.unit.optimization.financing.cases import case, plan

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


def test_two_million_over_25_years_at_ten_percent():
    solved = plan(
        case(
            {"a": {"capital": [2e6] + [0.0] * 25, "other": [0.0] + [250_000.0] * 25}},
            periods=26,
            days=365,
            money_unit=1000.0,
            loans={
                "bond": {
                    "purpose": "capital",
                    "repayment": "annuity",
                    "rate": 0.1,
                    "term": 25,
                    "limit": 2e6,
                    "draw_last": 1,
                }
            },
        )
    )
    debt = solved.frames["financing_debt"]
    assert debt["drawn"][0] == 2_000_000.00
    paid = (debt["principal_due"] + debt["interest_due"])[1:]
    assert paid.to_list() == pytest.approx([220_336.14] * 25, abs=0.011)
    assert debt["owed"][-1] == 0.0


def test_annuity_of_two_periods_by_hand():
    """100 at 10 %: 100·0.1/(1 - 1.1^-2) = 57.619047... a period."""
    solved = plan(
        case(
            {"a": {"cost": [100.0, 0.0, 0.0], "other": [0.0, 60.0, 60.0]}},
            periods=3,
            loans={"note": {"repayment": "annuity", "rate": 0.1, "term": 2}},
        )
    )
    debt = solved.exact["financing_debt"]
    assert debt["drawn"].to_list() == pytest.approx([100.0, 0.0, 0.0], abs=1e-5)
    assert debt["principal_due"].to_list() == pytest.approx([0.0, 47.619048, 52.380952], abs=1e-5)
    assert debt["interest_due"].to_list() == pytest.approx([0.0, 10.0, 5.238095], abs=1e-5)
    assert debt["owed"].to_list() == pytest.approx([100.0, 52.380952, 0.0], abs=1e-5)


def test_enough_money_everywhere_leaves_nothing_uncovered_and_draws_no_loan():
    solved = plan(
        case(
            {"a": {"cost": 90.0, "days": 10}, "b": {"cost": 50.0, "cash": 10.0}},
            claims={("y", "a"): 100.0, ("y", "b"): 60.0},
            loans={"line": {"rate": 0.02}},
            funds={"pool": {"budget": 10.0}},
        )
    )
    assert solved.frames["financing_outcome"]["uncovered"].to_list() == [0.0, 0.0]
    assert solved.frames["financing_debt"].is_empty()


def test_a_fund_for_which_nobody_is_eligible_changes_nothing():
    needy = {"a": {"cost": 100.0}, "b": {"cost": 50.0, "cash": 20.0}}
    funds = {"pool": {"budget": 60.0}}
    nobody = {"closed": {"budget": 1000.0, "eligible": []}}
    alone, both = plan(case(needy, funds=funds)), plan(case(needy, funds=funds | nobody))
    for table in ("financing_flow", "financing_position", "financing_outcome"):
        assert both.frames[table].equals(alone.frames[table]), table
    assert both.record.objectives == pytest.approx(alone.record.objectives)


def test_debt_that_outlives_the_horizon_stays_in_beyond():
    solved = plan(
        case(
            {"a": {"cost": 40.0}},
            gap_growth=0.01,
            loans={"long": {"rate": 0.02, "term": 8, "limit": 1000.0}},
        )
    )
    outcome = solved.frames["financing_outcome"].row(0, named=True)
    owed = solved.frames["financing_position"]["debt"][-1]
    assert outcome["beyond"] == owed > 119.9
    assert outcome["beyond"] + outcome["uncovered"] == pytest.approx(160.0, abs=0.01)


def test_six_identical_institutions_share_the_gap_alike():
    solved = plan(case({i: {"cost": 100.0} for i in "abcdef"}, funds={"pool": {"budget": 150.0}}))
    shares = solved.exact["financing_outcome"]["unmet_share"].to_list()
    assert shares == pytest.approx([0.75] * 6, abs=1e-5)


@pytest.mark.parametrize("ceiling", [None, {"y": 200.0}])
def test_a_payer_with_money_never_pays_less_than_it_owes(ceiling):
    solved = plan(
        case(
            {"a": {"cost": 50.0}, "b": {"cost": 150.0}},
            claims={("y", "a"): 100.0, ("y", "b"): 100.0},
            ceilings=ceiling,
        )
    )
    paid = solved.frames["financing_receivable"]
    assert paid["paid"].to_list() == [100.0] * 8
    assert paid["closing"].to_list() == [0.0] * 8


def test_a_payer_that_is_short_pays_each_pro_rata():
    solved = plan(
        case(
            {"a": {"cost": 50.0}, "b": {"cost": 150.0}},
            periods=1,
            claims={("y", "a"): 100.0, ("y", "b"): 100.0},
            ceilings={"y": 120.0},
        )
    )
    assert solved.frames["financing_receivable"]["paid"].to_list() == [60.0, 60.0]
    assert solved.frames["financing_outcome"]["uncovered"].to_list() == [0.0, 90.0]


def test_old_arrears_are_paid_when_the_payer_has_money():
    solved = plan(
        case(
            {"a": {"cost": 100.0, "days": 90}},
            periods=1,
            claims={("y", "a"): 80.0},
            arrears={("y", "a"): 30.0},
            ceilings={"y": 100.0},
        )
    )
    row = solved.frames["financing_receivable"].row(0, named=True)
    assert (row["opening"], row["paid"], row["closing"]) == (30.0, 100.0, 10.0)


def test_an_overdraft_is_a_need_and_earns_no_interest():
    solved = plan(case({"a": {"cash": -50.0, "other": 20.0}}, periods=2, deposit_rate=0.01))
    row = solved.frames["financing_position"].row(0, named=True)
    assert (row["opening_cash"], row["interest_earned"], row["uncovered"]) == (-50.0, 0.0, 30.0)
    later = solved.frames["financing_position"].row(1, named=True)
    assert (later["uncovered"], later["closing_cash"]) == (0.0, 20.0)


def test_money_that_lapses_cannot_be_kept_and_money_that_carries_over_can():
    needs = {"a": {"cost": [0.0, 100.0], "other": 0.0}}
    lapsing = plan(case(needs, periods=2, funds={"pool": {"budget": [60.0, 10.0]}}))
    kept = plan(
        case(needs, periods=2, funds={"pool": {"budget": [60.0, 10.0], "carry_over": True}})
    )
    # Money that lapses may still be given early and kept by the institution as cash.
    assert lapsing.frames["financing_outcome"]["uncovered"].to_list() == [30.0]
    assert kept.frames["financing_outcome"]["uncovered"].to_list() == [30.0]
    source = kept.frames["financing_source"]
    assert source["lapsed"].sum() == 0.0
    balance = source["opening"] + source["added"] - source["used"] - source["closing"]
    assert balance.abs().max() == 0.0


def test_no_institution_takes_more_than_its_share_of_a_fund():
    solved = plan(
        case({"a": {"cost": 100.0}}, periods=1, funds={"pool": {"budget": 80.0, "max_share": 0.25}})
    )
    assert solved.frames["financing_outcome"]["support"].to_list() == [20.0]
    assert solved.frames["financing_source"]["lapsed"].to_list() == [60.0]


def test_capital_money_pays_for_capital_only():
    solved = plan(
        case(
            {"a": {"cost": 100.0, "capital": 30.0}},
            periods=1,
            funds={"grant": {"budget": 80.0, "purpose": "capital"}},
        )
    )
    assert solved.frames["financing_outcome"]["support"].to_list() == [30.0]
    assert solved.frames["financing_outcome"]["uncovered"].to_list() == [100.0]


def test_pooled_money_follows_population_and_need():
    """Half of 100 for each of two regions, but the second lacks 20 only."""
    two = {"a": {"region": "n", "cost": 200.0}, "b": {"region": "s", "cost": 20.0}}
    solved = plan(
        case(
            two,
            periods=1,
            funds={"pool": {"budget": 100.0}},
            shares={"n": 0.5, "s": 0.5},
            equity_band=0.0,
        )
    )
    fairness = solved.frames["financing_fairness"]
    assert fairness["target"].to_list() == [50.0, 20.0]
    assert (fairness["pooled_support"] >= fairness["target"]).all()


def test_support_is_not_cut_faster_than_the_pace():
    solved = plan(
        case(
            {"a": {"cost": 10.0, "last_support": 80.0}, "b": {"cost": 100.0}},
            periods=1,
            funds={"pool": {"budget": 100.0}},
            largest_cut=0.5,
        )
    )
    outcome = solved.frames["financing_outcome"]
    assert outcome["support"].sum() == 100.0
    assert outcome["slower"].to_list()[0] == 40.0 - outcome["support"].to_list()[0]


def test_debt_needs_a_surplus_to_serve_it():
    """A surplus of 30 and a cover of 1.5 allow 20 a period: 10 of interest, 10 of principal."""
    problem = {
        "institutions": {"a": {"cost": [130.0, 70.0], "other": 100.0}},
        "periods": 2,
        "loans": {"note": {"repayment": "level_principal", "rate": 0.1, "term": 1, "draw_last": 1}},
    }
    free = plan(case(**problem))
    assert free.exact["financing_debt"]["drawn"].max() == pytest.approx(300 / 11, abs=1e-4)
    covered = plan(case(**problem, least_cover=1.5))
    assert covered.exact["financing_debt"]["drawn"].max() == pytest.approx(200 / 11, abs=1e-4)


def test_nobody_to_finance_is_an_empty_plan():
    solved = plan(case({}))
    assert solved.frames["financing_position"].is_empty()
    assert solved.frames["financing_objective"]["achieved"].to_list() == [0.0] * 4
