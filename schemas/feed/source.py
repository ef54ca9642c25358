"""The columns that a feed reads: names, types, formats, markers for unknown values."""

import re
from collections.abc import Iterable, Mapping
from typing import Literal

from pydantic import Field, model_validator

from schemas.feed.file import Part, check_cells
from schemas.units import UNITS

Kind = Literal["text", "date", "datetime", "number", "boolean"]
Reason = Literal["withheld", "not_reported", "unreadable", "implausible"]
KINDS: tuple[Kind, ...] = ("text", "date", "datetime", "number", "boolean")
# Columns that every feed has beside its own.
GIVEN = ("row_number", "extract_date")


def fits(patterns: Iterable[str], column: str) -> bool:
    """Does ``column`` equal or wholly match one of ``patterns``?"""
    return any(column == p or re.fullmatch(p, column) is not None for p in patterns)


def is_plain(pattern: str) -> bool:
    """Is it a column's name rather than a pattern for several?"""
    return re.fullmatch(r"[\w %/&-]+", pattern) is not None


class Marker(Part):
    """What a marker in place of a value means."""

    reason: Reason
    low: float | None = Field(None, description="Least that the value can be.")
    high: float | None = Field(None, description="Most that the value can be.")
    columns: list[str] = Field(default=[".*"], description="Columns in which it is a marker.")

    @model_validator(mode="after")
    def _range_is_one(self) -> "Marker":
        if (self.low is None) != (self.high is None):
            raise ValueError("give both low and high, or neither")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError("low must not be above high")
        return self


class Words(Part):
    """The words that stand for true and false."""

    true: list[str] = Field(min_length=1)
    false: list[str] = Field(min_length=1)


class Source(Part):
    """Columns by type. Names may be patterns; a plain name is a column that must be there."""

    names: dict[str, list[str]] = Field(default={}, description="Our name = names in the file.")
    text: list[str] = []
    date: dict[str, str] = Field(default={}, description="Column = strptime format.")
    datetime: dict[str, str] = Field(default={}, description="Column = strptime format.")
    number: list[str] = []
    boolean: dict[str, Words] = {}
    unused: list[str] = Field(default=[], description="Columns known and not read.")
    optional: list[str] = Field(default=[], description="Columns that a file may lack.")
    key: list[str] = Field(min_length=1, description="Columns that together name a row.")
    pad: dict[str, int] = Field(default={}, description="Id = its length; zeros are put before.")
    range: dict[str, tuple[float, float]] = Field(
        default={}, description="Number = least and most; beyond it the cell is implausible."
    )
    unit: dict[str, str] = Field(default={}, description="Number = its unit.")

    @model_validator(mode="after")
    def _patterns_compile(self) -> "Source":
        for where in (*KINDS, "unused", "optional", "pad", "range", "unit"):
            for pattern in getattr(self, where):
                _compile(where, pattern)
        return self

    @model_validator(mode="after")
    def _formats_are_whole(self) -> "Source":
        for where, formats in (("date", self.date), ("datetime", self.datetime)):
            for column, said in formats.items():
                try:
                    check_cells(said, where == "datetime")
                except ValueError as err:
                    raise ValueError(f"{where}.{column}: {err}") from None
        return self

    @model_validator(mode="after")
    def _types_do_not_repeat(self) -> "Source":
        named = [p for kind in KINDS for p in getattr(self, kind)]
        repeated = sorted({p for p in named if named.count(p) > 1})
        if repeated:
            raise ValueError(f"typed more than once: {', '.join(repeated)}")
        aliases = [a for our in self.names for a in self.aliases(our)]
        repeated = sorted({a for a in aliases if aliases.count(a) > 1})
        if repeated:
            raise ValueError(f"names: an alias stands for two columns: {', '.join(repeated)}")
        untyped = sorted(our for our in self.names if self.kind(our) is None)
        if untyped:
            raise ValueError(f"names: no type is given for {', '.join(untyped)}")
        return self

    @model_validator(mode="after")
    def _details_are_possible(self) -> "Source":
        unknown = sorted(set(self.unit.values()) - UNITS)
        if unknown:
            raise ValueError(f"unit: unknown {', '.join(unknown)}; see schemas.units.UNITS")
        if any(low > high for low, high in self.range.values()):
            raise ValueError("range: the least must not be above the most")
        if any(not 1 <= length <= 64 for length in self.pad.values()):
            raise ValueError("pad: a length must be 1 to 64")
        return self

    def aliases(self, our: str) -> list[str]:
        """Names that a file may use for our column, our own among them."""
        return list(dict.fromkeys([*self.names.get(our, []), our]))

    def kind(self, column: str) -> Kind | None:
        """The type of our ``column``: an exact name wins over a pattern; null if untyped."""
        exact: list[Kind] = [kind for kind in KINDS if column in getattr(self, kind)]
        matching: list[Kind] = [kind for kind in KINDS if fits(getattr(self, kind), column)]
        return next(iter(exact or matching), None)

    def required(self) -> list[str]:
        """Our names of the columns that a file must have."""
        plain = [p for kind in KINDS for p in getattr(self, kind) if is_plain(p)]
        ours = dict.fromkeys([*plain, *self.names])
        return [c for c in ours if not fits(self.optional, c)]

    def may_hold(self, pattern: str) -> bool:
        """Can ``pattern`` mean a column of a type? Two patterns may have a column in common."""
        typed = [p for kind in KINDS for p in getattr(self, kind)]
        if self.kind(pattern) is not None or any(fits([pattern], p) for p in typed):
            return True
        return not is_plain(pattern) and not all(is_plain(p) for p in typed)

    def setting(self, settings: Mapping[str, object], column: str) -> object | None:
        """What ``settings`` (pattern = value) say of ``column``; an exact name first."""
        if column in settings:
            return settings[column]
        return next((v for p, v in settings.items() if fits([p], column)), None)


def _compile(where: str, pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as err:
        raise ValueError(f"{where}: not a regular expression: {pattern!r}: {err}") from None
