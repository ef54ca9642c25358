from pathlib import Path

from flows.docs.events import with_events
from schemas.events import EVENTS

DOCS = Path(__file__).parents[4] / "docs" / "deliveries.md"


def test_the_committed_table_of_events_is_the_one_that_the_list_gives():
    text = DOCS.read_text(encoding="utf-8")
    assert text == with_events(text), "run `make docs`"
    assert all(f"| `{event.code}` | {event.kind}" in text for event in EVENTS)


def test_a_table_that_differs_is_written_again():
    text = DOCS.read_text(encoding="utf-8")
    assert with_events(text.replace("| `late` |", "| `tardy` |")) == text
