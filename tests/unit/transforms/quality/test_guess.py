import polars as pl
import pytest

from transforms.quality.guess import Guess, guess


def only(name: str, *values: str | None) -> Guess:
    (column,) = guess(pl.DataFrame({name: list(values)}, schema={name: pl.String})).columns
    return column


@pytest.mark.parametrize(
    ("name", "values", "kind", "form"),
    [
        ("day", ["2026-01-31", None, " 2026-02-01 "], "date", "%Y-%m-%d"),
        ("day", ["31.01.2026"], "date", "%d.%m.%Y"),
        ("day", ["31-01-2026"], "date", "%d-%m-%Y"),
        ("day", ["2026/01/31"], "date", "%Y/%m/%d"),
        ("day", ["20260131"], "date", "%Y%m%d"),
        ("month", ["2026-01"], "date", "%Y-%m"),
        ("at", ["2026-01-31 13:05"], "datetime", "%Y-%m-%d %H:%M"),
        ("at", ["2026-01-31 13:05:59"], "datetime", "%Y-%m-%d %H:%M:%S"),
        ("at", ["2026-01-31T13:05:59"], "datetime", "%Y-%m-%dT%H:%M:%S"),
        ("at", ["31.01.2026 13:05"], "datetime", "%d.%m.%Y %H:%M"),
        ("at", ["31/01/2026 13:05"], "datetime", "%d/%m/%Y %H:%M"),
        ("beds", ["12", "7.5", "-3"], "number", None),
        ("name", ["12", "a"], "text", None),
    ],
)
def test_a_column_is_what_all_its_cells_can_be_read_as(name, values, kind, form):
    found = only(name, *values)
    assert (found.theirs, found.kind, found.format, found.doubt) == (name, kind, form, None)


def test_a_day_that_may_be_a_month_is_doubted():
    found = only("day", "01/02/2026", "03/04/2026")
    assert (found.kind, found.format) == ("date", "%d/%m/%Y")
    assert found.doubt == "or %m/%d/%Y: ask the sender"
    assert only("day", "01/31/2026").format == "%m/%d/%Y"


def test_an_empty_column_is_not_used():
    found = only("remarks", "", None, " ")
    assert (found.kind, found.doubt) == ("unused", "it is empty in this file")


@pytest.mark.parametrize(
    ("name", "values", "kind", "pad"),
    [
        ("hospital_id", ["12", "345"], "text", None),
        ("Hospital ID", ["20260131", "20260201"], "text", 8),
        ("plz", ["01067", "10115"], "text", 5),
        ("ward", ["07", "12"], "text", 2),
        ("ward", ["07", "112"], "text", None),
        ("ward", ["0", "12"], "number", None),
        ("identity", ["12", "13"], "number", None),
        ("code", ["A1", "B2"], "text", None),
    ],
    ids=[
        "by its name",
        "an id that looks like a day",
        "a postcode",
        "zeros before it",
        "of several lengths",
        "nought is a number",
        "another word",
        "letters",
    ],
)
def test_digits_that_are_no_quantity_are_text(name, values, kind, pad):
    found = only(name, *values)
    assert (found.kind, found.pad) == (kind, pad)


def test_the_decimal_mark_is_that_of_most_numbers():
    comma = pl.DataFrame({"a": ["1,5", "+2,5"], "b": ["1.5", "x1.5"]})
    assert guess(comma).decimal == ","
    assert [c.kind for c in guess(comma).columns] == ["number", "text"]
    assert guess(comma.with_columns(b=pl.lit("-1.5"))).decimal == "."
    assert guess(pl.DataFrame({"a": ["1", "1,5 to 2"]})).decimal == "."


def test_markers_are_those_among_numbers():
    text = pl.DataFrame(
        {
            "beds": ["1", "NA", "-999"],
            "beds2": ["1", "", "2"],
            "name": ["a", "-", "-9999"],
            "none": ["*", "*", ""],
        }
    )
    found = guess(text)
    assert found.markers == ["-999", "NA"]
    assert [c.kind for c in found.columns] == ["number", "number", "text", "text"]


def test_our_names_are_plain_and_each_is_one():
    names = ["Größe (cm)", "__", "2026", "größe cm", "Grosse-cm"]
    found = guess(pl.DataFrame({n: ["a"] for n in names})).columns
    assert [c.ours for c in found] == [
        "groe_cm",
        "column",
        "c_2026",
        "groe_cm_again",
        "grosse_cm",
    ]


@pytest.mark.parametrize(
    ("columns", "key"),
    [
        ({"n": ["1", "2"], "a": ["x", "y"], "b": ["p", "q"]}, ["a"]),
        ({"a": ["x", "x", "y"], "b": ["p", "q", "p"], "c": ["s", "t", "u"]}, ["c"]),
        ({"a": ["x", "x", "y"], "b": ["p", "q", "p"], "c": ["s", "s", "s"]}, ["a", "b"]),
        ({"a": ["x", "x"], "b": ["p", "p"]}, ["a", "b"]),
        ({"a": ["x", ""], "b": ["p", "q"]}, ["b"]),
        ({"a": ["x", "", ""]}, ["a"]),
        ({"n": ["1", "2"]}, ["n"]),
    ],
    ids=[
        "the first, and no number",
        "one before two",
        "two",
        "all where none will do",
        "none with gaps",
        "with gaps where all have",
        "a number where there is no text",
    ],
)
def test_the_key_is_the_fewest_columns_that_name_each_row_once(columns, key):
    assert guess(pl.DataFrame(columns)).key == key
