"""Deliveries from the inbox to their verdicts: held, settled, shown as of a date, rebuilt."""

import gzip
import hashlib
import io
import json
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest

from flows.deliveries.asof import NAMES, clean_as_of
from flows.deliveries.decisions import decide
from flows.deliveries.listing import deliveries_of
from flows.deliveries.quality import quality_of
from flows.deliveries.rebuild import last_region_file, rebuild
from flows.home import Home, one_night
from flows.night.context import plan_night
from flows.night.run import begin
from flows.night.steps import steps_of
from flows.protect.encryption import plain_bytes
from flows.protect.keys import Keys
from flows.publish import publish
from flows.regions import load_region
from schemas.errors import ConfigRefused, HomeRefused, NightBusy

DEMO = Path(__file__).parents[2] / "config" / "demo.toml"
HOSPITALS = ("H1", "H2", "H3")
HEADER = "institution_id,resource_id,date,period_days,in_service,in_use"


@dataclass
class Place:
    """An inbox and a home; nights run their ingest alone."""

    inbox: Path
    root: Path
    region: Path = DEMO

    @property
    def home(self) -> Home:
        return Home(self.root)

    def send(self, name: str, content: str | bytes) -> Path:
        path = self.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def night(self, *feeds: str) -> dict[str, tuple[str, str]]:
        """Ingest; verdict and reason of what came with the names it came by."""
        night = begin(plan_night(self.region, self.inbox, self.root, date(2026, 2, 10)))
        before = {d["delivery_id"]: d["verdict"] for d in self.ops("delivery")}
        wanted = [f"ingest {feed}" for feed in feeds or ("canonical_capacity", "unclaimed")]
        for step in steps_of(night):
            if step.name in wanted:
                step.run(night)
        return {
            d["file_name"]: (d["verdict"], d["reason"] or "")
            for d in self.ops("delivery")
            if before.get(d["delivery_id"]) != d["verdict"]
        }

    def ops(self, table: str) -> list[dict]:
        with duckdb.connect(str(self.home.warehouse), read_only=True) as con:
            return con.sql(f"FROM ops.{table} ORDER BY ALL").pl().to_dicts()

    def as_of(self, day: date, table: str = "capacity") -> pl.DataFrame:
        return clean_as_of(self.home, load_region(DEMO), table, day)

    def newest(self) -> pl.DataFrame:
        return self.as_of(date(2100, 1, 1))


@pytest.fixture(autouse=True)
def _settled_at_once(monkeypatch):
    monkeypatch.setattr("flows.landing.SETTLED_S", 0)


@pytest.fixture(scope="module")
def known(tmp_path_factory) -> Path:
    """A home that knows three hospitals, one of them closed, and a week of their beds."""
    root = tmp_path_factory.mktemp("known")
    place = Place(root / "inbox", root / "home")
    place.inbox.mkdir()
    rows = "".join(f"{h},Synthetic {h},Z1,R1,primary,public,45,9,1990-01-01\n" for h in HOSPITALS)
    place.send(
        "synthetic_institution_2026-01-01.csv",
        "institution_id,name,zone_id,region_id,tier,ownership,latitude,longitude,active_from\n"
        + rows,
    )
    place.send("synthetic_capacity_2026-01-08.csv", beds(range(1, 8)))
    verdicts = place.night("canonical_institution", "canonical_capacity")
    assert {v for v, _ in verdicts.values()} == {"loaded"}
    return root


@pytest.fixture
def place(known, tmp_path) -> Place:
    """A copy of that home, with an empty inbox."""
    shutil.copytree(known / "home", tmp_path / "home")
    (tmp_path / "inbox").mkdir()
    return Place(tmp_path / "inbox", tmp_path / "home")


def beds(days, hospitals=HOSPITALS, in_service=20, in_use=10, resources=("general_bed",)) -> str:
    rows = [
        f"{h},{r},{date(2026, 1, 1) + timedelta(d - 1)},1,{in_service},{in_use}"
        for h in hospitals
        for r in resources
        for d in days
    ]
    return "\n".join([HEADER, *rows]) + "\n"


def zipped(**members: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


NEXT = "synthetic_capacity_2026-01-15.csv"
WEEK = range(8, 15)


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
    "column empty": (NEXT, beds(WEEK, in_use="NA"), "in_use of general_bed is suddenly empty"),
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
        "it would remove up to 33% of the capacity rows that 2 institution(s) had",
    )


def test_rows_of_a_closed_institution_are_held(place):
    with duckdb.connect(str(place.home.warehouse)) as con:
        con.execute("UPDATE history.institution SET active_to = DATE '2026-01-10'")
    place.send(NEXT, beds(WEEK))
    verdict, reason = place.night()[NEXT]
    assert verdict == "held"
    assert "3 institution(s) after their last day" in reason


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
    place.send("synthetic_capacity_2026-01-15.csv", content)
    verdicts = place.night()
    assert {v for v, _ in verdicts.values()} == {"duplicate"}
    assert all("the same bytes as delivery" in reason for _, reason in verdicts.values())
    assert place.newest().height == 21


def test_content_that_returns_after_another_is_loaded_again(place):
    place.send("synthetic_capacity_2026-01-09.csv", beds(range(1, 8), in_service=30))
    place.night()
    place.send("synthetic_capacity_2026-01-10.csv", beds(range(1, 8)))
    assert place.night()["synthetic_capacity_2026-01-10.csv"][0] == "loaded"
    assert set(place.newest()["in_service"]) == {20}
    assert any("of another extract time" in (d["flags"] or "") for d in place.ops("delivery"))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (NEXT + ".gz", gzip.compress(beds(WEEK).encode())),
        (NEXT + ".zip", zipped(**{"anything.csv": beds(WEEK)})),
        ("weekly.zip", zipped(**{NEXT: beds(WEEK)})),
        ("in/a/folder/" + NEXT, beds(WEEK).encode()),
    ],
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
        ("capacity'; DROP TABLE ops.delivery; --.csv", beds(WEEK).encode(), "no file name needs"),
        ("capacity_2026-01-15\n.csv", beds(WEEK).encode(), "no file name needs"),
        ("a..b/" + NEXT, beds(WEEK).encode(), "two in a row"),
        ("synthetic_capacity_2026-02-30.csv", beds(WEEK).encode(), "does not give a date"),
        (NEXT, beds(WEEK, hospitals=("X1", "X2", "X3", "H1")).encode(), "another region's"),
        (NEXT, beds(WEEK, hospitals=("X1", "X2")).encode(), "another feed's, region's"),
    ],
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
        "it has 21 rows of data, its manifest says 20; send both again",
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
    assert rejected["what"].to_list() == ["rejected"]


def hold_one(place) -> str:
    """Send a week without patients, which is held, and publish; returns the delivery."""
    sent = place.send(NEXT, beds(WEEK, in_use="NA"))
    place.night()
    sent.unlink()
    publish(place.home)
    (held,) = deliveries_of(place.home, "held")
    return held["id"]


def test_a_released_delivery_is_loaded_by_the_next_night(place):
    held = hold_one(place)
    path = decide(place.home, held, "release", "the register was down")
    assert path.stat().st_mode & 0o777 == 0o600
    assert place.newest().height == 21
    assert [d["decided"] for d in deliveries_of(place.home, "held")] == ["release"]
    assert place.night() == {NEXT: ("loaded", "")}
    assert place.newest().height == 42
    (decision,) = place.ops("decision")
    assert (decision["decision"], decision["outcome"]) == ("release", "loaded")
    assert decision["why"] == "the register was down"
    (row,) = [d for d in place.ops("delivery") if d["delivery_id"] == held]
    assert "released; was held: capacity.in_use" in row["flags"]
    assert place.night() == {}
    place.send(NEXT, beds(WEEK, in_use="NA"))
    same = f"the same bytes as delivery {held}, which is loaded"
    assert place.night() == {NEXT: ("duplicate", same)}


def test_a_refused_delivery_stays_out_however_often_it_comes(place):
    held = hold_one(place)
    same = f"the same bytes as delivery {held}, which"
    place.send(NEXT, beds(WEEK, in_use="NA"))
    assert place.night() == {NEXT: ("duplicate", f"{same} is held: release or refuse that one")}
    decide(place.home, held, "refuse", None)
    verdicts = place.night()
    assert {v for v, _ in verdicts.values()} == {"rejected"}
    assert place.newest().height == 21
    (decision,) = place.ops("decision")
    assert decision["outcome"] == "rejected"
    assert place.night() == {NEXT: ("rejected", f"{same} was refused")}


def test_the_night_says_what_is_odd_once_however_often_it_runs(place):
    place.send(NEXT, beds(WEEK, in_use="NA"))
    place.send("holiday.jpg", b"\xff\xd8\xff")
    place.send("stays.csv.manifest.json", "{}")
    place.night()
    night = plan_night(DEMO, place.inbox, place.root, date(2026, 2, 10))
    for step in steps_of(night):
        if step.name in {"clean capacity", "clean institution", "clean zone"}:
            step.run(night)
    for _ in range(2):
        quality_of(night)
    found = {(q["rule"], q["severity"]) for q in place.ops("quality")}
    assert {("delivery_held", "severe"), ("delivery_rejected", "severe")} <= found
    assert {("announced_and_missing", "severe"), ("empty_feed", "warn")} <= found
    messages = [a["message"] for a in place.ops("alert")]
    assert len(messages) == len(set(messages)) == 3
    assert any(m.startswith("holiday.jpg: ") and "no feed" in m for m in messages)
    scores = {s["subject"]: s["score"] for s in place.ops("quality_score")}
    assert [scores[h] for h in HOSPITALS] == [100.0] * 3
    assert scores["canonical_zone"] == 0


def test_only_a_held_delivery_can_be_decided(place):
    publish(place.home)
    loaded = place.ops("delivery")[0]["delivery_id"]
    with pytest.raises(ConfigRefused, match="is loaded, not held"):
        decide(place.home, loaded, "release", None)
    with pytest.raises(HomeRefused, match="nothing is published"):
        decide(Home(place.root / "elsewhere"), loaded, "release", None)


def test_a_table_is_shown_while_no_night_runs(place):
    with one_night(place.home, "this test"):
        assert place.newest().height == 21
    with pytest.raises(ConfigRefused, match="no clean table"):
        place.as_of(date(2026, 1, 1), "supply")
    hold = (
        "import sys; from pathlib import Path; from flows.home import Home, one_night\n"
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
    shown = {name: place.as_of(date(2026, 1, 8), name).height for name in NAMES}
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
            "('delivery', 'quarantine', 'reconciliation', 'decision') ORDER BY ALL"
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
        if step.name.startswith(("ingest", "clean", "regional")):
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


def test_a_warehouse_of_another_layout_names_the_command_that_helps(place):
    with duckdb.connect(str(place.home.warehouse)) as con:
        con.execute("UPDATE history.version SET version = '0'")
    with pytest.raises(HomeRefused, match="has layout 0.*catchment rebuild"):
        place.night()
    with pytest.raises(HomeRefused, match="has layout 0.*catchment rebuild"):
        place.newest()
    rebuild(place.home, None, plans=False)
    assert place.newest().height == 21
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
        patch.setattr("flows.night.ingest.record.insert", killed)
        with pytest.raises(KeyboardInterrupt):
            place.night()
    assert place.newest().height == 21
    assert place.night()[NEXT][0] == "loaded"
    assert place.newest().height == 42
    rebuild(place.home, None, plans=False)
    assert place.newest().height == 42


def test_what_a_kill_left_half_written_is_swept_away(place):
    (place.home.landing / ".part-1").write_text("half")
    (place.home.receipts / ".a.csv.1").write_text("half")
    (place.root / "rebuild").mkdir()
    (place.root / "rebuild" / "warehouse.duckdb").write_text("half")
    place.night()
    assert not (place.root / "rebuild").exists()
    assert list(place.root.rglob(".*")) == []


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
