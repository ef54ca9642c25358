import json
from pathlib import Path

import pytest

from flows.ingest.arrivals import is_manifest
from flows.ingest.judge import (
    SenderManifest,
    announced_and_missing,
    check_hash,
    check_rows,
    manifest_of,
    required_manifest,
)
from flows.store.night import load_feed
from schemas.errors import DeliveryRejected

FEEDS = Path(__file__).parents[4] / "config" / "feeds"
SHA = "0123456789abcdef" * 4


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "beds.csv"
    path.write_text("a\n1\n")
    return path


def beside(file, content: str) -> None:
    file.with_name("beds.csv.manifest.json").write_text(content)


def test_a_file_without_a_manifest_is_read_without(file):
    assert manifest_of(file) is None
    check_hash(None, SHA)
    check_rows(None, 7)


def test_a_feed_may_require_a_manifest_that_says_something(file):
    feed = load_feed(FEEDS / "canonical_capacity.toml")
    strict = feed.model_copy(update={"file": feed.file.model_copy(update={"manifest": "required"})})
    assert required_manifest(feed, file) is None
    for said in (None, "{}"):
        if said:
            beside(file, said)
        with pytest.raises(DeliveryRejected, match="the feed requires a manifest"):
            required_manifest(strict, file)
    beside(file, '{"rows": 7}')
    assert required_manifest(strict, file) == SenderManifest(None, 7)


def test_the_manifest_beside_a_file_speaks_of_it(file):
    beside(file, json.dumps({"sha256": SHA.upper(), "rows": 1}))
    assert manifest_of(file) == SenderManifest(SHA, 1)


def test_the_manifest_of_a_folder_speaks_of_the_files_that_it_names(file):
    whole = file.with_name("MANIFEST.json")
    whole.write_text(json.dumps({"files": {"beds.csv": {"rows": 3}}}))
    assert manifest_of(file) == SenderManifest(None, 3)
    assert manifest_of(file.with_name("other.csv")) is None


def test_a_difference_is_told_with_both_counts():
    with pytest.raises(DeliveryRejected, match="sha256 differs"):
        check_hash(SenderManifest(SHA, None), SHA[::-1])
    with pytest.raises(DeliveryRejected, match="4 rows of data, its manifest says 5"):
        check_rows(SenderManifest(None, 5), 4)
    check_hash(SenderManifest(SHA, 5), SHA)
    check_rows(SenderManifest(SHA, 5), 5)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{",
        '{"sha256": 7}',
        '{"sha256": "abc"}',
        '{"rows": -1}',
        '{"rows": 1.5}',
        '{"rows": true}',
        '{"rows": "1"}',
        "[" * 5000,
    ],
)
def test_a_manifest_that_cannot_be_read_rejects_its_file(file, content):
    beside(file, content)
    with pytest.raises(DeliveryRejected, match="manifest"):
        manifest_of(file)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ('{"md5": "x", "Rows": 9}', "the key Rows, md5; known are sha256, rows"),
        ('{"rows": 4, "rows": 9}', "twice the key rows"),
        ('{"rows": 4, "rows": 4}', "twice the key rows"),
    ],
)
def test_a_key_that_is_misspelt_or_stands_twice_rejects_the_file(file, content, why):
    beside(file, content)
    with pytest.raises(DeliveryRejected, match=why):
        manifest_of(file)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ({"files": {"beds.csv": {"Rows": 3}}}, "the key Rows; known are sha256, rows"),
        ({"files": {}, "version": 1}, "the key version; known are files"),
    ],
)
def test_so_it_is_in_the_manifest_of_a_folder(file, content, why):
    file.with_name("MANIFEST.json").write_text(json.dumps(content))
    with pytest.raises(DeliveryRejected, match=why):
        manifest_of(file)
    file.with_name("MANIFEST.json").write_text('{"files": {"beds.csv": {}, "beds.csv": {}}}')
    with pytest.raises(DeliveryRejected, match=r"twice the key beds\.csv"):
        manifest_of(file)


def test_two_manifests_complete_each_other_and_must_not_contradict(file):
    beside(file, '{"rows": 4}')
    whole = file.with_name("MANIFEST.json")
    whole.write_text(json.dumps({"files": {"beds.csv": {"sha256": SHA}}}))
    assert manifest_of(file) == SenderManifest(SHA, 4)
    whole.write_text(json.dumps({"files": {"beds.csv": {"rows": 9}}}))
    with pytest.raises(DeliveryRejected, match="give different rows"):
        manifest_of(file)


def test_manifests_are_no_deliveries():
    assert is_manifest("MANIFEST.json")
    assert is_manifest("beds.csv.manifest.json")
    assert not is_manifest("beds.csv")


def test_files_that_are_announced_and_do_not_come_are_named(file):
    assert announced_and_missing(file.parent) == []
    beside(file, "{}")
    file.with_name("stays.csv.manifest.json").write_text("{}")
    names = {"beds.csv": {}, "finance.csv": {}, "../etc": {}, "": {}, "..": {}, "a\n.csv": {}}
    below = file.parent / "below"
    below.mkdir()
    (below / "MANIFEST.json").write_text(json.dumps({"files": names}))
    (below / "broken.json").write_text("{")
    assert announced_and_missing(file.parent) == [
        "a\\n.csv",
        "beds.csv",
        "finance.csv",
        "stays.csv",
    ]
    (below / "MANIFEST.json").write_text("[]")
    assert announced_and_missing(file.parent) == ["stays.csv"]
