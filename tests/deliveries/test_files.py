"""Files at fault: whatever arrives, nothing is silently wrong and good rows beside bad ones load.

Each kind spoils a clean delivery in a way of its own, several times with another place or size.
"""

import gzip
import io
import random
import unicodedata
import zipfile

import pytest

VARIANTS = range(6)


def _between(text, delivery, line):
    """``line`` put between two rows."""
    lines = text.splitlines(keepends=True)
    lines.insert(delivery.random.randrange(2, len(lines)), line)
    return "".join(lines)


def _zipped(text, name):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, text)
    return buffer.getvalue()


def _cut(delivery, part):
    """The text up to somewhere in a line; what came after is not in the truth."""
    data = delivery.text().encode()
    last = data.rstrip(b"\n").rfind(b"\n") + 1
    start = last if part == "last" else len(data) // 2
    inside = [i for i in range(start + 1, len(data)) if data[i - 1 : i] != b"\n"]
    cut = data[: delivery.random.choice(inside)]
    delivery.rows = delivery.rows[: cut.count(b"\n")]
    return cut


def _broken(delivery, column):
    """One cell has a newline inside and no quotes around it."""
    cell = next(row for row in iter(delivery.row, None) if len(row[column]) > 1)[column]
    place = delivery.random.randrange(1, len(cell))
    return _cell(delivery, column, cell[:place] + "\n" + cell[place:])


def _swapped(delivery):
    order = delivery.random.sample(range(5), 5)
    rows = [delivery.names, *delivery.rows]
    return "".join(",".join(row[i] for i in order) + "\n" for row in rows)


def _with_column(delivery, name, value, place=None):
    place = delivery.random.randrange(6) if place is None else place
    for row, cell in zip([delivery.names, *delivery.rows], [name, *[value] * 99], strict=False):
        row.insert(place, cell)
    text = delivery.text()
    for row in delivery.rows:
        row.pop(place)
    return text


def _without_column(delivery):
    place = delivery.random.choice([0, 1, 3, 4])
    rows = [delivery.names, *delivery.rows]
    return "".join(",".join(c for i, c in enumerate(row) if i != place) + "\n" for row in rows)


def _cell(delivery, column, value):
    """The text with one cell replaced; the truth stays."""
    row = delivery.row()
    kept, row[column] = row[column], value
    text = delivery.text()
    row[column] = kept
    return text


def _true_note(delivery, value, written):
    """One note is truly ``value`` and is written as ``written``."""
    row = delivery.row()
    row[2] = written
    text = delivery.text()
    row[2] = value
    return text


def _all_quoted(delivery):
    rows = [delivery.names, *delivery.rows]
    return "".join(",".join(f'"{cell}"' for cell in row) + "\n" for row in rows)


def _accented(delivery, form):
    for row in delivery.rows:
        row[2] = unicodedata.normalize("NFC", f"H\u00f4pital {int(row[0])}")
    return unicodedata.normalize(form, delivery.text())


def _many(delivery, count, change):
    lines = delivery.text().splitlines()
    for place in delivery.random.sample(range(1, len(lines)), count):
        lines[place] = change(lines[place])
    return "\n".join(lines) + "\n"


EIGHT_BIT = ["cp1252", "cp850", "mac-roman"]
REQUIRED = ["id", "day", "beds", "used"]
ALIASES = [("note", "remark"), ("beds", "beds in service")]
PERSONAL = ["patient_name", "Last Name", "date_of_birth", "SSN", "national id", "Vorname"]
KINDS = {
    # name: (verdicts allowed, how it is made: delivery, number of the variant -> bytes)
    "as it should be": ("loaded", lambda d, n: d.text().encode()),
    "zero bytes": ("rejected", lambda d, n: b""),
    "header only": ("rejected", lambda d, n: ",".join(d.names).encode() + b"\n" * n),
    "blank lines only": ("rejected", lambda d, n: b"\n" * (n + 1)),
    "png": ("rejected", lambda d, n: b"\x89PNG\r\n\x1a\n" + d.random.randbytes(200 * n)),
    "jpeg": ("rejected", lambda d, n: b"\xff\xd8\xff\xe0" + d.random.randbytes(200 * n)),
    "workbook": ("rejected", lambda d, n: _zipped(d.text(), "xl/workbook.xml")),
    "zip archive": ("rejected", lambda d, n: _zipped(d.text(), f"beds_{n}.csv")),
    "gzip archive": ("rejected", lambda d, n: gzip.compress(d.text().encode(), n)),
    "parquet": ("rejected", lambda d, n: b"PAR1" + d.random.randbytes(99 * n) + b"PAR1"),
    "random bytes": ("rejected", lambda d, n: bytes([200 + n]) + d.random.randbytes(500)),
    "web page": ("rejected", lambda d, n: b" " * n + b"<!doctype html><html>503</html>"),
    "xml": ("rejected", lambda d, n: b"<?xml version='1.0'?>" + b"<row/>" * n),
    "json": ("rejected", lambda d, n: b"[" + b'{"id": 1},' * n + b"{}]"),
    "utf-16 with mark": ("rejected", lambda d, n: d.text().encode("utf-16")),
    "utf-16 without mark": (
        "rejected", lambda d, n: d.text().encode(["utf-16-le", "utf-16-be"][n % 2]),
    ),
    "utf-32": ("rejected", lambda d, n: d.text().encode("utf-32")),
    "another encoding": (
        "rejected", lambda d, n: _accented(d, "NFC").encode(EIGHT_BIT[n % 3]),
    ),
    "byte order mark": ("flagged", lambda d, n: b"\xef\xbb\xbf" + d.text().encode()),
    "decomposed accents": ("flagged", lambda d, n: _accented(d, "NFD").encode()),
    "composed accents": ("loaded", lambda d, n: _accented(d, "NFC").encode()),
    "carriage return and newline": ("loaded", lambda d, n: d.text(end="\r\n").encode()),
    "carriage return only": ("loaded", lambda d, n: d.text(end="\r").encode()),
    "mixed line ends": (
        "flagged", lambda d, n: _many(d, n + 1, lambda line: line + "\r").encode(),
    ),
    "separator after every line": (
        "flagged", lambda d, n: d.text(end=[",\n", ",\r\n"][n % 2]).encode(),
    ),
    "separator after every row": (
        "flagged", lambda d, n: d.text(end=",\n").replace("used,\n", "used\n", 1).encode(),
    ),
    "columns in another order": ("loaded", lambda d, n: _swapped(d).encode()),
    "spaces around cells": (
        "loaded", lambda d, n: d.text(separator=[" , ", ",  ", "\t,", " ,"][n % 4]).encode(),
    ),
    "blank lines between": ("loaded", lambda d, n: _between(d.text(), d, "\n" * (n + 1)).encode()),
    "blank lines before": ("loaded", lambda d, n: b"\n" * (n + 1) + d.text().encode()),
    "every cell quoted": ("loaded", lambda d, n: _all_quoted(d).encode()),
    "separator in quotes": (
        "loaded", lambda d, n: _true_note(d, "a" + ",b" * n, '"a' + ",b" * n + '"').encode(),
    ),
    "quote in quotes": (
        "loaded", lambda d, n: _true_note(d, 'a"' + "b" * n, '"a""' + "b" * n + '"').encode(),
    ),
    "newline in quotes": (
        "loaded", lambda d, n: _true_note(d, "a\n" * n + "b", '"' + "a\n" * n + 'b"').encode(),
    ),
    "sql in a text": (
        "loaded",
        lambda d, n: _true_note(d, t := f"x'); DROP TABLE bed{n}; --", t).encode(),
    ),
    "markup in a text": (
        "loaded", lambda d, n: _true_note(d, t := f"<script>alert({n})</script>", t).encode(),
    ),
    "formula in a text": ("loaded", lambda d, n: _true_note(d, t := f"=LINK({n})", t).encode()),
    "nul in a row": ("quarantined", lambda d, n: _cell(d, n % 5, "a\x00b").encode()),
    "control character in a row": (
        "quarantined", lambda d, n: _cell(d, n % 5, f"a{chr(1 + n)}b").encode(),
    ),
    "control characters in many rows": (
        "rejected", lambda d, n: _many(d, 2 + n, lambda line: line + "\x07").encode(),
    ),
    "preamble": ("rejected", lambda d, n: (b"Report, drawn today\n" * (n + 1)) + d.text().encode()),
    "no header": ("rejected", lambda d, n: d.text().split("\n", 1)[1].encode()),
    "unclosed quote": ("rejected", lambda d, n: _cell(d, n % 5, '"x').encode()),
    "two unclosed quotes": (
        "rejected", lambda d, n: _many(d, 2, lambda line: line.replace("Haus", '"Haus')).encode(),
    ),
    "a quote opened here and closed there": (
        "rejected",
        lambda d, n: _all_quoted(d).replace('"\n"', '\n"', n + 1).encode(),
    ),
    "quote in the middle of a cell": (
        "quarantined", lambda d, n: _cell(d, 2, f'{n}" x {n}" bed').encode(),
    ),
    "text after a closing quote": ("quarantined", lambda d, n: _cell(d, 2, f'"a"b{n}').encode()),
    "header again": (
        "quarantined", lambda d, n: _between(d.text(), d, ",".join(d.names) + "\n").encode(),
    ),
    "total row": (
        "quarantined",
        lambda d, n: (
            d.text() + ["Total", "TOTAL", "Summe", "Gesamt", "sum", "Grand Total", "Somme"][n]
            + ",2026-02-01,,9999,999\n"
        ).encode(),
    ),
    "footer": ("quarantined", lambda d, n: (d.text() + f"{60 + n} rows written\n").encode()),
    "last line cut short": ("quarantined", lambda d, n: _cut(d, "last")),
    "cut in the middle": ("quarantined", lambda d, n: _cut(d, "half")),
    "too few cells": (
        "quarantined", lambda d, n: _many(d, n + 1, lambda x: x.rsplit(",", 1)[0]).encode(),
    ),
    "newline in an unquoted cell": ("quarantined", lambda d, n: _broken(d, n % 5).encode()),
    "too many cells": ("quarantined", lambda d, n: _many(d, n + 1, lambda x: x + ",7").encode()),
    "separator in an unquoted text": (
        "quarantined", lambda d, n: _cell(d, 2, "a" + ",b" * (n + 1)).encode(),
    ),
    "most rows ragged": ("rejected", lambda d, n: _many(d, 40 + n, lambda x: x + ",1").encode()),
    "another separator": ("rejected", lambda d, n: d.text([";", "\t", "|", "^"][n % 4]).encode()),
    "overlong line": ("rejected", lambda d, n: _cell(d, 2, "x" * ((1 << 20) + n)).encode()),
    "too many columns": (
        "rejected", lambda d, n: _with_column(d, "x" + ",x" * (2500 + n), "", 5).encode(),
    ),
    "too large": ("rejected", lambda d, n: d.text().encode() * (1100 + n)),
    "column missing": ("rejected", lambda d, n: _without_column(d).encode()),
    "column renamed": (
        "rejected", lambda d, n: d.text().replace(REQUIRED[n % 4], "x", 1).encode(),
    ),
    "header in capitals": (
        "rejected", lambda d, n: d.text().replace("id,day,note", "ID,DAY,NOTE").encode(),
    ),
    "column twice": ("rejected", lambda d, n: _with_column(d, REQUIRED[n % 4], "1").encode()),
    "column and its alias": ("rejected", lambda d, n: _with_column(d, "hospital", "1").encode()),
    "column by its alias": (
        "loaded", lambda d, n: d.text().replace(*ALIASES[n % 2], 1).encode(),
    ),
    "column not declared": ("flagged", lambda d, n: _with_column(d, f"new_{n}", "1").encode()),
    "column without a name": ("flagged", lambda d, n: _with_column(d, "", "1", n % 5).encode()),
    "column known and unused": ("loaded", lambda d, n: _with_column(d, "spare", "1").encode()),
    "column with people's names": (
        "rejected", lambda d, n: _with_column(d, PERSONAL[n], "CANARY").encode(),
    ),
}  # fmt: skip


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_file_at_fault_is_met_as_it_should_be(kind, variant, judge, tally, delivery_of):
    allowed, make = KINDS[kind]
    delivery = delivery_of(random.Random(f"{kind} {variant}"))
    data = make(delivery, variant)
    assert judge(kind, data, delivery.rows) == allowed, tally.silently_wrong[-1:]
