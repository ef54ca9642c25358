"""Would this file load? Asked by whoever sends it: no home, no key, nothing loaded."""

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

import polars as pl
from rich.console import Console
from rich.text import Text

from flows.ingest.arrivals import drawn_by, name_fault, names_of, shown
from flows.ingest.compare import latest_extract
from flows.ingest.judge import (
    Judgement,
    check_hash,
    judge,
    loader,
    refused,
    required_manifest,
)
from flows.ingest.landing import refuse_unlandable
from flows.store.files import file_hash
from flows.store.night import load_feed, load_feeds
from flows.store.screen import Entry, table
from schemas.errors import ConfigRefused, DeliveryRejected
from schemas.events import Count, Occurrence
from schemas.feed import Feed
from transforms.feed import apply
from transforms.quality.holds import future_reason
from transforms.quality.report import report
from transforms.reading import read_text

T = TypeVar("T")
LOADS, REJECTED, AT_FAULT = 0, 4, 13
MOST_LINES, FIRST_ROWS = 60, 10


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """What would become of a file: exit code, report (see transforms.quality.report), tables.

    ``tables`` are the rows that would be loaded, by table; none of a file that cannot be read.
    """

    code: int
    report: pl.DataFrame
    tables: Mapping[str, pl.DataFrame]


def feed_named(name: str, config: Path) -> Feed:
    """The feed of that name in a folder of configuration.

    Raises:
        ConfigRefused: naming the feeds that there are.
    """
    folder = _feeds(config)
    path = folder / f"{name}.toml"
    if path.is_file():
        return load_feed(path)
    known = ", ".join(sorted(p.stem for p in folder.glob("*.toml"))) or "none"
    raise ConfigRefused(f"no feed {shown(name)} in {folder}; there are: {known}")


def known_institutions(reference: Path, config: Path) -> frozenset[str]:
    """Institutions in a reference file: an extract of a feed that names them, or any CSV with a
    column ``institution_id``.

    Raises:
        ConfigRefused: if it is neither.
        DeliveryRejected: if the extract itself would be rejected.
    """
    for feed in load_feeds(_feeds(config)):
        if feed.matches(reference.name) and "institution" in feed.tables():
            text = read_text(reference.read_bytes(), feed)
            made = apply(feed, text.frame, None, feed.extract_time(reference.name))
            return frozenset(made.tables["institution"]["institution_id"].to_list())
    try:
        with reference.open(encoding="utf-8-sig", newline="") as file:
            return frozenset(row["institution_id"] for row in csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error, KeyError):
        pass
    raise ConfigRefused(
        f"{shown(reference.name)} is no extract that names institutions, and no CSV with a column"
        " institution_id"
    )


def check_file(file: Path, feed: Feed, known: frozenset[str] | None) -> CheckedFile:
    """What would become of ``file``; nothing is kept.

    ``known`` are the institutions that may be loaded; null if that is not to be checked.
    """
    named = _drawn(file, feed)
    drawn = named if isinstance(named, datetime) else None
    try:
        found = _judged(file, feed, drawn, known)
    except DeliveryRejected as err:
        found = refused(err)
    if isinstance(named, Occurrence):
        found = replace(found, verdict="rejected", occurrences=[named, *found.occurrences])
    elif drawn and found.verdict == "loaded":
        future = future_reason(drawn, latest_extract())
        found = found.held_for([future] if future else [])
    wholly = found.result is not None and found.result.quarantine.is_empty()
    code = REJECTED if found.verdict == "rejected" else AT_FAULT
    if found.verdict == "loaded" and wholly:
        code = LOADS
    tables = found.result.tables if found.result else {}
    return CheckedFile(code, report(found.verdict, found.occurrences, found.result, feed), tables)


def render(checked: CheckedFile, console: Console) -> None:
    """Show the report to a person."""
    first, rest = checked.report.row(0, named=True), checked.report.slice(1)
    verdict = {"loaded": "would be loaded", "held": "would be held"}
    said = verdict.get(first["what"], "would be rejected")
    words = "; ".join(text for text in (first["words"], first["to_do"]) if text)
    console.print(Text(f"{said}: {words}", "red" if checked.code == REJECTED else ""))
    rows = [
        (what, "" if line is None else str(line), _entry(column, f"{words}: {to_do}"))
        for what, line, column, _, words, to_do in rest.head(MOST_LINES).iter_rows()
    ]
    if rows:
        columns = ("what", "line", "column, what is wrong, and what to do")
        console.print(table(columns, rows, right=("line",)), crop=False)
    if rest.height > MOST_LINES:
        console.print(f"and {rest.height - MOST_LINES:,} more: --out FILE writes them all")


def _entry(column: str | None, words: str) -> Entry | Text:
    return Entry(column, words) if column else Text(words)


def render_rows(checked: CheckedFile, name: str, feed: Feed, console: Console) -> None:
    """Show the first rows of one table as they would be loaded; of patients' feeds none.

    Raises:
        ConfigRefused: if the feed does not fill that table.
    """
    if name not in feed.tables():
        known = ", ".join(feed.tables())
        raise ConfigRefused(f"feed {feed.feed} fills no table {shown(name)}; it fills: {known}")
    rows = checked.tables.get(name, pl.DataFrame())
    if rows.is_empty():
        console.print(f"\nno row of {name} would be loaded")
    elif feed.patient_data:
        number = Count(rows.height)
        why = f"{number:~it describes a patient and is|they describe patients and are} not shown"
        console.print(f"\n{number:row|rows} of {name}: {why}")
    else:
        first = rows.head(FIRST_ROWS)
        empty = [c for c in first.columns if first[c].null_count() == first.height]
        given = first.drop(empty)
        cells = [["" if v is None else str(v) for v in row] for row in given.iter_rows()]
        title = f"\n{name}, the first {first.height:,} of {rows.height:,} rows"
        console.print(table(given.columns, cells, title=title), crop=False)
        if empty:
            console.print(f"without a value in these rows: {', '.join(empty)}")


def _drawn(file: Path, feed: Feed) -> datetime | Occurrence:
    """When the file was drawn, or why its name is refused."""
    if fault := name_fault(file.name):
        return fault
    return drawn_by(feed, names_of(file)) or Occurrence("other_name", detail=feed.file.name)


def _judged(
    file: Path, feed: Feed, drawn: datetime | None, known: frozenset[str] | None
) -> Judgement:
    if not file.is_file():
        raise DeliveryRejected("file_missing")
    refuse_unlandable(file, feed.file.most_bytes)
    manifest = required_manifest(feed, file)
    check_hash(manifest, _read(file, file_hash))
    load = loader(partial(_read, file, Path.read_bytes), file.name, feed)
    return judge(feed, load, drawn, known, manifest)


def _read(file: Path, how: Callable[[Path], T]) -> T:
    try:
        return how(file)
    except OSError as err:
        why = err.strerror
    raise DeliveryRejected("file_unreadable", detail=why)


def _feeds(config: Path) -> Path:
    return config / "feeds" if (config / "feeds").is_dir() else config
