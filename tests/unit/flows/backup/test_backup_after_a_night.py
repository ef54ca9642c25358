import polars as pl
import pytest

from flows import backup as safekeeping
from flows.backup import FAILED, REMOVED, backed_up, backup, keep_safe
from flows.store.audit_log import last, verify_log
from flows.store.files import part_of
from flows.store.home import Home, Settings
from flows.store.warehouse import initialise, opened, replace
from schemas import clean
from schemas.errors import HomeRefused
from schemas.table import conform


@pytest.fixture
def home(tmp_path) -> Home:
    made = Home(tmp_path / "home").prepare()
    initialise(made)
    with opened(made) as con:
        replace(con, clean.Region, conform(clean.Region, pl.DataFrame({"region_id": ["a"]})))
    return made


@pytest.fixture
def two(monkeypatch) -> None:
    monkeypatch.setattr(safekeeping, "settings", lambda: Settings(backups_kept=2))


def names(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_only_the_newest_proved_backups_of_this_home_are_kept(home, tmp_path, two):
    folder = tmp_path / "backups"
    made = [keep_safe(home, folder).file.name]
    unproved = backup(home, folder).name
    (folder / "catchment-20200101T000000.backup").write_bytes(b"of another home")
    (part_of(folder / unproved)).write_bytes(b"left by a kill")
    made += [keep_safe(home, folder).file.name for _ in range(2)]
    assert names(folder) == ["catchment-20200101T000000.backup", *made[1:]]
    assert last(home, REMOVED).facts["files"] == made[0]
    verify_log(home)


def test_a_failing_drill_is_said_and_removes_nothing(home, tmp_path, two, monkeypatch):
    folder = tmp_path / "backups"
    before = [keep_safe(home, folder).file.name for _ in range(2)]
    whole = safekeeping.backup

    def damaged(*given):
        file = whole(*given)
        file.write_bytes(file.read_bytes()[:-1])
        return file

    monkeypatch.setattr(safekeeping, "backup", damaged)
    figures = {"alerts": []}
    fault = backed_up(home, folder, figures)
    assert fault.exit_code in (9, 12)
    assert "the night is published" in figures["alerts"][0]["message"]
    assert "backup" not in figures
    assert set(before) < set(names(folder))
    assert last(home, FAILED).facts["code"] == str(fault.exit_code)
    assert list(home.spill.iterdir()) == []


def test_a_folder_within_the_home_is_refused(home):
    with pytest.raises(HomeRefused, match="within the home"):
        keep_safe(home, home.root / "backups")


def test_an_error_that_nobody_foresaw_is_told_without_its_text(home, tmp_path, monkeypatch):
    def broken(*given):
        raise ValueError("canary")

    monkeypatch.setattr(safekeeping, "drill", broken)
    with pytest.raises(HomeRefused, match="unforeseen ValueError") as told:
        keep_safe(home, tmp_path / "backups")
    assert "canary" not in str(told.value)
