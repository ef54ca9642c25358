"""Columns that become rows, rows that become one, ids that regain zeros, tests across columns."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.errors import DeliveryRejected
from schemas.events import Occurrence
from transforms.feed import rules
from transforms.feed.rules.base import RuleOutcome

PEOPLE = """
[source]
names = { county = ["FIPS"] }
text = ["county", "state"]
number = ["age_.*"]
key = ["county"]
pad = { county = 5 }
[[table]]
name = "population"
columns.zone_id = "county"
columns.year = "2018"
columns.age_band = "replace(band, 'age_', '')"
columns.sex = "'all'"
columns.persons = "people"
unpivot = { columns = ["age_.*"], name = "band", value = "people" }
[[table]]
name = "zone"
columns = { zone_id = "county" }
[[table]]
name = "region"
columns = { region_id = "state", name = "state" }
group = { name = "first" }
"""
COUNTIES = {
    "FIPS": ["1001", "48001"],
    "state": ["AL", "TX"],
    "age_0-64": ["10", "20"],
    "age_65+": ["3", "x"],
}


def test_columns_become_rows(feed_of, applied):
    table = applied(feed_of(PEOPLE), COUNTIES).tables["population"]
    assert table.select("zone_id", "year", "age_band", "persons").rows() == [
        ("01001", 2018, "0-64", 10),
        ("01001", 2018, "65+", 3),
        ("48001", 2018, "0-64", 20),
        ("48001", 2018, "65+", None),
    ]


TWO_KINDS = """
[source]
text = ["id"]
number = ["beds", "nurses"]
key = ["id"]
[[table]]
name = "capacity"
columns.institution_id = "id"
columns.resource_id = "'nurse'"
columns.date = "extract_date"
columns.period_days = "1"
columns.in_service = "nurses"
[[table]]
name = "capacity"
columns.institution_id = "id"
columns.resource_id = "'bed'"
columns.date = "extract_date"
columns.period_days = "1"
columns.in_service = "beds"
"""


def test_a_table_that_is_made_twice_is_sorted_by_its_key(feed_of, applied):
    sent = {"id": ["a", "b"], "beds": ["1", "2"], "nurses": ["3", "4"]}
    table = applied(feed_of(TWO_KINDS), sent).tables["capacity"]
    assert table.select("institution_id", "resource_id", "in_service").rows() == [
        ("a", "bed", 1.0),
        ("a", "nurse", 3.0),
        ("b", "bed", 2.0),
        ("b", "nurse", 4.0),
    ]


def test_ids_regain_their_leading_zeros_and_it_is_said(feed_of, applied):
    outcome = applied(feed_of(PEOPLE), COUNTIES)
    assert outcome.tables["zone"]["zone_id"].to_list() == ["01001", "48001"]
    assert outcome.occurrences == [Occurrence("leading_zeros", "county", count=1)]


PLACES = """
[source]
text = ["id", "place", "region"]
{optional}
key = ["id"]
[[table]]
name = "institution"
columns = {{ institution_id = "id", name = "id", zone_id = "place", region_id = "region" }}
[[table]]
name = "zone"
columns = {{ zone_id = "place", region_id = "region" }}
group = {{ region_id = "first" }}
"""


def test_an_institution_whose_zone_is_empty_is_kept_aside_since_no_zone_is_called_nothing(
    feed_of, applied
):
    rows = {"id": ["a", "b", "c"], "place": ["z", "", "z"], "region": ["r", "r", "r"]}
    outcome = applied(feed_of(PLACES.format(optional="")), rows)
    assert outcome.quarantine.rows() == [(2, "place", "required_missing", "row")]
    assert outcome.tables["institution"]["institution_id"].to_list() == ["a", "c"]


def test_of_rows_joined_to_one_another_may_say_what_is_required(feed_of, applied):
    toml = PLACES.format(optional="")
    feed = feed_of(toml.replace(', name = "id", zone_id = "place", region_id = "region"', ""))
    rows = {"id": ["a", "b", "c"], "place": ["z", "z", "y"], "region": ["", "r", ""]}
    outcome = applied(feed, rows)
    assert outcome.quarantine.rows() == [(3, "region", "required_missing", "row")]
    assert outcome.tables["zone"].select("zone_id", "region_id").rows() == [("z", "r")]


def test_a_column_that_files_may_lack_leaves_it_to_another_feed(feed_of, applied):
    rows = {"id": ["a", "b", "c"], "region": ["r", "r", "r"]}
    toml = PLACES.format(optional='optional = ["place"]').split('[[table]]\nname = "zone"')[0]
    assert applied(feed_of(toml), rows).counts.loaded == 3


def test_a_table_that_several_feeds_describe_may_be_given_its_key_only(feed_of, applied):
    zone = applied(feed_of(PEOPLE), COUNTIES).tables["zone"]
    assert zone["region_id"].null_count() == 2


def test_rows_of_one_key_are_joined_as_the_group_says(feed_of, applied):
    toml = (
        PEOPLE.split("[[table]]")[0]
        + """
[[table]]
name = "population"
columns.zone_id = "state"
columns.year = "2018"
columns.age_band = "'all'"
columns.sex = "'all'"
columns.persons = '"age_0-64"'
group = { persons = "HOW" }
"""
    )
    rows = {"FIPS": ["1", "2", "3"], "state": ["AL", "AL", "TX"], "age_0-64": ["1", "2.5", None]}
    for how, expected in {
        "sum": [3.5, None],
        "mean": [1.75, None],
        "min": [1, None],
        "max": [2.5, None],
        "first": [1, None],
        "last": [2.5, None],
    }.items():
        table = applied(feed_of(toml.replace("HOW", how)), rows).tables["population"]
        assert table["persons"].to_list() == expected, how


@settings(max_examples=25)
@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=30), st.randoms())
def test_a_group_sums_to_the_same_in_any_order(feed_of, applied, cents, random):
    toml = """
[source]
text = ["id"]
number = ["n"]
key = ["id"]
[[table]]
name = "population"
columns = { zone_id = "'Z'", year = "2018", age_band = "'all'", sex = "'all'", persons = "n" }
group = { persons = "sum" }
"""
    figures = [f"{c / 100:.2f}" for c in cents]
    random.shuffle(figures)
    rows = {"id": [str(i) for i in range(len(figures))], "n": figures}
    assert applied(feed_of(toml), rows).tables["population"]["persons"][0] == sum(cents) / 100


TWICE = """
[source]
text = ["id", "place"]
number = ["north"]
key = ["id"]
[[table]]
name = "zone"
columns = { zone_id = "place", latitude = "north" }
"""


def test_two_source_rows_that_say_the_same_are_one_and_a_duplicate(feed_of, applied):
    outcome = applied(feed_of(TWICE), {"id": ["1", "2"], "place": ["Z", "Z"], "north": ["5", "5"]})
    assert outcome.tables["zone"].height == 1
    assert (outcome.counts.loaded, outcome.counts.duplicate) == (1, 1)


def test_two_source_rows_that_contradict_each_other_are_quarantined(feed_of, applied):
    rows = {"id": ["1", "2", "3"], "place": ["Z", "Z", "Y"], "north": ["5", "6", "7"]}
    outcome = applied(feed_of(TWICE), rows)
    assert outcome.tables["zone"]["zone_id"].to_list() == ["Y"]
    assert outcome.counts.quarantined == 2


def test_a_row_that_no_table_takes_is_excluded(feed_of, applied):
    feed = feed_of(TWICE + 'where = "north > 5"\n')
    outcome = applied(feed, {"id": ["1", "2"], "place": ["Z", "Y"], "north": ["5", "6"]})
    assert (outcome.counts.loaded, outcome.counts.excluded) == (1, 1)


DOUBT = """
[source]
text = ["id"]
date = { day = "%Y-%m-%d" }
number = ["beds", "bed_days"]
key = ["id"]
[derive]
twice = "beds * 2"
[[implausible]]
rule = "beds_above_bed_days"
columns = ["beds"]
where = "beds > bed_days"
[[table]]
name = "capacity"
columns.institution_id = "id"
columns.resource_id = "'bed'"
columns.date = "day"
columns.period_days = "1"
columns.in_service = "beds"
columns.in_use = "twice / 2"
"""


def test_a_cell_that_other_columns_contradict_is_not_believed_anywhere(feed_of, applied):
    rows = {
        "id": ["1", "2", "3"], "day": ["2026-01-01"] * 3, "beds": ["9", "10", "7"],
        "bed_days": ["9", "9", None],
    }  # fmt: skip
    outcome = applied(feed_of(DOUBT), rows)
    table = outcome.tables["capacity"]
    assert table["in_service"].to_list() == [9, None, 7]
    assert table["in_use"].to_list() == [9, None, 7]
    assert table["in_use_reason"].to_list() == [None, "implausible", None]
    assert outcome.quarantine.rows() == [(2, "beds", "beds_above_bed_days", "cell")]


def test_a_named_rule_joins_rows_and_they_are_counted_as_merged(feed_of, applied, monkeypatch):
    def newest(frame: pl.DataFrame) -> RuleOutcome:
        kept = frame.sort("row_number").unique("place", keep="last")
        gone = frame.join(kept, on="row_number", how="anti")["row_number"].to_list()
        return RuleOutcome(kept, gone)

    monkeypatch.setitem(rules.RULES, "newest", newest)
    feed = feed_of(TWICE, top='rule = "newest"\n')
    outcome = applied(feed, {"id": ["1", "2"], "place": ["Z", "Z"], "north": ["5", "6"]})
    assert outcome.tables["zone"]["latitude"].to_list() == [6]
    assert (outcome.counts.loaded, outcome.counts.merged) == (1, 1)


@pytest.mark.parametrize(
    ("values", "expected"), [(["5", "91"], [5, None]), (["-90", "nan"], [-90, None])]
)
def test_the_canonical_tables_limits_hold_without_a_word_in_the_feed(
    feed_of, applied, values, expected
):
    rows = {"id": ["1", "2"], "place": ["A", "B"], "north": values}
    assert applied(feed_of(TWICE), rows).tables["zone"]["latitude"].to_list() == expected


def test_a_range_of_the_feed_is_stricter(feed_of, applied):
    feed = feed_of(TWICE.replace('key = ["id"]', 'key = ["id"]\nrange = { north = [0, 10] }'))
    outcome = applied(feed, {"id": ["1", "2"], "place": ["A", "B"], "north": ["11", "10"]})
    assert outcome.quarantine.rows() == [(1, "north", "implausible", "cell")]


def test_words_of_a_column_are_the_tables(feed_of, applied):
    toml = TWICE.replace("zone_id", "institution_id").replace('"zone"', '"institution"')
    feed = feed_of(toml.replace('latitude = "north"', 'tier = "id"'))
    rows = {"id": ["primary", "p"], "place": ["A", "B"], "north": ["1", "1"]}
    assert applied(feed, rows).tables["institution"]["tier"].to_list() == ["primary", None]


def test_a_number_is_not_written_as_text_unless_the_feed_says_how(feed_of, applied):
    rows = {"id": ["1"], "place": ["A"], "north": ["7"]}
    toml = TWICE.replace('zone_id = "place"', 'zone_id = "place", name = "north + 1"')
    with pytest.raises(DeliveryRejected, match="name is text and its expression gives Float64"):
        applied(feed_of(toml), rows)
    feed = feed_of(toml.replace("north + 1", "try_cast(try_cast(north as bigint) as varchar)"))
    assert applied(feed, rows).tables["zone"]["name"].to_list() == ["7"]


def test_a_column_that_the_feed_names_must_be_there(feed_of, applied):
    with pytest.raises(DeliveryRejected, match="lacks the column north"):
        applied(feed_of(TWICE), {"id": ["1"], "place": ["Z"]})


def test_an_optional_column_may_be_absent(feed_of, applied):
    feed = feed_of(TWICE.replace('key = ["id"]', 'key = ["id"]\noptional = ["north"]'))
    outcome = applied(feed, {"id": ["1"], "place": ["Z"]})
    assert outcome.tables["zone"]["latitude"].to_list() == [None]
