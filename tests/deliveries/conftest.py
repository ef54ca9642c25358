"""A clean delivery, and a judge who knows what is true and finds what is silently wrong."""

import random
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import pytest

from schemas.errors import DeliveryRejected
from schemas.events import Occurrence
from schemas.feed import Feed
from transforms.feed import FeedResult, apply
from transforms.reading import read_text

TOML = r"""
feed = "beds"
publisher = "a test"
patient_data = false
[file]
name = 'beds_(?P<extract>.*)\.csv'
extract_format = "%Y-%m-%d"
timezone = "Europe/Vienna"
max_mb = 2
[null]
"NA" = "not_reported"
[source]
names = { id = ["id", "hospital"], note = ["note", "remark"], beds = ["beds", "beds in service"] }
text = ["id", "note"]
date = { day = "%Y-%m-%d" }
number = ["beds", "used"]
unused = ["spare"]
key = ["id", "day"]
pad = { id = 5 }
[institution]
column = "id"
[[table]]
name = "capacity"
columns.institution_id = "id"
columns.resource_id = "'bed'"
columns.date = "day"
columns.period_days = "1"
columns.in_service = "beds"
columns.in_use = "used"
[[table]]
name = "institution"
columns = { institution_id = "id", name = "note" }
group = { name = "first" }
"""
NAMES = ["id", "day", "note", "beds", "used"]
KNOWN = frozenset(f"{i:05d}" for i in range(1, 13))
EXTRACT = datetime(2026, 2, 9, 23)


@dataclass
class Delivery:
    """Rows of a file, to be spoilt. ``row()`` is one of them, by chance but not the last."""

    random: random.Random
    names: list[str] = field(default_factory=lambda: list(NAMES))
    rows: list[list[str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for day in range(5):
            for i in range(1, 13):
                beds = self.random.randint(20, 400)
                used = round(beds * self.random.uniform(0.5, 0.95), 1)
                when = date(2026, 2, 1) + timedelta(days=day)
                self.rows.append([f"{i:05d}", str(when), f"Haus {i}", str(beds), str(used)])

    def row(self) -> list[str]:
        return self.rows[self.random.randrange(len(self.rows) - 1)]

    def text(self, separator: str = ",", end: str = "\n") -> str:
        return "".join(separator.join(row) + end for row in [self.names, *self.rows])


@dataclass
class Tally:
    verdicts: Counter = field(default_factory=Counter)
    kinds: set[str] = field(default_factory=set)
    silently_wrong: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def tally() -> Iterator[Tally]:
    counts = Tally()
    yield counts
    files = sum(counts.verdicts.values())
    said = ", ".join(f"{verdict} {n}" for verdict, n in sorted(counts.verdicts.items()))
    wrong = len(counts.silently_wrong)
    print(f"\n{len(counts.kinds)} kinds, {files} files: {said}; silently wrong: {wrong}")


@pytest.fixture(scope="session")
def judge(tally: Tally) -> Callable[..., str]:
    """The verdict on bytes, after comparing each loaded value with the truth."""

    feed = Feed.model_validate(tomllib.loads(TOML))

    def run(kind: str, data: bytes, truth: list[list[str]], planted: bool = False) -> str:
        verdict = "rejected"
        try:
            text = read_text(data, feed)
            outcome = apply(feed, text.frame, KNOWN, EXTRACT, text.bad_rows)
        except DeliveryRejected:
            pass
        else:
            verdict = _verdict(outcome, text.occurrences)
            if wrong := _silently_wrong(outcome, truth):
                verdict = "silently wrong"
                tally.silently_wrong += [] if planted else [f"{kind}: {wrong}"]
        if planted:
            return verdict
        tally.kinds.add(kind)
        tally.verdicts[verdict] += 1
        return verdict

    return run


def _verdict(outcome: FeedResult, told: list[Occurrence]) -> str:
    counts = outcome.counts
    if counts.quarantined:
        return "quarantined"
    if counts.duplicate:
        return "duplicate"
    if counts.cells_nulled:
        return "nulled"
    return "flagged" if [*told, *outcome.occurrences] else "loaded"


def _silently_wrong(outcome: FeedResult, truth: list[list[str]]) -> str | None:
    """What differs from the truth without a word in quarantine or counts; null if nothing."""
    true = {(row[0], row[1]): row for row in truth}
    counts = outcome.counts
    table = outcome.tables["capacity"].to_dicts()
    faults = outcome.quarantine["column_name"].to_list()
    lost = 0
    for row in table:
        expected = true.get((row["institution_id"], str(row["date"])))
        if expected is None:
            return "a row that is not true"
        for column, said in (("in_service", expected[3]), ("in_use", expected[4])):
            sent = None if said in ("", "NA") else float(said)
            if row[column] is not None and row[column] != sent:
                return f"{column} is not what was sent"
            lost += row[column] is None and sent is not None
    if lost > len(faults):
        return "a cell was lost without a fault"
    names = {(row[0], row[2]) for row in truth}
    for row in outcome.tables["institution"].to_dicts():
        if row["name"] is not None and (row["institution_id"], row["name"]) not in names:
            return "a name is not one that was sent"
    if len(true) - len(table) > counts.quarantined + counts.excluded + counts.duplicate:
        return "a row was lost without a count"
    return None


@pytest.fixture(scope="session")
def delivery_of() -> Callable[[random.Random], Delivery]:
    return Delivery
