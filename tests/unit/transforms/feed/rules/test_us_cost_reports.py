from datetime import date, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from transforms.feed.rules.us_cost_reports import us_cost_reports

SCHEMA = {
    "row_number": pl.Int64,
    "ccn": pl.String,
    "report": pl.String,
    "opens": pl.Date,
    "closes": pl.Date,
    "revenue": pl.Float64,
    "medicaid": pl.Float64,
    "cash": pl.Float64,
}
WINTER = (date(2019, 1, 1), date(2019, 3, 31))
SPRING = (date(2019, 4, 1), date(2019, 6, 30))
AUTUMN = (date(2019, 10, 1), date(2019, 12, 31))
YEAR = (date(2019, 1, 1), date(2019, 12, 31))


def reports(*rows: tuple[object, ...]) -> pl.DataFrame:
    """Rows of report number, hospital, period, revenue, medicaid, cash."""
    return pl.DataFrame(
        [
            (i, ccn, report, opens, closes, *amounts)
            for i, (report, ccn, (opens, closes), *amounts) in enumerate(rows, start=1)
        ],
        schema=SCHEMA,
        orient="row",
    )


def facts(frame: pl.DataFrame) -> list[tuple[object, ...]]:
    return frame.select("ccn", "report", "opens", "closes", "revenue", "medicaid", "cash").rows()


def test_one_report_of_each_hospital_stays_as_it_is() -> None:
    given = reports(
        ("1", "010001", YEAR, 100.0, None, 5.0),
        ("2", "010005", YEAR, None, 7.0, -3.0),
    )
    outcome = us_cost_reports(given)
    assert outcome.frame.equals(given)
    assert outcome.merged == []


def test_reports_that_follow_on_one_another_add_flows_and_keep_the_last_stocks() -> None:
    outcome = us_cost_reports(
        reports(
            ("8", "010001", SPRING, 40.0, None, 2.0),
            ("9", "010001", WINTER, 60.0, 10.0, 1.0),
        )
    )
    assert facts(outcome.frame) == [
        ("010001", "8", date(2019, 1, 1), date(2019, 6, 30), 100.0, 10.0, 2.0)
    ]
    assert outcome.frame["row_number"].to_list() == [1]
    assert outcome.merged == [2]


def test_an_unknown_stock_of_the_last_report_stays_unknown() -> None:
    outcome = us_cost_reports(
        reports(("1", "010001", WINTER, 60.0, None, 1.0), ("2", "010001", SPRING, 40.0, None, None))
    )
    assert outcome.frame["cash"].to_list() == [None]


def test_a_flow_that_no_report_gives_stays_unknown() -> None:
    outcome = us_cost_reports(
        reports(("1", "010001", WINTER, None, None, 1.0), ("2", "010001", SPRING, None, 0.0, 2.0))
    )
    assert outcome.frame.select("revenue", "medicaid").rows() == [(None, 0.0)]


def test_of_overlapping_reports_the_longest_stands() -> None:
    outcome = us_cost_reports(
        reports(("1", "010001", YEAR, 100.0, 1.0, 5.0), ("2", "010001", AUTUMN, 30.0, 1.0, 9.0))
    )
    assert facts(outcome.frame) == [("010001", "1", *YEAR, 100.0, 1.0, 5.0)]
    assert outcome.merged == [2]


def test_of_two_reports_of_one_period_the_newer_stands() -> None:
    outcome = us_cost_reports(
        reports(("8", "010001", YEAR, 100.0, 1.0, 5.0), ("9", "010001", YEAR, 90.0, 1.0, 4.0))
    )
    assert facts(outcome.frame) == [("010001", "9", *YEAR, 90.0, 1.0, 4.0)]
    assert outcome.merged == [1]


def test_a_gap_is_not_bridged() -> None:
    outcome = us_cost_reports(
        reports(
            ("1", "010001", WINTER, 60.0, 1.0, 1.0),
            ("2", "010001", SPRING, 40.0, 1.0, 2.0),
            ("3", "010001", AUTUMN, 99.0, 1.0, 3.0),
        )
    )
    assert facts(outcome.frame) == [
        ("010001", "2", date(2019, 1, 1), date(2019, 6, 30), 100.0, 2.0, 2.0)
    ]
    assert outcome.merged == [1, 3]


def test_after_a_gap_the_later_of_two_equally_long_runs_stands() -> None:
    quarter = (date(2019, 10, 1), date(2019, 12, 29))
    outcome = us_cost_reports(
        reports(("1", "010001", WINTER, 1.0, 1.0, 1.0), ("2", "010001", quarter, 2.0, 1.0, 2.0))
    )
    assert outcome.frame["report"].to_list() == ["2"]


def test_hospitals_do_not_mix() -> None:
    outcome = us_cost_reports(
        reports(("1", "010001", WINTER, 60.0, 1.0, 1.0), ("2", "010005", SPRING, 40.0, 1.0, 2.0))
    )
    assert outcome.frame["revenue"].to_list() == [60.0, 40.0]
    assert outcome.merged == []


periods = st.tuples(st.integers(0, 400), st.integers(1, 400)).map(
    lambda p: (date(2019, 1, 1) + timedelta(p[0]), date(2019, 1, 1) + timedelta(p[0] + p[1] - 1))
)
rows = st.lists(
    st.tuples(
        st.sampled_from(["1", "2", "3"]),
        st.sampled_from(["010001", "010005"]),
        periods,
        st.none() | st.integers(0, 10**9).map(float),
        st.none() | st.integers(0, 10**9).map(float),
        st.none() | st.integers(-(10**9), 10**9).map(float),
    ),
    min_size=1,
    max_size=8,
)


@given(rows)
def test_every_row_stands_or_is_merged_and_each_hospital_stands_once(given: list) -> None:
    frame = reports(*given)
    outcome = us_cost_reports(frame)
    stand = outcome.frame["row_number"].to_list()
    assert sorted(stand + outcome.merged) == frame["row_number"].to_list()
    assert sorted(outcome.frame["ccn"]) == sorted(set(frame["ccn"]))


@given(rows)
def test_the_period_is_covered_by_the_reports_whose_flows_were_added(given: list) -> None:
    frame = reports(*given).with_columns(
        revenue=(pl.col("closes") - pl.col("opens")).dt.total_days() + 1.0
    )
    joined = us_cost_reports(frame).frame
    covered = (joined["closes"] - joined["opens"]).dt.total_days() + 1
    assert joined["revenue"].to_list() == [float(days) for days in covered]


@given(rows, st.randoms())
def test_the_order_of_rows_does_not_matter(given: list, random) -> None:
    frame = reports(*given)
    shuffled = frame.sample(fraction=1, shuffle=True, seed=random.randint(0, 10**6))
    first, second = us_cost_reports(frame), us_cost_reports(shuffled)
    assert first.frame.equals(second.frame)
    assert first.merged == second.merged
