import errno
import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.ingest.landing import land
from flows.store.home import Home
from schemas.errors import DeliveryRejected


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "home").prepare()


def test_bytes_stand_under_their_hash_and_are_private(home, tmp_path):
    source = tmp_path / "a.csv"
    source.write_bytes(b"x\n1\n")
    landed = land(home, source, 100)
    assert landed.sha256 == hashlib.sha256(b"x\n1\n").hexdigest()
    assert landed.path.read_bytes() == b"x\n1\n"
    assert landed.path.stat().st_mode & 0o777 == 0o600
    assert land(home, source, 100) == landed
    assert [p.name for p in home.landing.rglob("*") if p.is_file()] == [landed.sha256]


def test_a_file_over_its_cap_is_not_copied(home, tmp_path):
    source = tmp_path / "a.csv"
    source.write_bytes(b"x" * 101)
    with pytest.raises(DeliveryRejected, match="101 bytes; its feed allows 100"):
        land(home, source, 100)
    assert list(home.landing.iterdir()) == []


def test_a_file_that_grows_while_it_is_read_is_rejected(home, tmp_path, monkeypatch):
    source = tmp_path / "a.csv"
    source.write_bytes(b"x\n1\n")
    monkeypatch.setattr("flows.ingest.landing._copy", _grow_while_copying(source))
    with pytest.raises(DeliveryRejected, match="changed while it was read"):
        land(home, source, 100)
    assert list(home.landing.iterdir()) == []


def _grow_while_copying(source):
    from flows.ingest.landing import _copy

    def copy(path, part, key):
        found = _copy(path, part, key)
        with source.open("ab") as more:
            more.write(b"2\n")
        return found

    return copy


def test_a_missing_file_is_rejected(home, tmp_path):
    with pytest.raises(DeliveryRejected, match="cannot be read"):
        land(home, tmp_path / "gone.csv", 100)


def test_a_file_that_is_replaced_while_it_is_read_is_read_again(home, tmp_path, monkeypatch):
    source = tmp_path / "a.csv"
    source.write_bytes(b"old\n")
    monkeypatch.setattr("flows.ingest.landing._copy", _replace_after_first_copy(source))
    assert land(home, source, 100).path.read_bytes() == b"new\n"


def _replace_after_first_copy(source):
    from flows.ingest.landing import _copy

    copies = []

    def copy(path, part, key):
        found = _copy(path, part, key)
        if not copies:
            other = source.with_name("other")
            other.write_bytes(b"new\n")
            other.replace(source)
        copies.append(found)
        return found

    return copy


@pytest.fixture
def growing(tmp_path, monkeypatch) -> Callable[[int], Path]:
    """A file that is written to so many times, once whenever it is waited for, and then is old."""

    def make(times: int) -> Path:
        source, left = tmp_path / "a.csv", iter(range(times))
        source.write_bytes(b"x\n")

        def write(seconds: float) -> None:
            if next(left, None) is None:
                os.utime(source, (0, 0))
            else:
                source.write_bytes(source.read_bytes() + b"more\n")

        monkeypatch.setattr("flows.ingest.landing.time.sleep", write)
        return source

    return make


def test_a_file_that_settles_is_waited_for(home, growing):
    assert land(home, growing(3), 100).path.read_bytes() == b"x\n" + b"more\n" * 3


def test_a_file_that_goes_on_growing_is_rejected(home, growing, monkeypatch):
    monkeypatch.setattr("flows.ingest.landing.PATIENCE_S", 0.05)
    with pytest.raises(DeliveryRejected, match="still growing"):
        land(home, growing(10**6), 100)
    assert list(home.landing.iterdir()) == []


def test_a_link_is_not_followed(home, tmp_path):
    (tmp_path / "secret").write_bytes(b"x\n")
    (tmp_path / "a.csv").symlink_to(tmp_path / "secret")
    with pytest.raises(DeliveryRejected, match="is a link"):
        land(home, tmp_path / "a.csv", 100)


def test_a_full_disk_is_no_fault_of_the_file(home, tmp_path, monkeypatch):
    source = tmp_path / "a.csv"
    source.write_bytes(b"x\n")

    def full(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        land(home, source, 100)
