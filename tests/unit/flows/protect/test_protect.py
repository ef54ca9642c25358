import io

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.protect.keys import (
    CHUNK,
    MAGIC,
    Keys,
    decrypt,
    encrypt,
    key_of,
    plain_bytes,
    pseudonym,
    pseudonymise,
    reencrypt_file,
)
from schemas.clean import Encounter
from schemas.errors import KeyRefused


@pytest.fixture
def keys(tmp_path) -> Keys:
    return Keys(tmp_path / "keys")


def sealed(keys: Keys, plain: bytes) -> bytes:
    target = io.BytesIO()
    encrypt(io.BytesIO(plain), target, keys.active())
    return target.getvalue()


def opened(keys: Keys, data: bytes) -> bytes:
    return b"".join(decrypt(io.BytesIO(data), keys))


def test_a_key_is_its_owners_alone(keys):
    keys.active()
    (file,) = keys.folder.iterdir()
    assert file.stat().st_mode & 0o777 == 0o400
    assert keys.folder.stat().st_mode & 0o777 == 0o700
    file.chmod(0o440)
    with pytest.raises(KeyRefused, match="chmod 0400"):
        keys.active()


def test_a_renamed_key_is_refused(keys):
    first = keys.active()
    (file,) = keys.folder.iterdir()
    file.rename(file.with_name("0001-000000000000.key"))
    with pytest.raises(KeyRefused, match="damaged or renamed"):
        keys.active()
    with pytest.raises(KeyRefused, match=first.key_id):
        keys.named(first.key_id)


def test_a_key_does_not_show_itself(keys):
    key = keys.active()
    assert key.secret.hex() not in repr(key)
    assert key.secret.hex()[:12] != key.key_id


def test_rotation_keeps_what_was_written_readable(keys):
    old = sealed(keys, b"before")
    first = keys.active()
    second = keys.rotate()
    assert keys.active().key_id == second.key_id != first.key_id
    assert opened(keys, old) == b"before"


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_what_is_encrypted_comes_back(keys, size):
    plain = bytes(range(256)) * (size // 256 + 1)
    assert opened(keys, sealed(keys, plain[:size])) == plain[:size]


def test_any_flipped_bit_is_seen(keys):
    data = sealed(keys, b"patient 4711, 1.4.1950")
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 1
        with pytest.raises(KeyRefused):
            opened(keys, bytes(changed))


def test_chunks_cannot_be_cut_off_or_changed_over(keys):
    data = sealed(keys, b"a" * CHUNK + b"b" * CHUNK + b"c")
    head = len(MAGIC) + 12 + 7
    first, second = data[head : head + CHUNK + 16], data[head + CHUNK + 16 : head + 2 * CHUNK + 32]
    for wrong in (data[: head + 2 * CHUNK + 32], data[:head] + second + first + data[-17:]):
        with pytest.raises(KeyRefused, match="damaged"):
            opened(keys, wrong)


def test_a_file_is_encrypted_again_under_the_new_key(keys, tmp_path):
    file = tmp_path / "landed"
    file.write_bytes(sealed(keys, b"canary"))
    new = keys.rotate()
    reencrypt_file(file, keys)
    assert key_of(file) == new.key_id
    assert file.stat().st_mode & 0o777 == 0o600
    assert plain_bytes(file, keys) == b"canary"


@given(st.text(min_size=1), st.text(min_size=1))
def test_pseudonyms_are_equal_where_people_are(tmp_path_factory, one, other):
    key = Keys(tmp_path_factory.getbasetemp() / "law").active()
    same = pseudonym(key, "patient_key", one) == pseudonym(key, "patient_key", other)
    assert same == (one == other)


def test_every_identifier_of_a_stay_is_replaced(keys):
    key = keys.active()
    stays = pl.DataFrame(
        {
            "encounter_id": ["stay-1", "stay-2", "stay-3"],
            "patient_key": ["person-1", "person-1", None],
            "institution_id": ["h", "h", "h"],
        }
    )
    kept = pseudonymise(Encounter, stays, key)
    assert kept["institution_id"].to_list() == ["h", "h", "h"]
    assert kept["patient_key"].to_list() == [pseudonym(key, "patient_key", "person-1")] * 2 + [None]
    assert kept["encounter_id"].n_unique() == 3
    assert not any(v in kept.write_csv() for v in ("stay-", "person-"))
    assert all(v.startswith(f"{key.key_id}:") for v in kept["encounter_id"])
