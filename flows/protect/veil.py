"""Between what a patient feed sends and what the warehouse keeps: nothing that names a person.

Whoever is to be left out of whatever arrives stands in a list of pseudonyms.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb
import polars as pl

from flows.protect.keys import Key, Keys, keys_of, pseudonymise, pseudonyms
from flows.store.home import Home
from flows.store.night import RegionFiles
from schemas.clean import FEED_TABLES
from schemas.errors import HomeRefused
from schemas.events import Occurrence
from schemas.feed import Feed
from schemas.feed.expression import columns_of
from schemas.table import Table, conform, holds_patients, identifiers, name, polars_schema

UNKNOWN = "unknown"
AGE_BAND = r"^(\d{1,3}|\d{1,3}-\d{1,3}|\d{1,3}\+|all)$"
KNOWN_ZONES = """
    SELECT zone_id FROM history.zone UNION SELECT zone_id FROM history.institution
"""
PERSON, INSTITUTION = "patient_key", "institution_id"


@dataclass(frozen=True, slots=True)
class Forgotten:
    """One person or institution: which of them, and the pseudonym of the code they are sent by."""

    kind: str
    pseudonym: str


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

    def protected(
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
        events = []
        for column in [c for c in named if c not in identifiers(table)]:
            frame, left_out = _only_codes(frame, column, known.get(column))
            if left_out:
                events.append(Occurrence("codes_not_kept", column, count=left_out))
        return conform(table, pseudonymise(table, frame, self.keys.active())), events


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


def list_file(root: Path) -> Path:
    """Where the list of a home stands."""
    return root / "forgotten.json"


def read_forgotten(root: Path) -> tuple[Forgotten, ...]:
    """Everyone to be left out.

    Raises:
        HomeRefused: if the list is damaged: nobody may come back by that.
    """
    path = list_file(root)
    if not path.is_file():
        return ()
    try:
        return tuple(Forgotten(**row) for row in json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        pass
    raise HomeRefused(f"{path} is damaged: put it back from a backup")


def as_text(forgotten: Iterable[Forgotten]) -> str:
    """The list as its file has it."""
    return json.dumps([asdict(f) for f in forgotten], indent=1) + "\n"


def source_columns(feed: Feed, kind: str) -> list[str]:
    """Columns of the feed's files that name persons, or institutions."""
    said = [
        table.columns[kind]
        for table in feed.table
        if kind in table.columns and (kind != PERSON or holds_patients(FEED_TABLES[table.name]))
    ]
    if kind == INSTITUTION and feed.institution:
        said.append(feed.institution.column)
    whole = [feed.derive.get(expression, expression) for expression in said]
    return list(dict.fromkeys(c for expression in whole for c in columns_of(expression)))


def values_of(
    feed: Feed, texts: pl.DataFrame, keys: Keys, forgotten: Iterable[Forgotten]
) -> dict[str, frozenset[str]]:
    """Values that name someone to be left out, by column of ``texts``."""
    found: dict[str, frozenset[str]] = {}
    names = list(forgotten)
    for kind in (PERSON, INSTITUTION):
        wanted = [f for f in names if f.kind == kind]
        for column in (c for c in source_columns(feed, kind) if c in texts.columns and wanted):
            sent = texts[column].drop_nulls().unique().to_list()
            found[column] = found.get(column, frozenset()) | named(sent, keys, wanted)
    return {column: values for column, values in found.items() if values}


def named(values: Iterable[str], keys: Keys, forgotten: Iterable[Forgotten]) -> frozenset[str]:
    """Those of the values that name someone to be left out."""
    wanted = {(f.kind, f.pseudonym) for f in forgotten}
    sent = list(values)
    return frozenset(
        value
        for kind, key_id in sorted({(kind, p.split(":", 1)[0]) for kind, p in wanted})
        for value, name in pseudonyms(keys.named(key_id), kind, sent).items()
        if (kind, name) in wanted
    )


def without_forgotten(
    feed: Feed, texts: pl.DataFrame, keys: Keys, forgotten: Iterable[Forgotten]
) -> tuple[pl.DataFrame, int]:
    """The rows of a file's text that name nobody to be left out, and how many others there were."""
    gone = pl.lit(False)
    for column, values in values_of(feed, texts, keys, forgotten).items():
        gone |= pl.col(column).is_in(sorted(values)).fill_null(False)
    kept = texts.filter(~gone)
    return kept, texts.height - kept.height
