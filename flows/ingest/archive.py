"""Archives of one file: .gz and .zip, unpacked in memory and never beyond a limit."""

import io
import stat
import struct
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path

from schemas.errors import DeliveryRejected

RATIO = 100
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
        raise DeliveryRejected(
            f"the archive unpacks to more than its feed allows ({most / 1e6:g} MB), or to over"
            f" {RATIO} times its size; send the file as it is"
        )
    return content


def _from_gzip(packed: bytes, limit: int) -> bytes:
    engine, content = zlib.decompressobj(wbits=31), None
    with suppress(zlib.error):
        content = engine.decompress(packed, limit + 1)
    if content is None:
        raise DeliveryRejected("the file is not gzip, or damaged; pack and send it again")
    if len(content) <= limit and not engine.eof:
        raise DeliveryRejected("the gzip file is cut short; send it again")
    if engine.unused_data:
        raise DeliveryRejected("the gzip file holds more than one member; pack one file")
    return content


def _from_zip(packed: bytes, limit: int) -> bytes:
    content = None
    with suppress(*_BROKEN), zipfile.ZipFile(io.BytesIO(packed)) as archive:
        member = _only_member(archive.infolist())
        with archive.open(member) as inside:
            content = inside.read(limit + 1)
    if content is None:
        raise DeliveryRejected(
            "the zip archive is damaged, cut short or packed by a method that is not deflate"
        )
    return content


def _only_member(members: list[zipfile.ZipInfo]) -> zipfile.ZipInfo:
    if len(members) != 1:
        raise DeliveryRejected(f"the zip archive holds {len(members)} members; pack one file")
    member = members[0]
    parts = member.filename.replace("\\", "/").split("/")
    if ".." in parts or member.filename.startswith(("/", "\\")) or ":" in parts[0]:
        raise DeliveryRejected("the zip archive's member has a path that leaves its folder")
    if member.is_dir() or stat.S_ISLNK(member.external_attr >> 16):
        raise DeliveryRejected("the zip archive holds a folder or a link, not a file")
    if member.flag_bits & 1:
        raise DeliveryRejected("the zip archive has a password; send it without one")
    return member
