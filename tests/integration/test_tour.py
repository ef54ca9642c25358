"""docs/tour.md: every command and query in it, carried out on the sample's night."""

import os
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

ROOT = Path(__file__).parents[2]
TOUR = ROOT / "docs" / "tour.md"
BLOCK = re.compile(
    r"`(?P<file>home/[\w/]+\.duckdb)`"
    r"|```(?P<kind>sql|console)\n(?P<text>[^`]*)```\n(?P<table>(?:\n\|[^\n]*(?:\n\|[^\n]*)*\n)?)"
)


def stops() -> list[tuple[str, str, str, str]]:
    """Kind, file, question and what the tour says of it, in order."""
    file, found = "", []
    for block in BLOCK.finditer(TOUR.read_text(encoding="utf-8")):
        if block["file"]:
            file = block["file"]
        elif block["kind"] == "sql":
            found.append(("sql", file, block["text"], block["table"].strip()))
        else:
            for command in re.findall(r"\$ (.*\n)((?:[^$].*\n)*)", block["text"]):
                found.append(("console", "", command[0].strip(), command[1].strip()))
    return found


STOPS = stops()


def table(cursor: duckdb.DuckDBPyConnection) -> str:
    """A result as Markdown."""
    names = [column[0] for column in cursor.description]
    rows = [[shown(value) for value in row] for row in cursor.fetchall()]
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.3f}".rstrip("0").rstrip(".")
    return "" if value is None else str(value)


@pytest.fixture(scope="module")
def place(sample, night_one, tmp_path_factory) -> Path:
    """A folder with ``sample`` and ``home``, as `make nightly` leaves it."""
    folder = tmp_path_factory.mktemp("tour")
    (folder / "sample").symlink_to(sample)
    (folder / "home").symlink_to(night_one.root)
    return folder


def answer(kind: str, file: str, question: str, place: Path) -> str:
    if kind == "sql":
        with duckdb.connect(str(place / file), read_only=True) as con:
            return table(con.execute(question))
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    ran = subprocess.run(
        ["bash", "-c", question],
        cwd=place,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout.strip()


@pytest.mark.parametrize(("kind", "file", "question", "said"), STOPS)
def test_the_tour_says_what_happens(kind, file, question, said, place):
    assert answer(kind, file, question, place) == said


def test_the_tour_has_all_its_stops():
    asked = " ".join(question for _, _, question, _ in STOPS)
    for stop in ("ops.delivery", "history.capacity", "clean.capacity_estimate", "regional.balance"):
        assert stop in asked
    assert {file for kind, file, _, _ in STOPS if kind == "sql"} == {
        "home/warehouse.duckdb",
        "home/published/catchment.duckdb",
    }
