"""Tables that a person reads: no name is broken, whatever the width of the screen."""

import io
import os

import pytest
from rich.text import Text

from flows.store.screen import Entry, Screen, table

NAME = "COVID-19_Reported_Patient_Impact_and_Hospital_Capacity_by_Facility_RAW_2022-10-07.csv"


def printed(made, width: int) -> list[str]:
    screen = Screen(file=io.StringIO(), width=width)
    screen.print(made, crop=False)
    return [line.rstrip() for line in screen.file.getvalue().splitlines()]


def test_what_is_said_stands_below_the_name_and_wraps_between_words():
    rows = [("loaded", "6,484", Entry("beds.csv", "313 rows in use above in service"))]
    assert printed(table(("verdict", "rows", "file"), rows, right=("rows",)), 36) == [
        "verdict   rows  file",
        "loaded   6,484  beds.csv",
        "                  313 rows in use",
        "                  above in service",
    ]


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_names_are_whole_at_any_width(width):
    rows = [
        ("f1425fee90c53c5a6", Text("rejected"), Entry(NAME, "it lacks the column in_use")),
        ("f1425fee90c53c5a7", Text("loaded"), Entry("short.csv")),
    ]
    lines = printed(table(("id", "verdict", "file"), rows), width)
    assert any(line.endswith(NAME) for line in lines)
    assert all(" ".join(lines).count(row[0]) == 1 for row in rows)
    assert {word for line in lines for word in line.split()} >= {"rejected", "lacks", "in_use"}


def test_a_table_without_rows_shows_its_headings():
    assert printed(table(("a", "b"), []), 20) == ["a  b"]


def closed(*, errors: bool) -> Screen:
    read, write = os.pipe()
    os.close(read)
    file = os.fdopen(write, "w", buffering=1)
    screen = Screen(file=file)
    screen.stderr = errors
    return screen


def test_output_that_nobody_reads_ends_the_command():
    with pytest.raises(BrokenPipeError):
        closed(errors=False).print("words")


def test_errors_that_nobody_reads_do_not():
    screen = closed(errors=True)
    screen.print("words")
    assert screen.quiet
