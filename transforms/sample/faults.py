"""The handful of rows that are wrong on purpose, so that quarantine has something to show.

Each fault says what must become of it: a row is ``quarantined``, ``duplicate`` or ``excluded``;
a cell is ``nulled`` for its value, or ``unknown`` because a declared marker stands in it, and its
row stays.
"""

from dataclasses import dataclass, replace

import polars as pl


@dataclass(frozen=True)
class Fault:
    """One planted fault: table, row number in its file (the first data line is 1), fate."""

    table: str
    row: int
    column: str | None
    fate: str
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

    def mark(self, row: int, fate: str, meaning: str, column: str | None = None) -> "Spoilt":
        """The same table, with the fate of one row known."""
        fault = Fault(self.table, row, column, fate, meaning)
        return replace(self, faults=(*self.faults, fault))

    def cell(
        self, row: int, column: str, text: str, meaning: str, fate: str = "nulled"
    ) -> "Spoilt":
        """Put ``text`` into one cell."""
        here = pl.int_range(pl.len()) == row - 1
        changed = pl.when(here).then(pl.lit(text)).otherwise(pl.col(column)).alias(column)
        frame = self.frame.with_columns(changed)
        return replace(self, frame=frame).mark(row, fate, meaning, column)

    def copy(
        self, row: int, fate: str, meaning: str, column: str | None = None, **cells: str
    ) -> "Spoilt":
        """Append a copy of ``row`` with ``cells`` changed."""
        copied = self.frame[row - 1].with_columns(pl.lit(v).alias(c) for c, v in cells.items())
        frame = pl.concat([self.frame, copied])
        return replace(self, frame=frame).mark(frame.height, fate, meaning, column)


def spoil_capacity(frame: pl.DataFrame) -> Spoilt:
    """Cells that cannot be, cells that nobody sent, and rows that cannot be told apart."""
    dates = frame["date"].unique().sort()
    first, last = frame["institution_id"][0], frame["institution_id"][-1]
    table = Spoilt("capacity", frame)

    def row(institution: str, day: int) -> int:
        return table.find(institution_id=institution, resource_id="nurse", date=dates[day])

    good = row(first, 5)
    table = table.cell(row(first, 10), "in_use", "many", "a word where a number belongs")
    table = table.cell(row(first, 11), "in_service", "-40", "a negative number")
    table = table.cell(row(last, 12), "in_use", "9999", "far more in use than in service")
    table = table.cell(row(last, 13), "in_use", "*", "withheld: between 0 and 4", "unknown")
    table = table.cell(row(first, -1), "in_use", "NA", "not reported", "unknown")
    table = table.copy(good, "duplicate", "the same row again")
    conflict = "a row and its contradiction: neither is believed"
    table = table.mark(row(last, 20), "quarantined", conflict)
    table = table.copy(row(last, 20), "quarantined", conflict, in_service="1", in_use="1")
    table = table.copy(
        good, "quarantined", "an institution that nobody knows", "institution_id",
        institution_id="SYN-H9999",
    )  # fmt: skip
    return table.copy(good, "quarantined", "a date that does not exist", "date", date="2025-02-30")


def spoil_encounter(frame: pl.DataFrame) -> Spoilt:
    """Stays that cannot have been, stays sent twice, and test patients."""
    short = frame.with_row_index().filter(pl.col("discharged_at").is_not_null())["index"][0] + 1
    table = Spoilt("encounter", frame)
    table = table.cell(short + 1, "payer_id", "NA", "payer not reported", "unknown")
    table = table.cell(short + 2, "zone_id", "NA", "home not reported", "unknown")
    table = table.copy(short, "duplicate", "the same stay again")
    conflict = "one stay code, two different stays: neither is believed"
    for age_band in ("45-64", "65-74"):
        table = table.copy(
            short, "quarantined", conflict, encounter_id="SYN-E-TWICE", age_band=age_band
        )
    table = table.copy(
        short, "quarantined", "discharged before admission", "discharged_at",
        encounter_id="SYN-E-BACK", discharged_at="2020-01-01 09:00",
    )  # fmt: skip
    table = table.copy(
        short, "quarantined", "admitted after the extract was drawn", "admitted_at",
        encounter_id="SYN-E-AHEAD", admitted_at="2026-12-24 18:00",
        discharged_at="2026-12-31 10:00",
    )  # fmt: skip
    table = table.copy(
        short, "quarantined", "an institution that nobody knows", "institution_id",
        encounter_id="SYN-E-WHERE", institution_id="SYN-H9999",
    )  # fmt: skip
    table = table.copy(
        short, "quarantined", "an admission in a month that does not exist", "admitted_at",
        encounter_id="SYN-E-WHEN", admitted_at="2025-13-01 08:00",
    )  # fmt: skip
    for n in (1, 2, 3):
        test = {"encounter_id": f"SYN-E-TEST{n}", "record_type": "test"}
        table = table.copy(short, "excluded", "a test patient", **test)
    return table


def spoil_population(frame: pl.DataFrame) -> Spoilt:
    """A number that the census withholds."""
    table = Spoilt("population", frame)
    row = table.find(age_band="85+", sex="M")
    return table.cell(row, "persons", "*", "withheld for privacy", "unknown")


def spoil_finance(frame: pl.DataFrame) -> Spoilt:
    """An amount as a person would write it, and the total line of a spreadsheet."""
    table = Spoilt("finance", frame)
    amount = table.find(measure="other_income")
    table = table.cell(amount, "amount", "1 234 567.-", "an amount written for people")
    return table.copy(
        amount, "quarantined", "a total line", "institution_id",
        institution_id="TOTAL", amount="99999999",
    )  # fmt: skip
