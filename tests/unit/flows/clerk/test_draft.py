import re
import tomllib
from pathlib import Path

import pytest

from flows.clerk.draft import draft_feed
from flows.clerk.sample import write_sample
from flows.store.night import load_feed
from schemas.errors import ConfigRefused
from transforms.feed import apply
from transforms.reading import read_text

BEDS = (
    "Haus-Nr;Stand;Betten;Belegt;Bemerkung;Bemerkung 2\n"
    "0071;06.02.2026;120;98,5;Umbau;\n"
    "0072;06.02.2026;80;k.A.;;\n"
    "0071;13.02.2026;120;101,25;;\n"
)


@pytest.fixture
def beds(tmp_path) -> Path:
    path = tmp_path / "betten_2026-02-13.csv"
    path.write_bytes(BEDS.encode("cp1252"))
    return path


def test_a_draft_says_what_the_file_seems_to_be(beds):
    said = tomllib.loads(draft_feed(beds))
    assert said["feed"] == "betten"
    assert said["patient_data"] is True
    assert said["file"]["name"] == r"betten_(?P<extract>\d{4}-\d\d-\d\d)\.csv"
    assert (said["file"]["separator"], said["file"]["decimal"]) == (";", ",")
    assert said["file"]["every_days"] == 7
    assert said["null"] == {"k.A.": "not_reported"}
    assert said["source"]["date"] == {"stand": "%d.%m.%Y"}
    assert said["source"]["number"] == ["betten", "belegt"]
    assert said["source"]["pad"] == {"haus_nr": 4}
    assert said["source"]["key"] == ["haus_nr", "stand"]
    assert said["source"]["unused"] == ["Bemerkung\\ 2"]
    assert said["table"][0]["columns"] == {"institution_id": "haus_nr"}


@pytest.mark.parametrize(
    ("name", "days", "every"),
    [
        ("beds.csv", ["2026-02-01", "2026-02-02", "2026-02-04", "2026-02-05"], 1),
        ("beds.csv", ["2025-01-01", "2026-01-01"], 365),
        ("beds_2026.csv", ["2026-01-01"], 366),
        ("beds_2026-02.csv", ["2026-02-01"], 31),
        ("beds_2026-02-01.csv", ["2026-02-01"], 7),
    ],
    ids=["daily rows", "yearly rows", "a year's file", "a month's file", "a day's file"],
)
def test_a_draft_says_how_often_a_file_seems_to_come(tmp_path, name, days, every):
    path = tmp_path / name
    path.write_text("id,day,beds\n" + "".join(f"a,{day},10\n" for day in days))
    assert tomllib.loads(draft_feed(path))["file"]["every_days"] == every


def test_a_draft_reads_the_file_it_was_made_from(tmp_path):
    write_sample(tmp_path / "sample", institutions=3, days=28)
    for path in sorted((tmp_path / "sample").iterdir()):
        drafted = tmp_path / f"{path.stem}.toml"
        drafted.write_text(draft_feed(path), encoding="utf-8")
        feed = load_feed(drafted)
        assert feed.matches(path.name)
        text = read_text(path.read_bytes(), feed)
        outcome = apply(feed, text.frame, None, feed.extract_time(path.name), text.bad_rows)
        assert outcome.counts.loaded > 0


def test_a_date_that_can_be_read_in_two_ways_is_asked_about(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,day\na,03/04/2026\nb,05/06/2026\n")
    assert re.search(r"# day: or %m/%d/%Y: ask the sender", draft_feed(path))
    path.write_text("id,day\na,03/04/2026\nb,25/06/2026\n")
    assert "ask the sender" not in draft_feed(path)


def test_ids_of_digits_stay_text(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("hospital_id,beds,code2\n71,5,010\n72,6,011\n")
    said = tomllib.loads(draft_feed(path))["source"]
    assert said["text"] == ["hospital_id", "code2"]
    assert said["number"] == ["beds"]


@pytest.mark.parametrize("content", [b"", b"a,b\n", b"a,a\n1,2\n", b"\x00\x01binary", b"a\n\n"])
def test_what_is_no_table_gives_no_draft(tmp_path, content):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(ConfigRefused):
        draft_feed(path)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(ConfigRefused, match="cannot be read"):
        draft_feed(tmp_path / "gone.csv")
