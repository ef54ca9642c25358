"""The warehouse shown as of a date, made again, and kept from going on with a loss."""

import gzip
import json
import shutil
import subprocess
import sys
from datetime import date

import duckdb
import pytest

from flows.clerk import rebuild as rebuilding
from flows.clerk.as_of import TABLES
from flows.clerk.listing import deliveries_of
from flows.clerk.rebuild import last_region_file, rebuild
from flows.ingest.decisions import decide
from flows.night.run import begin
from flows.night.steps import steps_of
from flows.publish import publish
from flows.publish.keep import published_nights
from flows.store.home import Home, one_night
from flows.store.night import plan_night
from schemas.errors import ConfigRefused, HomeRefused, NightBusy
from tests.integration.deliveries.place import DEMO, NEXT, WEEK, beds, hold_one


def test_a_table_is_shown_while_no_night_runs(place):
    with one_night(place.home, "this test"):
        assert place.newest().height == 21
    with pytest.raises(ConfigRefused, match="no clean table"):
        place.as_of(date(2026, 1, 1), "supply")
    hold = (
        "import sys; from pathlib import Path; from flows.store.home import Home, one_night\n"
        f"with one_night(Home(Path({str(place.root)!r})), 'the other'):\n"
        "    print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(NightBusy, match="the other"):
            place.newest()
        holder.stdin.close()


def test_every_clean_table_is_shown_as_of_a_date(place):
    shown = {name: place.as_of(date(2026, 1, 8), name).height for name in TABLES}
    assert shown["institution"] == 3
    assert shown["capacity"] == shown["capacity_estimate"] == 21
    assert shown["zone"] == shown["region"] == 1
    assert (shown["resource"], shown["care_class"]) == (4, 3)
    assert place.as_of(date(2025, 12, 31), "institution").is_empty()


def tables(home: Home) -> dict[str, list[tuple]]:
    """Rows of all that deliveries make."""
    made = {}
    with duckdb.connect(str(home.warehouse), read_only=True) as con:
        found = con.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() "
            "WHERE schema_name IN ('history', 'clean', 'regional') OR table_name IN "
            "('delivery', 'quarantine', 'reconciliation', 'restatement', 'decision') ORDER BY ALL"
        ).fetchall()
        for schema, table in found:
            made[f"{schema}.{table}"] = con.execute(
                f'SELECT * FROM "{schema}"."{table}" ORDER BY ALL'
            ).fetchall()
    return made


def test_a_warehouse_is_made_again_to_the_row(place):
    released = hold_one(place)
    decide(place.home, released, "release", None)
    correction = "synthetic_capacity_2026-01-16.csv.gz"
    place.send(correction, gzip.compress(beds([14], in_service=7, in_use=3).encode()))
    place.send("holiday.jpg", b"\xff\xd8\xff")
    place.night()
    refused = "synthetic_capacity_2026-01-17.csv"
    place.send(refused, beds([15], in_use="NA"))
    place.night()
    publish(place.home)
    (held,) = deliveries_of(place.home, "held")
    decide(place.home, held["id"], "refuse", "nonsense")
    night = begin(plan_night(DEMO, place.inbox, place.root, date(2026, 2, 10)))
    for step in steps_of(night):
        if step.part in ("ingest", "history", "clean", "regional"):
            step.run(night)
    before = tables(place.home)
    place.home.warehouse.unlink()
    said = rebuild(place.home, None, plans=False)
    assert tables(place.home) == before
    assert {d["verdict"] for d in place.ops("delivery")} == {
        "loaded",
        "duplicate",
        "rejected",
    }
    assert len(before["ops.decision"]) == 2
    assert said[0].startswith(f"{len(before['ops.delivery'])} deliveries")
    assert not (place.root / "rebuild").exists()


def test_a_home_of_an_earlier_version_is_made_anew(place):
    """Its sidecars say in words what there is to say: nothing of it is read back."""
    place.send("synthetic_capacity_2026-01-09.csv", "\ufeff" + beds([7], in_service=30))
    held = hold_one(place)
    loaded = [e for e in place.ops("delivery_event") if e["delivery_id"] != held]
    assert {e["code"] for e in loaded} == {"byte_order_mark"}
    for path in place.home.landing.glob("??/*.json"):
        told = json.loads(path.read_text())
        del told["occurrences"]
        old = {"reason": None, "flags": "byte order mark removed; undeclared column not read: Ann"}
        if told["verdict"] == "held":
            old = {"reason": "it waits: 3 rows; Ann", "flags": "column in_use holds nothing"}
        path.write_text(json.dumps({**told, **old}))
    place.home.warehouse.unlink()
    rebuild(place.home, None, plans=False)
    assert [e for e in place.ops("delivery_event") if e["delivery_id"] != held] == loaded
    (kept,) = [e for e in place.ops("delivery_event") if e["delivery_id"] == held]
    assert kept["code"] == "earlier_version"
    assert kept["private"] == "it waits: 3 rows; Ann; column in_use holds nothing"
    (waiting,) = [d for d in place.ops("delivery") if d["delivery_id"] == held]
    assert (waiting["verdict"], waiting["reason"]) == ("held", "earlier_version")
    decide(place.home, held, "release", None)
    assert place.night()[NEXT] == ("loaded", "")
    told = [e["code"] for e in place.ops("delivery_event") if e["delivery_id"] == held]
    assert told == ["column_empty", "earlier_version", "released"]


def test_plans_are_made_again_from_the_nights_that_were_kept(place, monkeypatch):
    publish(place.home)
    seen = []
    monkeypatch.setattr(
        rebuilding, "_made", lambda night, *given: seen.extend(published_nights(night.home)) or []
    )
    rebuild(place.home, DEMO)
    assert seen == list(published_nights(place.home)) != []


def test_a_warehouse_of_another_layout_names_the_command_that_helps(place):
    kept = ("run", "alert")
    with duckdb.connect(str(place.home.warehouse)) as con:
        con.execute("INSERT INTO ops.alert VALUES ('d', 'a_rule', 'b', 'quality', 2.0, 1.0, 'c')")
    before = [place.ops(table) for table in kept]
    with duckdb.connect(str(place.home.warehouse)) as con:
        con.execute("UPDATE history.version SET version = '0'")
        for table in ("alert", "quality"):
            con.execute(f"ALTER TABLE ops.{table} RENAME measured TO value")
        con.execute("ALTER TABLE ops.alert DROP step")
        con.execute("ALTER TABLE ops.run DROP feed")
        con.execute("ALTER TABLE ops.run DROP patient_data")
    with pytest.raises(HomeRefused, match="has layout 0.*catchment rebuild"):
        place.night()
    with pytest.raises(HomeRefused, match="has layout 0.*catchment rebuild"):
        place.newest()
    rebuild(place.home, None, plans=False)
    assert place.newest().height == 21
    assert [place.ops(table) for table in kept] == before
    assert not list(place.root.glob("*before-rebuild*"))


def test_a_warehouse_that_cannot_be_read_is_kept_aside(place):
    place.home.warehouse.write_bytes(b"not a database")
    said = rebuild(place.home, None, plans=False)
    assert "gone" in said[-1]
    assert (place.root / "warehouse.before-rebuild.duckdb").read_bytes() == b"not a database"
    assert place.newest().height == 21


def test_a_warehouse_that_lost_deliveries_is_not_gone_on_with(place):
    place.home.warehouse.unlink()
    with pytest.raises(HomeRefused, match="lacks 2 deliveries.*catchment rebuild"):
        place.night()


def test_a_kill_before_the_warehouse_is_written_is_made_good(place, monkeypatch):
    place.send(NEXT, beds(WEEK))

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("flows.ingest.delivery.insert", killed)
        with pytest.raises(KeyboardInterrupt):
            place.night()
    assert place.newest().height == 21
    assert place.night()[NEXT][0] == "loaded"
    assert place.newest().height == 42
    rebuild(place.home, None, plans=False)
    assert place.newest().height == 42


def test_what_a_killed_night_had_judged_is_loaded_though_its_file_is_gone(place, monkeypatch):
    sent = place.send(NEXT, beds(WEEK))

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("flows.ingest.delivery.insert", killed)
        with pytest.raises(KeyboardInterrupt):
            place.night()
    sent.unlink()
    assert place.night() == {NEXT: ("loaded", "")}
    assert place.newest().height == 42
    assert place.night() == {}


def test_what_a_kill_left_half_written_is_swept_away(place):
    (place.home.landing / ".new.1.part").write_text("half")
    (place.home.receipts / ".a.csv.1.part").write_text("half")
    (place.root / "rebuild").mkdir()
    (place.root / "rebuild" / "warehouse.duckdb").write_text("half")
    place.night()
    assert not (place.root / "rebuild").exists()
    assert [path.name for path in place.root.rglob(".*")] == [".audit.lock"]


def test_a_damaged_landed_file_stops_the_rebuild_and_is_named(place):
    landed = next(p for p in place.home.landing.glob("??/*") if not p.suffix)
    content = bytearray(landed.read_bytes())
    content[-3] ^= 1
    landed.write_bytes(content)
    with pytest.raises(HomeRefused, match=f"{landed.name} is missing or damaged"):
        rebuild(place.home, None)
    assert place.newest().height == 21


def test_a_feed_that_no_longer_reads_what_it_read_stops_the_rebuild(place, tmp_path):
    shutil.copytree(DEMO.parent, tmp_path / "config")
    feed = tmp_path / "config" / "feeds" / "canonical_capacity.toml"
    feed.write_text(feed.read_text().replace('separator = ","', 'separator = ";"'))
    with pytest.raises(HomeRefused, match="was loaded and no longer would be"):
        rebuild(place.home, tmp_path / "config" / "demo.toml")
    assert place.newest().height == 21
    with pytest.raises(HomeRefused, match="holds no delivery"):
        rebuild(Home(tmp_path / "empty").prepare(), None)
    with pytest.raises(ConfigRefused, match="name it with --region"):
        last_region_file(Home(tmp_path / "empty"))
