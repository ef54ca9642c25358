"""A marker that is a number stands for itself however a sender spells it."""

import pytest

BEDS = """
[null]
"-999999" = { reason = "withheld", low = 0, high = 4 }
"99" = { reason = "not_reported", columns = ["beds"] }
"99,50" = "implausible"
[source]
text = ["id", "note"]
number = ["beds", "used"]
key = ["id"]
range = { "(beds|used)" = [-1e9, 1e9] }
[[table]]
name = "capacity"
columns = { institution_id = "id", date = "extract_date", period_days = "1" }
each = [{ resource_id = "icu_bed", in_service = "beds", in_use = "used" }]
"""


@pytest.fixture(scope="module")
def feed(feed_of):
    made = feed_of(BEDS)
    dialect = {"decimal": ",", "thousands": "."}
    return made.model_copy(update={"file": made.file.model_copy(update=dialect)})


def one(applied, feed, beds, used="1"):
    columns = {"id": ["a", "b"], "note": ["x", "99,0"], "beds": ["1", beds], "used": ["1", used]}
    return applied(feed, columns).tables["capacity"].row(1, named=True)


@pytest.mark.parametrize(
    "beds", ["-999999", "-999999,0", "-999999,00", "-9,99999e5", "-999.999", "-0999999"]
)
def test_a_marker_is_found_by_its_value_with_its_reason_and_bounds(applied, feed, beds):
    row = one(applied, feed, beds)
    assert row["in_service"] is None
    assert row["in_service_reason"] == "withheld"
    assert (row["in_service_low"], row["in_service_high"]) == (0, 4)


@pytest.mark.parametrize(
    ("beds", "value", "reason"),
    [
        ("99", None, "not_reported"),
        ("99,0", None, "not_reported"),
        ("99,50", None, "implausible"),
        ("99,5", None, "implausible"),
        ("99,1", 99.1, None),
        ("999", 999, None),
        ("99.0", None, "unreadable"),
    ],
)
def test_only_its_own_value_is_a_marker(applied, feed, beds, value, reason):
    row = one(applied, feed, beds)
    assert (row["in_service"], row["in_service_reason"]) == (value, reason)


def test_it_is_a_marker_in_its_columns_only(applied, feed):
    assert one(applied, feed, "100", used="99,0")["in_use"] == 99


def test_text_is_compared_by_its_letters(applied, feed_of):
    toml = """
[null]
"99" = "not_reported"
[source]
text = ["id", "name"]
key = ["id"]
[[table]]
name = "institution"
columns = { institution_id = "id", name = "name" }
"""
    made = applied(feed_of(toml), {"id": ["a", "b"], "name": ["99", "99.0"]})
    assert made.tables["institution"]["name"].to_list() == [None, "99.0"]
