import hashlib
import json

import pytest

from flows.store.audit_log import log_file, record, refuse_if_broken, restart, verify_log
from flows.store.home import Home
from schemas.errors import HomeRefused


@pytest.fixture
def home(tmp_path) -> Home:
    made = Home(tmp_path / "home").prepare()
    for night in ("2026-02-08", "2026-02-09", "2026-02-10"):
        record(made, "published", night=night)
    return made


def rewrite(home: Home, change) -> None:
    lines = [json.loads(line) for line in log_file(home).read_text().splitlines()]
    log_file(home).write_text("".join(json.dumps(line) + "\n" for line in change(lines)))


def test_an_untouched_log_is_whole_and_private(home):
    assert verify_log(home) == 3
    assert log_file(home).stat().st_mode & 0o777 == 0o600


def test_an_empty_home_has_an_empty_log(tmp_path):
    assert verify_log(Home(tmp_path / "new").prepare()) == 0


@pytest.mark.parametrize("line", [0, 1, 2])
def test_a_changed_entry_is_named(home, line):
    def change(lines):
        lines[line]["facts"]["night"] = "2026-01-01"
        return lines

    rewrite(home, change)
    with pytest.raises(HomeRefused, match=f"line {line + 1} is not what was written"):
        verify_log(home)


def test_a_removed_entry_is_seen(home):
    rewrite(home, lambda lines: [lines[0], lines[2]])
    with pytest.raises(HomeRefused, match="line 2"):
        verify_log(home)


def test_a_cut_off_end_is_seen(home):
    rewrite(home, lambda lines: lines[:2])
    with pytest.raises(HomeRefused, match="after line 2 are missing"):
        verify_log(home)


def test_a_torn_line_is_seen(home):
    log_file(home).write_text(log_file(home).read_text()[:-20])
    with pytest.raises(HomeRefused, match="line 3"):
        verify_log(home)


def test_nothing_is_added_to_a_changed_log(home):
    def change(lines):
        lines[2]["event"] = "nothing"
        return lines

    rewrite(home, change)
    with pytest.raises(HomeRefused, match="entry 3 was changed"):
        record(home, "published", night="2026-02-11")


def test_a_line_that_was_never_whole_does_not_stop_the_next(home):
    with log_file(home).open("a") as log:
        log.write('{"number": 4, "at": "2026-')
    assert record(home, "publish").number == 4
    assert verify_log(home) == 4


def test_nothing_is_added_to_a_log_that_was_cut(home):
    text = log_file(home).read_text()
    log_file(home).write_text(text[:-10])
    with pytest.raises(HomeRefused, match="missing"):
        record(home, "publish")


@pytest.mark.parametrize("head", ["", "3", "three of them", "3 abc"])
def test_a_changed_head_is_seen(home, head):
    (home.root / "audit.head").write_text(head)
    with pytest.raises(HomeRefused, match="audit.head is not what was written"):
        verify_log(home)


def test_a_log_without_its_head_or_a_night_without_its_log_is_seen(home):
    (home.root / "audit.head").unlink()
    with pytest.raises(HomeRefused, match="audit.head is missing"):
        verify_log(home)
    log_file(home).unlink()
    assert verify_log(home) == 0
    home.published.touch()
    with pytest.raises(HomeRefused, match="is missing, and a night was published"):
        verify_log(home)


def test_bytes_that_are_no_text_are_seen(home):
    data = log_file(home).read_bytes()
    log_file(home).write_bytes(data.replace(b"2026-02-09", b"2026-02-\xff9", 1))
    with pytest.raises(HomeRefused, match="line 2 is not what was written"):
        verify_log(home)


def test_a_broken_log_is_kept_beside_a_new_one_that_names_it(home):
    rewrite(home, lambda lines: lines[:2])
    with pytest.raises(HomeRefused, match="catchment audit restart"):
        refuse_if_broken(home)
    broken = log_file(home).read_bytes()
    kept = restart(home, "a disk was exchanged")
    assert kept is not None
    assert kept.read_bytes() == broken
    refuse_if_broken(home)
    assert verify_log(home) == 1
    first = json.loads(log_file(home).read_text())
    assert first["facts"]["sha256"] == hashlib.sha256(broken).hexdigest()
    assert first["facts"]["why"] == "a disk was exchanged"


def test_from_the_first_night_on_there_is_a_log(tmp_path):
    made = Home(tmp_path / "new").prepare()
    refuse_if_broken(made)
    made.published.touch()
    assert verify_log(made) == 0
