"""What columns of text seem to hold: a draft for a person to review, never a contract."""

import re
import unicodedata
from dataclasses import dataclass
from itertools import combinations

import polars as pl

from transforms.feed.values import day, instant, number

DAYS = (
    "%Y-%m-%d",
    "%d.%m.%Y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d-%m-%Y",
    "%Y/%m/%d",
    "%Y%m%d",
    "%Y-%m",
)
MOMENTS = (
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%d/%m/%Y %H:%M",
)
MARKERS = ("NA", "N/A", "n/a", "NULL", "null", "NaN", "-", "--", "*", ".", "..", "x", "X", "k.A.")
NUMBERS_AS_MARKERS = ("-999999", "-99999", "-9999", "-999")
_ID = re.compile(r"(?i)(^|[_ ])(id|code|key|nr|no|pk|ccn|fips|zip|plz|bundesland|finess)s?($|[_ ])")
_MOST_IN_KEY = 4
_CANDIDATES = 8


@dataclass(frozen=True)
class Guess:
    """A column: our name for it, its kind, its format, and what a person should look at."""

    theirs: str
    ours: str
    kind: str
    format: str | None = None
    pad: int | None = None
    doubt: str | None = None


@dataclass(frozen=True)
class Guesses:
    """Columns, markers and key of a file, its decimal mark, and the days between its dates."""

    columns: list[Guess]
    markers: list[str]
    key: list[str]
    decimal: str
    every_days: int | None


def guess(text: pl.DataFrame) -> Guesses:
    """Guess what a file's columns of text are."""
    trimmed = text.with_columns(pl.all().str.strip_chars())
    decimal = _decimal(trimmed)
    markers = _markers(trimmed, decimal)
    known = trimmed.with_columns(
        pl.when(~pl.all().is_in(["", *markers])).then(pl.all()).name.keep()
    )
    taken: list[str] = []
    columns = []
    for column in known.columns:
        columns.append(_column(known[column], _our_name(column, taken), decimal))
        taken.append(columns[-1].ours)
    key = _key(known, columns)
    return Guesses(columns, markers, key, decimal, _every_days(known, columns, key))


def _every_days(known: pl.DataFrame, columns: list[Guess], key: list[str]) -> int | None:
    """The usual number of days between the dates of the first column of dates in the key."""
    dates = [c for c in columns if c.kind == "date" and c.ours in key]
    for column in dates:
        days = known.select(day(pl.col(column.theirs), str(column.format))).to_series()
        gaps = days.drop_nulls().unique().sort().diff().drop_nulls().dt.total_days()
        if gaps.len():
            return int(gaps.mode().sort()[0])
    return None


def _column(values: pl.Series, ours: str, decimal: str) -> Guess:
    known, theirs = values.drop_nulls(), values.name
    if known.is_empty():
        return Guess(theirs, ours, "unused", doubt="it is empty in this file")
    days = [f for f in DAYS if _all(known, day(pl.col(theirs), f))]
    if days and not (days == ["%Y%m%d"] and _ID.search(theirs)):
        doubt = f"or {' or '.join(days[1:])}: ask the sender" if len(days) > 1 else None
        return Guess(theirs, ours, "date", days[0], doubt=doubt)
    moments = [f for f in MOMENTS if _all(known, instant(pl.col(theirs), f, "UTC"))]
    if moments:
        return Guess(theirs, ours, "datetime", moments[0])
    if _is_code(known, theirs):
        lengths = known.str.len_chars().unique().to_list()
        digits = known.str.contains(r"^\d+$").all()
        return Guess(theirs, ours, "text", pad=lengths[0] if digits and len(lengths) == 1 else None)
    if _all(known, number(pl.col(theirs), decimal)):
        return Guess(theirs, ours, "number")
    return Guess(theirs, ours, "text")


def _is_code(known: pl.Series, name: str) -> bool:
    """Digits that are no quantity: an id by its name, or with zeros before it."""
    digits = known.str.contains(r"^\d+$").all()
    zeros = known.str.contains(r"^0\d").any()
    return bool(digits and (zeros or _ID.search(name)))


def _all(known: pl.Series, read: pl.Expr) -> bool:
    return bool(known.to_frame().select(read.is_not_null().all()).item())


def _decimal(text: pl.DataFrame) -> str:
    comma = sum(int(text[c].str.contains(r"^[+-]?\d+,\d+$").sum()) for c in text.columns)
    point = sum(int(text[c].str.contains(r"^[+-]?\d+\.\d+$").sum()) for c in text.columns)
    return "," if comma > point else "."


def _markers(text: pl.DataFrame, decimal: str) -> list[str]:
    """Usual markers that stand in a column whose other cells are numbers."""
    found: set[str] = set()
    for column in text.columns:
        values = text[column].drop_nulls()
        present = set(values.filter(values.is_in(MARKERS)).unique().to_list())
        rest = values.filter(~values.is_in(["", *MARKERS])).to_frame()
        numbers = rest.select(number(pl.col(column), decimal).is_not_null().all()).item()
        if rest.height and numbers:
            sentinels = values.filter(values.is_in(NUMBERS_AS_MARKERS)).unique().to_list()
            found |= present | set(sentinels)
    return sorted(found)


def _our_name(theirs: str, taken: list[str]) -> str:
    plain = unicodedata.normalize("NFKD", theirs).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "_", plain).strip("_") or "column"
    name = name if name[0].isalpha() else f"c_{name}"
    while name in taken:
        name += "_again"
    return name


def _key(known: pl.DataFrame, columns: list[Guess]) -> list[str]:
    """The fewest columns, the first ones first, that name each row once; else all of them."""
    named = [c for c in columns if c.kind in {"text", "date", "datetime"}]
    full = [c for c in named if known[c.theirs].null_count() == 0][:_CANDIDATES]
    for size in range(1, _MOST_IN_KEY + 1):
        for some in combinations(full, size):
            if known.select(c.theirs for c in some).n_unique() == known.height:
                return [c.ours for c in some]
    return [c.ours for c in full or named or columns]
