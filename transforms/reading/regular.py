"""Is a text as regular as it can be? Then it needs no look at each line.

No quote, no control character, no blank or overlong line, and exactly the header's number of
fields in every line: proved by the order of separators and line ends alone.
"""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import polars as pl

CHUNK = 1 << 22
_LINE_END = 10
_C1_CONTROL = re.compile(rb"\xc2[\x80-\x9f]")


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
