import hashlib
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from flows.clerk.sample import write_sample, write_wave
from flows.store.night import load_feed, load_region
from transforms.feed import apply
from transforms.reading import read_text
from transforms.sample import assumed, sample_files

ROOT = Path(__file__).resolve().parents[4]
CONFIG = ROOT / "config"
TABLES = ("region", "zone", "institution", "population", "capacity", "encounter", "finance")
TABLES += ("forecast",)


def hashes(paths):
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in paths}


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path):
    first = hashes(write_sample(tmp_path / "a", seed=7, institutions=4, days=40))
    again = hashes(write_sample(tmp_path / "b", seed=7, institutions=4, days=40))
    other = hashes(write_sample(tmp_path / "c", seed=8, institutions=4, days=40))
    assert first == again
    same = {name for name in first if first[name] == other[name]}
    assert same == {"synthetic_region_2026-02-10.csv"}


def test_one_thread_and_two_give_the_same_bytes(tmp_path):
    digests = []
    for threads in ("1", "2"):
        out = tmp_path / threads
        code = "from pathlib import Path; from flows.clerk.sample import write_sample\n"
        code += f"write_sample(Path({str(out)!r}), 1, 4, 40)"
        subprocess.run(
            [sys.executable, "-c", code],
            check=True,
            cwd=ROOT,
            env={**os.environ, "POLARS_MAX_THREADS": threads},
        )
        digests.append(hashes(out.iterdir()))
    assert digests[0] == digests[1]


def test_files_are_plain_csv_with_a_header(tmp_path):
    paths = write_sample(tmp_path, institutions=2, days=30)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(p.name for p in paths)
    for path in paths:
        data = path.read_bytes()
        assert data.endswith(b"\n")
        assert b"\r" not in data
        data.decode("ascii")
    header = (tmp_path / "synthetic_capacity_2026-02-10.csv").read_text().splitlines()[0]
    assert header == "institution_id,resource_id,date,period_days,in_service,in_use"


@pytest.fixture(scope="module")
def taken(tmp_path_factory):
    """Outcome of every file of the sample that is drawn on the last day, by table."""
    written = write_sample(tmp_path_factory.mktemp("sample"))
    paths = [path for path in written if "2026-02-10" in path.name]
    feeds = {
        p: next(f for f in load_region(CONFIG / "demo.toml").feeds if f.matches(p.name))
        for p in paths
    }
    known = frozenset(f"SYN-H{n:03d}" for n in range(1, 13))
    outcomes = {}
    for path, feed in feeds.items():
        text = read_text(path.read_bytes(), feed)
        checked = known if feed.institution and feed.institution.unknown != "create" else None
        drawn = feed.extract_time(path.name)
        outcome = apply(feed, text.frame, checked, drawn, text.bad_rows)
        outcomes[feed.feed.removeprefix("canonical_")] = (text, outcome)
    return outcomes


def planted(table, *fates):
    return [f for f in sample_files().faults if f.table == table and f.fate in fates]


@pytest.mark.parametrize("table", TABLES)
def test_exactly_the_planted_faults_are_found(taken, table):
    quarantine = taken[table][1].quarantine
    found = sorted(quarantine.select("row_number", "rule", "grain").rows())
    grain = {"quarantined": "row", "nulled": "cell"}
    assert found == sorted(
        (f.row, f.rule, grain[f.fate]) for f in planted(table, "quarantined", "nulled")
    )
    columns = dict(quarantine.select("row_number", "column_name").iter_rows())
    for fault in planted(table, "quarantined", "nulled"):
        assert fault.column in (None, columns[fault.row])


@pytest.mark.parametrize("table", TABLES)
def test_every_row_is_accounted_for(taken, table):
    text, outcome = taken[table]
    counts = outcome.counts
    assert counts.balances()
    assert counts.rows_read == text.rows_read
    assert counts.quarantined == len(planted(table, "quarantined"))
    assert counts.duplicate == len(planted(table, "duplicate"))
    assert counts.excluded == len(planted(table, "excluded"))
    assert counts.cells_nulled == len(planted(table, "nulled"))
    assert outcome.tables[table].height == counts.loaded
    assert text.occurrences == []


def test_the_sample_creates_its_twelve_institutions(taken):
    assert len(taken["institution"][1].institutions_created) == 12


def test_cells_that_nobody_sent_keep_their_reason_and_range(taken):
    capacity = taken["capacity"][1].tables["capacity"]
    rows = capacity.filter(pl.col("in_use_reason").is_in(["withheld", "not_reported"]))
    assert rows.select("in_use", "in_use_reason", "in_use_low", "in_use_high").sort(
        "in_use_reason"
    ).rows() == [(None, "not_reported", None, None), (None, "withheld", 0, 4)]


def test_times_are_read_in_the_hospitals_zone(taken):
    text, outcome = taken["encounter"]
    local = text.frame.filter(pl.col("encounter_id") == "SYN-E0030000")["admitted_at"].item()
    loaded = outcome.tables["encounter"].filter(pl.col("encounter_id") == "SYN-E0030000")
    expected = datetime.strptime(local, "%Y-%m-%d %H:%M").replace(tzinfo=ZoneInfo("Europe/Vienna"))
    assert loaded["admitted_at"].item().replace(tzinfo=ZoneInfo("UTC")) == expected


def test_feeds_without_a_sample_read_their_tables():
    activity = b"institution_id,class_id,zone_id,period_start,period_end,admissions,"
    activity += b"patient_days,attendances\nH1,general,all,2025-01-01,2025-12-31,100,512.5,NA\n"
    travel = b"from_id,to_id,km,minutes\nZ1,H1,12.5,20\nZ2,H1,-3,9\n"
    for name, data, loaded in (("activity", activity, 1), ("travel", travel, 1)):
        feed = load_feed(CONFIG / "feeds" / f"canonical_{name}.toml")
        text = read_text(data, feed)
        drawn = feed.extract_time(f"{name}_2026-02-10.csv")
        outcome = apply(feed, text.frame, frozenset({"H1"}), drawn, text.bad_rows)
        assert outcome.tables[name].height == loaded
        assert outcome.counts.balances()


def test_classes_use_what_the_generator_says():
    region = load_region(CONFIG / "demo.toml").region
    assert [c.class_id for c in region.classes] == list(assumed.CLASSES)
    assert [r.resource_id for r in region.resources] == list(assumed.RESOURCES)
    for care_class, units in zip(region.classes, assumed.USES, strict=True):
        used = {r: u for r, u in zip(assumed.RESOURCES, units.tolist(), strict=True) if u}
        assert care_class.uses == used
    assert region.night == assumed.LAST_DAY
    assert region.synthetic
    assert set(region.financing.payers) == set(assumed.PAYERS)


def test_the_files_of_a_wave_are_those_of_its_region(tmp_path):
    region = load_region(CONFIG / "wave.toml")
    for path in write_wave(tmp_path, seed=3, institutions=4, days=28):
        (feed,) = [feed for feed in region.feeds if feed.matches(path.name)]
        text = read_text(path.read_bytes(), feed)
        known = frozenset(f"SYN-H{n:03d}" for n in range(1, 5))
        checked = known if feed.institution and feed.institution.unknown != "create" else None
        drawn = feed.extract_time(path.name)
        outcome = apply(feed, text.frame, checked, drawn, text.bad_rows)
        assert outcome.counts.loaded == outcome.counts.rows_read
        assert outcome.counts.cells_nulled == 0


def test_the_waves_region_has_its_beds_and_classes():
    region = load_region(CONFIG / "wave.toml").region
    assert region.synthetic
    assert region.night == assumed.LAST_DAY
    assert {c.class_id: c.uses for c in region.classes} == {
        "general": {"general_bed": 1},
        "icu": {"icu_bed": 1},
    }
