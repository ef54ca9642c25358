"""The example of docs/feeds.md, as a reader would try it."""

import re
import tomllib
from datetime import date, datetime
from pathlib import Path

import pytest

from schemas.assumptions.region import (
    CareClassDefinition,
    Region,
    ResourceDefinition,
    parse_region,
)
from schemas.columns import codes
from schemas.feed import Feed
from transforms.feed import apply
from transforms.reading import read_text

DOCS = Path(__file__).resolve().parents[4] / "docs"
GUIDE = (DOCS / "feeds.md").read_text(encoding="utf-8")
REGIONS = (DOCS / "regions.md").read_text(encoding="utf-8")


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
    assert (text.occurrences, outcome.occurrences, outcome.counts.loaded) == ([], [], 2)


@pytest.mark.parametrize("part", ["feed", "file", "source"])
def test_the_guide_names_every_key(part):
    model = Feed if part == "feed" else Feed.model_fields[part].annotation
    sections = {"null", "source", "file", "derive", "implausible", "institution", "table"}
    for key in set(model.model_fields) - sections:
        assert f"`{key}`" in GUIDE, key


@pytest.mark.parametrize("word", [*codes("measure"), *codes("tier")])
def test_the_guide_names_every_word_that_a_column_allows(word):
    assert f"`{word}`" in GUIDE


def test_dates_of_two_formats_are_read_as_the_guide_says():
    extract, toml = re.findall(r"```(?:toml)?\n(.*?)```", GUIDE, re.DOTALL)[:2]
    toml = toml.replace("[institution]", two_formats() + "\n[institution]")
    toml = toml.replace('date = { day = "%d.%m.%Y" }', "").replace('"id"]\n', '"id", "sent"]\n', 1)
    toml = toml.replace('day = ["Stand"]', 'sent = ["Stand"]')
    first, second = "0071;06.02.2026", "0072;06.02.2026"
    extract = extract.replace(first, "0071;2026-02-06").replace(second, "0072;06/02/2026")
    feed = Feed.model_validate(tomllib.loads(toml))
    text = read_text(extract.encode("cp1252"), feed)
    outcome = apply(feed, text.frame, None, datetime(2026, 2, 6), text.bad_rows)
    assert set(outcome.tables["capacity"]["date"]) == {date(2026, 2, 6)}
    assert outcome.counts.loaded == 2


def two_formats():
    return next(t for t in re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL) if "__/__/____" in t)


def test_the_region_of_the_guide_is_one():
    toml = re.findall(r"```toml\n(.*?)```", REGIONS, re.DOTALL)[0]
    region = parse_region("rivers.toml", tomllib.loads(toml))
    assert [c.class_id for c in region.classes] == ["general", "icu"]


@pytest.mark.parametrize("part", [Region, ResourceDefinition, CareClassDefinition])
def test_the_guide_names_every_key_of_a_region(part):
    tables = {"resources", "classes", "planning", "allocation", "financing"}
    for key in set(part.model_fields) - tables:
        assert f"`{key}`" in REGIONS, key
