"""What a file of a feed looks like from outside, its formats of time, what its arrival means."""

import codecs
import re
from datetime import datetime, timedelta
from itertools import combinations
from typing import Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

_DIRECTIVE = re.compile(r"%(\.[369]?f|[-_0:#]*.?)")
_CELL = frozenset("YmbBdjaAHkIpPMSfFTRz%") | {".f", ".3f", ".6f", ".9f"}
_NAME = frozenset("YymbBdjaAHIpMSfz%")
_SHORT_YEARS = frozenset("yDxCg")


class Part(BaseModel):
    """Base of every part of a feed: frozen, and no key that is not declared."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class File(Part):
    """Name, dialect and meaning of a feed's files."""

    name: str = Field(description="Regular expression that the whole file name must match.")
    extract_format: str | None = Field(
        None, description="strptime format of the name's group `extract`."
    )
    extract_time: datetime | None = Field(
        None, description="Extract time of a file whose name does not give it, local."
    )
    timezone: str = Field("UTC", description="Zone of every local time in the feed.")
    encoding: str = Field("utf-8", description="Encoding of the bytes.")
    separator: str = Field(",", min_length=1, max_length=1)
    quote: str = Field('"', min_length=1, max_length=1)
    decimal: Literal[".", ","] = Field(".", description="Decimal mark.")
    thousands: Literal["", ".", ",", " ", "'"] = Field("", description="Mark between thousands.")
    max_mb: float = Field(50, gt=0, description="Largest file, in megabytes (1,000,000 bytes).")
    max_columns: int = Field(2000, gt=0, description="Most columns.")
    replaces: Literal["period", "whole_table", "nothing"] = "period"
    late: Literal["history", "hold"] = "history"
    allow_empty: bool = Field(False, description="May a file have a header and no rows?")
    unended: Literal["quarantine", "load"] = Field(
        "quarantine", description="A last line without line end: it may be cut short."
    )
    manifest: Literal["optional", "required"] = Field(
        "optional", description="Is a file without a manifest that gives hash or rows refused?"
    )
    keep_days: int | None = Field(
        None, gt=0, description="Days after its extract that a delivery is kept; absent: for good."
    )
    every_days: int | None = Field(None, gt=0, description="How often a file is expected, in days.")

    @property
    def most_bytes(self) -> int:
        """The largest file that the feed allows, in bytes."""
        return int(self.max_mb * 1_000_000)

    @field_validator("name")
    @classmethod
    def _name_compiles(cls, name: str) -> str:
        try:
            re.compile(name)
        except re.error as err:
            raise ValueError(f"not a regular expression: {err}") from None
        return name

    @field_validator("separator", "quote")
    @classmethod
    def _mark_is_one_byte(cls, mark: str) -> str:
        if not mark.isascii() or mark.isalnum() or not (mark.isprintable() or mark == "\t"):
            raise ValueError("one ASCII character that is neither letter nor digit, or a tab")
        return mark

    @field_validator("extract_format")
    @classmethod
    def _extract_format_is_whole(cls, said: str | None) -> str | None:
        if said is not None:
            check_name(said)
        return said

    @field_validator("timezone")
    @classmethod
    def _timezone_exists(cls, timezone: str) -> str:
        if timezone not in available_timezones():
            raise ValueError("unknown time zone; use an IANA name such as Europe/Vienna")
        return timezone

    @field_validator("encoding")
    @classmethod
    def _encoding_exists(cls, encoding: str) -> str:
        try:
            found = codecs.lookup(encoding).name
        except LookupError:
            found = ""
        if found not in {"utf-8", "ascii", "cp1250", "cp1251", "cp1252", "cp850", "cp437"} and (
            not found.startswith("iso8859")
        ):
            raise ValueError("unknown encoding; use utf-8, cp1252, iso-8859-1 or another 8-bit one")
        return found

    @model_validator(mode="after")
    def _extract_time_is_known(self) -> "File":
        grouped = self.is_dated
        if grouped and self.extract_format is None:
            raise ValueError("extract_format is missing: name has a group `extract`")
        if not grouped and self.extract_time is None:
            raise ValueError(
                "name needs a group (?P<extract>...) with extract_format, or give extract_time"
            )
        return self

    @model_validator(mode="after")
    def _marks_differ(self) -> "File":
        """Within quotes a separator may be a mark of numbers: ``"1,234"``."""
        marks = {
            "thousands": self.thousands,
            "decimal": self.decimal,
            "separator": self.separator,
            "quote": self.quote,
        }
        quoted = {("thousands", "separator"), ("decimal", "separator")}
        for first, second in set(combinations(marks, 2)) - quoted:
            if marks[first] == marks[second]:
                raise ValueError(f"{first} and {second} must differ")
        return self

    @property
    def is_dated(self) -> bool:
        """Does a file's name say when it was drawn?"""
        return "extract" in re.compile(self.name).groupindex

    def matches(self, file_name: str) -> bool:
        """Is this the name of one of the feed's files?"""
        return re.fullmatch(self.name, file_name) is not None

    def last_moment(self, drawn: datetime) -> datetime:
        """The last moment, UTC, that a file of this extract time may speak of.

        A name that gives only a day is drawn at the end of that day, by the feed's clocks: of the
        day on which they are put back, after 25 hours. A month or a year likewise.
        """
        zone = ZoneInfo(self.timezone)
        ends = drawn.replace(tzinfo=ZoneInfo("UTC")).astimezone(zone) + self._spoken_of()
        return ends.astimezone(ZoneInfo("UTC")).replace(tzinfo=None) if self._spoken_of() else drawn

    def _spoken_of(self) -> timedelta:
        said = self.extract_format or "%d"
        if any(f"%{part}" in said for part in "HIcsX"):
            return timedelta(0)
        if any(f"%{part}" in said for part in "djxFD"):
            return timedelta(days=1)
        return timedelta(days=31) if re.search("%[mbB]", said) else timedelta(days=366)

    def drawn_at(self, file_name: str) -> datetime | None:
        """When the file was drawn, UTC without a zone; null if its name cannot be read."""
        found = re.fullmatch(self.name, file_name)
        if found is None:
            return None
        local = self.extract_time
        if "extract" in found.re.groupindex and self.extract_format is not None:
            try:
                local = datetime.strptime(found["extract"], self.extract_format)
            except (ValueError, TypeError):
                return None
        if local is None:
            return None
        zoned = local if local.tzinfo else local.replace(tzinfo=ZoneInfo(self.timezone))
        return zoned.astimezone(ZoneInfo("UTC")).replace(tzinfo=None)


def check_cells(said: str, moment: bool) -> None:
    """Can cells be read by this format?

    Args:
        said: the format.
        moment: of a date and time; else of a date, which may be a month's or a year's first day.

    Raises:
        ValueError: saying what is wrong with it.
    """
    found = _directives(said)
    short = sorted(found & _SHORT_YEARS)
    if short:
        raise ValueError(
            f"{said!r}: %{short[0]} gives no century; have years sent with four digits"
        )
    _check_known(said, found, _CELL)
    _check_day(said, found)
    if moment and not _names_a_day(found):
        raise ValueError(f"{said!r} needs a year, a month and a day")
    if found & {"H", "k", "I"} and "M" not in found:
        raise ValueError(f"{said!r} has an hour and no minute")
    if "I" in found and not found & {"p", "P"}:
        raise ValueError(f"{said!r}: %I needs %p, or write %H for hours to 23")


def check_name(said: str) -> None:
    """Can the extract time in a file's name be read by this format?

    Raises:
        ValueError: saying what is wrong with it.
    """
    found = _directives(said)
    _check_known(said, found, _NAME)
    _check_day(said, {"Y" if part == "y" else part for part in found})


def _directives(said: str) -> set[str]:
    return set(_DIRECTIVE.findall(said))


def _check_known(said: str, found: set[str], known: frozenset[str]) -> None:
    unknown = sorted(found - known)
    if unknown:
        listed = " ".join(f"%{part}" for part in sorted(known))
        raise ValueError(f"{said!r}: unknown %{unknown[0]}; there is {listed}")


def _check_day(said: str, found: set[str]) -> None:
    if not found & {"Y", "F"}:
        raise ValueError(f"{said!r} has no year (%Y)")
    if "d" in found and not found & {"m", "b", "B"}:
        raise ValueError(f"{said!r} has a day and no month")


def _names_a_day(found: set[str]) -> bool:
    return bool(found & {"F", "j"} or ("d" in found and found & {"m", "b", "B"}))
