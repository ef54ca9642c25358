from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from flows.clerk.check import check_file, feed_named, known_institutions
from flows.commands.main import app
from schemas.errors import ConfigRefused
from tests.integration.deliveries.place import zipped

CONFIG = Path(__file__).parents[4] / "config"
NAME = "synthetic_capacity_2026-02-10.csv"
HEADER = "institution_id,resource_id,date,period_days,in_service,in_use\n"
GOOD = HEADER + "H1,bed,2026-02-09,1,20,10\nH2,bed,2026-02-09,1,8,8\n"
BAD = GOOD + "H9,bed,2026-02-09,1,20,10\nH1,bed,2026-02-10,1,20,four\n,bed,2026-02-09,1,5,5\n"


@pytest.fixture
def file(tmp_path) -> Path:
    path = tmp_path / NAME
    path.write_text(GOOD)
    return path


@pytest.fixture
def capacity():
    return feed_named("canonical_capacity", CONFIG)


def outcome(arguments: list[object]) -> tuple[int, str]:
    ended = CliRunner().invoke(app, ["check", *map(str, arguments)])
    return ended.exit_code, ended.output


def test_a_good_file_ends_with_0(file):
    code, said = outcome([file, "--feed", "canonical_capacity", "--config", CONFIG])
    assert code == 0
    assert "would be loaded: 2 rows read = 2 loaded" in " ".join(said.split())


def test_faults_are_told_by_row_column_and_rule_and_never_by_value(file, tmp_path):
    file.write_text(BAD)
    (tmp_path / "known.csv").write_text("institution_id,name\nH1,one\nH2,two\n")
    code, said = outcome(
        [
            *(file, "--feed", "canonical_capacity", "--config", CONFIG),
            *("--reference", tmp_path / "known.csv", "--out", tmp_path / "report.csv"),
        ]
    )
    assert code == 13
    assert "four" not in said
    report = pl.read_csv(tmp_path / "report.csv")
    assert report.select("what", "line", "column", "rule").rows()[1:] == [
        ("flagged", None, "institution_id", "unknown_codes"),
        ("quarantined", 4, "institution_id", "unknown_institution"),
        ("nulled", 5, "in_use", "unreadable"),
        ("quarantined", 6, "institution_id", "key_missing"),
    ]
    assert report["words"][1] == "institution_id: 1 row has 1 unknown code: 'H9' (1)"
    assert report["words"][0].startswith("5 rows read = 3 loaded + 2 quarantined")
    assert "four" not in (tmp_path / "report.csv").read_text()


def test_nothing_is_kept(file, capacity, tmp_path):
    check_file(file, capacity, None)
    assert [p.name for p in tmp_path.iterdir()] == [NAME]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        (NAME, "", "zero bytes"),
        (NAME, HEADER, "no rows"),
        (NAME, "a,b\n1,2\n", "lacks the column"),
        ("beds.csv", GOOD, "expects names like"),
        ("beds.csv", "", "expects names like.*zero bytes"),
        ("synthetic_capacity_2026-02-31.csv", GOOD, "does not give a date"),
        ("'.csv", GOOD, "no file name needs"),
        (NAME + ".gz", GOOD, "not gzip"),
        (NAME, HEADER + "X1,bed,2026-02-09,1,1,1\n" * 2 + "X2,bed,2026-02-10,1,1,1\n", "none of"),
    ],
)
def test_what_would_be_rejected_ends_with_4(tmp_path, capacity, name, content, reason):
    (tmp_path / name).write_text(content)
    checked = check_file(tmp_path / name, capacity, frozenset({"H1"}))
    assert checked.code == 4
    assert pl.Series([checked.report["words"][0]]).str.contains(reason).item()


def test_a_link_is_rejected_as_the_night_rejects_it(file, capacity, tmp_path):
    (tmp_path / "sent").mkdir()
    (tmp_path / "sent" / NAME).symlink_to(file)
    checked = check_file(tmp_path / "sent" / NAME, capacity, None)
    assert (checked.code, "it is a link" in checked.report["words"][0]) == (4, True)


def test_so_is_a_file_larger_than_its_feed_allows(file, capacity):
    small = capacity.file.model_copy(update={"max_mb": 0.00001})
    checked = check_file(file, capacity.model_copy(update={"file": small}), None)
    assert (checked.code, "its feed allows 10" in checked.report["words"][0]) == (4, True)


@pytest.mark.parametrize(
    ("archive", "member", "reason"),
    [
        ("beds.zip", NAME, None),
        (NAME + ".zip", "anything.csv", None),
        (NAME + ".zip", NAME, None),
        ("beds.zip", f"data/{NAME}", f"holds data/{NAME}, in a folder"),
        ("beds.zip", f"data\\{NAME}", "in a folder"),
        (NAME + ".zip", NAME.replace("-10", "-09"), f"-09.csv and {NAME} of one file"),
        (NAME + ".zip", "data/" + NAME.replace("-10", "-09"), "give different dates"),
        ("beds.zip", "beds.csv", "expects names like"),
    ],
)
def test_the_names_of_an_archive_and_of_the_file_in_it(tmp_path, capacity, archive, member, reason):
    path = tmp_path / archive
    path.write_bytes(zipped(**{member: GOOD}))
    checked = check_file(path, capacity, None)
    assert checked.code == (4 if reason else 0)
    assert reason is None or reason in checked.report["words"][0]


def test_a_manifest_beside_it_is_checked(file, capacity):
    file.with_name(NAME + ".manifest.json").write_text('{"rows": 3}')
    assert check_file(file, capacity, None).code == 4


def test_an_extract_of_the_future_would_be_held(tmp_path, capacity):
    day = datetime.now(UTC).date() + timedelta(days=9)
    path = tmp_path / f"capacity_{day}.csv"
    path.write_text(GOOD)
    checked = check_file(path, capacity, None)
    assert (checked.code, checked.report["what"][0]) == (13, "held")


def test_a_reference_may_be_the_extract_that_names_institutions(tmp_path):
    path = tmp_path / "synthetic_institution_2026-02-10.csv"
    path.write_text(
        "institution_id,name,zone_id,region_id,tier,ownership,latitude,longitude,active_from\n"
        "H1,A,Z,R,primary,public,45,9,1990-01-01\n"
    )
    assert known_institutions(path, CONFIG) == {"H1"}
    (tmp_path / "list.csv").write_text("id\nH1\n")
    with pytest.raises(ConfigRefused, match="no CSV with a column institution_id"):
        known_institutions(tmp_path / "list.csv", CONFIG)


def test_an_unknown_feed_is_refused_with_those_there_are():
    with pytest.raises(ConfigRefused, match="canonical_capacity"):
        feed_named("capacities", CONFIG)
    with pytest.raises(ConfigRefused, match="no feed"):
        feed_named("../feeds/canonical_capacity", CONFIG / "nowhere")


def shown(file: Path, feed: str, table: str) -> tuple[int, list[str]]:
    code, printed = outcome([file, "--feed", feed, "--config", CONFIG, "--show", table])
    return code, [line.rstrip() for line in printed.splitlines()]


def test_the_first_rows_are_shown_as_they_would_be_loaded(file):
    file.write_text(GOOD.replace("20,10", "20,NA") + "H1,bed,2026-02-10,1,20,four\n")
    code, lines = shown(file, "canonical_capacity", "capacity")
    assert code == 13
    assert any(line.endswith("rows by table: capacity 3") for line in lines)
    start = lines.index("capacity, the first 3 of 3 rows")
    assert [line.split() for line in lines[start + 1 : start + 5]] == [
        ["institution_id", "resource_id", "date", "period_days", "in_service", "in_use"]
        + ["in_use_reason"],
        ["H1", "bed", "2026-02-09", "1", "20.0", "not_reported"],
        ["H1", "bed", "2026-02-10", "1", "20.0", "unreadable"],
        ["H2", "bed", "2026-02-09", "1", "8.0", "8.0"],
    ]
    assert "four" not in " ".join(lines)


def test_no_row_of_a_patients_feed_is_shown(tmp_path):
    path = tmp_path / "encounter_2026-02-10.csv"
    path.write_text(
        "encounter_id,record_type,patient_key,institution_id,zone_id,class_id,age_band,sex,"
        "admitted_at,discharged_at,payer_id\n"
        "E1,stay,anna,H1,Z1,general,30-44,F,2026-02-01 10:00,2026-02-03 10:00,insurer\n"
    )
    code, lines = shown(path, "canonical_encounter", "encounter")
    assert code == 0
    assert lines[-1] == "1 row of encounter: it describes a patient and is not shown"
    assert not {"anna", "E1", "30-44"} & set(" ".join(lines).split())


def test_a_table_that_the_feed_does_not_fill_is_refused(file, capacity):
    ended = CliRunner().invoke(
        app,
        [
            *("check", str(file), "--feed", "canonical_capacity", "--config", str(CONFIG)),
            *("--show", "beds"),
        ],
    )
    assert isinstance(ended.exception, ConfigRefused)
    assert "fills no table beds; it fills: capacity" in str(ended.exception)


def test_of_a_rejected_file_no_row_is_shown(file):
    file.write_text(HEADER)
    code, lines = shown(file, "canonical_capacity", "capacity")
    assert (code, lines[-1]) == (4, "no row of capacity would be loaded")
