import polars as pl
import pytest

from flows.backup import backup, drill, restore
from flows.protect.keys import Keys
from flows.store.audit_log import verify_log
from flows.store.fingerprint import warehouse_fingerprint
from flows.store.home import Home, Settings, one_night, restoring
from flows.store.warehouse import append_history, initialise, opened, replace
from schemas import clean
from schemas.errors import CatchmentError, HomeRefused, KeyRefused
from schemas.table import conform


@pytest.fixture
def home(tmp_path) -> Home:
    made = Home(tmp_path / "home").prepare()
    initialise(made)
    regions = conform(clean.Region, pl.DataFrame({"region_id": ["a", "b"]}))
    with opened(made) as con:
        replace(con, clean.Region, regions)
        append_history(con, clean.Region, regions, "d1")
    (made.landing / "ab").mkdir()
    (made.landing / "ab" / "abc").write_bytes(b"canary")
    return made


def test_a_restored_home_equals_the_original(home, tmp_path):
    file = backup(home, tmp_path / "backups")
    assert file.stat().st_mode & 0o777 == 0o600
    assert b"canary" not in file.read_bytes()
    copy = Home(tmp_path / "copy")
    proof = restore(file, copy, Keys(home.keys))
    assert warehouse_fingerprint(copy) == warehouse_fingerprint(home)
    assert proof.tables == len(warehouse_fingerprint(home))
    assert (copy.landing / "ab" / "abc").read_bytes() == b"canary"
    assert not copy.keys.exists()
    assert verify_log(copy) == 1


def test_the_drill_proves_the_copy_and_leaves_nothing(home, tmp_path):
    proof = drill(backup(home, tmp_path / "backups"), home)
    assert proof.files >= 2
    assert list(home.spill.iterdir()) == []


def test_the_drill_sees_a_warehouse_that_is_no_longer_the_copy(home, tmp_path):
    file = backup(home, tmp_path / "backups")
    with opened(home) as con:
        con.execute("UPDATE clean.region SET name = 'changed'")
    with pytest.raises(HomeRefused, match="differs"):
        drill(file, home)


@pytest.mark.parametrize("place", [0.0, 0.3, 0.7, 0.999])
def test_a_flipped_byte_of_a_backup_is_said(home, tmp_path, place):
    file = backup(home, tmp_path / "backups")
    data = bytearray(file.read_bytes())
    data[int(len(data) * place)] ^= 1
    file.write_bytes(data)
    with pytest.raises(CatchmentError):
        restore(file, Home(tmp_path / "copy"), Keys(home.keys))


def test_without_the_key_a_backup_stays_shut(home, tmp_path):
    file = backup(home, tmp_path / "backups")
    with pytest.raises(KeyRefused, match="no key"):
        restore(file, Home(tmp_path / "copy"), Keys(tmp_path / "elsewhere"))


def test_a_home_in_use_is_not_overwritten(home, tmp_path):
    file = backup(home, tmp_path / "backups")
    with pytest.raises(HomeRefused, match="not empty"):
        restore(file, home, Keys(home.keys))


def test_a_restore_that_was_stopped_is_begun_again(home, tmp_path, monkeypatch):
    file = backup(home, tmp_path / "backups")
    copy = Home(tmp_path / "copy")
    with monkeypatch.context() as stopped, pytest.raises(KeyboardInterrupt):
        stopped.setattr("flows.backup._prove", _stop)
        restore(file, copy, Keys(home.keys))
    assert (copy.landing / "ab" / "abc").exists()
    restore(file, copy, Keys(home.keys))
    assert warehouse_fingerprint(copy) == warehouse_fingerprint(home)
    with pytest.raises(HomeRefused, match="not empty"):
        restore(file, copy, Keys(home.keys))


def test_a_restore_that_was_refused_leaves_an_empty_folder_to_begin_again(home, tmp_path):
    file, copy = backup(home, tmp_path / "backups"), Home(tmp_path / "copy")
    bad = tmp_path / "bad.backup"
    bad.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(CatchmentError):
        restore(bad, copy, Keys(home.keys))
    assert list(copy.root.iterdir()) == []
    restore(file, copy, Keys(home.keys))
    with one_night(copy, "a night"), pytest.raises(HomeRefused, match="nosuch.backup: there is no"):
        restore(tmp_path / "nosuch.backup", copy, Keys(home.keys))
    assert warehouse_fingerprint(copy) == warehouse_fingerprint(home)


def test_no_night_runs_where_a_restore_was_stopped(home):
    restoring(home).touch()
    with pytest.raises(HomeRefused, match="a restore into it was stopped"), one_night(home, "it"):
        pass


def test_a_key_kept_elsewhere_in_the_home_stays_out_of_the_backup(home, tmp_path, monkeypatch):
    own = home.root / "secret"
    Keys(own).rotate()
    monkeypatch.setattr("flows.store.home.settings", lambda: Settings(keys=own))
    file = backup(home, tmp_path / "backups")
    copy = Home(tmp_path / "copy")
    restore(file, copy, Keys(own))
    assert not (copy.root / "secret").exists()
    assert (copy.root / "key.ids").read_text().split()


def test_a_home_whose_key_is_gone_gets_no_other(home, tmp_path):
    backup(home, tmp_path / "backups")
    aside = home.keys.rename(tmp_path / "aside")
    with pytest.raises(KeyRefused, match="put back the key files"):
        backup(home, tmp_path / "backups")
    aside.rename(home.keys)
    backup(home, tmp_path / "backups")


def _stop(*given):
    raise KeyboardInterrupt
