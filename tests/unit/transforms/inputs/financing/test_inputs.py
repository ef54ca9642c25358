from datetime import date

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from schemas import clean
from schemas.assumptions.financing import FinancingAssumptions, PayerAssumptions
from schemas.results.allocation import AllocationLoad
from schemas.results.financing import INPUTS
from schemas.table import check, conform, empty, name
from transforms.inputs.financing import financing_inputs
from transforms.inputs.financing.cells import activity_ratio, claim_cells, periods
from transforms.inputs.financing.institutions import (
    claims_by_day,
    excluded,
    openings,
    operating_by_day,
)
from transforms.inputs.financing.reports import newest
from transforms.inputs.financing.shares import target_shares

YEAR = (date(2019, 1, 1), date(2019, 12, 31))
HALF = (date(2020, 1, 1), date(2020, 6, 30))
LONG_AGO = (date(2010, 1, 1), date(2010, 12, 31))
TWO_YEARS_BEFORE = (date(2017, 1, 1), date(2017, 12, 31))
START = date(2022, 10, 8)


def finance(*rows: tuple) -> pl.DataFrame:
    """Rows of institution, measure, payer, period, amount."""
    names = ["institution_id", "measure", "payer_id", "period_start", "period_end", "amount"]
    flat = [(i, m, y, *period, None if a is None else float(a)) for i, m, y, period, a in rows]
    return conform(clean.Finance, pl.DataFrame(flat, schema=names, orient="row"))


def institutions(**region: str) -> pl.DataFrame:
    rows = [
        {"institution_id": i, "zone_id": "z", "region_id": r, "tier": "primary"}
        for i, r in region.items()
    ]
    return conform(clean.Institution, pl.DataFrame(rows))


def test_the_newest_known_period_is_taken_and_short_flows_are_not():
    week = (date(2020, 7, 1), date(2020, 7, 7))
    rows = finance(
        ("a", "operating_cost", "all", YEAR, 365),
        ("a", "operating_cost", "all", HALF, 364),
        ("a", "operating_cost", "all", week, 1),
        ("b", "operating_cost", "all", YEAR, 730),
        ("b", "operating_cost", "all", HALF, None),
    )
    found = newest(rows, "operating_cost", least_days=28)
    assert found.select("institution_id", "amount", "days").rows() == [
        ("a", 364.0, 182),
        ("b", 730.0, 365),
    ]


def test_costs_are_by_day_and_without_depreciation():
    rows = finance(
        ("a", "operating_cost", "all", YEAR, 3650),
        ("a", "depreciation", "all", YEAR, 365),
        ("a", "other_income", "all", YEAR, -730),
        ("b", "operating_cost", "all", HALF, 182),
        ("b", "depreciation", "all", HALF, 182),
    )
    found = operating_by_day(rows, 28)
    columns = ["institution_id", "cost", "depreciation", "other_income", "capital_need"]
    assert found.select(columns).rows() == [("a", 9.0, 1.0, -2.0, None), ("b", 1.0, 0.0, 0.0, None)]


def test_claims_are_by_payer_and_what_named_payers_leave_is_other():
    rows = finance(
        *((i, "operating_cost", "all", YEAR, 1) for i in "abc"),
        ("a", "net_patient_revenue", "all", YEAR, 3650),
        ("a", "net_patient_revenue", "medicaid", YEAR, 365),
        ("a", "net_patient_revenue", "chip", YEAR, -365),
        ("b", "net_patient_revenue", "all", YEAR, 730),
        ("c", "net_patient_revenue", "medicaid", YEAR, 365),
        ("c", "net_patient_revenue", "other", YEAR, 1095),
    )
    assert claims_by_day(rows, 28).rows() == [
        ("a", "medicaid", 1.0),
        ("a", "other", 9.0),
        ("b", "all", 2.0),
        ("c", "medicaid", 1.0),
        ("c", "other", 3.0),
    ]


def test_who_cannot_be_financed_and_why():
    rows = finance(
        ("a", "operating_cost", "all", YEAR, 10),
        ("a", "net_patient_revenue", "all", YEAR, 10),
        ("b", "cash", "all", YEAR, 10),
        ("c", "operating_cost", "all", YEAR, 10),
        ("d", "operating_cost", "all", YEAR, -10),
        ("d", "net_patient_revenue", "all", YEAR, 10),
        ("e", "operating_cost", "all", YEAR, 10),
        ("e", "net_patient_revenue", "all", YEAR, -10),
        ("g", "operating_cost", "all", TWO_YEARS_BEFORE, 10),
        ("g", "net_patient_revenue", "all", TWO_YEARS_BEFORE, 10),
    )
    everyone = institutions(a="r", b="r", c="r", d="r", e="r", f="r", g="r")
    assumed = FinancingAssumptions(oldest_report_days=365)
    assert excluded(everyone, rows, claims_by_day(rows, 28), assumed).rows() == [
        ("b", "no_operating_cost"),
        ("c", "no_patient_revenue"),
        ("d", "no_operating_cost"),
        ("e", "no_patient_revenue"),
        ("f", "no_finance_rows"),
        ("g", "report_too_old"),
    ]


def test_quarters_follow_the_calendar_from_the_first_day():
    spans = periods(date(2023, 11, 30), 3, 3)
    assert spans.select("period_start", "period_end", "days").rows() == [
        (date(2023, 11, 30), date(2024, 2, 28), 91),
        (date(2024, 2, 29), date(2024, 5, 29), 91),
        (date(2024, 5, 30), date(2024, 8, 29), 92),
    ]


def load(*rows: tuple[str, float, float]) -> pl.DataFrame:
    filled = [
        {
            "institution_id": i,
            "resource_id": "bed",
            "date": START,
            "planned_use": planned,
            "usual_use": usual,
        }
        for i, planned, usual in rows
    ]
    return conform(AllocationLoad, pl.DataFrame(filled))


def test_activity_is_planned_by_usual_use():
    rows = load(("a", 11.0, 10.0), ("b", 5.0, 0.0), ("c", 90.0, 10.0), ("d", 1.0, 10.0))
    assert activity_ratio(rows, largest=2.0).rows() == [
        ("a", 1.1, None),
        ("c", 2.0, "limited"),
        ("d", 0.5, "limited"),
    ]


def test_weighted_capitation():
    zone = conform(
        clean.Zone,
        pl.DataFrame(
            {
                "zone_id": ["u", "v", "w"],
                "region_id": ["n", "s", "s"],
                "need_weight": [2.0, None, 1.0],
            }
        ),
    )
    people = pl.DataFrame(
        {
            "zone_id": ["u", "v", "v", "v", "w"],
            "year": [2020, 2020, 2020, 2019, 2020],
            "age_band": ["all", "0-64", "65+", "all", "all"],
            "sex": ["all"] * 5,
            "persons": [100.0, 60.0, 40.0, 900.0, 100.0],
        }
    )
    shares = target_shares(zone, conform(clean.Population, people))
    assert shares.rows() == [("n", 0.5), ("s", 0.5)]


ASSUMED = {
    "periods": 2,
    "deposit_rate": 0.01,
    "days_required": 10,
    "fixed_cost_share": 0.5,
    "debt_service_share": 0.1,
    "capital_need_share": 0.5,
    "payers": {"medicaid": {"ceiling_share": 0.9, "arrears_days": 5}},
    "funds": [
        {
            "fund_id": "care",
            "per_region": True,
            "budget_measure": "uncompensated_care",
            "budget_share": 0.5,
        },
        {"fund_id": "relief", "budget": 1000, "regions": ["n"], "cost": 0.2},
    ],
    "loans": [{"loan_id": "line", "rate": 0.03, "term": 2, "limit": 5e6}],
}


@pytest.fixture
def made() -> dict[str, pl.DataFrame]:
    rows = finance(
        ("a", "operating_cost", "all", YEAR, 3650),
        ("a", "depreciation", "all", YEAR, 730),
        ("a", "net_patient_revenue", "medicaid", YEAR, 365),
        ("a", "net_patient_revenue", "other", YEAR, 1825),
        ("a", "long_term_debt", "all", YEAR, 36500),
        ("a", "subsidies", "all", YEAR, 99),
        ("a", "cash", "all", YEAR, 77),
        ("b", "operating_cost", "all", YEAR, 730),
        ("b", "net_patient_revenue", "other", YEAR, 730),
        ("b", "uncompensated_care", "all", YEAR, 73),
        ("c", "uncompensated_care", "all", YEAR, 365),
        ("d", "operating_cost", "all", LONG_AGO, 3650),
        ("d", "uncompensated_care", "all", LONG_AGO, 3650),
    )
    tables = {
        "zone": empty(clean.Zone),
        "population": empty(clean.Population),
        "institution": institutions(a="n", b="s", c="s", d="s"),
        "finance": rows,
        "allocation_load": load(("a", 12.0, 10.0)),
    }
    return financing_inputs(tables, FinancingAssumptions.model_validate(ASSUMED), START)


def test_every_table_fits_its_schema(made):
    for table in INPUTS:
        check(table, made[name(table)])


def test_costs_follow_activity_but_for_the_fixed_share(made):
    """92 days from 8 October: 8 a day x (0.5 + 0.5 x 1.2); debt 36,500 x 10 % / 365 = 10 a day."""
    rows = made["financing_institution"].filter(pl.col("institution_id") == "a")
    first = rows.row(0, named=True)
    assert first["operating_cost"] == pytest.approx(8 * 92 * 1.1)
    assert first["debt_service"] == 920.0
    assert first["capital_need"] == 92.0
    without_debt = made["financing_institution"].filter(institution_id="b")
    assert without_debt.select("debt_service", "capital_need").rows() == [(0.0, 0.0)] * 2


def test_claims_follow_activity(made):
    rows = made["financing_claim"].filter(pl.col("institution_id") == "a", pl.col("period") == 1)
    assert rows.select("payer_id", "claim").rows() == [("medicaid", 110.4), ("other", 552.0)]


def test_ceilings_and_arrears_are_shares_and_days_of_claims(made):
    assert made["financing_payer"].rows() == [("medicaid", 1, 99.36), ("medicaid", 2, 97.2)]
    assert made["financing_arrears"].rows() == [("medicaid", "a", 5.0)]


def test_how_institutions_stand(made):
    columns = ["institution_id", "cash", "cash_rule", "last_support"]
    assert made["financing_opening"].select(columns).rows() == [
        ("a", 77.0, None, 99.0),
        ("b", 0.0, "not_reported_is_0", None),
    ]


def test_what_helping_costs_stands_beside_what_it_brings(made):
    """Over 182 days: cost 8 a day x 0.1 more, claims 6 a day x 0.2 more."""
    row = made["financing_activity"].row(0, named=True)
    assert (row["institution_id"], row["activity_ratio"]) == ("a", 1.2)
    assert row["usual_cost"] == pytest.approx(8 * 182)
    assert row["planned_cost"] == pytest.approx(8 * 182 * 1.1)
    assert row["planned_claims"] - row["usual_claims"] == pytest.approx(6 * 182 * 0.2)
    assert row["net_change"] == pytest.approx(182 * (1.2 - 0.8))
    assert made["financing_activity"]["net_change"].to_list()[1] == 0.0


def test_a_tariff_may_fall_beyond_the_usual_volume():
    claims = pl.DataFrame({"institution_id": ["a"], "payer_id": ["y"], "amount": [10.0]})
    ratio = pl.DataFrame({"institution_id": ["a"], "activity_ratio": [1.2]})
    payers = {"y": PayerAssumptions(tariff_beyond=0.35)}
    cells = claim_cells(claims, periods(START, 1, 3), ratio, payers)
    assert cells["claim"].to_list() == [pytest.approx(92 * (10 + 2 * 0.35))]
    less = claim_cells(claims, periods(START, 1, 3), ratio.with_columns(activity_ratio=0.5), payers)
    assert less["claim"].to_list() == [pytest.approx(92 * 5)]


def test_an_overdraft_of_more_than_ninety_days_is_no_overdraft():
    rows = finance(
        ("a", "cash", "all", YEAR, -89.9),
        ("b", "cash", "all", YEAR, -90.1),
    )
    by_day = pl.DataFrame({"institution_id": ["a", "b"], "cost": [1.0, 1.0]})
    found = openings(institutions(a="r", b="r"), rows, by_day, FinancingAssumptions())
    assert found.select("cash", "cash_rule").rows() == [
        (-89.9, None),
        (0.0, "implausible_overdraft_is_0"),
    ]


def test_a_fund_per_region_has_what_that_region_reports(made):
    """b 0.2 a day and c, which is not financed, 1.0 a day, half of it for 92 days; d has closed."""
    budget = made["financing_budget"].filter(pl.col("period") == 1)
    assert budget.select("fund_id", "budget").rows() == [
        ("care:n", 0.0),
        ("care:s", 55.2),
        ("relief", 1000.0),
    ]
    assert made["financing_eligible"].rows() == [("care:n", "a"), ("care:s", "b"), ("relief", "a")]
    costs = dict(made["financing_fund"].select("fund_id", "cost_of_funds").iter_rows())
    assert costs == pytest.approx({"care:n": 0.0201, "care:s": 0.0201, "relief": 0.2})


def test_settings_are_those_of_the_assumptions(made):
    setting = dict(made["financing_setting"].iter_rows())
    assert setting["gap_growth"] == pytest.approx(0.02)
    assert setting["money_unit"] == 1000.0


def test_a_region_without_money_has_empty_tables():
    tables = {
        "zone": empty(clean.Zone),
        "population": empty(clean.Population),
        "institution": institutions(a="n"),
        "finance": empty(clean.Finance),
        "allocation_load": load(),
    }
    made = financing_inputs(tables, FinancingAssumptions(), START)
    for table in INPUTS:
        check(table, made[name(table)])
    assert made["financing_excluded"].rows() == [("a", "no_finance_rows")]
    assert_frame_equal(made["financing_institution"], made["financing_institution"].clear())
