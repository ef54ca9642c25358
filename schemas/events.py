"""Every rule, fault, flag, reason and alert: its code, what it says in two languages, what to do.

``events.csv`` beside this file lists them, one on each line. Facts travel as the fields of an
``Occurrence``, and in ``ops`` as columns; words are made where they are shown, and never read back.
A number, and what is ``private``, is withheld where the rows of a file are people. A count stands
with its noun: ``{count:row|rows}`` is "1 row" or "1,204 rows", ``{count:the only row|all # rows}``
says where the number goes, and ``{count:~has|have}`` that there is none.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from string import Formatter
from typing import Any

COUNTS = ("count", "total")
NUMBERS = (*COUNTS, "share", "line")
DELIVERY_EVENTS = ("rejection", "hold", "duplicate", "repair", "flag")
# The kind of event that explains a verdict.
EXPLAINS = {"rejected": "rejection", "held": "hold", "duplicate": "duplicate"}


@dataclass(frozen=True, slots=True)
class Event:
    """A line of the list.

    ``kind`` is fault, repair, flag, rejection, hold, duplicate, finding or alert; ``severity``
    note, warn or severe; ``owner`` who should look. ``english`` and ``chinese`` are templates over
    the facts of an ``Occurrence``. A finding is about a ``subject`` and may have a ``threshold``.
    """

    code: str
    kind: str
    severity: str
    owner: str
    subject: str | None
    threshold: float | None
    english: str
    chinese: str
    to_do: str
    to_do_chinese: str

    @property
    def facts(self) -> tuple[str, ...]:
        """The facts that its words need."""
        parts = Formatter().parse(self.english)
        return tuple(dict.fromkeys(fact for _, fact, _, _ in parts if fact))

    @property
    def templates(self) -> tuple[str, str]:
        """Its words in both languages, facts by their names: "{count} rows"."""
        named = {fact: _Unknown(f"{{{fact}}}") for fact in self.facts}
        return self.english.format_map(named), self.chinese.format_map(named)


def _listed() -> Iterable[Event]:
    with Path(__file__).with_suffix(".csv").open(encoding="utf-8", newline="") as file:
        for code, kind, severity, owner, subject, threshold, *words in list(csv.reader(file))[1:]:
            expected = float(threshold) if threshold else None
            yield Event(code, kind, severity, owner, subject or None, expected, *words)


EVENTS: tuple[Event, ...] = tuple(_listed())
BY_CODE = {event.code: event for event in EVENTS}


@dataclass(frozen=True, slots=True)
class Occurrence:
    """An event with its facts: what ``ops.delivery_event`` has of it, null where it has none."""

    code: str
    column_name: str | None = None
    table_name: str | None = None
    count: int | None = None
    total: int | None = None
    share: float | None = None
    line: int | None = None
    detail: str | None = None
    private: str | None = None

    @property
    def kind(self) -> str:
        """The kind of its event."""
        return BY_CODE[self.code].kind

    def facts(self) -> dict[str, Any]:
        """The facts that it has."""
        return {f: v for f, v in asdict(self).items() if f != "code" and v is not None}

    def words(self, chinese: bool = False) -> str:
        """What it says."""
        return words(self.code, asdict(self), chinese)


def words(code: str, facts: Mapping[str, Any], chinese: bool = False) -> str:
    """An event in words; a rule that a feed names itself says it by its name."""
    if code not in BY_CODE:
        return code.replace("_", " ")
    event = BY_CODE[code]
    known = {f: _fact(f, facts.get(f), chinese) for f in event.facts}
    return (event.chinese if chinese else event.english).format_map(known)


def _fact(name: str, value: Any, chinese: bool) -> Any:
    if value is None:
        return _Unknown("(不公布)" if chinese else "(withheld)")
    return Count(value) if name in COUNTS else value


def to_do(code: str) -> str:
    """What to do about it; of a rule that a feed names itself, what is always right."""
    return BY_CODE[code if code in BY_CODE else "implausible"].to_do


def reason(verdict: str, occurrences: Iterable[Occurrence]) -> str | None:
    """The code of what explains a verdict; null for one that needs no reason."""
    explains = [o.code for o in occurrences if o.kind == EXPLAINS.get(verdict)]
    return next(iter(explains), None if verdict == "loaded" else "earlier_version")


class Count(int):
    """A number that is written with its noun: ``f"{Count(1):row|rows}"`` is "1 row"."""

    def __format__(self, said: str) -> str:
        if "|" not in said:
            return super().__format__(said)
        return _with_noun(said, f"{int(self):,}", self == 1)


def _with_noun(said: str, number: str, alone: bool) -> str:
    one, _, more = said.partition("|")
    if one.startswith("~"):
        return one.removeprefix("~") if alone else more
    word = one if alone else more
    return word.replace("#", number) if "#" in one + more else f"{number} {word}"


class _Unknown:
    """Stands for a fact that is not there, in whatever format it is asked for."""

    def __init__(self, word: str) -> None:
        self._word = word

    def __format__(self, said: str) -> str:
        return _with_noun(said, self._word, False) if "|" in said else self._word
