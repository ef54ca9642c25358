from datetime import date, datetime, timedelta

import polars as pl
import pytest

from schemas.assumptions.financing import FinancingAssumptions
from schemas.clean import Activity, Encounter
from schemas.table import conform
from transforms.inputs.financing.tariffs import by_tariff, tariffs, weighed_reports, weighed_stays

UNIT = "EUR/weighted admission"
ASSUMED = FinancingAssumptions.model_validate(
    {
        "weights": {"general": 1.0, "icu": 5.0},
        "payers": {"public": {"base_rate": 100, "unit": UNIT}, "private": {}},
    }
)
YEAR = (date(2025, 1, 1), date(2025, 12, 31))
BEFORE = (date(2024, 1, 1), date(2024, 12, 30))
WEEK = (date(2026, 1, 1), date(2026, 1, 7))


def activity(*rows: tuple) -> pl.DataFrame:
    """Rows of institution, class, period, admissions."""
    names = ["institution_id", "class_id", "zone_id", "period_start", "period_end", "admissions"]
    flat = [(i, c, "all", *period, n) for i, c, period, n in rows]
    return conform(Activity, pl.DataFrame(flat, schema=names, orient="row"))


def encounters(*rows: tuple) -> pl.DataFrame:
    """Rows of institution, class, payer, day of admission from 2025-03-01."""
    names = ["encounter_id", "patient_key", "institution_id", "class_id", "payer_id", "admitted_at"]
    flat = [
        (str(k), "p", i, c, y, datetime(2025, 3, 1) + timedelta(days=day))
        for k, (i, c, y, day) in enumerate(rows)
    ]
    return conform(Encounter, pl.DataFrame(flat, schema=names, orient="row"))


def claims(*rows: tuple[str, str, float]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=["institution_id", "payer_id", "amount"], orient="row")


def test_the_newest_long_report_is_weighed():
    """(730 + 5 x 73) / 365 = 3 a day; a week is too short, the year before too old."""
    rows = activity(
        ("a", "general", YEAR, 730.0),
        ("a", "icu", YEAR, 73.0),
        ("a", "general", WEEK, 700.0),
        ("a", "general", BEFORE, 3650.0),
        ("b", "icu", YEAR, None),
    )
    assert weighed_reports(rows, ASSUMED).rows() == [("a", 3.0)]


def test_stays_are_weighed_over_the_days_that_they_cover():
    """Days 0 to 39: 40 days; public 4 of weight 1 and 1 of weight 5."""
    rows = encounters(
        *(("a", "general", "public", day) for day in (0, 10, 20, 39)),
        ("a", "icu", "public", 5),
        ("a", "general", None, 6),
    )
    assert weighed_stays(rows, ASSUMED).rows() == [
        ("a", None, pytest.approx(1 / 40)),
        ("a", "public", pytest.approx(9 / 40)),
    ]
    assert weighed_stays(rows.filter(pl.col("class_id") == "icu"), ASSUMED).is_empty()


def test_stays_of_the_last_365_days_count():
    """The newest came on day 365: day 0 is a year ago, and of days 1 to 365 two have stays."""
    rows = encounters(*(("a", "general", "public", day) for day in (0, 1, 365)))
    assert weighed_stays(rows, ASSUMED).rows() == [("a", "public", 2 / 365)]


@pytest.mark.parametrize(("days", "known"), [(28, True), (27, False)])
def test_stays_over_fewer_days_than_a_report_needs_are_not_known(days, known):
    assert ASSUMED.least_report_days == 28
    rows = encounters(("a", "general", "public", 0), ("a", "general", "public", days - 1))
    assert weighed_stays(rows, ASSUMED).is_empty() is not known


def test_admissions_of_an_unknown_class_weigh_nothing_and_of_one_end_the_later_report_counts():
    half = (date(2025, 7, 1), YEAR[1])  # 184 days
    rows = activity(
        ("a", "general", half, 46.0),
        ("a", "other", half, 999.0),
        ("a", "general", YEAR, 9.0),
        ("b", "other", YEAR, 9.0),
        ("c", "general", YEAR, 0.5),
    )
    assert weighed_reports(rows, ASSUMED).rows() == [("a", 0.25), ("c", 0.5 / 365)]


def test_claims_are_rounded_to_the_hundredth_of_a_cent():
    """A third of an admission a day x 100 by two thirds of the revenue."""
    sent = {"activity": activity(("a", "general", YEAR, 365 / 3))}
    found = tariffs(claims(("a", "private", 1.0), ("a", "public", 2.0)), sent, ASSUMED)
    columns = ["payer_share", "base_rate", "revenue_per_day", "claims_per_day"]
    assert found.select(columns).rows() == [(2 / 3, 100.0, 2.0, 22.2222)]


def test_claims_are_admissions_times_tariff_times_share():
    """a: 3 a day x 100 x 6/8 by revenue. b: 2 of 3 known stays public, 4 in 30 days."""
    tables = {
        "activity": activity(("a", "general", YEAR, 1095.0)),
        "encounter": encounters(
            ("b", "general", "public", 0),
            ("b", "general", "public", 10),
            ("b", "general", "private", 20),
            ("b", "general", None, 29),
        ),
    }
    reported = claims(
        ("a", "private", 2.0), ("a", "public", 6.0), ("b", "public", 7.0), ("c", "public", 9.0)
    )
    found = tariffs(reported, tables, ASSUMED)
    assert found.select("institution_id", "payer_id", "weighted", "share_rule").rows() == [
        ("a", "public", 3.0, "revenue"),
        ("b", "public", pytest.approx(4 / 30), "admissions"),
    ]
    assert found["payer_share"].to_list() == pytest.approx([0.75, 2 / 3])
    assert found["claims_per_day"].to_list() == pytest.approx(
        [225.0, 4 / 30 * 100 * 2 / 3], abs=1e-4
    )
    assert by_tariff(reported, found).rows() == [
        ("a", "private", 2.0),
        ("a", "public", 225.0),
        ("b", "public", found["claims_per_day"][1]),
        ("c", "public", 9.0),
    ]


def test_without_a_base_rate_claims_are_the_reported_revenue():
    reported = claims(("a", "public", 6.0))
    found = tariffs(reported, {"activity": activity()}, FinancingAssumptions())
    assert found.is_empty()
    assert by_tariff(reported, found).rows() == reported.rows()
