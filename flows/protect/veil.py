"""Between what a patient feed sends and what the warehouse keeps: nothing that names a person."""

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb
import polars as pl

from flows.protect.forgotten import Forgotten, read_forgotten, without_forgotten
from flows.protect.keys import Key, Keys, keys_of
from flows.protect.pseudonym import pseudonymise
from flows.store.home import Home
from flows.store.regions import RegionFiles
from schemas.clean import FEED_TABLES
from schemas.errors import HomeRefused
from schemas.events import Occurrence
from schemas.feed import Feed
from schemas.table import Table, conform, holds_patients, identifiers, name, polars_schema

UNKNOWN = "unknown"
AGE_BAND = r"^(\d{1,3}|\d{1,3}-\d{1,3}|\d{1,3}\+|all)$"
KNOWN_ZONES = """
    SELECT zone_id FROM history.zone UNION SELECT zone_id FROM history.institution
"""


@dataclass(frozen=True, slots=True)
class Veil:
    """A home's keys, the codes that its region declares, by column, and who is to be left out."""

    keys: Keys
    codes: Mapping[str, frozenset[str]]
    patients: bool
    forgotten: tuple[Forgotten, ...] = ()

    def seal(self) -> Key | None:
        """The key that landed files are encrypted with; null where no feed is of patients."""
        return self.keys.active() if self.patients else None

    def remembered(self, feed: Feed, texts: pl.DataFrame) -> tuple[pl.DataFrame, int]:
        """Rows of a file's text but for those of forgotten people, and how many these are."""
        return without_forgotten(feed, texts, self.keys, self.forgotten)

    def over(
        self, con: duckdb.DuckDBPyConnection, tables: Mapping[str, pl.DataFrame]
    ) -> tuple[dict[str, pl.DataFrame], list[Occurrence]]:
        """Tables of a delivery as they may be kept, and what was left out.

        In a table of patients an identifier becomes its pseudonym, and text that is no code of
        this region becomes null (``unknown`` where there must be a code).
        """
        kept, left_out = dict(tables), []
        for own, frame in tables.items():
            if holds_patients(FEED_TABLES[own]):
                kept[own], of_table = self._table(con, FEED_TABLES[own], frame)
                left_out += of_table
        return kept, left_out

    def _table(
        self, con: duckdb.DuckDBPyConnection, table: type[Table], frame: pl.DataFrame
    ) -> tuple[pl.DataFrame, list[Occurrence]]:
        zones = frozenset(row[0] for row in con.execute(KNOWN_ZONES).fetchall() if row[0])
        known = {**self.codes, "zone_id": zones}
        named = [c for c, t in polars_schema(table).items() if t == pl.String]
        told = []
        for column in [c for c in named if c not in identifiers(table)]:
            frame, left_out = _only_codes(frame, column, known.get(column))
            if left_out:
                told.append(Occurrence("codes_not_kept", column, count=left_out))
        return conform(table, pseudonymise(table, frame, self.keys.active())), told


def veil_of(home: Home, files: RegionFiles) -> Veil:
    """The veil of a region in its home."""
    region = files.region
    codes = {
        "class_id": frozenset(c.class_id for c in region.classes),
        "payer_id": frozenset(region.financing.payers),
        "sex": frozenset({"F", "M", "X"}),
    }
    patients = any(feed.patient_data for feed in files.feeds)
    return Veil(keys_of(home), codes, patients, read_forgotten(home.root))


def refuse_other_key(con: duckdb.DuckDBPyConnection, keys: Keys) -> None:
    """Raise if the warehouse holds pseudonyms of another key: the same person would count twice.

    Raises:
        HomeRefused: naming the command that makes them again.
    """
    active = keys.active().key_id
    for table in (t for t in FEED_TABLES.values() if holds_patients(t)):
        (column, *_) = identifiers(table)
        ((others,),) = con.execute(
            f'SELECT count(*) FROM history."{name(table)}" WHERE NOT starts_with("{column}", ?)',
            [f"{active}:"],
        ).fetchall()
        if others:
            raise HomeRefused(
                f"history.{name(table)} has pseudonyms of another key than the active one"
                f" ({active}): run `catchment rebuild`, or put back the right key"
            )


def _only_codes(
    frame: pl.DataFrame, column: str, known: frozenset[str] | None
) -> tuple[pl.DataFrame, int]:
    """Texts that are codes stay; institutions are known by their feed's own rule."""
    if column == "institution_id":
        return frame, 0
    text = pl.col(column)
    is_code = text.str.contains(AGE_BAND) if known is None else text.is_in(sorted(known))
    other = UNKNOWN if column == "class_id" else None
    strange = frame.select((text.is_not_null() & ~is_code).sum()).item()
    kept = pl.when(is_code | text.is_null()).then(text).otherwise(pl.lit(other, pl.String))
    return frame.with_columns(kept.alias(column)), int(strange)
