"""The data dictionary, written from ``schemas/`` and from nowhere else.

python -m flows.docs.dictionary docs/dictionary.md
"""

import sys
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from flows.night.steps import lineage, steps
from flows.store.night import load_region
from flows.store.warehouse import full_name, sources
from schemas import clean, ops
from schemas.columns import COLUMNS, TOPICS
from schemas.results import allocation, financing, purchases
from schemas.table import (
    LAYERS,
    Table,
    description,
    key,
    name,
    observed,
    polars_schema,
    published,
    required,
)
from schemas.tables import ALL, of_layer

HEAD = """# Data dictionary

Written by `make docs` from the classes in `schemas/`; a test keeps the two the same. The published
file carries the same words as comments, and the vocabularies as `ops.vocabulary`. Tables marked
*warehouse only* are not in it. A column's name has one meaning, type and unit in all tables;
[Columns](#columns) lists them with their Chinese meaning. Where a column names a row of another
table, its name is a link to that table. *Null*: it may be unknown; *people*: it counts people, and
is published rounded or withheld.
"""
INTRODUCTIONS = {
    "clean": "Canonical tables: typed, keyed, one row per fact.",
    "regional": "Supply and demand by region, resource, class and day.",
    "results": "The plan and the budget, with everything that they were computed from.",
    "ops": "Deliveries, what was not loaded and why, runs and alerts.",
}
MODELS = tuple(
    (*model.INPUTS, *model.RESULTS)
    for model in (allocation, financing, purchases)  # where a key may be one of the model's own
)

FEEDS = load_region(Path(__file__).parents[2] / "config" / "demo.toml").feeds
SOURCES = sources(lineage(steps(FEEDS)))


def markdown() -> str:
    """The whole dictionary."""
    parts = [HEAD, *_contents()]
    for layer in LAYERS:
        parts.append(f"\n## {layer}\n\n{INTRODUCTIONS[layer]}\n")
        for subject, tables in _subjects(layer):
            parts += [f"\n### {subject}\n", *(_table(table) for table in tables)]
    return "".join([*parts, *_columns(), *_vocabularies()])


def _subjects(layer: str) -> Iterator[tuple[str, Iterable[type[Table]]]]:
    """The tables of a layer by subject, each subject where its first table stands."""
    tables = of_layer(layer)
    order = list(dict.fromkeys(table.subject for table in tables))
    return groupby(sorted(tables, key=lambda t: order.index(t.subject)), lambda t: t.subject)


def _contents() -> Iterator[str]:
    yield "\n| layer | subject | tables |\n| --- | --- | --- |\n"
    for layer in LAYERS:
        for subject, tables in _subjects(layer):
            yield f"| {layer} | {subject} | {', '.join(_link(name(t)) for t in tables)} |\n"
    yield f"| all | | {_link('Columns')}, {_link('Vocabularies')} |\n"


def _link(title: str, shown: str | None = None) -> str:
    return f"[{shown or title}](#{title.lower().replace(' ', '-')})"


def _table(table: type[Table]) -> str:
    where = "" if published(table) else " *Warehouse only.*"
    lines = [
        f"\n#### {name(table)}\n",
        f"{description(table)}{where} Key: {', '.join(key(table))}. {_source(table)}\n",
        "| column | type | unit | what it is |",
        "| --- | --- | --- | --- |",
    ]
    return "\n".join([*lines, *(_row(table, column) for column in polars_schema(table))]) + "\n"


def _source(table: type[Table]) -> str:
    """The steps that make it and what they read, of the sample region."""
    found = SOURCES.get(full_name(table))
    return f"Source: {found}." if found else "Written as the night runs."


def _row(table: type[Table], column: str) -> str:
    entry = COLUMNS[column]
    kind = str(polars_schema(table)[column]).split("(")[0]
    kind += " *people*" if column in observed(table) else ""
    kind += "" if column in required(table) or column in observed(table) else " *null*"
    values = f" {_link(f'values of {column}', 'Values')}." if entry.codes else ""
    other = _defines(table, column)
    shown = _link(name(other), column) if other else column
    return f"| {shown} | {kind} | {entry.unit or ''} | {entry.meaning}{values} |"


def _defines(table: type[Table], column: str) -> type[Table] | None:
    """The table, other than ``table``, of which the column names a row."""
    named = COLUMNS[column].of or column
    own = next((tables for tables in MODELS if table in tables), ())
    for other in (*clean.TABLES, *ops.TABLES, *own):
        if named.endswith("_id") and key(other) == [named]:
            return other if other is not table else None
    return None


def _columns() -> Iterator[str]:
    yield "\n## Columns\n\nEach column name, what it means, and the tables that have it.\n"
    held: dict[str, list[str]] = {column: [] for column in COLUMNS}
    for table in ALL:
        for column in polars_schema(table):
            held[column].append(_link(name(table)))
    for topic, columns in TOPICS.items():
        yield f"\n### {topic}\n\n| column | unit | English | 中文 | tables |\n"
        yield "| --- | --- | --- | --- | --- |\n"
        for column, entry in sorted(columns.items()):
            words = f"{entry.unit or ''} | {entry.meaning} | {entry.meaning_zh}"
            yield f"| {column} | {words} | {', '.join(held[column])} |\n"


def _vocabularies() -> Iterator[str]:
    yield "\n## Vocabularies\n\nThe values that may stand in a column, or that have a meaning of"
    yield " their own there.\n"
    for column, entry in sorted(COLUMNS.items()):
        if entry.codes:
            yield f"\n#### values of {column}\n\n| value | English | 中文 |\n| --- | --- | --- |\n"
            for code, (english, chinese) in entry.codes.items():
                yield f"| {code} | {english} | {chinese} |\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(markdown(), encoding="utf-8")
