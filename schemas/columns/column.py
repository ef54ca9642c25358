"""What a column is: its type and unit, its meaning in English and Chinese, its codes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from schemas.errors import ConfigRefused
from schemas.units import UNITS

Codes = Mapping[str, tuple[str, str]]  # code: what it means, in English and Chinese


@dataclass(frozen=True)
class Column:
    """One entry of the list of columns.

    ``rules`` are checks of Pandera by name (``ge``, ``isin``, ...). ``codes`` are the values of a
    vocabulary; where ``rules`` has them as ``isin``, no other value may stand. ``of`` is the column
    that names the same thing as the key of its own table. Of an ``identifier`` only a pseudonym
    is ever stored. ``absent`` is what ``conform`` writes where a frame lacks the column.
    """

    kind: Any
    meaning: str
    meaning_zh: str
    unit: str | None = None
    codes: Codes = field(default_factory=dict)
    rules: Mapping[str, Any] = field(default_factory=dict)
    of: str | None = None
    identifier: bool = False
    absent: str | None = None

    def __post_init__(self) -> None:
        if self.unit is not None and self.unit not in UNITS:
            raise ConfigRefused(f"unknown unit {self.unit!r}; add it to schemas.units.UNITS")

    @property
    def comment(self) -> str:
        """What the published file says of the column, in both languages."""
        unit = f" [{self.unit}]" if self.unit else ""
        codes = f" Values, see ops.vocabulary: {', '.join(self.codes)}." if self.codes else ""
        return f"{self.meaning}{unit} {self.meaning_zh}{codes}"


def number(unit: str, en: str, zh: str, **rules: Any) -> Column:
    """A number with decimals, at least 0 unless it is above some other bound."""
    return Column(pl.Float64, en, zh, unit, rules=_above_0(rules))


def signed(unit: str, en: str, zh: str) -> Column:
    """A number with decimals that may be below 0."""
    return Column(pl.Float64, en, zh, unit)


def integer(unit: str, en: str, zh: str, **rules: Any) -> Column:
    """A whole number, at least 0 unless it is above some other bound."""
    return Column(pl.Int64, en, zh, unit, rules=_above_0(rules))


def _above_0(rules: dict[str, Any]) -> dict[str, Any]:
    return rules if {"ge", "gt"} & set(rules) else {"ge": 0, **rules}


def text(en: str, zh: str, **more: Any) -> Column:
    """Words, names, hashes; ``codes`` where some values have a meaning of their own."""
    return Column(pl.String, en, zh, **more)


def coded(codes: Codes, en: str, zh: str, **more: Any) -> Column:
    """Text of which every value is one of ``codes``."""
    return Column(pl.String, en, zh, codes=codes, rules={"isin": list(codes)}, **more)


def day(en: str, zh: str) -> Column:
    """A date."""
    return Column(pl.Date, en, zh)


def instant(en: str, zh: str) -> Column:
    """A moment, in UTC, to the microsecond."""
    return Column(pl.Datetime("us"), en, zh)


def flag(en: str, zh: str) -> Column:
    """Yes or no."""
    return Column(pl.Boolean, en, zh)
