"""Who is to be left out of whatever arrives: a list of pseudonyms, and rows without them."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import polars as pl

from flows.protect.keys import Keys
from flows.protect.pseudonym import pseudonyms
from schemas.clean import FEED_TABLES
from schemas.errors import HomeRefused
from schemas.feed import Feed
from schemas.feed.expression import columns_of
from schemas.table import holds_patients

PERSON, INSTITUTION = "patient_key", "institution_id"


@dataclass(frozen=True, slots=True)
class Forgotten:
    """One person or institution: which of them, and the pseudonym of the code they are sent by."""

    kind: str
    pseudonym: str


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
