"""Deliveries from the inbox to their verdicts."""

import gzip
import hashlib
import json
import shutil
from datetime import date

import duckdb
import polars as pl
import pytest

from flows.night.run import begin
from flows.night.steps import steps_of
from flows.protect.keys import Keys, plain_bytes
from flows.store.night import plan_night
from tests.integration.deliveries.place import DEMO, NEXT, WEEK, beds, words, zipped


def test_a_new_week_is_loaded(place):
    place.send(NEXT, beds(WEEK))
    assert place.night() == {NEXT: ("loaded", "")}
    assert place.newest().height == 42


def test_a_correction_supersedes_and_the_old_one_can_be_asked_for(place):
    place.send("synthetic_capacity_2026-01-09.csv", beds([7], in_service=30))
    place.night()
    assert place.newest()["in_service"].sum() == 18 * 20 + 3 * 30
    assert place.as_of(date(2026, 1, 8))["in_service"].sum() == 21 * 20
    assert place.as_of(date(2026, 1, 7)).is_empty()


def test_a_late_extract_goes_to_history_and_never_alters_the_newest(place):
    place.send("synthetic_capacity_2026-01-05.csv", beds(range(1, 5), in_service=99))
    assert place.night()["synthetic_capacity_2026-01-05.csv"][0] == "loaded"
    assert set(place.newest()["in_service"]) == {20}
    assert set(place.as_of(date(2026, 1, 7))["in_service"]) == {99}


HOLDS = {
    "ten times the rows": (NEXT, beds(range(8, 40), resources=("general_bed", "a", "b")), "usual"),
    "a tenth of the rows": (NEXT, beds([8], hospitals=("H1", "H2")), "usual"),
    "column empty": (NEXT, beds(WEEK, in_use="NA"), "in_use is suddenly empty (general_bed)"),
    "column empty, other": (NEXT, beds(WEEK, in_service="NA"), "suddenly empty"),
    "future": ("synthetic_capacity_2199-01-01.csv", beds(WEEK), "future"),
}


@pytest.mark.parametrize("what", HOLDS)
def test_what_a_person_should_see_is_held(place, what):
    name, content, reason = HOLDS[what]
    place.send(name, content)
    before = place.newest()
    verdicts = place.night()
    assert verdicts[name][0] == "held"
    assert reason in verdicts[name][1]
    assert place.newest().equals(before)


def test_a_replacement_that_removes_over_a_fifth_of_an_institution_is_held(place):
    both = ("general_bed", "icu_bed", "nurse")
    place.send("synthetic_capacity_2026-01-15.csv", beds(WEEK, resources=both))
    place.night()
    name = "synthetic_capacity_2026-01-16.csv"
    place.send(name, beds(WEEK, hospitals=("H1", "H2"), resources=both[:2]))
    assert place.night()[name] == (
        "held",
        "it would remove up to 33% of the capacity rows of 2 institutions",
    )


def test_rows_of_a_closed_institution_are_held(place):
    with duckdb.connect(str(place.home.warehouse)) as con:
        con.execute("UPDATE history.institution SET active_to = DATE '2026-01-10'")
    place.send(NEXT, beds(WEEK))
    verdict, reason = place.night()[NEXT]
    assert verdict == "held"
    assert "3 institutions after their last day" in reason


def test_a_feed_may_hold_what_comes_late(place, tmp_path):
    shutil.copytree(DEMO.parent, tmp_path / "config")
    feed = tmp_path / "config" / "feeds" / "canonical_capacity.toml"
    feed.write_text(feed.read_text().replace('late = "history"', 'late = "hold"'))
    place.region = tmp_path / "config" / "demo.toml"
    name = "synthetic_capacity_2026-01-05.csv"
    place.send(name, beds(range(1, 5)))
    assert place.night()[name] == ("held", "it is older than the newest extract that is loaded")


def test_the_same_bytes_again_are_a_duplicate(place):
    content = beds(range(1, 8))
    place.send("synthetic_capacity_2026-01-08.csv", content)
    place.send("capacity_2026-01-08.csv", content)
    place.send("capacity_2026-01-08.csv.gz", gzip.compress(content.encode()))
    verdicts = place.night()
    assert len(verdicts) == 3
    assert {v for v, _ in verdicts.values()} == {"duplicate"}
    assert all("the same bytes as delivery" in reason for _, reason in verdicts.values())
    assert place.newest().height == 21


def test_a_duplicate_that_stays_is_one_row_and_every_row_is_accounted_for(place):
    place.send(NEXT, beds(WEEK))
    for _ in range(3):
        place.night()
    sent = [d for d in place.ops("delivery") if d["file_name"] == NEXT]
    assert sorted(d["verdict"] for d in sent) == ["duplicate", "loaded"]
    counted = {r["delivery_id"]: r for r in place.ops("reconciliation")}
    assert len(counted) == len(place.ops("delivery"))
    states = {d["verdict"]: counted[d["delivery_id"]] for d in sent}
    assert states["loaded"]["loaded"] == states["duplicate"]["duplicate"] == 21
    (last,) = [d for d in sent if d["verdict"] == "duplicate"]
    assert last["received_at"] == max(d["received_at"] for d in place.ops("delivery"))


def test_content_that_is_sent_again_later_holds_against_what_comes_late(place):
    place.send("synthetic_capacity_2026-01-10.csv", beds(range(1, 8)))
    assert place.night()["synthetic_capacity_2026-01-10.csv"][0] == "loaded"
    assert [e["event_kind"] for e in place.ops("delivery_event") if e["code"] == "same_bytes"] == [
        "flag"
    ]
    place.send("synthetic_capacity_2026-01-09.csv", beds(range(1, 8), in_service=30))
    assert place.night()["synthetic_capacity_2026-01-09.csv"][0] == "loaded"
    assert set(place.newest()["in_service"]) == {20}
    assert set(place.as_of(date(2026, 1, 9))["in_service"]) == {30}


def test_a_sender_may_go_back_to_what_it_sent_before_a_correction(place):
    for in_service in (20, 30, 20):
        place.send(NEXT, beds(WEEK, in_service=in_service))
        assert place.night()[NEXT] == ("loaded", "")
        assert set(place.newest().filter(pl.col("date").dt.day() > 7)["in_service"]) == {in_service}
    assert place.night()[NEXT][0] == "duplicate"
    place.send(NEXT, beds(WEEK, in_service=30))
    assert place.night()[NEXT] == ("loaded", "")


def test_of_files_that_contradict_each_other_the_second_is_held(place):
    place.send("a/" + NEXT, beds(WEEK, hospitals=("H1", "H2")))
    place.send("b/" + NEXT, beds(WEEK, hospitals=("H3",)))
    place.send("c/" + NEXT, beds(WEEK, hospitals=("H2",), in_service=21))
    verdicts = place.night()
    assert [verdicts[f"{folder}/{NEXT}"][0] for folder in "abc"] == ["loaded", "loaded", "held"]
    assert "says otherwise of the same rows" in verdicts[f"c/{NEXT}"][1]
    assert set(place.newest()["in_service"]) == {20}


def test_an_institution_of_which_nobody_says_where_it_lies_does_not_stop_the_night(place):
    with duckdb.connect(str(place.home.warehouse)) as con:
        con.execute("UPDATE history.institution SET zone_id = NULL WHERE institution_id = 'H2'")
    night = begin(plan_night(place.region, place.inbox, place.root, date(2026, 2, 10)))
    for step in steps_of(night):
        if step.name in ("clean_zone", "clean_institution", "quality"):
            step.run(night)
    with duckdb.connect(str(place.home.warehouse)) as con:
        standing = con.sql("SELECT institution_id FROM clean.institution ORDER BY ALL").fetchall()
    assert standing == [("H1",), ("H3",)]
    (alert,) = [a for a in place.ops("alert") if a["rule"] == "institution_left_out"]
    assert (alert["subject"], alert["message"].split(":")[0]) == (
        "H2",
        "no feed says both in which zone and in which region it lies",
    )


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (NEXT + ".gz", gzip.compress(beds(WEEK).encode())),
        (NEXT + ".zip", zipped(**{"anything.csv": beds(WEEK)})),
        ("weekly.zip", zipped(**{NEXT: beds(WEEK)})),
        ("in/a/folder/" + NEXT, beds(WEEK).encode()),
    ],
    ids=words,
)
def test_packed_files_are_loaded_and_land_as_they_were_sent(place, name, content):
    place.send(name, content)
    assert place.night() == {name: ("loaded", "")}
    sha256 = hashlib.sha256(content).hexdigest()
    landed = place.home.landing / sha256[:2] / sha256
    assert plain_bytes(landed, Keys(place.home.keys)) == content
    assert place.newest().height == 42


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        (NEXT + ".gz", gzip.compress(beds(WEEK).encode())[:-5], "cut short"),
        (NEXT + ".zip", zipped(a=beds(WEEK), b=beds(WEEK)), "2 members"),
        (NEXT + ".gz", gzip.compress(bytes(600_000)), "100 times"),
        (NEXT, gzip.compress(beds(WEEK).encode()), "gzip"),
        ("weekly.zip", zipped(**{NEXT: beds(WEEK), "b": ""}), "no feed"),
        ("weekly.zip", zipped(**{f"data/{NEXT}": beds(WEEK)}), "in a folder"),
        (NEXT + ".zip", zipped(**{NEXT.replace("-15", "-14"): beds(WEEK)}), "different dates"),
        ("capacity'; DROP TABLE ops.delivery; --.csv", beds(WEEK).encode(), "no file name needs"),
        ("capacity_2026-01-15\n.csv", beds(WEEK).encode(), "no file name needs"),
        ("a..b/" + NEXT, beds(WEEK).encode(), "two in a row"),
        ("synthetic_capacity_2026-02-30.csv", beds(WEEK).encode(), "does not give a date"),
        (NEXT, beds(WEEK, hospitals=("X1", "X2", "X3", "H1")).encode(), "another region's"),
        (NEXT, beds(WEEK, hospitals=("X1", "X2")).encode(), "another feed's, region's"),
    ],
    ids=words,
)
def test_what_is_not_what_it_should_be_is_rejected(place, name, content, reason):
    place.send(name, content)
    ((shown, (verdict, why)),) = place.night().items()
    assert (verdict, "\n" in shown) == ("rejected", False)
    assert reason in why
    assert place.newest().height == 21


def test_a_link_in_the_inbox_is_rejected(place, tmp_path):
    (tmp_path / "secret").write_text(beds(WEEK))
    (place.inbox / NEXT).symlink_to(tmp_path / "secret")
    assert place.night()[NEXT][0] == "rejected"


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ({"rows": 21}, "loaded"),
        ({"rows": 22}, "rejected"),
        ({"sha256": hashlib.sha256(beds(WEEK).encode()).hexdigest(), "rows": 21}, "loaded"),
        ({"sha256": "0" * 64}, "rejected"),
        ("not json", "rejected"),
    ],
)
def test_a_manifest_must_agree(place, said, verdict):
    place.send(NEXT, beds(WEEK))
    text = json.dumps(said) if isinstance(said, dict) else said
    place.send(NEXT + ".manifest.json", text)
    verdicts = place.night()
    assert {name: v for name, (v, _) in verdicts.items()} == {NEXT: verdict}


def test_a_manifest_of_the_folder_must_agree(place):
    place.send(NEXT, beds(WEEK))
    place.send("MANIFEST.json", json.dumps({"files": {NEXT: {"rows": 20}}}))
    assert place.night()[NEXT] == (
        "rejected",
        "it has 21 rows of data, its manifest says 20",
    )


def test_every_delivery_leaves_a_sidecar_and_a_receipt_that_only_its_owner_reads(place):
    place.send(NEXT, beds(WEEK, in_use="x") + "H1,general_bed,2026-01-08,1,1,1\n")
    place.send("holiday.jpg", b"\xff\xd8\xff")
    place.night()
    deliveries = {d["file_name"]: d["delivery_id"] for d in place.ops("delivery")}
    for identity in deliveries.values():
        for path in (
            place.home.receipts / f"{identity}.csv",
            place.home.landing / identity[:2] / f"{identity}.json",
        ):
            assert path.stat().st_mode & 0o777 == 0o600
    rejected = pl.read_csv(place.home.receipts / f"{deliveries['holiday.jpg']}.csv")
    assert rejected["what"].to_list() == ["rejected", "file"]


def test_the_receipt_of_a_rejected_file_says_what_was_read_of_it(place):
    content = beds(WEEK) + "H9,general_bed,2026-01-08,1,1,1\n"
    place.send(NEXT, content)
    place.send(NEXT + ".manifest.json", '{"rows": 30}')
    verdict, reason = place.night()[NEXT]
    assert (verdict, reason[:26]) == ("rejected", "it has 22 rows of data, it")
    (sent,) = [d for d in place.ops("delivery") if d["file_name"] == NEXT]
    assert sent["rows_read"] == 22
    assert sent["delivery_id"] not in {r["delivery_id"] for r in place.ops("reconciliation")}
    receipt = pl.read_csv(place.home.receipts / f"{sent['delivery_id']}.csv")
    assert receipt["what"].to_list() == ["rejected", "flagged", "quarantined", "file"]
    assert "22 rows read = 21 loaded + 1 quarantined" in receipt["words"][0]
    assert receipt["words"][1] == "institution_id: 1 row has 1 unknown code: 'H9' (1)"
    assert receipt["rule"][2] == "unknown_institution"
    sha256 = hashlib.sha256(content.encode()).hexdigest()
    assert receipt["words"][3].endswith(
        f"feed canonical_capacity, {len(content)} bytes, sha256 {sha256}"
    )
