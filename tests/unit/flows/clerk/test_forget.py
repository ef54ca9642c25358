"""A person and an institution forgotten; a key changed; what was kept long enough expired."""

import gzip
import io
import json
import shutil
import zipfile
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest

from flows.clerk.forget import forget, rotate
from flows.ingest.landing import landed_path, read_sidecars
from flows.night.run import begin
from flows.night.steps import steps_of
from flows.protect.keys import Keys, is_encrypted, key_of, plain_bytes, pseudonym
from flows.protect.veil import PERSON, Forgotten, as_text, list_file
from flows.store.audit_log import log_file, verify_log
from flows.store.fingerprint import warehouse_fingerprint
from flows.store.home import Home
from flows.store.night import load_region, plan_night
from flows.store.warehouse import append, opened
from schemas import ops
from schemas.errors import HomeRefused
from schemas.table import conform

HEADER = (
    "encounter_id,record_type,patient_key,institution_id,zone_id,class_id,"
    "age_band,sex,payer_id,admitted_at,discharged_at\n"
)


def stay(number: int, person: str, place: str = "H1") -> str:
    tail = "Z1,general,65-74,F,self_pay,2026-02-01 10:00,2026-02-03 10:00"
    return f"stay-{number},stay,{person},{place},{tail}\n"


STAYS = HEADER + stay(1, "anna") + stay(2, "bert") + stay(3, "anna", "H2") + stay(4, '"carl"')


@pytest.fixture(autouse=True)
def _settled_at_once(monkeypatch):
    monkeypatch.setattr("flows.ingest.landing.SETTLED_S", 0)


@pytest.fixture
def demo(request) -> str:

    return str(Path(request.config.rootpath) / "config" / "demo.toml")


@pytest.fixture
def home(tmp_path, demo) -> Home:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "institution_2026-02-10.csv").write_text(
        "institution_id,name,zone_id,region_id,tier,ownership,latitude,longitude,active_from\n"
        "H1,One,Z1,R1,primary,public,45,9,1990-01-01\nH2,Two,Z1,R1,primary,public,45,9,1990-01-01\n"
    )
    (inbox / "encounter_2026-02-10.csv.gz").write_bytes(gzip.compress(STAYS.encode()))
    home = Home(tmp_path / "home")
    ingest(home, inbox, demo)
    return home


def ingest(home: Home, inbox, demo: str) -> None:

    night = begin(plan_night(Path(demo), inbox, home.root, date(2026, 2, 10)))
    for step in steps_of(night):
        if step.name in ("ingest_canonical_institution", "ingest_canonical_encounter"):
            step.run(night)


def ask(home: Home, query: str) -> list[tuple]:
    with duckdb.connect(str(home.warehouse), read_only=True) as con:
        return con.execute(query).fetchall()


def landed(home: Home) -> dict[str, bytes]:
    keys = Keys(home.keys)
    return {d.feed: plain_bytes(landed_path(home, d), keys) for d in read_sidecars(home)}


def people(home: Home) -> int:
    return ask(home, "SELECT count(*), count(DISTINCT patient_key) FROM history.encounter")[0]


def test_only_pseudonyms_reach_the_warehouse_and_landed_files_are_shut(home):
    key = Keys(home.keys).active()
    assert people(home) == (4, 3)
    names = {n for (n,) in ask(home, "SELECT patient_key FROM history.encounter")}
    assert pseudonym(key, "patient_key", "anna") in names
    for delivery in read_sidecars(home):
        path = landed_path(home, delivery)
        assert is_encrypted(path)
        assert path.stat().st_mode & 0o777 == 0o600
    assert gzip.decompress(landed(home)["canonical_encounter"]).decode() == STAYS


def test_a_person_is_forgotten_for_good(home, tmp_path, demo):
    said = forget(home, "patient_key", "anna", None)
    assert said[0] == "2 rows removed from landed files"
    assert people(home) == (2, 2)
    kept = gzip.decompress(landed(home)["canonical_encounter"]).decode()
    assert kept == HEADER + stay(2, "bert") + stay(4, '"carl"')
    assert "anna" not in (home.root / "forgotten.json").read_text()
    assert not list(home.root.glob("warehouse.before*"))
    ingest(home, tmp_path / "inbox", demo)
    assert gzip.decompress(landed(home)["canonical_encounter"]).decode() == kept
    (tmp_path / "inbox" / "encounter_2026-02-11.csv").write_text(STAYS + stay(5, "dora"))
    ingest(home, tmp_path / "inbox", demo)
    assert people(home)[1] == 3
    ((excluded, read, loaded),) = ask(
        home, "SELECT excluded, rows_read, loaded FROM ops.reconciliation WHERE rows_read = 5"
    )
    assert (excluded, read, loaded) == (2, 5, 3)
    assert verify_log(home) >= 1
    assert "forget" in log_file(home).read_text()


def zipped(text: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sheet.xml", text)
    return target.getvalue()


def test_a_file_whose_records_nobody_can_tell_apart_goes_whole(home, tmp_path, demo):
    inbox = tmp_path / "inbox"
    other = STAYS.replace("anna", "emil").replace("patient_key", "number")
    refused = {
        "01.csv": STAYS.encode("utf-16"),
        "02.csv": zipped(STAYS),
        "03.csv.gz": gzip.compress(STAYS.encode())[:-9],
        "04.csv": STAYS.replace("patient_key", "number").encode(),
        "05.csv": b'{"person": "\\u0061nna"}',
        "06.csv": other.encode(),
        "07.csv": STAYS.replace("Z1,general", "Z1,general,x").encode(),
    }
    for day, content in refused.items():
        (inbox / f"encounter_2026-01-{day}").write_bytes(content)
    ingest(home, inbox, demo)
    (home.landing / "aa").mkdir(exist_ok=True)
    (home.landing / "aa" / f"aa{62 * '0'}").write_bytes(b"of no delivery")
    said = forget(home, "patient_key", "anna", None)
    by_name = {d.file_name[-6:]: d for d in read_sidecars(home) if "2026-01" in d.file_name}
    assert {d.verdict for d in by_name.values()} == {"rejected"}
    assert {name for name, d in by_name.items() if d.erased is None} == {"06.csv"}
    assert plain_bytes(landed_path(home, by_name["06.csv"]), Keys(home.keys)) == other.encode()
    whole = [line for line in said if "the whole file is removed" in line]
    assert len(whole) == 6
    assert "encounter_2026-01-01.csv" in "".join(whole)
    assert "1 landed files that belong to no delivery removed" in said
    assert any("2 rows removed" in line and "encounter_2026-02-10" in line for line in said)
    ingest(home, inbox, demo)
    kept = [plain_bytes(landed_path(home, d), Keys(home.keys)) for d in by_name.values()
            if landed_path(home, d).exists()]  # fmt: skip
    assert kept == [other.encode()]


def test_a_file_that_was_of_one_person_alone_is_removed_unless_it_is_held(home, tmp_path, demo):
    name = "encounter_2026-02-11.csv"
    (tmp_path / "inbox" / name).write_text(HEADER + stay(9, "anna"))
    ingest(home, tmp_path / "inbox", demo)
    key = Keys(home.keys).active()
    others = [Forgotten(PERSON, pseudonym(key, PERSON, name)) for name in ("bert", "carl")]
    list_file(home.root).write_text(as_text(others))
    said = forget(home, "patient_key", " anna", None)
    (held,) = [d for d in read_sidecars(home) if d.file_name == name]
    assert held.verdict == "held"
    assert plain_bytes(landed_path(home, held), Keys(home.keys)).decode() == HEADER
    (loaded,) = [d for d in read_sidecars(home) if d.verdict == "loaded" and "enc" in d.file_name]
    assert loaded.erased is not None
    assert any("none was left" in line for line in said)
    assert people(home) == (0, 0)


@pytest.mark.parametrize(
    "others",
    [stay(2, "bert").replace("2026-02-01", "some day"), stay(2, "bert") + 2 * "broken,line\n"],
    ids=["a row at fault", "broken rows"],
)
def test_what_is_left_of_a_loaded_file_is_read_again_however_little_it_is(home, tmp_path, others):
    inbox = tmp_path / "other"
    inbox.mkdir()
    for file in (tmp_path / "inbox").glob("institution*"):
        shutil.copy(file, inbox)
    persons = "".join(stay(n, "anna") for n in range(10, 15))
    (inbox / "encounter_2026-02-10.csv").write_text(HEADER + persons + others)
    demo = read_sidecars(home)[0].region_file
    other = Home(tmp_path / "second")
    ingest(other, inbox, demo)
    assert people(other)[0] >= 5
    said = forget(other, "patient_key", "anna", None)
    assert people(other)[0] == others.count("bert,H1,Z1,general,65-74,F,self_pay,2026")
    assert any(" rows removed" in line for line in said)


def findings(home: Home, *institutions: str) -> None:
    """What an earlier night found of each institution."""
    row = pl.DataFrame({"subject": institutions}).with_columns(
        run_key=pl.lit("demo 2026-02-09"),
        step=pl.lit("quality"),
        rule=pl.lit("use_above_capacity"),
        subject_kind=pl.lit("institution"),
        severity=pl.lit("warn"),
        owner=pl.lit("sender"),
        words=pl.lit("odd"),
        message=pl.lit("odd"),
        night=date(2026, 2, 9),
        score=90.0,
        warnings=1,
        severe=0,
    )
    with opened(home) as con:
        for table in (ops.Quality, ops.QualityScore, ops.Alert):
            append(con, table, conform(table, row))


def test_an_institution_is_forgotten(home):
    findings(home, "H1", "H2")
    forget(home, "institution_id", "H2", None)
    assert ask(home, "SELECT DISTINCT institution_id FROM history.encounter") == [("H1",)]
    assert ask(home, "SELECT institution_id FROM clean.institution") == [("H1",)]
    for table in ("quality", "quality_score", "alert"):
        assert ask(home, f"SELECT subject FROM ops.{table}") == [("H1",)]


def test_a_forgotten_person_stays_out_under_a_new_key(home, tmp_path, demo):
    forget(home, "patient_key", "anna", None)
    before = ask(home, "SELECT patient_key FROM history.encounter ORDER BY 1")
    old = Keys(home.keys).active()
    rotate(home, None)
    new = Keys(home.keys).active()
    assert new.key_id != old.key_id
    after = ask(home, "SELECT patient_key FROM history.encounter ORDER BY 1")
    assert {n.split(":")[0] for (n,) in after} == {new.key_id}
    assert len(after) == len(before) == 2
    assert {key_of(landed_path(home, d)) for d in read_sidecars(home)} == {new.key_id}


def test_pseudonyms_of_two_keys_never_stand_side_by_side(home, tmp_path, demo):
    Keys(home.keys).rotate()
    (tmp_path / "inbox" / "encounter_2026-02-11.csv").write_text(STAYS + stay(5, "dora"))
    with pytest.raises(HomeRefused, match="catchment rebuild"):
        ingest(home, tmp_path / "inbox", demo)


def test_what_was_kept_long_enough_expires(home, tmp_path, demo, monkeypatch):
    feeds = load_region(Path(demo)).feeds
    kept = tuple(
        f.model_copy(update={"file": f.file.model_copy(update={"keep_days": 5})})
        if f.feed == "canonical_encounter"
        else f
        for f in feeds
    )
    monkeypatch.setattr(
        "flows.store.night.RegionFiles.feeds", property(lambda _: kept), raising=False
    )
    inbox = tmp_path / "later"
    inbox.mkdir()

    night = begin(plan_night(Path(demo), inbox, home.root, date(2026, 2, 20)))
    (step,) = [s for s in steps_of(night) if s.name == "ingest_canonical_encounter"]
    step.run(night)
    assert people(home) == (0, 0)
    (stays,) = [d for d in read_sidecars(home) if d.feed == "canonical_encounter"]
    assert stays.erased == date(2026, 2, 20)
    assert not landed_path(home, stays).exists()
    assert json.loads(log_file(home).read_text().splitlines()[-1])["event"] == "expired"


def test_nothing_is_rewritten_where_nobody_is_forgotten(home, tmp_path, demo):
    before = warehouse_fingerprint(home)["history.encounter"]
    forget(home, "patient_key", "nobody", None)
    assert warehouse_fingerprint(home)["history.encounter"] == before
    assert all(d.kept_sha256 is None for d in read_sidecars(home))
