"""A file's bytes: small enough, of the kind its name says, in the encoding its feed declares.

And is its text as regular as it can be? Then it needs no look at each line: no quote, no control
character, no blank or overlong line, and exactly the header's number of fields in every line,
proved by the order of separators and line ends alone.
"""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import polars as pl

from schemas.errors import DeliveryRejected
from schemas.events import Occurrence
from schemas.feed import Feed

CHUNK = 1 << 22
_LINE_END = 10
_C1_CONTROL = re.compile(rb"\xc2[\x80-\x9f]")
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


def refuse_size(data: bytes, feed: Feed) -> None:
    """Raise if the file is empty, or larger than the feed allows.

    Raises:
        DeliveryRejected: saying which.
    """
    most = feed.file.most_bytes
    if len(data) > most:
        raise DeliveryRejected("file_too_large", count=len(data), total=most)
    if not data:
        raise DeliveryRejected("file_empty")


def refuse_other_kinds(data: bytes) -> None:
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
        raise DeliveryRejected("another_kind", detail=kind)


def as_utf8(data: bytes, feed: Feed) -> tuple[bytes, list[Occurrence]]:
    """The text in UTF-8 with ``\\n`` after each line, and what was repaired.

    Raises:
        DeliveryRejected: if the bytes are not in the declared encoding.
    """
    repairs = []
    if data.startswith(_BOM) and feed.file.encoding == "utf-8":
        data = data.removeprefix(_BOM)
        repairs.append(Occurrence("byte_order_mark"))
    data = _decoded(data, feed)
    if b"\r" in data:
        crlf, cr, lf = data.count(b"\r\n"), data.count(b"\r"), data.count(b"\n")
        if sum(n > 0 for n in (crlf, cr - crlf, lf - crlf)) > 1:
            repairs.append(Occurrence("mixed_line_ends"))
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return data, repairs


def _decoded(data: bytes, feed: Feed) -> bytes:
    if data.isascii():
        return data
    utf8_fault = _fault(data, "utf-8")
    if feed.file.encoding == "utf-8":
        if utf8_fault is not None:
            raise DeliveryRejected("another_encoding", line=_line(data, utf8_fault), detail="utf-8")
        return data
    if utf8_fault is None:
        raise DeliveryRejected("utf8_undeclared", detail=feed.file.encoding)
    fault = _fault(data, feed.file.encoding)
    if fault is not None:
        raise DeliveryRejected(
            "another_encoding", line=_line(data, fault), detail=feed.file.encoding
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


def regular_lines(
    data: bytes, columns: int, separator: str, quote: str, longest_line: int
) -> int | None:
    """The number of lines, if every line of ``data`` (UTF-8, ``\\n``) has ``columns`` plain fields.

    Null if that cannot be said, also where a line is longer than ``longest_line`` bytes.
    """
    if columns < 2 or not separator.isascii() or not quote.isascii() or not data.endswith(b"\n"):
        return None
    if not data.isascii() and _C1_CONTROL.search(data):
        return None
    if not _lines_are_short(data, longest_line):
        return None
    with ThreadPoolExecutor(pl.thread_pool_size()) as pool:
        lines = 0
        for found in pool.map(lambda c: _lines_of(c, columns, separator, quote), _chunks(data)):
            if found is None:
                pool.shutdown(cancel_futures=True)
                return None
            lines += found
    return lines


def _chunks(data: bytes) -> Iterator[np.ndarray]:
    """Pieces of whole lines."""
    start = 0
    while start < len(data):
        end = data.rfind(b"\n", start, start + CHUNK) + 1
        yield np.frombuffer(data, np.uint8, (end or len(data)) - start, start)
        start = end or len(data)


def _lines_of(chunk: np.ndarray, columns: int, separator: str, quote: str) -> int | None:
    between = ord(separator)
    controls = np.count_nonzero(chunk < 32) + np.count_nonzero(chunk == 127)
    marks = chunk[(chunk == between) | (chunk == _LINE_END)]
    if np.count_nonzero(chunk == ord(quote)) or marks.size % columns:
        return None
    rows = marks.reshape(-1, columns)
    ends = np.count_nonzero(marks == _LINE_END)
    tabs = marks.size - ends if between < 32 else 0
    ordered = ends == len(rows) and bool((rows[:, -1] == _LINE_END).all())
    return len(rows) if ordered and controls == ends + tabs else None


def _lines_are_short(data: bytes, longest: int) -> bool:
    start = 0
    while len(data) - start > longest:
        end = data.rfind(b"\n", start, start + longest)
        if end < 0:
            return False
        start = end + 1
    return True
