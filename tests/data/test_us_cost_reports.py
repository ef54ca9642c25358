"""The US cost reports of three years against sums taken with the csv module."""

from collections import Counter, defaultdict
from datetime import datetime

import polars as pl
import pytest

YEARS = ("2017", "2018", "2019")
HHS_WEEKS = ("2022-09-23", "2022-09-30", "2022-10-07")
COLUMNS = {
    "days": "Total Days (V + XVIII + XIX + Unknown)",
    "discharges": "Total Discharges (V + XVIII + XIX + Unknown)",
    "bed_days": "Total Bed Days Available",
    "beds": "Number of Beds",
    "staff": "FTE - Employees on Payroll",
    "residents": "Number of Interns and Residents (FTE)",
    "operating_cost": "Less Total Operating Expense",
    "salaries": "Total Salaries From Worksheet A",
    "depreciation": "Depreciation Cost",
    "uncompensated_care": "Cost of Uncompensated Care",
    "other_income": "Total Other Income",
    "cash": "Cash on Hand and in Banks",
    "current_debt": "Total Current Liabilities",
    "long_term_debt": "Total Long Term Liabilities",
    "capital_assets": "Total Fixed Assets",
    "revenue": "Net Patient Revenue",
    "medicaid": "Net Revenue from Medicaid",
    "chip": "Net Revenue from Stand-Alone CHIP",
}
NEVER_NEGATIVE = (
    "operating_cost", "salaries", "depreciation", "uncompensated_care", "revenue", "medicaid",
    "chip",
)  # fmt: skip
FLOWS = (
    "days", "discharges", "operating_cost", "salaries", "depreciation", "uncompensated_care",
    "other_income", "revenue", "medicaid", "chip",
)  # fmt: skip
STOCKS = ("cash", "current_debt", "long_term_debt", "capital_assets")
MEASURES = (
    "operating_cost", "salaries", "depreciation", "uncompensated_care", "other_income", *STOCKS,
)  # fmt: skip


def day(text: str):
    return datetime.strptime(text, "%m/%d/%Y").date()


def report(row: dict[str, str]) -> dict:
    """A row's numbers, cells that its other columns contradict nulled."""
    found = {ours: float(row[name]) if row[name] else None for ours, name in COLUMNS.items()}
    found["opens"], found["closes"] = (day(row[f"Fiscal Year {x} Date"]) for x in ("Begin", "End"))
    found["type"] = row["CCN Facility Type"]
    span = (found["closes"] - found["opens"]).days + 1
    for name in NEVER_NEGATIVE:
        if found[name] is not None and found[name] < 0:
            found[name] = None
    beds, available = found["beds"], found["bed_days"]
    if beds and available and beds * span > 2 * available:
        found["beds"] = None
    staff, pay = found["staff"], found["salaries"]
    if staff is not None and pay is not None:
        staff_years = staff * span / 365
        if not staff_years * 10_000 <= pay <= staff_years * 500_000:
            found["staff"] = None
    stocks = [abs(found[name]) for name in STOCKS if found[name] is not None]
    cost = found["operating_cost"]
    if stocks and cost is not None and max(stocks) > 5 * cost * 365 / span:
        found.update(dict.fromkeys(STOCKS))
    parts = (found["medicaid"] or 0) + (found["chip"] or 0)
    if found["revenue"] is not None and parts > found["revenue"]:
        found["medicaid"] = found["chip"] = None
    return found


def joined(reports: list[dict]) -> dict:
    """One hospital's reports of a file, which follow on one another, as one."""
    reports = sorted(reports, key=lambda r: r["opens"])
    for earlier, later in zip(reports, reports[1:], strict=False):
        assert (later["opens"] - earlier["closes"]).days == 1
    one = dict(reports[-1], opens=reports[0]["opens"])
    for flow in FLOWS:
        known = [r[flow] for r in reports if r[flow] is not None]
        one[flow] = sum(known) if known else None
    return one


@pytest.fixture(scope="module")
def known(us, read_csv) -> frozenset[str]:
    weeks = [read_csv(us / f"{week}-hhs-data.csv") for week in HHS_WEEKS]
    return frozenset(row["hospital_pk"] for rows in weeks for row in rows)


@pytest.fixture(scope="module")
def years(us, read_csv, load, known):
    """Year → (rows by csv, hospital → its report by csv, what the platform made of them)."""
    found = {}
    for year in YEARS:
        path = us / f"CostReport_{year}_Final.csv"
        rows = read_csv(path)
        by_hospital = defaultdict(list)
        for row in rows:
            by_hospital[row["Provider CCN"].zfill(6)].append(report(row))
        ours = {ccn: joined(r) for ccn, r in by_hospital.items() if ccn in known}
        found[year] = rows, ours, load("us_cost_report", path, known)
    return found


@pytest.mark.parametrize("year", YEARS)
def test_every_row_is_loaded_merged_or_of_a_hospital_that_sends_no_capacity(
    years, known, year
) -> None:
    rows, ours, outcome = years[year]
    counts = outcome.counts
    excluded = sum(row["Provider CCN"].zfill(6) not in known for row in rows)
    assert counts.rows_read == len(rows)
    assert counts.excluded == excluded > 1000
    assert counts.loaded == len(ours)
    assert counts.merged == len(rows) - excluded - len(ours) > 60
    assert counts.quarantined == counts.duplicate == 0


@pytest.mark.parametrize("year", YEARS)
def test_hospital_codes_regain_their_leading_zero(years, year) -> None:
    rows, ours, outcome = years[year]
    assert sum(len(row["Provider CCN"]) == 5 for row in rows) > 900
    assert set(outcome.tables["institution"]["institution_id"]) == set(ours)
    assert {len(ccn) for ccn in ours} == {6}


@pytest.mark.parametrize("year", YEARS)
def test_national_totals_of_money_equal_those_of_the_csv_module(years, year) -> None:
    _, ours, outcome = years[year]
    expected = {(m, "all"): sum(r[m] or 0 for r in ours.values()) for m in MEASURES}
    for payer in ("medicaid", "chip"):
        expected["net_patient_revenue", payer] = sum(
            r[payer] or 0 for r in ours.values() if r["revenue"] is not None
        )
    expected["net_patient_revenue", "other"] = sum(
        r["revenue"] - (r["medicaid"] or 0) - (r["chip"] or 0)
        for r in ours.values()
        if r["revenue"] is not None
    )
    totals = outcome.tables["finance"].group_by("measure", "payer_id").agg(pl.col("amount").sum())
    found = {(row[0], row[1]): row[2] for row in totals.rows()}
    assert found == pytest.approx(expected, rel=1e-12)
    assert expected["operating_cost", "all"] > 9e11


@pytest.mark.parametrize("year", YEARS)
def test_unknown_amounts_are_those_that_the_reports_leave_blank_or_contradict(years, year) -> None:
    _, ours, outcome = years[year]
    expected = {(ccn, m) for ccn, r in ours.items() for m in MEASURES if r[m] is None}
    blank = outcome.tables["finance"].filter(
        pl.col("amount").is_null(), pl.col("payer_id") == "all"
    )
    assert set(blank.select("institution_id", "measure").rows()) == expected


@pytest.mark.parametrize("year", YEARS)
def test_an_overdraft_is_kept(years, year) -> None:
    _, ours, outcome = years[year]
    cash = outcome.tables["finance"].filter(pl.col("measure") == "cash", pl.col("amount") < 0)
    assert cash.height == sum((r["cash"] or 0) < 0 for r in ours.values()) > 400


@pytest.mark.parametrize("year", YEARS)
def test_activity_gives_discharges_and_days_of_the_whole_period(years, year) -> None:
    _, ours, outcome = years[year]
    found = {
        r["institution_id"]: (
            r["period_start"],
            r["period_end"],
            r["admissions"],
            r["patient_days"],
        )
        for r in outcome.tables["activity"].to_dicts()
    }
    assert found == {
        ccn: (r["opens"], r["closes"], r["discharges"], r["days"]) for ccn, r in ours.items()
    }
    stay = sum(r["days"] or 0 for r in ours.values()) / sum(
        r["discharges"] or 0 for r in ours.values()
    )
    assert 4.8 < stay < 5.1


@pytest.mark.parametrize("year", YEARS)
def test_beds_and_staff_are_nulled_where_the_report_contradicts_them(years, year) -> None:
    _, ours, outcome = years[year]
    capacity = outcome.tables["capacity"]
    for resource, name in (("available_bed", "beds"), ("staff", "staff")):
        rows = capacity.filter(pl.col("resource_id") == resource)
        found = dict(rows.select("institution_id", "in_service").rows())
        assert found == {ccn: r[name] for ccn, r in ours.items()}
    length = dict(capacity.select("institution_id", "period_days").unique().rows())
    assert length == {ccn: (r["closes"] - r["opens"]).days + 1 for ccn, r in ours.items()}


def test_a_balance_of_the_whole_group_in_one_small_hospital_is_not_believed(years) -> None:
    _, ours, outcome = years["2019"]
    off = outcome.quarantine.filter(pl.col("rule") == "balance_of_a_group")
    assert set(off["column_name"]) == set(STOCKS)
    found = outcome.tables["finance"].filter(pl.col("institution_id") == "141309")
    assert dict(found.select("measure", "amount").rows())["long_term_debt"] is None


def test_absurd_beds_and_staff_of_2019_are_implausible_and_great_hospitals_are_not(years) -> None:
    capacity = years["2019"][2].tables["capacity"]
    cell = {
        (r["institution_id"], r["resource_id"]): (r["in_service"], r["in_service_reason"])
        for r in capacity.to_dicts()
    }
    assert cell["131316", "available_bed"] == (None, "implausible")
    assert cell["050546", "staff"] == (None, "implausible")
    assert cell["330101", "staff"] == (27421.42, None)
    assert cell["330101", "available_bed"] == (2308, None)


@pytest.mark.parametrize("year", YEARS)
def test_tiers_follow_the_named_rule(years, year) -> None:
    _, ours, outcome = years[year]

    def tier(r: dict) -> tuple[str, str]:
        if r["type"] == "CAH":
            return "primary", "critical_access"
        if r["beds"] and (r["residents"] or 0) >= 0.25 * r["beds"]:
            return "tertiary", "major_teaching"
        if (r["beds"] or 0) >= 400:
            return "tertiary", "beds_400_or_more"
        return "secondary", "neither"

    expected = {ccn: tier(r) for ccn, r in ours.items()}
    found = {
        r["institution_id"]: (r["tier"], r["tier_rule"])
        for r in outcome.tables["institution"].to_dicts()
    }
    assert found == expected
    rules = Counter(rule for _, rule in expected.values())
    assert rules["critical_access"] > 1200
    assert rules["major_teaching"] > 300
