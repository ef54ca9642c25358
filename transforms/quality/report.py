"""What a file's reading found, for whoever sent it: rows, columns, rules, and never a value."""

import re

import polars as pl

from transforms.feed import Outcome
from transforms.feed.faults import no_faults

COLUMNS = pl.Schema(
    {
        "what": pl.String,
        "row_number": pl.Int64,
        "column": pl.String,
        "rule": pl.String,
        "words": pl.String,
    }
)
WORDS = {
    "clock_change": "the local time is skipped or repeated by a clock change: it names no moment",
    "control_character": "the row holds NUL or another control character",
    "cut_short": "the last line has no end: its last value may be cut short",
    "discharge_before_admission": "the discharge lies before the admission",
    "empty": "the code is an empty text",
    "ends_before_it_starts": "the period ends before it starts",
    "header_repeated": "the row repeats the header",
    "implausible": "the value lies outside what is possible",
    "in_future": "the moment lies after the extract was drawn",
    "institution_missing": "the row names no institution",
    "invisible_character": "the code holds a character that does not show (such as a tab, a"
    " zero-width or a hard space); type it anew",
    "key_missing": "a part of the row's key is missing",
    "key_repeated": "other rows have this key and another content; nothing says which is right",
    "misplaced_quote": "a quote stands where none may",
    "not_allowed": "the word is none of those allowed",
    "required_missing": "a value that must be there is missing or cannot be read",
    "too_long": "the text is longer than allowed",
    "total_row": "the row is a total, not an institution",
    "unknown_institution": "the institution is not known",
    "unreadable": "the value cannot be read as the type and format that the feed declares",
    "wrong_number_of_fields": "the row does not have the header's number of fields",
}

_REPAIR = re.compile(" removed| made one| given back")


def words_of(rule: str) -> str:
    """The rule in plain words; a rule that a feed names itself says it by its name."""
    return WORDS.get(rule, rule.replace("_", " "))


def report(
    verdict: str, reason: str | None, flags: list[str], outcome: Outcome | None
) -> pl.DataFrame:
    """One row for the verdict, one for each flag, row and cell: what, row_number, column,
    rule, words.

    ``what`` is the verdict, repaired, flagged (something to know), quarantined (the row is
    not loaded) or nulled (the cell is unknown, its row is loaded).
    """
    counted = _counted(outcome) if outcome else None
    verdict_words = "; ".join(w for w in (reason, counted) if w)
    said: list[tuple[str | None, ...]] = [(verdict, None, None, None, verdict_words)]
    said += [(_kind(flag), None, None, "flag", flag) for flag in flags]
    whole = pl.DataFrame(said, schema=COLUMNS, orient="row")
    faults = outcome.quarantine if outcome else no_faults()
    words = {rule: words_of(rule) for rule in faults["rule"].unique().to_list()}
    rows = faults.select(
        what=pl.col("grain").replace_strict({"row": "quarantined", "cell": "nulled"}),
        row_number=pl.col("row_number"),
        column=pl.col("column_name"),
        rule=pl.col("rule"),
        words=pl.col("rule").replace_strict(words, return_dtype=pl.String),
    )
    return pl.concat([whole, rows.match_to_schema(COLUMNS).sort("row_number", "column", "rule")])


def _kind(flag: str) -> str:
    return "repaired" if _REPAIR.search(flag) else "flagged"


def _counted(outcome: Outcome) -> str:
    c = outcome.counts
    return (
        f"{c.rows_read:,} rows read = {c.loaded:,} loaded + {c.quarantined:,} quarantined +"
        f" {c.duplicate:,} duplicate + {c.excluded:,} excluded + {c.merged:,} merged;"
        f" {c.cells_nulled:,} cells nulled"
    )
