import hashlib

import pytest

from flows.home import Home
from flows.landing import land
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
    monkeypatch.setattr("flows.landing._copy", _grow_while_copying(source))
    with pytest.raises(DeliveryRejected, match="changed while it was read"):
        land(home, source, 100)
    assert list(home.landing.iterdir()) == []


def _grow_while_copying(source):
    from flows.landing import _copy

    def copy(path, part):
        found = _copy(path, part)
        with source.open("ab") as more:
            more.write(b"2\n")
        return found

    return copy


def test_a_missing_file_is_rejected(home, tmp_path):
    with pytest.raises(DeliveryRejected, match="cannot be read"):
        land(home, tmp_path / "gone.csv", 100)
