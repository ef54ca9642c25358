import math

import pytest
from pydantic import ValidationError

from schemas.assumptions.financing import FinancingAssumptions

LOAN = {"loan_id": "line", "rate": 0.02, "term": 4, "limit": 1e6}
FUND = {"fund_id": "pool", "budget": 1e6}
TARIFF = {"base_rate": 4000, "unit": "EUR/weighted admission"}


def refused(content: dict, *says: str) -> None:
    with pytest.raises(ValidationError) as err:
        FinancingAssumptions.model_validate(content)
    for text in says:
        assert text in str(err.value)


def test_defaults_are_a_plan_of_four_quarters_without_funds_or_loans():
    a = FinancingAssumptions()
    assert (a.periods, a.period_months, a.funds, a.loans) == (4, 3, (), ())


def test_every_field_has_a_unit():
    for model in (FinancingAssumptions, *_parts()):
        for name, field in model.model_fields.items():
            assert (field.description or "").endswith("]"), name


def _parts():
    from schemas.assumptions import financing

    parts = ("Payer", "Fund", "Loan", "Purchase")
    return [getattr(financing, f"{part}Assumptions") for part in parts]


@pytest.mark.parametrize(
    "content, says",
    [
        ({"fixed_cost_share": 1.1}, "fixed_cost_share"),
        ({"equity_band": -0.1}, "equity_band"),
        ({"days_required": math.inf}, "days_required"),
        ({"deposit_rate": math.nan}, "deposit_rate"),
        ({"period": 3}, "period"),
        ({"funds": [FUND | {"max_share": 1.5}]}, "funds.0.max_share"),
        ({"funds": [FUND | {"budget_measure": "subsidies"}]}, "without one clear budget"),
        ({"funds": [{"fund_id": "pool"}]}, "without one clear budget"),
        ({"funds": [FUND, FUND]}, "funds: a code appears twice"),
        ({"loans": [LOAN | {"term": 0}]}, "loans.0.term"),
        ({"loans": [LOAN | {"rate": 0.01}], "deposit_rate": 0.01}, "loans.0.rate"),
        ({"loans": [LOAN | {"draw_first": 3, "draw_last": 2}]}, "draw_first"),
        ({"loans": [LOAN | {"draw_last": 5}]}, "draw_last"),
        ({"funds": [FUND | {"cost": 0.01}], "deposit_rate": 0.01}, "funds.0.cost"),
        ({"payers": {"chip": {"ceiling": 1.0, "ceiling_share": 0.5}}}, "not both"),
        ({"payers": {"chip": {"ceiling_share": 1.5}}}, "payers.chip.ceiling_share"),
        ({"payers": {"chip": {"base_rate": 4000}}}, "payers.chip"),
        ({"payers": {"chip": {"base_rate": 4000}}}, "a tariff without unit"),
        ({"payers": {"chip": TARIFF}}, "weights: base_rate needs a weight"),
        ({"payers": {"chip": TARIFF | {"base_rate": 0}}}, "payers.chip.base_rate"),
        ({"weights": {"icu": 0}}, "weights.icu"),
        ({"loans": [{"loan_id": "line", "rate": 0.02, "limit": 1}]}, "loans.0.term"),
        ({"funds": [FUND | {"currency": "euro"}]}, "funds.0.currency"),
    ],
)
def test_bad_assumptions_are_refused_by_their_key(content, says):
    refused(content, says)


def test_a_fund_may_be_measured_or_given():
    by_measure = {
        "fund_id": "care",
        "per_region": True,
        "budget_measure": "uncompensated_care",
        "budget_share": 0.5,
    }
    assert FinancingAssumptions.model_validate({"funds": [FUND, by_measure]}).funds[1].per_region
