"""Every rule, fault, flag, reason and alert: its code, what it says in two languages, what to do.

Facts travel as the fields of an ``Occurrence``, and in ``ops`` as columns; words are made where
they are shown, and never read back. A number, and what is ``private``, is withheld where the rows
of a file are people.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from string import Formatter
from typing import Any

from schemas.events.faults import FAULTS, FLAGS, REPAIRS
from schemas.events.findings import ALERTS, FINDINGS
from schemas.events.verdicts import DUPLICATES, HOLDS, LOOK, REJECTIONS

NUMBERS = ("count", "total", "share", "line")
DELIVERY_EVENTS = ("rejection", "hold", "duplicate", "repair", "flag")
# The kind of event that explains a verdict.
EXPLAINS = {"rejected": "rejection", "held": "hold", "duplicate": "duplicate"}


@dataclass(frozen=True, slots=True)
class Event:
    """An entry of the list.

    ``kind`` is fault, repair, flag, rejection, hold, duplicate, finding or alert; ``severity``
    note, warn or severe; ``owner`` who should look. ``english`` and ``chinese`` are templates over
    the facts of an ``Occurrence``. A finding is about a ``subject`` and may have a ``threshold``.
    """

    code: str
    kind: str
    severity: str
    owner: str
    english: str
    chinese: str
    to_do: tuple[str, str]
    subject: str | None = None
    threshold: float | None = None

    @property
    def facts(self) -> tuple[str, ...]:
        """The facts that its words need."""
        parts = Formatter().parse(self.english)
        return tuple(dict.fromkeys(fact for _, fact, _, _ in parts if fact))


def _listed() -> Iterable[Event]:
    for code, told in FAULTS.items():
        yield Event(code, "fault", "warn", "sender", *told)
    for code, told in REPAIRS.items():
        yield Event(code, "repair", "note", "sender", *told)
    for code, told in FLAGS.items():
        yield Event(code, "flag", "note", "clerk", *told)
    for code, told in REJECTIONS.items():
        yield Event(code, "rejection", "severe", "sender", *told)
    for code, words_ in HOLDS.items():
        yield Event(code, "hold", "severe", "clerk", *words_, LOOK)
    for code, told in DUPLICATES.items():
        yield Event(code, "duplicate", "note", "sender", *told)
    for code, (subject, severity, owner, threshold, english, chinese, what) in FINDINGS.items():
        yield Event(code, "finding", severity, owner, english, chinese, what, subject, threshold)
    for code, told in ALERTS.items():
        yield Event(code, "alert", "severe", "analyst", *told)


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
    known = {f: _Withheld(chinese) if facts.get(f) is None else facts[f] for f in event.facts}
    return (event.chinese if chinese else event.english).format_map(known)


def to_do(code: str, chinese: bool = False) -> str:
    """What to do about it; nothing is known of a rule that a feed names itself."""
    event = BY_CODE.get(code)
    return (
        event.to_do[chinese] if event else "compare it with the source, and correct one of the two"
    )


def reason(verdict: str, occurrences: Iterable[Occurrence]) -> str | None:
    """The code of what explains a verdict; null for one that needs no reason."""
    explains = [o.code for o in occurrences if o.kind == EXPLAINS.get(verdict)]
    return next(iter(explains), None if verdict == "loaded" else "earlier_version")


class _Withheld:
    """Stands for a fact that is not there, in whatever format it is asked for."""

    def __init__(self, chinese: bool) -> None:
        self._word = "(不公布)" if chinese else "(withheld)"

    def __format__(self, _: str) -> str:
        return self._word
