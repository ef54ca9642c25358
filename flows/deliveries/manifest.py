"""A manifest beside a file: what the sender says of its hash and rows."""

import json
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flows.deliveries.names import shown
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
    """What is said of ``file`` in NAME.manifest.json, else in MANIFEST.json beside it.

    Raises:
        DeliveryRejected: if the manifest cannot be read.
    """
    beside, folder = file.with_name(file.name + BESIDE), file.with_name(WHOLE_FOLDER)
    if beside.is_file():
        return _entry(_content(beside))
    if folder.is_file():
        files = _content(folder).get("files")
        if not isinstance(files, dict):
            raise DeliveryRejected(f"{WHOLE_FOLDER} beside it has no object `files`")
        return _entry(files[file.name]) if file.name in files else None
    return None


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
            content = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict):
        raise DeliveryRejected("the manifest beside it is not a JSON object of at most 10 MB")
    return content


def _entry(said: Any) -> Manifest:
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
