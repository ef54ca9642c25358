"""Files written whole or not at all, closed to others and safe from a power cut; their hashes."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

PRIVATE = 0o600


@contextmanager
def replacing(path: Path, mode: int = PRIVATE) -> Iterator[BinaryIO]:
    """A new file to write, which takes the place of ``path`` at the end, unless there is an error.

    Readers see the old file or the new one, whole. Until the end nobody but its owner reads it.
    """
    part = part_of(path)
    try:
        with private_file(part) as file:
            yield file
        part.chmod(mode)
        move(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def part_of(path: Path) -> Path:
    """What this process calls a file until it is whole; ``parts`` finds those that a kill left."""
    return path.with_name(f".{path.name}.{os.getpid()}.part")


def parts(folder: Path, name: str = "*") -> list[Path]:
    """Files of a folder that are not whole: all, or those of one name."""
    return list(folder.glob(f".{name}.*.part"))


@contextmanager
def private_file(path: Path) -> Iterator[BinaryIO]:
    """A new file of mode 0600, on disk at the end."""
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    with os.fdopen(handle, "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def move(source: Path, target: Path) -> None:
    """Put a file that is on disk in the place of another, as one step that survives a power cut."""
    source.replace(target)
    sync(target.parent)


def sync(path: Path) -> None:
    """Make a file's bytes, or the names in a folder, survive a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_text(path: Path, text: str, mode: int = PRIVATE) -> None:
    """Write a text file, as ``replacing`` does."""
    with replacing(path, mode) as file:
        file.write(text.encode())


def copy_file(source: Path, target: Path, mode: int = PRIVATE) -> None:
    """Copy a file, as ``replacing`` writes."""
    with source.open("rb") as read, replacing(target, mode) as write:
        shutil.copyfileobj(read, write, 1 << 20)


def file_hash(path: Path) -> str:
    """sha256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
