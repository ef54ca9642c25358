from datetime import date

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from schemas.clean import CapacityEstimate, Institution
from schemas.regional import Balance, Demand, Supply
from schemas.table import check, conform
from transforms.demand import balance

DAY, NEXT, LATER = date(2026, 1, 5), date(2026, 1, 6), date(2026, 1, 12)
USE = pl.DataFrame(
    {
        "class_id": ["icu", "icu", "ward"],
        "resource_id": ["bed", "nurse", "nurse"],
        "units": [1.0, 0.5, 0.25],
    }
)
INSTITUTIONS = conform(
    Institution, pl.DataFrame({"institution_id": ["a", "b"], "zone_id": "z", "region_id": "R"})
)


def supplies(*rows: tuple[str, date, float]) -> pl.DataFrame:
    frame = pl.DataFrame(rows, orient="row", schema=["resource_id", "date", "in_service"])
    return conform(Supply, frame.with_columns(region_id=pl.lit("R")))


def demands(*rows: tuple[str, date, float]) -> pl.DataFrame:
    frame = pl.DataFrame(rows, orient="row", schema=["class_id", "date", "patient_days_per_day"])
    return conform(Demand, frame.with_columns(region_id=pl.lit("R")))


def periods(*rows: tuple[str, date, int]) -> pl.DataFrame:
    frame = pl.DataFrame(rows, orient="row", schema=["resource_id", "date", "period_days"])
    return frame.with_columns(region_id=pl.lit("R"), shortage=1.5, surplus=2.5)


def compare(supply: pl.DataFrame, demand: pl.DataFrame, lack: pl.DataFrame) -> pl.DataFrame:
    return check(Balance, balance.balance(supply, demand, USE, lack))


def test_demand_for_a_resource_is_patients_times_units_of_every_class():
    found = compare(
        supplies(("nurse", DAY, 9.0)),
        demands(("icu", DAY, 8.0), ("ward", DAY, 20.0)),
        periods(("nurse", DAY, 1)),
    )
    expected = pl.DataFrame(
        {
            "region_id": ["R"],
            "resource_id": ["nurse"],
            "date": [DAY],
            "supply": [9.0],
            "demand_units": [9.0],
            "ratio": [1.0],
            "shortage": [1.5],
            "surplus": [2.5],
        }
    )
    assert_frame_equal(found.drop("disclosure"), expected)


def test_daily_demand_is_averaged_over_a_weekly_supply():
    """4 and 8 fall in the week; 100 comes after it, 99 before any supply."""
    found = compare(
        supplies(("bed", DAY, 9.0)),
        demands(
            ("icu", DAY, 4.0),
            ("icu", NEXT, 8.0),
            ("icu", LATER, 100.0),
            ("icu", date(2026, 1, 1), 99.0),
        ),
        periods(("bed", DAY, 7)),
    )
    assert found.select("date", "demand_units").rows() == [(DAY, 6.0)]


def test_every_demand_meets_the_supply_of_its_own_period():
    found = compare(
        supplies(("bed", DAY, 9.0), ("bed", LATER, 9.0)),
        demands(("icu", DAY, 4.0), ("icu", LATER, 6.0)),
        periods(("bed", DAY, 7), ("bed", LATER, 7)),
    )
    assert found["demand_units"].to_list() == [4.0, 6.0]


def test_nothing_asked_for_has_no_ratio():
    found = compare(
        supplies(("bed", DAY, 9.0)), demands(("icu", DAY, 0.0)), periods(("bed", DAY, 1))
    )
    assert found.select("demand_units", "ratio").row(0) == (0.0, None)


def test_what_no_class_uses_and_what_nobody_knows_is_left_out():
    found = compare(
        supplies(("scanner", DAY, 9.0), ("bed", LATER, 9.0)),
        demands(("icu", DAY, 4.0)),
        periods(("scanner", DAY, 1), ("bed", LATER, 1)),
    )
    assert found.is_empty()


def lacking(units: list[float], patients: list[float]) -> pl.DataFrame:
    cells = {"institution_id": ["a", "b"], "resource_id": "bed", "date": DAY}
    census = pl.DataFrame(
        {"institution_id": ["a", "b"], "class_id": "icu", "date": DAY, "patients": patients}
    )
    return balance.lack(
        conform(
            CapacityEstimate,
            pl.DataFrame({**cells, "period_days": 1, "in_service_reported": units}),
        ),
        census,
        USE,
        INSTITUTIONS,
    )


def test_one_institutions_room_does_not_fill_anothers_shortage():
    found = lacking([10.0, 10.0], [13.0, 6.0])
    assert found.select("shortage", "surplus").row(0) == (3.0, 4.0)


def test_load_is_the_mean_of_a_period_to_nine_decimals_and_0_where_nobody_is_in():
    """In a 1, 3 and 1/3 are in on three days of the week, so 13/9 of 1.12 units; in b nobody is."""
    cells = {"institution_id": ["a", "b"], "resource_id": "bed", "date": DAY}
    days = [date(2026, 1, 8), DAY, NEXT]
    census = pl.DataFrame(
        {"institution_id": "a", "class_id": "icu", "date": days, "patients": [1.0, 3.0, 1 / 3]}
    )
    figures = [1.123_456_789_4, 0.123_456_789_4]
    units = {**cells, "period_days": [7, 1], "in_service_reported": figures}
    found = balance.lack(
        conform(CapacityEstimate, pl.DataFrame(units)),
        census,
        USE,
        INSTITUTIONS,
    )
    assert found.rows() == [("R", "bed", DAY, 7, 0.320987655, 0.123456789)]


def test_every_date_falls_in_its_own_period_whatever_the_order():
    place = {"region_id": "R", "resource_id": "bed"}
    supply = pl.DataFrame({**place, "date": [LATER, DAY], "period_days": 7})
    demand = pl.DataFrame(
        {**place, "date": [LATER, date(2026, 1, 11), DAY, date(2026, 1, 19)], "n": [4, 3, 2, 9]}
    )
    found = balance.assigned(supply, demand, "region_id").sort("n")
    assert found.select("date", "n").rows() == [(DAY, 2), (DAY, 3), (LATER, 4)]


amounts = st.integers(0, 10_000).map(lambda n: n / 100)
pairs = st.tuples(amounts, amounts).map(list)


@given(pairs, pairs)
def test_surplus_less_shortage_is_units_less_load(units, patients):
    found = lacking(units, patients)
    left = found["surplus"][0] - found["shortage"][0]
    assert abs(left - (sum(units) - sum(patients))) < 1e-6


@given(amounts, amounts)
def test_ratio_is_supply_by_demand(units, patients):
    row = compare(
        supplies(("bed", DAY, units)), demands(("icu", DAY, patients)), periods(("bed", DAY, 1))
    ).row(0, named=True)
    assert (row["supply"], row["demand_units"]) == (units, patients)
    assert row["ratio"] == (units / patients if patients else None)
