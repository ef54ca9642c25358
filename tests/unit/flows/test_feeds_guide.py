"""The example of docs/feeds.md, as a reader would try it."""

import re
import tomllib
from datetime import date, datetime
from pathlib import Path

import pytest

from flows.reading import read_text
from schemas.feed import Feed
from transforms.feed import apply

GUIDE = (Path(__file__).resolve().parents[3] / "docs" / "feeds.md").read_text(encoding="utf-8")


def test_the_example_does_what_the_guide_says():
    extract, toml = re.findall(r"```(?:toml)?\n(.*?)```", GUIDE, re.DOTALL)[:2]
    feed = Feed.model_validate(tomllib.loads(toml))
    text = read_text(extract.encode("cp1252"), feed)
    known = frozenset({"0071", "0072"})
    outcome = apply(feed, text.frame, known, datetime(2026, 2, 6), text.bad_rows)
    columns = ["in_service", "in_service_reason", "in_service_low", "in_service_high", "in_use"]
    table = outcome.tables["capacity"]
    assert table.select("institution_id", "resource_id", *columns).rows() == [
        ("0071", "general_bed", None, "withheld", 116, 120, 92.5),
        ("0071", "icu_bed", None, "withheld", 0, 4, 6),
        ("0072", "general_bed", 72, None, None, None, None),
        ("0072", "icu_bed", 8, None, None, None, 7),
    ]
    assert table["in_use_reason"].to_list() == [None, None, "not_reported", None]
    assert set(table["date"]) == {date(2026, 2, 6)}
    assert (text.flags, outcome.flags, outcome.counts.loaded) == ([], [], 2)


@pytest.mark.parametrize("part", ["feed", "file", "source"])
def test_the_guide_names_every_key(part):
    model = Feed if part == "feed" else Feed.model_fields[part].annotation
    sections = {"null", "source", "file", "derive", "implausible", "institution", "table"}
    for key in set(model.model_fields) - sections:
        assert f"`{key}`" in GUIDE, key
