import re
from pathlib import Path

import polars as pl

from transforms.feed.faults import SCHEMA
from transforms.feed.outcome import Counts, Outcome
from transforms.quality.report import WORDS, report, words_of

ROOT = Path(__file__).parents[4]
NAMED = (
    r'at\([^"]*"[^"]*", "([a-z_]+)", "(?:row|cell)"',
    r', "([a-z_]+)", "(?:row|cell)"\)',
    r'_Rule\([a-z_"]+, "([a-z_]+)"',
)


def outcome(*faults: tuple[int, str, str, str]) -> Outcome:
    frame = pl.DataFrame(list(faults), schema=SCHEMA, orient="row")
    return Outcome({}, frame, Counts(5, 3, 1, 1, 0, 0, 2), [], [])


def test_a_report_begins_with_the_verdict_and_names_rows_by_number():
    faults = [(4, "beds", "unreadable", "cell"), (2, "id", "key_missing", "row")]
    flags = ["order mark removed", "4 rows in use above"]
    made = report("loaded", None, flags, outcome(*faults))
    assert made.select("what", "row_number", "column", "rule").rows() == [
        ("loaded", None, None, None),
        ("repaired", None, None, "flag"),
        ("flagged", None, None, "flag"),
        ("quarantined", 2, "id", "key_missing"),
        ("nulled", 4, "beds", "unreadable"),
    ]
    assert made["words"][0] == (
        "5 rows read = 3 loaded + 1 quarantined + 1 duplicate + 0 excluded + 0 merged;"
        " 2 cells nulled"
    )


def test_a_rejected_file_is_told_its_reason_alone():
    made = report("rejected", "zero bytes", [], None)
    assert made.rows() == [("rejected", None, None, None, "zero bytes")]


def test_every_rule_of_the_reader_has_plain_words():
    sources = [*(ROOT / "transforms/feed").glob("*.py"), *(ROOT / "flows/reading").glob("*.py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    named = {rule for pattern in NAMED for rule in re.findall(pattern, text)}
    assert len(named) > 10
    assert sorted(named - set(WORDS)) == []


def test_a_rule_that_a_feed_names_is_said_by_its_name():
    assert words_of("beds_above_bed_days") == "beds above bed days"
