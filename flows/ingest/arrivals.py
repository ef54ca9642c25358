"""What lies in the folder of extracts: names, archives of one file, which feed expects it.

Archives (.gz and .zip) are unpacked in memory and never beyond a limit.
"""

import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from flows.store.night import Night
from schemas.errors import DeliveryRejected
from schemas.events import Occurrence
from schemas.feed import Feed

OWN_MANIFEST = ".manifest.json"
FOLDER_MANIFEST = "MANIFEST.json"
LONGEST = 200
RATIO = 100
_SAFE = re.compile(r"[\w .,()+=@#&-]+")
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,
    RuntimeError,
)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file, the feed that expects its name, and what is wrong with it from outside.

    ``name`` is shown to people; ``fault`` is null unless the file is refused unread.
    """

    path: Path
    name: str
    feed: Feed | None
    extract_time: datetime | None
    fault: Occurrence | None = None


def arrivals_of(night: Night) -> list[Arrival]:
    """Every file in the folder of extracts and the folders below it, in order of name."""
    feeds = night.files.feeds
    return [recognised(path, night.extracts, feeds) for path in _files(night)]


def _files(night: Night) -> Iterator[Path]:
    for path in sorted(night.extracts.rglob("*")):
        below = path.relative_to(night.extracts)
        hidden = any(part.startswith(".") for part in below.parts)
        own = night.home.root in path.parents and night.home.root not in night.extracts.parents
        folder = path.is_dir() and not path.is_symlink()
        if not (hidden or own or folder or is_manifest(path.name)):
            yield path


def recognised(path: Path, folder: Path, feeds: tuple[Feed, ...]) -> Arrival:
    """The file as an arrival of the first feed that expects its name."""
    name = path.relative_to(folder).as_posix()
    if fault := name_fault(name):
        return Arrival(path, shown(name), None, None, fault)
    names = names_of(path)
    for bare in [*names, *map(_without_folder, names)]:
        feed = next((f for f in feeds if f.matches(bare)), None)
        if feed is not None:
            said = drawn_by(feed, names)
            drawn, fault = (None, said) if isinstance(said, Occurrence) else (said, None)
            return Arrival(path, shown(name), feed, drawn, fault)
    return Arrival(path, shown(name), None, None)


def drawn_by(feed: Feed, names: list[str]) -> datetime | Occurrence | None:
    """When a file was drawn by its names (see ``names_of``), or why they are refused.

    Null if the feed expects none of them.
    """
    known = {n: feed.extract_time(n) for n in map(_without_folder, names) if feed.matches(n)}
    if not known:
        return None
    if not any(feed.matches(name) for name in names):
        return Occurrence("archive_member_in_folder", private=shown(names[-1]))
    if len(set(known.values())) > 1:
        both = f"{shown(min(known))} and {shown(max(known))}"
        return Occurrence("archive_dates_differ", private=both)
    return next(iter(known.values())) or Occurrence("name_without_date")


def _without_folder(name: str) -> str:
    return name.replace("\\", "/").rsplit("/", 1)[-1]


def names_of(path: Path) -> list[str]:
    """Names by which a feed may know the file: an archive's without its end, or its member's."""
    if not is_archive(path.name):
        return [path.name]
    names = [path.name.rsplit(".", 1)[0]]
    if path.name.lower().endswith(".zip") and path.is_file() and not path.is_symlink():
        names.append(packed_name(path) or "")
    return names


def shown(name: str) -> str:
    """The name with anything unprintable as an escape, and no longer than a line."""
    text = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in name)
    return text if len(text) <= LONGEST else text[:LONGEST] + "..."


def name_fault(name: str) -> Occurrence | None:
    """Why a file of this name (with folders, separated by ``/``) is refused; null if it is not."""
    if any(part.startswith(".") or ".." in part for part in name.split("/")):
        return Occurrence("name_dotted")
    if len(name) > LONGEST:
        return Occurrence("name_too_long", total=LONGEST)
    if not all(_SAFE.fullmatch(part) for part in name.split("/")):
        return Occurrence("name_unsafe")
    return None


def is_manifest(name: str) -> bool:
    """Is a file of this name a manifest rather than a delivery?"""
    return name.endswith(OWN_MANIFEST) or name == FOLDER_MANIFEST


def is_archive(name: str) -> bool:
    """Does the name say that the file is packed?"""
    return name.lower().endswith((".gz", ".zip"))


def packed_name(path: Path) -> str | None:
    """The name of the one file in a zip; null where that cannot be told."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except _BROKEN:
        return None
    return names[0] if len(names) == 1 else None


def unpack(packed: bytes, name: str, most: int) -> bytes:
    """The content of an archive, which came under ``name``.

    Args:
        packed: its bytes.
        name: what it was called.
        most: bytes that its content may have.

    Raises:
        DeliveryRejected: if it is broken, locked, holds anything but one plain file, or unpacks to
            more than ``most`` bytes or 100 times its size.
    """
    limit = min(most, RATIO * len(packed))
    if name.lower().endswith(".gz"):
        content = _from_gzip(packed, limit)
    else:
        content = _from_zip(packed, limit)
    if len(content) > limit:
        raise DeliveryRejected("archive_too_large", total=most, count=RATIO)
    return content


def _from_gzip(packed: bytes, limit: int) -> bytes:
    engine, content = zlib.decompressobj(wbits=31), None
    with suppress(zlib.error):
        content = engine.decompress(packed, limit + 1)
    if content is None:
        raise DeliveryRejected("archive_not_gzip")
    if len(content) <= limit and not engine.eof:
        raise DeliveryRejected("archive_cut")
    if engine.unused_data:
        raise DeliveryRejected("archive_members", count=2)
    return content


def _from_zip(packed: bytes, limit: int) -> bytes:
    content = None
    with suppress(*_BROKEN), zipfile.ZipFile(io.BytesIO(packed)) as archive:
        member = _only_member(archive.infolist())
        with archive.open(member) as inside:
            content = inside.read(limit + 1)
    if content is None:
        raise DeliveryRejected("archive_damaged")
    return content


def _only_member(members: list[zipfile.ZipInfo]) -> zipfile.ZipInfo:
    if len(members) != 1:
        raise DeliveryRejected("archive_members", count=len(members))
    member = members[0]
    parts = member.filename.replace("\\", "/").split("/")
    if ".." in parts or member.filename.startswith(("/", "\\")) or ":" in parts[0]:
        raise DeliveryRejected("archive_path")
    if member.is_dir() or stat.S_ISLNK(member.external_attr >> 16):
        raise DeliveryRejected("archive_no_file")
    if member.flag_bits & 1:
        raise DeliveryRejected("archive_locked")
    return member
