"""The table of events in docs/deliveries.md, written from the list itself.

python -m flows.docs.events docs/deliveries.md
"""

import sys
from pathlib import Path

from schemas.events import EVENTS, Event

BEGIN = "<!-- Written by `make docs` from schemas/events.csv; a test keeps the two the same. -->\n"
END = "<!-- end -->\n"


def with_events(text: str) -> str:
    """The document with its table as the list gives it now."""
    before, _, rest = text.partition(BEGIN)
    return before + BEGIN + _table() + END + rest.partition(END)[2]


def _table() -> str:
    lines = [
        "| code | kind | severity | who looks | words | 中文 | what to do |",
        "| --- " * 7 + "|",
    ]
    return "\n".join([*lines, *map(_row, EVENTS)]) + "\n"


def _row(event: Event) -> str:
    kind = f"{event.kind}, {event.subject}" if event.subject else event.kind
    what = f"{event.to_do} · {event.to_do_chinese}"
    cells = (f"`{event.code}`", kind, event.severity, event.owner, *event.templates)
    return f"| {' | '.join(cells)} | {what} |"


if __name__ == "__main__":
    file = Path(sys.argv[1])
    file.write_text(with_events(file.read_text(encoding="utf-8")), encoding="utf-8")
