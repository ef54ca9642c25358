"""Where the real extracts are, and plain readings of them with the standard library."""

import csv
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / ".." / "shared" / "data"


@pytest.fixture(scope="session")
def us() -> Path:
    """The folder of the United States' files."""
    folder = (SHARED / "us").resolve()
    if not folder.is_dir():
        pytest.skip(
            "the real extracts are not here: no folder ../shared/data/us beside the project"
        )
    return folder


@pytest.fixture(scope="session")
def read_csv():
    """Rows of a file as dictionaries of text."""

    def read(path: Path, encoding: str = "utf-8") -> list[dict[str, str]]:
        with path.open(encoding=encoding, newline="") as file:
            return list(csv.DictReader(file))

    return read


@pytest.fixture(scope="session")
def load():
    """A real file through its feed: the canonical tables, counts and faults."""
    from flows.feeds import load_feed
    from flows.reading import read_text
    from transforms.feed import apply

    feeds = Path(__file__).resolve().parents[2] / "config" / "feeds"

    def load(feed_name: str, path: Path, known: frozenset[str] | None = None):
        feed = load_feed(feeds / f"{feed_name}.toml")
        text = read_text(path, feed)
        return apply(feed, text.frame, known, feed.extract_time(path.name), text.bad_rows)

    return load
