"""A wrong feed file is refused with its key and the reason."""

from pathlib import Path

import pytest

from flows.feeds import load_feed, load_feeds
from schemas.errors import ConfigRefused

GOOD = r"""
feed = "beds"
publisher = "a test"
patient_data = false
[file]
name = 'beds_(?P<extract>\d{4}-\d\d-\d\d)\.csv'
extract_format = "%Y-%m-%d"
timezone = "Europe/Vienna"
[null]
"NA" = "not_reported"
[source]
names = { id = ["hospital"] }
text = ["id"]
date = { day = "%Y-%m-%d" }
number = ["beds"]
key = ["id", "day"]
[derive]
double = "beds * 2"
[[table]]
name = "capacity"
columns.institution_id = "id"
columns.resource_id = "'bed'"
columns.date = "day"
columns.period_days = "1"
columns.in_service = "double"
"""
FEEDS = Path(__file__).resolve().parents[3] / "config" / "feeds"


def write(folder, text, name="beds.toml"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_good_feed_is_read(tmp_path):
    feed = load_feed(write(tmp_path, GOOD))
    assert feed.tables() == ["capacity"]
    assert feed.source.required() == ["id", "day", "beds"]


@pytest.mark.parametrize("path", sorted(FEEDS.glob("*.toml")), ids=lambda path: path.stem)
def test_every_feed_of_the_project_is_good(path):
    assert load_feed(path).feed == path.stem


@pytest.mark.parametrize(
    ("old", "new", "key", "reason"),
    [
        ("patient_data", "patient_date", "patient_data", "Field required"),
        ("[null]", "[null", "beds.toml cannot be read", ""),
        ("[source]", "[source]\nnumbers = ['x']", "source.numbers", "Extra inputs"),
        ("(?P<extract>", "(", "file", "needs a group"),
        ("(?P<extract>", "(?P<extract", "file.name", "not a regular expression"),
        ('extract_format = "%Y-%m-%d"', "", "file", "extract_format is missing"),
        ("Europe/Vienna", "Vienna", "file.timezone", "unknown time zone"),
        ("Europe/Vienna", 'UTC"\nencoding = "utf-16', "file.encoding", "unknown encoding"),
        ("Europe/Vienna", 'UTC"\ndecimal = ",,', "file.decimal", "Input should be"),
        ("Europe/Vienna", 'UTC"\ndecimal = ","\nthousands = ",', "file", "must differ"),
        ('"not_reported"', '"missing"', "null.NA.reason", "Input should be"),
        ('"not_reported"', '{ reason = "withheld", low = 3 }', "null.NA", "both low and high"),
        ('number = ["beds"]', 'number = ["beds"]\nunit = { beds = "bananas" }', "source", "unit"),
        ('number = ["beds"]', 'number = ["beds", "id"]', "source", "typed more than once: id"),
        ('number = ["beds"]', 'number = ["(beds"]', "source", "not a regular expression"),
        ('{ id = ["hospital"] }', '{ x = ["h"] }', "source", "no type is given for x"),
        ('key = ["id", "day"]', 'key = ["id", "week"]', "source.key", "no column week"),
        ('key = ["id", "day"]', "key = []", "source.key", "at least 1"),
        ('key = ["id", "day"]', 'key = ["id"]\npad = { ids = 5 }', "source.pad", "no column ids"),
        ("beds * 2", "bads * 2", "derive.double", "no column bads"),
        ("beds * 2", "beds * ", "feed", "not an expression"),
        ("beds * 2", "cast(id as double)", "feed", "only try_cast"),
        ("beds * 2", "id::double", "feed", "only try_cast"),
        ("[derive]", "[derive]\nday = 'beds'", "derive", "day is already a column"),
        ('["beds"]', '["beds", "dou.*"]', "derive", "double is already a column"),
        ('"capacity"', '"capacities"', "table.0", "no table 'capacities'"),
        ('in_service = "double"', 'beds = "double"', "table.0", "has no column beds"),
        ('columns.period_days = "1"', "", "table.0", "capacity needs period_days"),
        ('columns.date = "day"', "", "table.0", "capacity needs date"),
        ("[derive]", "[institution]\ncolumn = 'code'\n[derive]", "institution.column",
         "no column code"),
        ("[derive]", "[institution]\ncolumn = 'id'\nunknown = 'keep'\n[derive]",
         "institution.unknown", "Input should be"),
        ("[[table]]", "[[implausible]]\nrule='r'\ncolumns=['id']\nwhere='true'\n[[table]]",
         "implausible.r", "id is in the key"),
        ('feed = "beds"', 'feed = "beds"\nrule = "magic"', "rule", "no rule 'magic'"),
        ('feed = "beds"', 'feed = "beds"\nwhere = "colour = 1"', "where", "no column colour"),
        ('feed = "beds"', 'feed = "../beds"', "feed", "pattern"),
        ('"\'bed\'"', '"beds"', "feed", "resource_id is text and beds a number column"),
    ],
)  # fmt: skip
def test_a_wrong_feed_is_refused_with_key_and_reason(tmp_path, old, new, key, reason):
    assert old in GOOD
    with pytest.raises(ConfigRefused) as refusal:
        load_feed(write(tmp_path, GOOD.replace(old, new, 1)))
    assert "beds.toml" in str(refusal.value)
    assert key in str(refusal.value)
    assert reason in str(refusal.value)


def test_a_group_must_say_how_every_column_is_joined(tmp_path):
    toml = GOOD + 'group = { in_service = "sum" }\n'
    with pytest.raises(ConfigRefused, match="group must say how .*: period_days"):
        load_feed(write(tmp_path, toml))


def test_two_feeds_of_one_name_are_refused(tmp_path):
    write(tmp_path, GOOD)
    write(tmp_path, GOOD, "copy.toml")
    with pytest.raises(ConfigRefused, match="more than one feed is named beds"):
        load_feeds(tmp_path)
