"""Held deliveries: what people decide, and what the night says of them."""

import json
from datetime import date

import pytest
from typer.testing import CliRunner

from flows.clerk.listing import deliveries_of
from flows.commands.main import app
from flows.ingest.decisions import decide
from flows.night.run import begin, run_step
from flows.night.steps import steps_of
from flows.night.summary import summarise
from flows.publish import publish
from flows.store.home import Home
from flows.store.night import plan_night
from schemas.errors import ConfigRefused, HomeRefused
from tests.integration.deliveries.place import DEMO, HOSPITALS, NEXT, WEEK, beds, hold_one


def test_a_released_delivery_is_loaded_by_the_next_night(place):
    held = hold_one(place)
    path = decide(place.home, held, "release", "the register was down")
    assert path.stat().st_mode & 0o777 == 0o600
    assert place.newest().height == 21
    assert [d["decided"] for d in deliveries_of(place.home, "held")] == ["release"]
    assert place.night() == {NEXT: ("loaded", "")}
    assert place.newest().height == 42
    (decision,) = place.ops("decision")
    assert (decision["decision"], decision["verdict"]) == ("release", "loaded")
    assert decision["why"] == "the register was down"
    told = [e for e in place.ops("delivery_event") if e["delivery_id"] == held]
    assert [(e["event_kind"], e["code"]) for e in told] == [
        ("flag", "column_empty"),
        ("hold", "column_emptied"),
        ("flag", "released"),
    ]
    assert place.night() == {}
    place.send(NEXT, beds(WEEK, in_use="NA"))
    same = f"the same bytes as delivery {held}, which is loaded"
    assert place.night() == {NEXT: ("duplicate", same)}


def test_a_refused_delivery_stays_out_however_often_it_comes(place):
    held = hold_one(place)
    same = f"the same bytes as delivery {held}, which"
    place.send(NEXT, beds(WEEK, in_use="NA"))
    assert place.night() == {NEXT: ("duplicate", f"{same} is held")}
    decide(place.home, held, "refuse", None)
    verdicts = place.night()
    assert {v for v, _ in verdicts.values()} == {"rejected"}
    assert place.newest().height == 21
    (decision,) = place.ops("decision")
    assert decision["verdict"] == "rejected"
    assert place.night() == {NEXT: ("rejected", f"{same} was refused")}


def test_the_night_says_what_is_odd_once_however_often_it_runs(place):
    place.send(NEXT, beds(WEEK, in_use="NA"))
    place.send("holiday.jpg", b"\xff\xd8\xff")
    place.send("stays.csv.manifest.json", "{}")
    place.night()
    night = plan_night(DEMO, place.inbox, place.root, date(2026, 2, 10))
    for step in steps_of(night):
        if step.name in {f"clean_{t}" for t in ("capacity", "institution", "resource", "zone")}:
            step.run(night)
    (quality,) = [step for step in steps_of(night) if step.name == "quality"]
    for _ in range(2):
        quality.run(night)
    found = {(q["rule"], q["severity"]) for q in place.ops("quality")}
    assert {("delivery_held", "severe"), ("delivery_rejected", "severe")} <= found
    assert {("announced_and_missing", "severe"), ("empty_feed", "warn")} <= found
    alerts = sorted(a["rule"] for a in place.ops("alert"))
    of_days = ["plan_begins_before_night", "silent_feed"]
    of_files = ["announced_and_missing", "data_stale", "delivery_held", "delivery_rejected"]
    assert alerts == [*of_files, *of_days]
    messages = [a["message"] for a in place.ops("alert")]
    assert any(m.startswith("holiday.jpg: ") and "no feed" in m for m in messages)
    scores = {s["subject"]: s["score"] for s in place.ops("quality_score")}
    assert [scores[h] for h in HOSPITALS] == [100.0] * 3
    assert scores["canonical_zone"] == 0


def test_a_misspelt_resource_raises_an_alert_that_names_it(place):
    place.send(NEXT, beds(WEEK, hospitals=("H1",), resources=("General_bed",)))
    assert place.night() == {NEXT: ("loaded", "")}
    night = plan_night(DEMO, place.inbox, place.root, date(2026, 2, 10))
    for step in steps_of(night):
        if step.name in {"clean_capacity", "clean_resource", "quality"}:
            step.run(night)
    (alert,) = [a for a in place.ops("alert") if a["rule"] == "unknown_resource"]
    assert (alert["subject"], alert["measured"]) == ("General_bed (H1)", 7.0)


def test_the_summary_is_of_one_night_and_counts_what_it_releases(place):
    """Held on one night with an alert; the next loads it, though its file is gone."""

    def summary(day: int) -> dict:
        night = begin(plan_night(DEMO, place.inbox, place.root, date(2026, 2, day)))
        for position, step in enumerate(steps_of(night)):
            if step.name in {"ingest_canonical_capacity", "quality", "publish"}:
                run_step(night, step.name, position)
        figures = summarise(night)
        figures["alerts"] = [a for a in figures["alerts"] if a["rule"].startswith("delivery_")]
        return figures

    sent = place.send(NEXT, beds(WEEK, in_use="NA"))
    first = summary(10)
    assert [d["verdict"] for d in first["deliveries"]] == ["held"]
    assert (first["rows"]["read"], [a["rule"] for a in first["alerts"]]) == (0, ["delivery_held"])
    sent.unlink()
    (held,) = deliveries_of(place.home, "held")
    decide(place.home, held["id"], "release", None)
    second = summary(11)
    assert [(d["file"], d["verdict"]) for d in second["deliveries"]] == [(NEXT, "loaded")]
    assert (second["rows"]["read"], second["rows"]["loaded"], second["alerts"]) == (21, 21, [])
    again = summary(11)
    assert (again["rows"]["read"], again["deliveries"]) == (0, [])


def test_only_a_held_delivery_can_be_decided(place):
    publish(place.home)
    loaded = place.ops("delivery")[0]["delivery_id"]
    with pytest.raises(ConfigRefused, match="is loaded, not held"):
        decide(place.home, loaded, "release", None)
    with pytest.raises(HomeRefused, match="nothing is published"):
        decide(Home(place.root / "elsewhere"), loaded, "release", None)


def test_the_commands_list_and_settle_what_is_held(place):
    held = hold_one(place)
    place.send("holiday.jpg", b"\xff\xd8\xff")
    listed = asked(place, "deliveries", "--held", "--json")
    assert [(d["id"], d["verdict"], d["decided"]) for d in json.loads(listed)] == [
        (held, "held", None)
    ]
    assert held in asked(place, "refuse", held)
    assert "the next night applies it" in asked(place, "release", held, "--why", "it is right")
    assert json.loads(asked(place, "deliveries", "--held", "--json"))[0]["decided"] == "release"
    listing = asked(place, "deliveries")
    assert held in listing
    assert "release with the next night" in " ".join(listing.split())
    assert place.night()[NEXT] == ("loaded", "")
    assert [d["why"] for d in place.ops("decision")] == ["it is right"]
    refused = CliRunner().invoke(app, ["release", "0000", "--home", str(place.root)])
    assert isinstance(refused.exception, ConfigRefused)


def asked(place, *arguments: str) -> str:
    ended = CliRunner().invoke(app, [*arguments, "--home", str(place.root)])
    assert ended.exit_code == 0, ended.output
    return ended.stdout
