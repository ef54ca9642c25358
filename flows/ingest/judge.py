"""What a file is by itself: agreed with its manifest, read, made tables of, and judged.

A night and ``catchment check`` ask the same of it here; what a night knows beside (what came
before, who is forgotten) is added in ``flows.ingest.delivery``.
"""

import json
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from flows.ingest.arrivals import (
    FOLDER_MANIFEST,
    OWN_MANIFEST,
    is_archive,
    is_manifest,
    shown,
    unpack,
)
from schemas.errors import DeliveryRejected, TableRefused
from schemas.events import Occurrence
from schemas.feed import Feed
from transforms.feed import FeedResult, apply
from transforms.quality.holds import refuse_foreign
from transforms.reading import read_text

LARGEST = 10_000_000
Load = Callable[[], bytes]
Remember = Callable[[Feed, pl.DataFrame], tuple[pl.DataFrame, int]]


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict, the events that explain it and others, and what was read of the file."""

    verdict: str
    occurrences: Sequence[Occurrence] = ()
    rows_read: int = 0
    result: FeedResult | None = None

    def held_for(self, reasons: Sequence[Occurrence]) -> "Judgement":
        """Held, where there are reasons; else as it is."""
        if not reasons:
            return self
        return replace(self, verdict="held", occurrences=[*reasons, *self.occurrences])


def loader(read: Load, name: str, feed: Feed) -> Load:
    """What gives the content of a file of that name, which ``read`` gives as it was sent.

    Raises:
        DeliveryRejected: as ``flows.ingest.arrivals.unpack``.
    """
    if not is_archive(name):
        return read
    content = unpack(read(), name, feed.file.most_bytes)
    return lambda: content


def refused(err: DeliveryRejected | TableRefused) -> Judgement:
    """The verdict on a file that cannot be read."""
    if isinstance(err, DeliveryRejected):
        return Judgement("rejected", err.occurrences)
    return Judgement("rejected", [Occurrence("table_refused", private=str(err))])


def judge(
    feed: Feed,
    load: Load,
    drawn: datetime | None,
    known: frozenset[str] | None,
    manifest: "SenderManifest | None" = None,
    remember: Remember | None = None,
    *,
    lessened: bool = False,
) -> Judgement:
    """Read a file and say whether it would be loaded or is rejected.

    Args:
        feed: its contract.
        load: gives its bytes, unpacked; called once, so that nobody else holds them.
        drawn: when, UTC; null if unknown.
        known: institutions that may be loaded; null if that is not to be checked.
        manifest: what its sender says of it.
        remember: takes out the rows of people to be forgotten, and counts them.
        lessened: someone was taken out of it since it was judged, so that none of its rows may be
            left to load.
    """
    try:
        result, occurrences, forgotten = _read(feed, load, drawn, known, remember)
    except (DeliveryRejected, TableRefused) as err:
        return refused(err)
    rows = result.counts.rows_read
    try:
        if not lessened:
            _refuse(feed, result, forgotten)
        check_rows(manifest, rows)
    except DeliveryRejected as err:
        explained = [*err.occurrences, *occurrences]
        return Judgement("rejected", explained, rows, replace(result, tables={}))
    return Judgement("loaded", occurrences, rows, result)


def _read(
    feed: Feed,
    load: Load,
    drawn: datetime | None,
    known: frozenset[str] | None,
    remember: Remember | None,
) -> tuple[FeedResult, list[Occurrence], int]:
    """What a file becomes, identifiers and all; repairs and flags; rows of people forgotten."""
    text = read_text(load(), feed)
    occurrences, unread, frame, forgotten = text.occurrences, text.bad_rows, text.frame, 0
    if remember:
        frame, forgotten = remember(feed, frame)
    del text
    result = apply(feed, frame, known, drawn, unread, use_up=True)
    return _leaving_out(result, forgotten), [*occurrences, *result.occurrences], forgotten


def _refuse(feed: Feed, result: FeedResult, forgotten: int) -> None:
    """Raise if what was read is not to be loaded."""
    refuse_foreign(result)
    counts = result.counts
    if counts.loaded == 0 and not (feed.file.allow_empty or forgotten):
        raise DeliveryRejected("no_row_loadable", total=counts.rows_read, count=counts.quarantined)


def _leaving_out(result: FeedResult, rows: int) -> FeedResult:
    """The result with the rows of forgotten people counted as excluded."""
    counts = result.counts
    counted = replace(counts, rows_read=counts.rows_read + rows, excluded=counts.excluded + rows)
    return replace(result, counts=counted)


@dataclass(frozen=True, slots=True)
class SenderManifest:
    """What a sender says of one file; null where it says nothing."""

    sha256: str | None
    rows: int | None


def manifest_of(file: Path) -> SenderManifest | None:
    """What is said of ``file`` in NAME.manifest.json and in MANIFEST.json beside it.

    Raises:
        DeliveryRejected: if a manifest cannot be read, has a key twice or one that is not known, or
            if the two contradict each other.
    """
    of_file, folder = file.with_name(file.name + OWN_MANIFEST), file.with_name(FOLDER_MANIFEST)
    own = _entry(_content(of_file)) if of_file.is_file() else None
    shared = _of_folder(file.name, _content(folder)) if folder.is_file() else None
    if own is None or shared is None:
        return own or shared
    _refuse_contradiction("sha256", own.sha256, shared.sha256)
    _refuse_contradiction("rows", own.rows, shared.rows)
    rows = shared.rows if own.rows is None else own.rows
    return SenderManifest(own.sha256 or shared.sha256, rows)


def _of_folder(name: str, content: dict[str, Any]) -> SenderManifest | None:
    files = content.get("files")
    if not isinstance(files, dict):
        raise DeliveryRejected("manifest_without_files")
    _refuse_unknown(content, ("files",))
    return _entry(files[name]) if name in files else None


def _refuse_contradiction(what: str, own: str | int | None, shared: str | int | None) -> None:
    if own is not None and shared is not None and own != shared:
        raise DeliveryRejected("manifest_contradicts", detail=what)


def _refuse_unknown(said: dict[str, Any], known: tuple[str, ...]) -> None:
    unknown = sorted(shown(key) for key in said if key not in known)
    if unknown:
        raise DeliveryRejected(
            "manifest_key_unknown", private=", ".join(unknown), detail=", ".join(known)
        )


def required_manifest(feed: Feed, file: Path) -> SenderManifest | None:
    """The manifest of ``file``; null if there is none and the feed can do without.

    Raises:
        DeliveryRejected: as ``manifest_of``, or if the feed requires one that gives hash or rows.
    """
    manifest = manifest_of(file)
    says = manifest is not None and (manifest.sha256 is not None or manifest.rows is not None)
    if feed.file.manifest == "required" and not says:
        raise DeliveryRejected("manifest_required")
    return manifest


def announced_and_missing(folder: Path) -> list[str]:
    """Names that manifests in ``folder`` and the folders below it give, of files not there."""
    missing = []
    for path in sorted(folder.rglob("*.json")):
        if is_manifest(path.name) and path.is_file():
            missing += [shown(n) for n in _named(path) if not path.with_name(n).is_file()]
    return sorted(set(missing))


def _named(path: Path) -> list[str]:
    if path.name.endswith(OWN_MANIFEST):
        return [path.name.removesuffix(OWN_MANIFEST)]
    files = None
    with suppress(DeliveryRejected):
        files = _content(path).get("files")
    names = files if isinstance(files, dict) else []
    return [n for n in names if n.strip(".") and "/" not in n and "\0" not in n]


def check_hash(manifest: SenderManifest | None, sha256: str) -> None:
    """Raise if the file's hash is not the manifest's.

    Raises:
        DeliveryRejected: saying so.
    """
    if manifest and manifest.sha256 and manifest.sha256 != sha256:
        raise DeliveryRejected("manifest_hash_differs")


def check_rows(manifest: SenderManifest | None, rows: int) -> None:
    """Raise if the file's rows of data are not as many as the manifest says.

    Raises:
        DeliveryRejected: with both counts.
    """
    if manifest and manifest.rows is not None and manifest.rows != rows:
        raise DeliveryRejected("manifest_rows_differ", count=rows, total=manifest.rows)


def _content(path: Path) -> dict[str, Any]:
    content = None
    if path.stat().st_size <= LARGEST:
        with suppress(OSError, ValueError, RecursionError):
            text = path.read_text(encoding="utf-8")
            content = json.loads(text, object_pairs_hook=_once)
    if not isinstance(content, dict):
        raise DeliveryRejected("manifest_unreadable")
    return content


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        names = [name for name, _ in pairs]
        twice = sorted({shown(name) for name in names if names.count(name) > 1})
        raise DeliveryRejected("manifest_key_twice", private=", ".join(twice))
    return content


def _entry(said: Any) -> SenderManifest:
    if isinstance(said, dict):
        _refuse_unknown(said, ("sha256", "rows"))
    sha256, rows = (said.get("sha256"), said.get("rows")) if isinstance(said, dict) else ("", None)
    known = sha256 is None or (isinstance(sha256, str) and _is_hash(sha256))
    counted = rows is None or (isinstance(rows, int) and not isinstance(rows, bool) and rows >= 0)
    if not known or not counted:
        raise DeliveryRejected("manifest_values")
    return SenderManifest(sha256.lower() if sha256 else None, rows)


def _is_hash(text: str) -> bool:
    return re.fullmatch(r"[0-9a-fA-F]{64}", text) is not None
