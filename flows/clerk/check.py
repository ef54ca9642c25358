"""Would this file load? Asked by whoever sends it: no home, no key, nothing loaded."""

import csv
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
from rich.console import Console
from rich.table import Table
from rich.text import Text

from flows.ingest.archive import is_archive, unpack
from flows.ingest.arrivals import drawn_by, names_of
from flows.ingest.landing import refuse_unlandable
from flows.ingest.manifest import check_hash, check_rows, demanded, manifest_of
from flows.ingest.names import name_fault, shown
from flows.store.files import file_hash
from flows.store.regions import load_feed, load_feeds
from schemas.errors import ConfigRefused, DeliveryRejected, TableRefused
from schemas.feed import Feed
from transforms.feed import Outcome, apply
from transforms.quality.holds import future_reason
from transforms.quality.refusals import refuse_foreign
from transforms.quality.report import report
from transforms.reading import read_text

LOADS, REJECTED, AT_FAULT = 0, 4, 13
MOST_LINES = 60


@dataclass(frozen=True, slots=True)
class Checked:
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
            text = read_text(reference, feed)
            outcome = apply(feed, text.frame, None, feed.extract_time(reference.name))
            return frozenset(outcome.tables["institution"]["institution_id"].to_list())
    try:
        with reference.open(encoding="utf-8-sig", newline="") as file:
            return frozenset(row["institution_id"] for row in csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error, KeyError):
        pass
    raise ConfigRefused(
        f"{shown(reference.name)} is no extract that names institutions, and no CSV with a column"
        " institution_id"
    )


def check_file(file: Path, feed: Feed, known: frozenset[str] | None) -> Checked:
    """What would become of ``file``; nothing is kept.

    ``known`` are the institutions that may be loaded; null if that is not to be checked.
    """
    named = _drawn(file, feed)
    reason = named if isinstance(named, str) else None
    drawn = named if isinstance(named, datetime) else None
    try:
        outcome, flags = _read(file, feed, drawn, known)
    except (DeliveryRejected, TableRefused) as err:
        why = "; ".join(part for part in (reason, str(err)) if part)
        return Checked(REJECTED, report("rejected", why, [], None))
    if reason is not None:
        return Checked(REJECTED, report("rejected", reason, flags, outcome))
    held = future_reason(drawn, _latest()) if drawn else None
    wholly = not held and outcome.quarantine.is_empty()
    verdict = "held" if held else "loaded"
    return Checked(LOADS if wholly else AT_FAULT, report(verdict, held, flags, outcome))


def render(checked: Checked, console: Console) -> None:
    """Show the report to a person."""
    first, rest = checked.report.row(0, named=True), checked.report.slice(1)
    verdict = {"loaded": "would be loaded", "held": "would be held"}
    said = verdict.get(first["what"], "would be rejected")
    console.print(Text(f"{said}: {first['words']}", "red" if checked.code == REJECTED else ""))
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("what", "row", "column", "rule", "words"):
        table.add_column(name)
    for row in rest.head(MOST_LINES).iter_rows():
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    if not rest.is_empty():
        console.print(table)
    if rest.height > MOST_LINES:
        console.print(f"and {rest.height - MOST_LINES:,} more: --out FILE writes them all")


def _drawn(file: Path, feed: Feed) -> datetime | str:
    """When the file was drawn, or why its name is refused."""
    if fault := name_fault(file.name):
        return fault
    return drawn_by(feed, names_of(file)) or f"the feed expects names like {feed.file.name}"


def _read(
    file: Path, feed: Feed, drawn: datetime | None, known: frozenset[str] | None
) -> tuple[Outcome, list[str]]:
    if not file.is_file():
        raise DeliveryRejected("the file is not there, or is not a file")
    most = int(feed.file.max_mb * 1_000_000)
    refuse_unlandable(file, most)
    manifest = demanded(feed, manifest_of(file))
    check_hash(manifest, _hash(file))
    content = unpack(file.read_bytes(), file.name, most) if is_archive(file.name) else file
    text = read_text(content, feed)
    outcome = apply(feed, text.frame, known, drawn, text.bad_rows)
    refuse_foreign(feed, outcome)
    if outcome.counts.loaded == 0 and not feed.file.allow_empty:
        raise DeliveryRejected("none of its rows can be loaded")
    check_rows(manifest, outcome.counts.rows_read)
    return outcome, [*text.flags, *outcome.flags]


def _hash(file: Path) -> str:
    try:
        return file_hash(file)
    except OSError as err:
        reason = err.strerror
    raise DeliveryRejected(f"the file cannot be read: {reason}")


def _latest() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None) + timedelta(hours=1)


def _feeds(config: Path) -> Path:
    return config / "feeds" if (config / "feeds").is_dir() else config
