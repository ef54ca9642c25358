"""Each delivery's bytes, kept under their sha256 before anything reads them."""

import errno
import hashlib
import os
import stat
import time
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from flows.protect.encryption import encrypt
from flows.protect.keys import Key
from flows.store.files import move, part_of, private_file
from flows.store.home import Home
from schemas.errors import DeliveryRejected

CHUNK = 1 << 20
# A file that was written to in the last second may still be growing: it is given time to settle.
SETTLED_S = 1.0
PATIENCE_S = 5.0
TRIES = 2
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
    raise DeliveryRejected("the file changed while it was read; send it again when complete")


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
        raise DeliveryRejected(
            f"the file has {size:,} bytes; its feed allows {max_bytes:,} (max_mb)"
        )


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
            raise DeliveryRejected("the file is still growing; it is read when it is complete")
        time.sleep(min(young, SETTLED_S / 4))
        if young > SETTLED_S:  # written in the future: only a change tells
            return


def _stat(source: Path) -> os.stat_result:
    try:
        found = source.lstat()
    except OSError as err:
        fault = err.strerror
    else:
        if stat.S_ISREG(found.st_mode):
            return found
        fault = "it is a link or no file; send the file itself"
    raise DeliveryRejected(f"the file cannot be read: {fault}")


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
        raise DeliveryRejected(f"the file cannot be read: {fault}")
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
