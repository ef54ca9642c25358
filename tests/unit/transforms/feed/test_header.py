import pytest

from schemas.errors import DeliveryRejected
from schemas.events import Occurrence
from transforms.feed.header import read_header

BEDS = """
[source]
names = { id = ["hospital", "site"] }
text = ["id"]
number = ["beds", "wards"]
optional = ["wards"]
unused = ["spare_.*"]
key = ["id"]
[[table]]
name = "institution"
columns = { institution_id = "id", name = "id" }
"""


def refused(feed, *names) -> tuple[Occurrence, ...]:
    with pytest.raises(DeliveryRejected) as error:
        read_header(feed, names)
    return error.value.occurrences


def test_columns_are_found_by_any_of_their_names(feed_of):
    found = read_header(feed_of(BEDS), ["spare_1", "site", "beds", "colour"])
    assert found.names == {"id": "site", "beds": "beds"}
    assert (found.drift, found.absent) == (["colour"], ["wards"])


def test_a_column_that_is_missing_is_named_beside_those_that_nobody_knows(feed_of):
    reason, stray = refused(feed_of(BEDS), "wards", "bed_count", "beds")
    assert reason == Occurrence("columns_missing", detail="hospital or site or id")
    assert stray == Occurrence("stray_column", private="bed_count")


def test_no_more_than_twenty_stray_columns_are_named_each_cut_short(feed_of):
    names = ["beds", "", "x" * 61, *(f"c{n}" for n in range(19))]
    _, *strays = refused(feed_of(BEDS), *names)
    assert [s.private for s in strays[:2]] == ["(without a name)", "x" * 60]
    assert len(strays) == 20


@pytest.mark.parametrize(
    ("patients", "names", "strays"),
    [
        (True, ["beds", "7", "8"], (Occurrence("stray_columns", count=2),)),
        (False, ["7", "8"], (Occurrence("stray_columns", count=2),)),
        (False, ["beds"], ()),
    ],
    ids=["of people", "perhaps a line of data", "none"],
)
def test_stray_columns_are_only_counted_where_they_may_be_data(feed_of, patients, names, strays):
    feed = feed_of(BEDS).model_copy(update={"patient_data": patients})
    assert refused(feed, *names)[1:] == strays


def test_a_column_that_stands_there_twice_is_refused(feed_of):
    assert refused(feed_of(BEDS), "site", "hospital", "beds") == (
        Occurrence("columns_twice", detail="id"),
    )
