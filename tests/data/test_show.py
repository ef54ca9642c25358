"""`catchment show` on real nights, against the csv module."""

import csv
import io
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.commands.main import app
from flows.ingest import ingest_feed
from flows.night.run import begin
from flows.store.night import plan_night

ROOT = Path(__file__).resolve().parents[2]
REGION = ROOT / "config" / "de.toml"
NIGHTS = ("2022-10-03", "2022-10-04", "2022-10-06")


@pytest.fixture(scope="module")
def files() -> dict[str, Path]:
    folder = (ROOT / ".." / "shared" / "data" / "de" / "divi_nights").resolve()
    if not folder.is_dir():
        pytest.skip("the real extracts are not here: no folder ../shared/data/de")
    return {night: next(folder.glob(f"*_{night}_*.csv")) for night in NIGHTS}


@pytest.fixture(scope="module")
def home(files, tmp_path_factory) -> Path:
    """A home to which three nights came, the newest first."""
    root = tmp_path_factory.mktemp("german")
    for number, path in enumerate(reversed(files.values())):
        inbox = root / str(number)
        inbox.mkdir()
        (inbox / path.name).write_bytes(path.read_bytes())
        night = begin(plan_night(REGION, inbox, root / "home", date(2022, 10, 7)))
        assert ingest_feed(night, "de_intensive_care") > 0
    return root / "home"


def shown(home: Path, day: str) -> dict[tuple[str, str], float]:
    """Beds in use by state and day."""
    arguments = ["show", "capacity", "--as-of", day, "--home", str(home)]
    ended = CliRunner().invoke(app, arguments)
    assert ended.exit_code == 0, ended.output
    rows = csv.DictReader(io.StringIO(ended.stdout))
    return {
        (r["institution_id"], r["date"]): float(r["in_use"])
        for r in rows
        if r["resource_id"] == "icu_bed"
    }


def sent(path: Path) -> dict[tuple[str, str], float]:
    with path.open(encoding="utf-8", newline="") as file:
        return {
            (r["bundesland_id"], r["datum"]): float(r["intensivbetten_belegt"])
            for r in csv.DictReader(file)
        }


@pytest.mark.parametrize(
    ("day", "night"),
    [
        ("2022-10-03", "2022-10-03"),
        ("2022-10-04", "2022-10-04"),
        ("2022-10-05", "2022-10-04"),
        ("2022-10-06", "2022-10-06"),
        ("2030-01-01", "2022-10-06"),
    ],
)
def test_a_table_as_of_a_day_is_the_file_of_the_last_night_before(home, files, day, night):
    found = shown(home, day)
    assert len(found) > 14_000
    assert found == sent(files[night])


def test_before_the_first_night_there_is_nothing(home):
    assert shown(home, "2022-10-02") == {}
