"""A wrong feed file is refused with its key and the reason."""

from pathlib import Path

import pytest

from flows.store.night import load_feed, load_feeds
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
FEEDS = Path(__file__).resolve().parents[4] / "config" / "feeds"


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
        ("Europe/Vienna", 'UTC"\nseparator = "¦', "file.separator", "one ASCII character"),
        ("Europe/Vienna", 'UTC"\nseparator = "\\n', "file.separator", "one ASCII character"),
        ("Europe/Vienna", 'UTC"\nseparator = "a', "file.separator", "one ASCII character"),
        ("Europe/Vienna", 'UTC"\nquote = "«', "file.quote", "one ASCII character"),
        ("Europe/Vienna", 'UTC"\nquote = ",', "file", "separator and quote must differ"),
        ("Europe/Vienna", 'UTC"\nthousands = ".', "file", "thousands and decimal must differ"),
        ('format = "%Y-%m-%d"', 'format = "%Y-%m-%Q"', "file.extract_format", "unknown %Q"),
        ('format = "%Y-%m-%d"', 'format = "%m-%d"', "file.extract_format", "has no year"),
        ('day = "%Y-%m-%d"', 'day = "%Y-%m-%Q"', "source", "date.day: '%Y-%m-%Q': unknown %Q"),
        ('day = "%Y-%m-%d"', 'day = "%d.%Y"', "source", "'%d.%Y' has a day and no month"),
        ('day = "%Y-%m-%d"', 'day = "%d.%m."', "source", "'%d.%m.' has no year"),
        ('day = "%Y-%m-%d"', 'day = "%d.%m.%y"', "source", "%y gives no century"),
        ('day = "%Y-%m-%d"', 'day = "%-d.%m.%Y"', "source", "unknown %-d"),
        ('number = ["beds"]', 'number = ["beds"]\ndatetime = { at = "%Y-%m %H:%M" }', "source",
         "datetime.at: '%Y-%m %H:%M' needs a year, a month and a day"),
        ('number = ["beds"]', 'number = ["beds"]\ndatetime = { at = "%F %H" }', "source",
         "an hour and no minute"),
        ('number = ["beds"]', 'number = ["beds"]\ndatetime = { at = "%F %I:%M" }', "source",
         "%I needs %p"),
        ('number = ["beds"]', 'number = ["beds"]\npad = { beds = 4 }', "source.pad",
         "beds is not a text column"),
        ('number = ["beds"]', 'number = ["beds"]\npad = { double = 4 }', "source.pad",
         "no column double"),
        ('number = ["beds"]', 'number = ["beds"]\nrange = { id = [0, 4] }', "source.range",
         "id is not a number column"),
        ('number = ["beds"]', 'number = ["beds"]\nrange = { "bad.*" = [0, 4] }', "source.range",
         "no column bad.*"),
        ('number = ["beds"]', 'number = ["beds"]\noptional = ["bed"]', "source.optional",
         "no column bed"),
        ('"not_reported"', '{ reason = "withheld", columns = ["bedz"] }', "null.NA.columns",
         "no column bedz"),
        ('"not_reported"', '{ reason = "withheld", columns = ["bedz.*"] }', "null.NA.columns",
         "no column bedz.*"),
        ('in_service = "double"', 'in_service = "v"\nunpivot = { columns = ["z_.*"], value = "v" }',
         "table capacity: unpivot.columns", "no column z_.*"),
        ('"1"', '"0"', "feed", "period_days may not be 0"),
        ('"\'bed\'"', '"\'\'"', "feed", "resource_id may not be an empty text"),
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


@pytest.mark.parametrize(
    "said",
    ["columns.measure = \"'costs'\"", 'each = [{ measure = "costs" }]'],
)
def test_a_word_that_its_column_does_not_allow_is_refused(tmp_path, said):
    finance = """
columns.institution_id = "id"
columns.payer_id = "'all'"
columns.period_start = "day"
columns.period_end = "day"
columns.amount = "double"
"""
    head = GOOD.split("columns.institution_id")[0].replace('"capacity"', '"finance"')
    with pytest.raises(ConfigRefused, match="measure may not be 'costs'; it is one of operating"):
        load_feed(write(tmp_path, head + finance + said + "\n"))
    good = said.replace("costs", "salaries")
    assert load_feed(write(tmp_path, head + finance + good + "\n")).tables() == ["finance"]


def test_a_group_must_say_how_every_column_is_joined(tmp_path):
    toml = GOOD + 'group = { in_service = "sum" }\n'
    with pytest.raises(ConfigRefused, match="group must say how .*: period_days"):
        load_feed(write(tmp_path, toml))


def test_two_feeds_of_one_name_are_refused(tmp_path):
    write(tmp_path, GOOD)
    write(tmp_path, GOOD, "copy.toml")
    with pytest.raises(ConfigRefused, match="more than one feed is named beds"):
        load_feeds(tmp_path)


def test_every_feed_says_how_often_a_file_is_expected():
    feeds = load_feeds(FEEDS)
    assert [feed.feed for feed in feeds if feed.file.every_days is None] == []
