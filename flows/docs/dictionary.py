"""The data dictionary, written from ``schemas/`` and from nowhere else.

python -m flows.docs.dictionary docs/dictionary.md
"""

import sys
from pathlib import Path

from schemas.table import LAYERS, Table, description, dictionary, key, name, published, source
from schemas.tables import of_layer

HEAD = """# Data dictionary

Written by `make docs` from the table classes in `schemas/`; a test keeps the two the same. The
published file carries the same words as comments. Tables marked *warehouse only* are not in it.
"""
INTRODUCTIONS = {
    "clean": "Canonical tables: typed, keyed, one row per fact.",
    "regional": "Supply and demand by region, resource, class and day.",
    "results": "The plan and the budget, with everything that they were computed from.",
    "ops": "Deliveries, what was not loaded and why, runs and alerts.",
}


def markdown() -> str:
    """The whole dictionary."""
    parts = [HEAD]
    for layer in LAYERS:
        parts.append(f"\n## {layer}\n\n{INTRODUCTIONS[layer]}\n")
        parts += [_table(table) for table in of_layer(layer)]
    return "".join(parts)


def _table(table: type[Table]) -> str:
    where = "" if published(table) else " *Warehouse only.*"
    lines = [
        f"\n### {name(table)}\n",
        f"{description(table)}{where} Key: {', '.join(key(table))}. Source: {source(table)}.\n",
        "| column | type | unit | what it is |",
        "| --- | --- | --- | --- |",
    ]
    for row in dictionary(table).iter_rows(named=True):
        kind = row["type"].split("(")[0] + (", may be null" if row["nullable"] else "")
        lines.append(f"| {row['column']} | {kind} | {row['unit'] or ''} | {row['description']} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(markdown(), encoding="utf-8")
