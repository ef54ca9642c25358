"""Each delivery's bytes, kept under their sha256 before anything reads them."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from flows.home import Home
from schemas.errors import DeliveryRejected

CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Landed:
    """A landed file: where it is, its hash and its size in bytes."""

    path: Path
    sha256: str
    bytes: int


def land(home: Home, source: Path, max_bytes: int) -> Landed:
    """Copy ``source`` into the landing folder; a file already there is left as it is.

    Raises:
        DeliveryRejected: if it cannot be read, is larger than ``max_bytes``, or changes meanwhile.
    """
    before = _stat(source)
    if before.st_size > max_bytes:
        raise DeliveryRejected(
            f"the file has {before.st_size:,} bytes; its feed allows {max_bytes:,} (max_mb)"
        )
    part = home.landing / f".part-{os.getpid()}"
    digest, size = _copy(source, part)
    after = _stat(source)
    if (size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        part.unlink()
        raise DeliveryRejected("the file changed while it was read; send it again when complete")
    target = home.landing / digest[:2] / digest
    target.parent.mkdir(mode=0o700, exist_ok=True)
    part.replace(target)
    sync_folder(target.parent)
    return Landed(target, digest, size)


def _stat(source: Path) -> os.stat_result:
    try:
        return source.stat()
    except OSError as err:
        fault = err.strerror
    raise DeliveryRejected(f"the file cannot be read: {fault}")


def _copy(source: Path, part: Path) -> tuple[str, int]:
    digest, size, fault = hashlib.sha256(), 0, None
    try:
        with source.open("rb") as read, open(part, "wb", opener=_private) as write:
            while chunk := read.read(CHUNK):
                digest.update(chunk)
                size += len(chunk)
                write.write(chunk)
            write.flush()
            os.fsync(write.fileno())
    except PermissionError as err:
        fault = err.strerror
    if fault:
        raise DeliveryRejected(f"the file cannot be read: {fault}")
    return digest.hexdigest(), size


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, mode=0o600)


def sync_folder(folder: Path) -> None:
    """Make a rename inside ``folder`` survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
