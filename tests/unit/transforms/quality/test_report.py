import tomllib

import polars as pl

from schemas.events import Occurrence
from schemas.feed import Feed
from tests.deliveries.conftest import TOML
from transforms.feed.faults import CODES, SCHEMA
from transforms.feed.result import Counts, FeedResult
from transforms.quality.report import report

FEED = Feed.model_validate(tomllib.loads(TOML))


def result(
    *faults: tuple[int, str, str, str], copies: tuple[int, int] | None = None, unknown=()
) -> FeedResult:
    frame = pl.DataFrame(list(faults), schema=SCHEMA, orient="row")
    numbers = {"row_number": pl.Int64, "first": pl.Int64}
    repeated = pl.DataFrame([copies] if copies else [], schema=numbers, orient="row")
    codes = pl.DataFrame(unknown, schema=CODES, orient="row")
    return FeedResult({}, frame, repeated, Counts(5, 3, 1, 1, 0, 0, 2), [], [], codes)


def test_a_report_begins_with_the_verdict_and_names_lines_as_a_spreadsheet_does():
    faults = [(4, "beds", "unreadable", "cell"), (2, "id", "key_missing", "row")]
    told = [Occurrence("byte_order_mark"), Occurrence("use_above_service", count=4, share=1.2)]
    made = report("loaded", told, result(*faults, copies=(3, 1)), FEED)
    assert made.select("what", "line", "column", "rule").rows() == [
        ("loaded", None, None, None),
        ("repaired", None, None, "byte_order_mark"),
        ("flagged", None, None, "use_above_service"),
        ("quarantined", 3, "id", "key_missing"),
        ("duplicate", 4, None, "row_repeated"),
        ("nulled", 5, "beds", "unreadable"),
    ]
    assert made["words"][0] == (
        "5 rows read = 3 loaded + 1 quarantined + 1 duplicate + 0 excluded + 0 merged;"
        " 2 cells nulled; rows by table: none"
    )
    assert made["words"][4] == "the row says what line 2 says: it is counted once"


def test_what_is_unreadable_is_told_with_the_form_that_the_feed_expects():
    faults = [(1, "day", "unreadable", "row"), (2, "beds", "unreadable", "cell")]
    made = report("loaded", [], result(*faults), FEED)
    assert made["words"].to_list()[1:] == [
        "the value cannot be read: it should be like 2026-01-31 (date, %Y-%m-%d)",
        "the value cannot be read: it should be like 1234.5 (number)",
    ]


def test_every_finding_says_what_to_do():
    made = report("held", [Occurrence("late"), Occurrence("released")], result(), FEED)
    assert made["to_do"][0] == "look at the file; then release or refuse it"
    assert made["to_do"].null_count() == 0


def test_a_rejected_file_is_told_its_reason_alone():
    (row,) = report("rejected", [Occurrence("file_empty")], None, None).rows()
    words = "the file is empty (zero bytes)"
    assert row == ("rejected", None, None, "file_empty", words, "send it again, whole")


def test_a_rule_that_a_feed_names_is_said_by_its_name():
    made = report("loaded", [], result((1, "beds", "beds_above_bed_days", "cell")), FEED)
    assert made["words"][1] == "beds above bed days"


def test_of_columns_with_as_many_unknown_codes_the_first_by_name_comes_first():
    made = report("loaded", [], result(unknown=[("z", "x", 1), ("a", "x", 1)]), FEED)
    assert made["column"].to_list()[1:] == ["a", "z"]


def test_unknown_codes_are_counted_and_listed():
    codes = [
        ("id", "H9", 3),
        ("id", "H10", 1),
        ("id", "H9", 4),
        *(("tier", f"t{i}", 1) for i in range(12)),
    ]
    made = report("loaded", [], result(unknown=codes), FEED)
    assert made["words"].to_list()[1:] == [
        "id: 8 rows have 2 unknown codes: 'H9' (7), 'H10' (1)",
        "tier: 12 rows have 12 unknown codes: 't0' (1), 't1' (1), 't10' (1), 't11' (1), 't2' (1),"
        " 't3' (1), 't4' (1), 't5' (1), 't6' (1), 't7' (1), ...",
    ]
