"""A file's bytes: small enough, of the kind its name says, in the encoding its feed declares."""

from pathlib import Path

from schemas.errors import DeliveryRejected
from schemas.feed import Feed

_BOM = b"\xef\xbb\xbf"
_KINDS = {
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"PAR1": "a Parquet file",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"II*\x00": "a TIFF image",
    b"MM\x00*": "a TIFF image",
    b"%PDF": "a PDF document",
    b"\x1f\x8b": "a gzip archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"\xd0\xcf\x11\xe0": "an old Excel or Word document",
    b"SQLite format 3": "an SQLite database",
    b"ARROW1": "an Arrow file",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
    b"{\\rtf": "an RTF document",
}


def read_bytes(source: bytes | Path, feed: Feed) -> bytes:
    """The file's bytes, if they are not more than the feed allows.

    Raises:
        DeliveryRejected: if it is too large, empty or cannot be opened.
    """
    size = len(source) if isinstance(source, bytes) else _size(source, feed)
    if size > feed.file.max_mb * 1e6:
        raise DeliveryRejected(
            f"{feed.feed}: the file has {size / 1e6:,.1f} MB, the feed allows {feed.file.max_mb:g}"
        )
    if size == 0:
        raise DeliveryRejected(f"{feed.feed}: the file is empty (zero bytes)")
    return source if isinstance(source, bytes) else source.read_bytes()


def _size(path: Path, feed: Feed) -> int:
    if not path.is_file():
        raise DeliveryRejected(f"{feed.feed}: the file is not there, or is not a file")
    return path.stat().st_size


def refuse_other_kinds(data: bytes, feed: Feed) -> None:
    """Raise if the bytes are not delimited text.

    Raises:
        DeliveryRejected: saying what the file is.
    """
    kind = next((name for start, name in _KINDS.items() if data.startswith(start)), None)
    start = data[:2000].removeprefix(_BOM).lstrip()
    if kind is None and start.startswith(b"<"):
        html = b"<html" in start.lower() or b"<!doctype html" in start.lower()
        kind = "a web page (perhaps an error message)" if html else "an XML document"
    if kind is None and start[:1] in (b"{", b"["):
        kind = "a JSON document"
    head = data[:2000]
    if kind is None and head.count(0) > len(head) / 5:
        kind = "UTF-16 text or a binary file"
    if kind is not None:
        raise DeliveryRejected(
            f"{feed.feed}: the file is {kind}, not text in {feed.file.encoding} with columns"
            f" separated by {feed.file.separator!r}"
        )


def as_utf8(data: bytes, feed: Feed) -> tuple[bytes, list[str]]:
    """The text in UTF-8 with ``\\n`` after each line, and what was repaired.

    Raises:
        DeliveryRejected: if the bytes are not in the declared encoding.
    """
    flags = []
    if data.startswith(_BOM) and feed.file.encoding == "utf-8":
        data = data.removeprefix(_BOM)
        flags.append("byte order mark removed")
    data = _decoded(data, feed)
    if b"\r" in data:
        crlf, cr, lf = data.count(b"\r\n"), data.count(b"\r"), data.count(b"\n")
        if sum(n > 0 for n in (crlf, cr - crlf, lf - crlf)) > 1:
            flags.append("mixed line ends made one")
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return data, flags


def _decoded(data: bytes, feed: Feed) -> bytes:
    if data.isascii():
        return data
    utf8_fault = _fault(data, "utf-8")
    if feed.file.encoding == "utf-8":
        if utf8_fault is not None:
            raise DeliveryRejected(
                f"{feed.feed}: the feed declares utf-8; line {_line(data, utf8_fault)} is not"
            )
        return data
    if utf8_fault is None:
        raise DeliveryRejected(
            f"{feed.feed}: the feed declares {feed.file.encoding}; the file is in utf-8"
        )
    fault = _fault(data, feed.file.encoding)
    if fault is not None:
        raise DeliveryRejected(
            f"{feed.feed}: the feed declares {feed.file.encoding}; line {_line(data, fault)} is not"
        )
    return data.decode(feed.file.encoding).encode("utf-8")


def _fault(data: bytes, encoding: str) -> int | None:
    """Place of the first byte that ``encoding`` does not allow."""
    try:
        data.decode(encoding)
    except UnicodeDecodeError as err:
        return err.start
    return None


def _line(data: bytes, place: int) -> int:
    return data.count(b"\n", 0, place) + 1
