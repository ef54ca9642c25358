"""The pages of docs/ that are written by hand stay true: links, picture, glossary, names."""

import re
import tomllib
from pathlib import Path

import pytest

from schemas.columns import COLUMNS
from schemas.table import layer, name, polars_schema
from schemas.tables import ALL

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [*sorted(DOCS.rglob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
LINK = re.compile(r"\[[^\]]*\]\(([^)#:]+)(?:#[^)]*)?\)")
TABLES = {f"{layer(table)}.{name(table)}": polars_schema(table) for table in ALL}


def page(file: str) -> str:
    return (DOCS / file).read_text(encoding="utf-8")


def cells(text: str, heading: str) -> list[list[str]]:
    """Rows of every table of a page that has this heading in its first column."""
    found, inside = [], False
    for line in text.splitlines():
        row = [cell.strip() for cell in line.strip("|").split("|")] if line[:1] == "|" else []
        if not row:
            inside = False
        elif row[0] == heading:
            inside = True
        elif inside and not row[0].startswith("---"):
            found.append(row)
    return found


# Links and the index


@pytest.mark.parametrize("file", PAGES, ids=lambda p: p.name)
def test_every_link_leads_somewhere(file):
    targets = LINK.findall(file.read_text(encoding="utf-8"))
    assert [t for t in targets if not (file.parent / t).exists()] == []


def test_the_index_names_every_page():
    named = {(DOCS / target).resolve() for target in LINK.findall(page("README.md"))}
    pages = {p for p in DOCS.glob("*.md") if p.name != "README.md"}
    assert {p.name for p in pages - named} == set()


# The picture of the architecture


def drawn() -> list[list[set[str]]]:
    """Each downward line of rooms that the page draws."""
    lines = re.findall(r"flowchart TB\n(.*?)```", page("architecture.md"), re.S)
    return [[set(part.split(" & ")) for part in line.strip().split(" --> ")] for line in lines]


def contracts() -> list[list[set[str]]]:
    """Layers that the import contracts hold, in their order."""
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layered = [c for c in linter["contracts"] if c["type"] == "layers"]
    return [[set(layer.split(" | ")) for layer in contract["layers"]] for contract in layered]


def test_the_picture_shows_the_rooms_and_arrows_of_the_import_contracts():
    assert drawn() == contracts()


def test_the_picture_shows_every_room_of_flows():
    rooms = {p.parent.name for p in (ROOT / "flows").glob("*/__init__.py")}
    assert set().union(*drawn()[1]) == rooms
    assert {row[0].strip("`") for row in cells(page("architecture.md"), "room")} == rooms


# The glossary


def test_what_the_glossary_calls_a_column_is_one():
    terms = cells(page("glossary.md"), "term")
    assert len(terms) > 50
    known = set(TABLES) | {f"{table}.{column}" for table in TABLES for column in TABLES[table]}
    where = [row[3].strip("`") for row in terms]
    assert [place for place in where if place and place not in known] == []


def test_every_term_of_the_glossary_is_there_once_and_in_both_languages():
    terms = cells(page("glossary.md"), "term")
    names = [row[0] for row in terms]
    assert sorted(names) == sorted(set(names))
    assert [row[0] for row in terms if not re.search(r"[\u4e00-\u9fff]", row[1])] == []
    assert [row[0] for row in terms if not row[2].endswith(".")] == []


# Naming conventions

ENDINGS = cells(page("naming.md"), "ends in")
NUMBERS = ("Float64", "Int64")


@pytest.mark.parametrize("ending", ENDINGS, ids=lambda row: row[0])
def test_a_columns_ending_says_its_type_and_unit(ending):
    suffix, _, kind, unit = (cell.strip("`") for cell in ending)
    named = {name: column for name, column in COLUMNS.items() if name.endswith(suffix)}
    assert named
    kinds = NUMBERS if kind == "number" else (kind,)
    wrong = [
        name
        for name, column in named.items()
        if str(column.kind).split("(")[0] not in kinds or not (column.unit or "").endswith(unit)
    ]
    assert wrong == []


def test_the_units_that_names_carry_are_those_of_their_columns():
    endings = {row[0].strip("`") for row in ENDINGS}
    assert {"_id", "_share", "_days", "_at"} <= endings
    assert len(ENDINGS) == len(endings)
