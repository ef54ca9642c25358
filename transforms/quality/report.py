"""What a file's reading found, for whoever sent it: lines, columns, rules, and what to do."""

from collections.abc import Iterable, Sequence

import polars as pl

from schemas.events import EXPLAINS, Count, Occurrence, to_do, words
from schemas.feed import Feed
from transforms.feed import FeedResult
from transforms.feed.values import expected

COLUMNS = pl.Schema(
    {
        "what": pl.String,
        "line": pl.Int64,
        "column": pl.String,
        "rule": pl.String,
        "words": pl.String,
        "to_do": pl.String,
    }
)
MOST_CODES = 10
WHAT = {"repair": "repaired"}


def report(
    verdict: str, occurrences: Sequence[Occurrence], result: FeedResult | None, feed: Feed | None
) -> pl.DataFrame:
    """One row for the verdict, one for each flag, row and cell, in the columns of ``COLUMNS``.

    ``what`` is the verdict, repaired, flagged (something to know), quarantined (the row is not
    loaded), duplicate (the row repeats another) or nulled (the cell is unknown, its row is
    loaded). ``line`` is the file's, the first is 1, as a spreadsheet counts. No value of a cell is
    shown but codes that nobody knows, and those only of files without patients.
    """
    explains = [o for o in occurrences if o.kind == EXPLAINS.get(verdict)]
    others = [o for o in occurrences if o not in explains]
    whole = pl.DataFrame(
        [_verdict(verdict, explains, result), *map(_row, others)], schema=COLUMNS, orient="row"
    )
    if result is None:
        return whole
    listed = [_row(one) for one in unknown_codes(result.unknown_codes)]
    whole = pl.concat([whole, pl.DataFrame(listed, schema=COLUMNS, orient="row")])
    copies = pl.DataFrame(_copies(result.copies), schema=COLUMNS, orient="row")
    rows = pl.concat([_faults(result.quarantine, feed), copies])
    return pl.concat([whole, rows.sort("line", "column", "rule")])


Row = tuple[str | int | None, ...]


def _verdict(verdict: str, explains: list[Occurrence], result: FeedResult | None) -> Row:
    said = [*(o.words() for o in explains), *_counted(result)]
    code = explains[0].code if explains else None
    done = dict.fromkeys(to_do(o.code) for o in explains)
    return verdict, None, None, code, "; ".join(said), "; ".join(done) or None


def _row(one: Occurrence) -> Row:
    what = WHAT.get(one.kind, "flagged")
    return what, one.line, one.column_name, one.code, one.words(), to_do(one.code)


def unknown_codes(codes: pl.DataFrame) -> Iterable[Occurrence]:
    """Codes that nobody knows, counted and listed: by column, those of most rows first."""
    keys = ["column_name", "code"]
    counted = codes.group_by(keys).agg(pl.col("rows").sum())
    ranked = counted.sort("rows", *keys, descending=[True, False, False])
    for (column,), own in ranked.group_by(["column_name"], maintain_order=True):
        named = [
            f"{code[:40]!r} ({rows:,})"
            for code, rows in own.head(MOST_CODES)[keys[1:] + ["rows"]].rows()
        ]
        more = ["..."] if own.height > MOST_CODES else []
        rows = int(own["rows"].sum())
        yield Occurrence(
            "unknown_codes",
            str(column),
            count=rows,
            total=own.height,
            private=", ".join([*named, *more]),
        )


def _faults(faults: pl.DataFrame, feed: Feed | None) -> pl.DataFrame:
    kinds = faults.select("rule", "column_name").unique()
    explained = [
        (rule, column, words(rule, {"detail": feed and expected(feed, column)}), to_do(rule))
        for rule, column in kinds.iter_rows()
    ]
    names = dict.fromkeys(("rule", "column_name", "words", "to_do"), pl.String)
    both = faults.join(pl.DataFrame(explained, names, orient="row"), on=["rule", "column_name"])
    return both.select(
        what=pl.col("grain").replace_strict({"row": "quarantined", "cell": "nulled"}),
        line=pl.col("row_number") + 1,
        column="column_name",
        rule="rule",
        words="words",
        to_do="to_do",
    )


def _copies(copies: pl.DataFrame) -> Iterable[Row]:
    code = "row_repeated"
    for row_number, first in copies.select("row_number", "first").iter_rows():
        said = words(code, {"line": first + 1})
        yield "duplicate", row_number + 1, None, code, said, to_do(code)


def _counted(result: FeedResult | None) -> list[str]:
    if result is None:
        return []
    c = result.counts
    tables = ", ".join(f"{name} {frame.height:,}" for name, frame in result.tables.items())
    return [
        f"{Count(c.rows_read):row|rows} read = {c.loaded:,} loaded + {c.quarantined:,} quarantined"
        f" + {c.duplicate:,} duplicate + {c.excluded:,} excluded + {c.merged:,} merged;"
        f" {Count(c.cells_nulled):cell|cells} nulled; rows by table: {tables or 'none'}"
    ]
