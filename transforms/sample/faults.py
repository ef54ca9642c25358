"""The handful of rows that are wrong on purpose, so that quarantine has something to show.

Each fault says what must become of it: a row is ``quarantined``, ``duplicate`` or ``excluded``;
a cell is ``nulled`` for its value, or ``unknown`` because a declared marker stands in it, and its
row stays.
"""

from dataclasses import dataclass, replace

import polars as pl

DECLARED = ("withheld", "not_reported")
UNKNOWN = "SYN-H9999"
NOBODY_KNOWS = ("an institution that nobody knows", "institution_id", "unknown_institution")
IMPOSSIBLE_STAYS = (
    (
        ("discharged before admission", "discharged_at", "discharge_before_admission"),
        {"encounter_id": "SYN-E-BACK", "discharged_at": "2020-01-01 09:00"},
    ),
    (
        ("admitted after the extract was drawn", "admitted_at", "in_future"),
        {
            "encounter_id": "SYN-E-AHEAD",
            "admitted_at": "2026-12-24 18:00",
            "discharged_at": "2026-12-31 10:00",
        },
    ),
    (NOBODY_KNOWS, {"encounter_id": "SYN-E-WHERE", "institution_id": UNKNOWN}),
    (
        ("an admission in a month that does not exist", "admitted_at", "unreadable"),
        {"encounter_id": "SYN-E-WHEN", "admitted_at": "2025-13-01 08:00"},
    ),
)


@dataclass(frozen=True)
class Fault:
    """One planted fault: table, row number in its file (the first data line is 1), fate.

    ``rule`` is the one that finds it, or the reason that a marker gives; duplicate and excluded
    rows have none.
    """

    table: str
    row: int
    column: str | None
    fate: str
    rule: str | None
    meaning: str


@dataclass(frozen=True)
class Spoilt:
    """A table of text in the order of its file, and the faults planted in it so far."""

    table: str
    frame: pl.DataFrame
    faults: tuple[Fault, ...] = ()

    def find(self, **equal: str) -> int:
        """Number of the first row with these cells."""
        at = pl.all_horizontal([pl.col(c) == v for c, v in equal.items()])
        return int(self.frame.select(at.arg_max()).item()) + 1

    def mark(self, row: int, meaning: str, fate: str, rule: str | None = None) -> "Spoilt":
        """The same table, with the fate of one row known."""
        return self._with(Fault(self.table, row, None, fate, rule, meaning))

    def cell(self, row: int, column: str, text: str, meaning: str, rule: str) -> "Spoilt":
        """Put ``text`` into one cell."""
        here = pl.int_range(pl.len()) == row - 1
        changed = pl.when(here).then(pl.lit(text)).otherwise(pl.col(column)).alias(column)
        fate = "unknown" if rule in DECLARED else "nulled"
        done = replace(self, frame=self.frame.with_columns(changed))
        return done._with(Fault(self.table, row, column, fate, rule, meaning))

    def copy(
        self, row: int, meaning: str, fate: str, rule: str | None = None, **cells: str
    ) -> "Spoilt":
        """Append a copy of ``row`` with ``cells`` changed."""
        copied = self.frame[row - 1].with_columns(pl.lit(v).alias(c) for c, v in cells.items())
        frame = pl.concat([self.frame, copied])
        return replace(self, frame=frame).mark(frame.height, meaning, fate, rule)

    def bad_copy(self, row: int, meaning: str, column: str, rule: str, **cells: str) -> "Spoilt":
        """Append a copy of ``row`` that is to be quarantined for what stands in ``column``."""
        copied = self.copy(row, meaning, "quarantined", rule, **cells)
        fault = replace(copied.faults[-1], column=column)
        return replace(copied, faults=(*self.faults, fault))

    def _with(self, fault: Fault) -> "Spoilt":
        return replace(self, faults=(*self.faults, fault))


def spoil_capacity(frame: pl.DataFrame) -> Spoilt:
    """Cells that cannot be, cells that nobody sent, and rows that cannot be told apart."""
    dates = frame["date"].unique().sort()
    first, last = frame["institution_id"][0], frame["institution_id"][-1]
    table = Spoilt("capacity", frame)

    def row(institution: str, day: int) -> int:
        return table.find(institution_id=institution, resource_id="nurse", date=dates[day])

    good, clash = row(first, 5), row(last, 20)
    table = table.cell(
        row(first, 10), "in_use", "many", "a word where a number belongs", "unreadable"
    )
    table = table.cell(row(first, 11), "in_service", "-40", "a negative number", "implausible")
    table = table.cell(
        row(last, 12), "in_use", "9999", "far more in use than in service", "implausible"
    )
    table = table.cell(row(last, 13), "in_use", "*", "withheld: between 0 and 4", "withheld")
    table = table.cell(row(first, -1), "in_use", "NA", "not reported", "not_reported")
    table = table.copy(good, "the same row again", "duplicate")
    conflict = "a row and its contradiction: neither is believed"
    table = table.mark(clash, conflict, "quarantined", "key_repeated")
    table = table.copy(clash, conflict, "quarantined", "key_repeated", in_service="1", in_use="1")
    table = table.bad_copy(good, *NOBODY_KNOWS, institution_id=UNKNOWN)
    return table.bad_copy(
        good, "a date that does not exist", "date", "unreadable", date="2025-02-30"
    )


def spoil_encounter(frame: pl.DataFrame) -> Spoilt:
    """Stays that cannot have been, stays sent twice, and test patients."""
    over = frame["discharged_at"].is_not_null().arg_max()
    short = 1 + (over or 0)
    table = Spoilt("encounter", frame)
    table = table.cell(short + 1, "payer_id", "NA", "payer not reported", "not_reported")
    table = table.cell(short + 2, "zone_id", "NA", "home not reported", "not_reported")
    table = table.copy(short, "the same stay again", "duplicate")
    conflict = "one stay code, two different stays: neither is believed"
    for age_band in ("45-64", "65-74"):
        twice = {"encounter_id": "SYN-E-TWICE", "age_band": age_band}
        table = table.copy(short, conflict, "quarantined", "key_repeated", **twice)
    for (meaning, column, rule), cells in IMPOSSIBLE_STAYS:
        table = table.bad_copy(short, meaning, column, rule, **cells)
    for n in (1, 2, 3):
        test = {"encounter_id": f"SYN-E-TEST{n}", "record_type": "test"}
        table = table.copy(short, "a test patient", "excluded", **test)
    return table


def spoil_population(frame: pl.DataFrame) -> Spoilt:
    """A number that the census withholds."""
    table = Spoilt("population", frame)
    row = table.find(age_band="85+", sex="M")
    return table.cell(row, "persons", "*", "withheld for privacy", "withheld")


def spoil_finance(frame: pl.DataFrame) -> Spoilt:
    """An amount as a person would write it, and the total line of a spreadsheet."""
    table = Spoilt("finance", frame)
    row = table.find(measure="other_income")
    table = table.cell(row, "amount", "1 234 567.-", "an amount written for people", "unreadable")
    total = {"institution_id": "TOTAL", "amount": "99999999"}
    return table.bad_copy(row, "a total line", "institution_id", "total_row", **total)


def spoil_forecast(frame: pl.DataFrame) -> Spoilt:
    """Numbers that cannot be, quantiles that cross, and a day that was over."""
    table = Spoilt("forecast", frame)
    over = {"date": "2026-02-10"}
    table = table.bad_copy(
        1, "a forecast of the day on which it was sent", "mean", "not_ahead", **over
    )
    negative = {"date": "2026-02-18", "mean": "-1"}
    table = table.bad_copy(1, "fewer than nobody", "mean", "implausible", **negative)
    return table.bad_copy(
        1, "of a zone and of an institution", "mean", "place_unclear", institution_id="SYN-H001"
    )
