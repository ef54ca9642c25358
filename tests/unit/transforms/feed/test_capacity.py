"""Unknown capacities: why they are unknown, and between what bounds."""

import polars as pl
import pytest

from schemas.events import Occurrence

SOURCE = """
[null]
"NA" = "not_reported"
"-999999" = { reason = "withheld", low = 0, high = 4, columns = ["(total|icu)_(avg|sum)"] }
[source]
text = ["id"]
date = { day = "%Y-%m-%d" }
number = ["(total|icu)_(avg|sum|days)"]
key = ["id", "day"]
[derive]
total = "coalesce(total_avg, total_sum / total_days)"
icu = "coalesce(icu_avg, icu_sum / icu_days)"
[[table]]
name = "capacity"
columns = { institution_id = "id", date = "day", period_days = "7" }
each = [
    { resource_id = "icu_bed", in_service = "icu" },
    { resource_id = "general_bed", in_service = "total - icu" },
]
"""


@pytest.fixture
def capacity(feed_of, applied):
    """in_service of (icu_bed, general_bed) for one row of source figures."""

    def run(total="20", icu="6", total_sum="140", icu_sum="42", days="7"):
        row = {
            "id": ["H1"], "day": ["2026-02-02"], "total_avg": [total], "total_sum": [total_sum],
            "total_days": [days], "icu_avg": [icu], "icu_sum": [icu_sum], "icu_days": [days],
        }  # fmt: skip
        table = (
            applied(feed_of(SOURCE), row).tables["capacity"].sort("resource_id", descending=True)
        )
        columns = ["in_service", "in_service_reason", "in_service_low", "in_service_high"]
        return table.select(columns).rows()

    return run


def test_reported_figures_have_neither_reason_nor_bounds(capacity):
    assert capacity() == [(6, None, None, None), (14, None, None, None)]


def test_a_withheld_mean_is_taken_from_the_sum(capacity):
    assert capacity(icu="-999999", icu_sum="21") == [(3, None, None, None), (17, None, None, None)]


def test_a_withheld_part_bounds_the_remainder(capacity):
    assert capacity(icu="-999999", icu_sum="NA") == [
        (None, "withheld", 0, 4),
        (None, "withheld", 16, 20),
    ]


def test_bounds_of_a_remainder_do_not_reach_below_zero(capacity):
    assert capacity(total="3", icu="-999999", icu_sum="NA")[1] == (None, "withheld", 0, 3)


def test_two_withheld_figures_bound_each_other(capacity):
    withheld = {"total": "-999999", "total_sum": "NA", "icu": "-999999", "icu_sum": "NA"}
    assert capacity(**withheld) == [(None, "withheld", 0, 4), (None, "withheld", 0, 4)]


def test_what_was_not_reported_has_no_bounds(capacity):
    assert capacity(icu="NA", icu_sum="NA") == [
        (None, "not_reported", None, None),
        (None, "not_reported", None, None),
    ]


def test_an_empty_cell_was_not_reported(capacity):
    assert capacity(icu="", icu_sum=None)[0] == (None, "not_reported", None, None)


def test_a_cell_that_is_no_number_is_unreadable(capacity):
    assert capacity(icu="six", icu_sum="NA")[0] == (None, "unreadable", None, None)


def test_a_negative_part_is_not_believed_and_does_not_swell_the_remainder(capacity):
    assert capacity(icu="-6", icu_sum="NA") == [
        (None, "implausible", None, None),
        (None, "implausible", None, None),
    ]


def test_a_remainder_below_zero_is_implausible(capacity):
    assert capacity(total="5", icu="6")[1] == (None, "implausible", None, None)


def test_no_days_reported_is_no_division(capacity):
    assert capacity(icu="NA", icu_sum="0", days="0")[0][:2] == (None, "not_reported")


USE = """
[source]
text = ["id"]
date = { day = "%Y-%m-%d" }
number = ["beds", "used"]
key = ["id", "day"]
[[table]]
name = "capacity"
columns.institution_id = "id"
columns.resource_id = "'bed'"
columns.date = "day"
columns.period_days = "1"
columns.in_service = "beds"
columns.in_use = "used"
"""


@pytest.mark.parametrize(
    ("beds", "used", "expected"),
    [
        ("10", "8", (10, 8, None)),
        ("10", "12", (10, 12, None)),
        ("10", "12.1", (10, None, "implausible")),
        ("0", "1", (0, None, "implausible")),
        ("", "12", (None, 12, None)),
        ("10", "-1", (10, None, "implausible")),
        ("1e16", "5", (None, 5, None)),
        ("inf", "5", (None, 5, None)),
    ],
)
def test_use_far_above_what_is_in_service_is_not_believed(feed_of, applied, beds, used, expected):
    feed = feed_of(USE)
    rows = {"id": ["H1"], "day": ["2026-02-02"], "beds": [beds], "used": [used]}
    table = applied(feed, rows).tables["capacity"]
    assert table.select("in_service", "in_use", "in_use_reason").row(0) == expected


def test_use_within_the_surge_factor_is_loaded_with_a_warning(feed_of, applied):
    rows = {"id": ["H1"], "day": ["2026-02-02"], "beds": ["10"], "used": ["12"]}
    outcome = applied(feed_of(USE), rows)
    assert outcome.occurrences == [Occurrence("use_above_service", count=1, share=1.2)]
    assert outcome.counts.cells_nulled == 0


def test_a_warning_is_said_once_for_all_resources(feed_of, applied):
    toml = USE.replace("columns.resource_id = \"'bed'\"\n", "")
    toml += 'each = [{ resource_id = "bed" }, { resource_id = "icu_bed" }]\n'
    rows = {"id": ["H1"], "day": ["2026-02-02"], "beds": ["10"], "used": ["12"]}
    outcome = applied(feed_of(toml), rows)
    assert outcome.occurrences == [Occurrence("use_above_service", count=2, share=1.2)]


def test_the_surge_factor_is_the_feeds(feed_of, applied):
    rows = {"id": ["H1"], "day": ["2026-02-02"], "beds": ["10"], "used": ["19"]}
    table = applied(feed_of(USE, top="surge_factor = 2.0\n"), rows).tables["capacity"]
    assert table["in_use"].to_list() == [19]


def test_a_resource_whose_use_is_never_sent_says_so(feed_of, applied):
    feed = feed_of(USE.replace('columns.in_use = "used"', ""))
    rows = {"id": ["H1"], "day": ["2026-02-02"], "beds": ["10"], "used": ["5"]}
    table = applied(feed, rows).tables["capacity"]
    assert table.select("in_use", "in_use_reason").row(0) == (None, "not_reported")


def test_capacity_of_a_day_after_the_extract_is_quarantined(feed_of, applied):
    rows = {
        "id": ["H1", "H1"], "day": ["2026-02-10", "2026-02-11"], "beds": ["1", "1"],
        "used": ["1", "1"],
    }  # fmt: skip
    outcome = applied(feed_of(USE), rows)
    assert outcome.tables["capacity"]["date"].dt.day().to_list() == [10]
    assert outcome.quarantine.rows() == [(2, "day", "in_future", "row")]


def test_grouped_capacity_adds_what_is_known_and_bounds_what_is_not(feed_of, applied):
    toml = USE.replace(
        "[source]", '[null]\n"*" = { reason = "withheld", low = 1, high = 4 }\n[source]'
    )
    toml = toml.replace('key = ["id", "day"]', 'key = ["id", "day", "ward"]')
    toml = toml.replace('text = ["id"]', 'text = ["id", "ward"]')
    toml += 'group = { period_days = "first", in_service = "sum", in_use = "sum" }\n'
    rows = {
        "id": ["H1", "H1"], "day": ["2026-02-02"] * 2, "ward": ["a", "b"], "beds": ["10.5", "5"],
        "used": ["8", "*"],
    }  # fmt: skip
    table = applied(feed_of(toml), rows).tables["capacity"]
    assert table.select(pl.selectors.starts_with("in_")).row(0) == (
        15.5, None, None, None, None, "withheld", 9, 12,
    )  # fmt: skip
