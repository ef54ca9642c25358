from datetime import date

import numpy as np
import polars as pl
import pytest

from schemas.columns import codes
from transforms.sample.money import finance_table, margins, measures, quarter_starts
from transforms.sample.places import places

MADE = places(1, 12)
BEDS, ICU = np.full(12, 100), np.full(12, 10)


def test_eight_quarters_end_before_the_last_day():
    starts = quarter_starts()
    assert (starts[0], starts[7], starts[8]) == (
        date(2024, 1, 1),
        date(2025, 10, 1),
        date(2026, 1, 1),
    )


def test_revenue_other_income_and_subsidies_make_cost_and_margin():
    amounts = measures(1, MADE, BEDS, ICU)
    revenue = sum(a for label, a in amounts.items() if label.endswith("net_patient_revenue"))
    income = revenue + amounts["other_income"] + amounts["subsidies"]
    margin = income / amounts["operating_cost"] - 1
    assert np.allclose(margin, margin[:, :1])
    assert margin[:, 0].min() < -0.05
    assert margin[:, 0].max() > 0
    assert (margins(np.random.default_rng(0), MADE)[3::4] < -0.02).all()


def test_table_has_every_measure_every_quarter_and_revenue_by_payer():
    table = finance_table(1, MADE, BEDS, ICU)
    assert set(table["measure"]) == set(codes("measure"))
    per_quarter = table.group_by("institution_id", "period_start").len()["len"]
    assert set(per_quarter) == {len(codes("measure")) + 2}
    payers = table.filter(pl.col("measure") == "net_patient_revenue")["payer_id"]
    assert set(payers) == {"public_insurer", "private_insurer", "self_pay"}
    assert set(table.filter(pl.col("measure") != "net_patient_revenue")["payer_id"]) == {"all"}
    assert (table["period_end"] > table["period_start"]).all()


def test_amounts_are_in_whole_units_and_only_cash_may_be_negative():
    table = finance_table(1, MADE, BEDS, ICU)
    assert table.schema["amount"] == pl.Int64
    assert set(table.filter(pl.col("amount") < 0)["measure"]) <= {"cash"}


def test_cost_of_beds():
    cost = measures(1, MADE, BEDS, ICU)["operating_cost"]
    # 100 beds at 84,000 and 10 of intensive care at 190,000 a quarter.
    tertiary = cost[MADE.tier == 2, 0]
    assert tertiary == pytest.approx(np.full(3, 10_300_000 * 1.03), rel=0.25)
    assert cost[:, 4:].sum() > cost[:, :4].sum()
