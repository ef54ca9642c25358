"""The landing folder: each delivery's bytes under their sha256, kept before anything reads them.

Beside them stands one JSON per delivery, from which the warehouse can be made again.
"""

import errno
import hashlib
import json
import os
import shutil
import stat
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO

from flows.protect.keys import Key, encrypt
from flows.store.files import move, part_of, parts, private_file, write_text
from flows.store.home import Home
from schemas.errors import DeliveryRejected
from schemas.events import Occurrence, reason

CHUNK = 1 << 20
# A file that was written to in the last second may still be growing: it is given time to settle.
SETTLED_S = 1.0
PATIENCE_S = 5.0
TRIES = 2
NOT_LANDED = "not landed"
# Errors of the file that was sent; any other (a full disk) is ours.
THEIR_FAULT = (errno.EACCES, errno.EPERM, errno.ENOENT, errno.EISDIR, errno.ELOOP)


@dataclass(frozen=True, slots=True)
class Landed:
    """A landed file: where it is; the hash of its bytes as sent, and how many they are."""

    path: Path
    sha256: str
    bytes: int


def land(home: Home, source: Path, max_bytes: int, key: Key | None = None) -> Landed:
    """Copy ``source`` into the landing folder, encrypted where there is a ``key``.

    Its bytes are never on this disk in the clear then. A file that is replaced or changed
    meanwhile is read once more.

    Raises:
        DeliveryRejected: if it cannot be read, is a link, is larger than ``max_bytes``, or goes on
            changing.
    """
    _wait_until_settled(source)
    part = part_of(home.landing / "delivery")
    for _ in range(TRIES):
        before = _stat(source)
        _refuse_size(before.st_size, max_bytes)
        digest, size = _copy(source, part, key)
        if _same(before, _stat(source), size):
            return _keep(home, part, digest, size)
        part.unlink()
    raise DeliveryRejected("file_changed")


def refuse_unlandable(source: Path, max_bytes: int) -> None:
    """Raise if ``land`` would not take the file, as it stands.

    Raises:
        DeliveryRejected: if it cannot be read, is a link or larger than ``max_bytes``.
    """
    _refuse_size(_stat(source).st_size, max_bytes)


def _keep(home: Home, part: Path, digest: str, size: int) -> Landed:
    target = home.landing / digest[:2] / digest
    target.parent.mkdir(mode=0o700, exist_ok=True)
    move(part, target)
    return Landed(target, digest, size)


def _refuse_size(size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise DeliveryRejected("file_too_large", count=size, total=max_bytes)


def _same(before: os.stat_result, after: os.stat_result, read: int) -> bool:
    """Was one and the same file read, whole?"""
    names = ("st_ino", "st_dev", "st_size", "st_mtime_ns")
    unchanged = all(getattr(before, name) == getattr(after, name) for name in names)
    return unchanged and read == after.st_size


def _wait_until_settled(source: Path) -> None:
    """Return once the file has not been written to for a second.

    Raises:
        DeliveryRejected: if it is still growing after five.
    """
    end = time.monotonic() + PATIENCE_S
    while (young := SETTLED_S - (time.time() - _stat(source).st_mtime)) > 0:
        if time.monotonic() > end:
            raise DeliveryRejected("file_growing")
        time.sleep(min(young, SETTLED_S / 4))
        if young > SETTLED_S:  # written in the future: only a change tells
            return


def _stat(source: Path) -> os.stat_result:
    try:
        found = source.lstat()
    except OSError as err:
        fault = Occurrence("file_unreadable", detail=err.strerror)
    else:
        if stat.S_ISREG(found.st_mode):
            return found
        fault = Occurrence("file_is_no_file")
    raise DeliveryRejected(fault)


def _copy(source: Path, part: Path, key: Key | None) -> tuple[str, int]:
    fault = None
    try:
        with open(source, "rb", opener=_no_link) as read, private_file(part) as write:
            counted = _Counted(read)
            if key is None:
                write.writelines(iter(lambda: counted.read(CHUNK), b""))
            else:
                encrypt(counted, write, key)
    except OSError as err:
        if err.errno not in THEIR_FAULT:
            raise
        fault = err.strerror
    if fault:
        raise DeliveryRejected("file_unreadable", detail=fault)
    return counted.digest.hexdigest(), counted.size


class _Counted:
    """A file that hashes and counts what is read from it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.digest, self.size = file, hashlib.sha256(), 0

    def read(self, size: int) -> bytes:
        chunk = self._file.read(size)
        self.digest.update(chunk)
        self.size += len(chunk)
        return chunk


def _no_link(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery as ``ops.delivery`` has it, with what it takes to deliver it again.

    ``sequence`` is its place among all verdicts ever given; ``decided`` is the night that applied a
    person's decision, null where there was none; ``region_file`` said how to read it;
    ``kept_sha256`` is the hash of its landed bytes once someone in them was forgotten; ``erased``
    is when its bytes were removed, by ``keep_days`` or because they could not be read.
    """

    delivery_id: str
    night: date
    feed: str | None
    file_name: str
    sha256: str
    content_sha256: str
    bytes: int
    rows_read: int
    extract_time: datetime | None
    received_at: datetime
    verdict: str
    occurrences: Sequence[Occurrence]
    sequence: int
    decided: date | None
    region_file: str
    kept_sha256: str | None = None
    erased: date | None = None

    @property
    def landed(self) -> bool:
        """Are its bytes in the landing folder?"""
        return self.sha256 != NOT_LANDED

    def row(self) -> dict[str, Any]:
        """Its row of ``ops.delivery``."""
        others = ("occurrences", "sequence", "decided", "region_file", "kept_sha256", "erased")
        row = {name: value for name, value in asdict(self).items() if name not in others}
        return {**row, "reason": reason(self.verdict, self.occurrences)}


def sidecar_path(home: Home, delivery_id: str) -> Path:
    """Where the JSON of a delivery stands."""
    return home.landing / delivery_id[:2] / f"{delivery_id}.json"


def landed_path(home: Home, delivery: Delivery) -> Path:
    """Where its bytes stand."""
    return home.landing / delivery.sha256[:2] / delivery.sha256


def write_sidecar(home: Home, delivery: Delivery) -> None:
    """Write the delivery's JSON whole, or not at all."""
    path = sidecar_path(home, delivery.delivery_id)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    records = [{"code": o.code, **o.facts()} for o in delivery.occurrences]
    content = {**asdict(delivery), "occurrences": records}
    write_text(path, json.dumps(content, default=_text, indent=1, ensure_ascii=False) + "\n")


def read_sidecars(home: Home) -> list[Delivery]:
    """Every delivery that ever came, in the order in which they were settled."""
    paths = sorted(home.landing.glob("??/*.json"))
    return sorted(
        (_read(path) for path in paths), key=lambda d: (d.sequence, d.received_at, d.delivery_id)
    )


def read_sidecar(home: Home, delivery_id: str) -> Delivery:
    """The delivery of that id."""
    return _read(sidecar_path(home, delivery_id))


def sweep(home: Home) -> None:
    """Remove what a killed night, rebuild or backup left; only while holding the lock."""
    for folder in (home.landing, *home.landing.glob("??"), home.receipts, home.published.parent):
        for path in parts(folder):
            path.unlink()
    for folder in (p for p in home.spill.iterdir() if p.is_dir()):
        shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(home.root / "rebuild", ignore_errors=True)


def _read(path: Path) -> Delivery:
    content = _with_occurrences(json.loads(path.read_text(encoding="utf-8")))
    for name in ("received_at", "extract_time"):
        content[name] = datetime.fromisoformat(content[name]) if content[name] else None
    for name in ("night", "decided", "erased"):
        said = content.get(name)
        content[name] = date.fromisoformat(said) if said else None
    return Delivery(**content)


def _with_occurrences(content: dict[str, Any]) -> dict[str, Any]:
    """What there is to say of the delivery; an earlier version said it in words, which stay so."""
    if "occurrences" in content:
        occurrences = [Occurrence(**facts) for facts in content["occurrences"]]
    else:
        texts = [text for text in (content.pop("reason"), content.pop("flags")) if text]
        occurrences = [Occurrence("earlier_version", private="; ".join(texts))] if texts else []
    return {**content, "occurrences": occurrences}


def _text(value: object) -> str:
    assert isinstance(value, date)
    return value.isoformat()
