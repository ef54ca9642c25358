"""Would this file load? Asked by whoever sends it: no home, no key, nothing loaded."""

import csv
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

import polars as pl
from rich.console import Console
from rich.table import Table
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
from flows.store.regions import load_feed, load_feeds
from schemas.errors import ConfigRefused, DeliveryRejected
from schemas.events import Occurrence
from schemas.feed import Feed
from transforms.feed import apply
from transforms.quality.holds import future_reason
from transforms.quality.report import report
from transforms.reading import read_text

T = TypeVar("T")
LOADS, REJECTED, AT_FAULT = 0, 4, 13
MOST_LINES = 60


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """What would become of a file: exit code, and the report (see transforms.quality.report)."""

    code: int
    report: pl.DataFrame


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
    return CheckedFile(code, report(found.verdict, found.occurrences, found.result, feed))


def render(checked: CheckedFile, console: Console) -> None:
    """Show the report to a person."""
    first, rest = checked.report.row(0, named=True), checked.report.slice(1)
    verdict = {"loaded": "would be loaded", "held": "would be held"}
    said = verdict.get(first["what"], "would be rejected")
    told = "; ".join(text for text in (first["words"], first["to_do"]) if text)
    console.print(Text(f"{said}: {told}", "red" if checked.code == REJECTED else ""))
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("what", "line", "column", "what is wrong, and what to do"):
        table.add_column(name)
    for what, line, column, _, words, to_do in rest.head(MOST_LINES).iter_rows():
        cells = what, "" if line is None else str(line), column or "", f"{words}: {to_do}"
        table.add_row(*map(Text, cells))
    if not rest.is_empty():
        console.print(table)
    if rest.height > MOST_LINES:
        console.print(f"and {rest.height - MOST_LINES:,} more: --out FILE writes them all")


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
