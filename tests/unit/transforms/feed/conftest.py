import tomllib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import polars as pl
import pytest

from schemas.feed import Feed
from transforms.feed import FeedResult, apply

HEAD = r"""
feed = "beds"
publisher = "a test"
patient_data = false
[file]
name = 'beds_(?P<extract>\d{4}-\d\d-\d\d)\.csv'
extract_format = "%Y-%m-%d"
timezone = "Europe/Vienna"
"""


@pytest.fixture(scope="session")
def feed_of() -> Callable[[str], Feed]:
    """A feed from the parts of its TOML that a test is about; keys before [file] come first."""

    def make(toml: str, top: str = "") -> Feed:
        return Feed.model_validate(tomllib.loads(top + HEAD + toml))

    return make


@pytest.fixture(scope="session")
def applied() -> Callable[..., FeedResult]:
    """Apply a feed to rows of text, the first numbered 1."""

    def run(
        feed: Feed,
        columns: Mapping[str, Sequence[str | None]],
        known: frozenset[str] | None = None,
        extract_time: datetime | None = datetime(2026, 2, 9, 23),
    ) -> FeedResult:
        frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
        text = frame.with_row_index("row_number", 1)
        outcome = apply(feed, text, known, extract_time)
        assert outcome.counts.balances()
        return outcome

    return run
