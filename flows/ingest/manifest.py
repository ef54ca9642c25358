"""A manifest beside a file: what the sender says of its hash and rows."""

import json
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flows.ingest.names import shown
from schemas.errors import DeliveryRejected
from schemas.feed import Feed

BESIDE = ".manifest.json"
WHOLE_FOLDER = "MANIFEST.json"
LARGEST = 10_000_000


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a sender says of one file; null where it says nothing."""

    sha256: str | None
    rows: int | None


def is_manifest(name: str) -> bool:
    """Is a file of this name a manifest rather than a delivery?"""
    return name.endswith(BESIDE) or name == WHOLE_FOLDER


def manifest_of(file: Path) -> Manifest | None:
    """What is said of ``file`` in NAME.manifest.json and in MANIFEST.json beside it.

    Raises:
        DeliveryRejected: if a manifest cannot be read, has a key twice or one that is not known, or
            if the two contradict each other.
    """
    beside, folder = file.with_name(file.name + BESIDE), file.with_name(WHOLE_FOLDER)
    own = _entry(_content(beside)) if beside.is_file() else None
    shared = _of_folder(file.name, _content(folder)) if folder.is_file() else None
    if own is None or shared is None:
        return own or shared
    _refuse_contradiction("sha256", own.sha256, shared.sha256)
    _refuse_contradiction("rows", own.rows, shared.rows)
    rows = shared.rows if own.rows is None else own.rows
    return Manifest(own.sha256 or shared.sha256, rows)


def _of_folder(name: str, content: dict[str, Any]) -> Manifest | None:
    files = content.get("files")
    if not isinstance(files, dict):
        raise DeliveryRejected(f"{WHOLE_FOLDER} beside it has no object `files`")
    _refuse_unknown(content, ("files",))
    return _entry(files[name]) if name in files else None


def _refuse_contradiction(what: str, own: str | int | None, shared: str | int | None) -> None:
    if own is not None and shared is not None and own != shared:
        raise DeliveryRejected(
            f"its two manifests contradict each other: NAME{BESIDE} and {WHOLE_FOLDER} give"
            f" different {what}; send one that is right"
        )


def _refuse_unknown(said: dict[str, Any], known: tuple[str, ...]) -> None:
    unknown = sorted(shown(key) for key in said if key not in known)
    if unknown:
        raise DeliveryRejected(
            f"its manifest has the key {', '.join(unknown)}; known are {', '.join(known)}"
        )


def demanded(feed: Feed, manifest: Manifest | None) -> Manifest | None:
    """The manifest, if the feed can do without or it says something.

    Raises:
        DeliveryRejected: if the feed requires one that gives hash or rows.
    """
    says = manifest is not None and (manifest.sha256 is not None or manifest.rows is not None)
    if feed.file.manifest == "required" and not says:
        raise DeliveryRejected(
            f"{feed.feed} requires a manifest: put NAME{BESIDE} with sha256 or rows beside the file"
        )
    return manifest


def announced_and_missing(folder: Path) -> list[str]:
    """Names that manifests in ``folder`` and the folders below it give, of files not there."""
    missing = []
    for path in sorted(folder.rglob("*.json")):
        if is_manifest(path.name) and path.is_file():
            missing += [shown(n) for n in _named(path) if not path.with_name(n).is_file()]
    return sorted(set(missing))


def _named(path: Path) -> list[str]:
    if path.name.endswith(BESIDE):
        return [path.name.removesuffix(BESIDE)]
    files = None
    with suppress(DeliveryRejected):
        files = _content(path).get("files")
    names = files if isinstance(files, dict) else []
    return [n for n in names if n.strip(".") and "/" not in n and "\0" not in n]


def check_hash(manifest: Manifest | None, sha256: str) -> None:
    """Raise if the file's hash is not the manifest's.

    Raises:
        DeliveryRejected: saying so.
    """
    if manifest and manifest.sha256 and manifest.sha256 != sha256:
        raise DeliveryRejected("its sha256 differs from its manifest's; send both again")


def check_rows(manifest: Manifest | None, rows: int) -> None:
    """Raise if the file's rows of data are not as many as the manifest says.

    Raises:
        DeliveryRejected: with both counts.
    """
    if manifest and manifest.rows is not None and manifest.rows != rows:
        raise DeliveryRejected(
            f"it has {rows:,} rows of data, its manifest says {manifest.rows:,}; send both again"
        )


def _content(path: Path) -> dict[str, Any]:
    content = None
    if path.stat().st_size <= LARGEST:
        with suppress(OSError, ValueError, RecursionError):
            text = path.read_text(encoding="utf-8")
            content = json.loads(text, object_pairs_hook=_once)
    if not isinstance(content, dict):
        raise DeliveryRejected("the manifest beside it is not a JSON object of at most 10 MB")
    return content


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        names = [name for name, _ in pairs]
        twice = sorted({shown(name) for name in names if names.count(name) > 1})
        raise DeliveryRejected(f"its manifest has twice the key {', '.join(twice)}; send it right")
    return content


def _entry(said: Any) -> Manifest:
    if isinstance(said, dict):
        _refuse_unknown(said, ("sha256", "rows"))
    sha256, rows = (said.get("sha256"), said.get("rows")) if isinstance(said, dict) else ("", None)
    known = sha256 is None or (isinstance(sha256, str) and _is_hash(sha256))
    counted = rows is None or (isinstance(rows, int) and not isinstance(rows, bool) and rows >= 0)
    if not known or not counted:
        raise DeliveryRejected(
            "its manifest must give sha256 as 64 hex digits and rows as a whole number"
        )
    return Manifest(sha256.lower() if sha256 else None, rows)


def _is_hash(text: str) -> bool:
    return re.fullmatch(r"[0-9a-fA-F]{64}", text) is not None
