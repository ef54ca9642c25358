import tomllib
from pathlib import Path

import pytest

from schemas.assumptions.region import Region, parse_region
from schemas.errors import ConfigRefused

DEMO = Path(__file__).resolve().parents[4] / "config" / "demo.toml"
TARIFF = {"base_rate": 4000, "unit": "EUR/weighted admission"}
WEIGHTS = {"general": 1.0, "icu": 4.0, "paediatric": 0.8}


def region(**financing: object) -> Region:
    """The sample region with other funds, loans, payers or weights."""
    content = tomllib.loads(DEMO.read_text(encoding="utf-8"))
    return parse_region("demo.toml", content | {"financing": content["financing"] | financing})


def fund(**more: object) -> dict[str, object]:
    return {"fund_id": "pool", "budget": 1000} | more


def loan(**more: object) -> dict[str, object]:
    return {"loan_id": "line", "rate": 0.02, "term": 4, "limit": 1000} | more


def purchase(**more: object) -> dict[str, object]:
    asked = {"purchase_id": "k", "institution_id": "SYN-H001", "resource_id": "icu_bed"}
    return asked | {"units": 1, "unit_price": 1000} | more


def test_money_in_the_currency_of_the_region_is_taken():
    parts = {"payers": {"fund": TARIFF | {"currency": "EUR"}}, "weights": WEIGHTS}
    made = region(**parts, funds=[fund(currency="EUR")], loans=[loan(currency="EUR")])
    assert made.financing.base_rates == {"fund": 4000}


@pytest.mark.parametrize(
    "financing, says",
    [
        ({"funds": [fund(), fund(fund_id="b", currency="CHF")]}, "financing.funds.1.currency"),
        ({"loans": [loan(currency="USD")]}, "financing.loans.0.currency must be EUR"),
        ({"payers": {"y": {"currency": "USD"}}}, "financing.payers.y.currency must be EUR"),
        (
            {"payers": {"y": TARIFF | {"unit": "CHF/weighted admission"}}, "weights": WEIGHTS},
            "financing.payers.y.unit must be EUR/weighted admission",
        ),
        (
            {"payers": {"y": TARIFF | {"unit": "EUR"}}, "weights": WEIGHTS},
            "financing.payers.y.unit must be EUR/weighted admission",
        ),
        ({"payers": {"y": {"base_rate": 4000}}}, "financing.payers.y"),
        ({"purchases": [purchase(currency="CHF")]}, "financing.purchases.0.currency must be EUR"),
        ({"purchases": [purchase(resource_id="tent")]}, "financing.purchases.0.resource_id names"),
        ({"purchases": [purchase(earliest_period=9)]}, "purchases.0.earliest_period must be at"),
        ({"purchases": [purchase(), purchase()]}, "purchases: a code appears twice"),
        ({"purchases": [purchase(unit_price=0)]}, "financing.purchases.0.unit_price"),
        ({"weights": {"general": 1.0}}, "financing.weights lacks icu, paediatric"),
        ({"weights": WEIGHTS | {"dental": 1.0}}, "financing.weights names dental"),
    ],
)
def test_mixed_currencies_and_unclear_tariffs_are_refused_by_their_key(financing, says):
    with pytest.raises(ConfigRefused) as err:
        region(**financing)
    assert says in str(err.value)
