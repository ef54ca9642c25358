import hashlib

import pytest

from flows.store.files import copy_file, file_hash, move, part_of, parts, replacing, write_text


def mode(path) -> int:
    return path.stat().st_mode & 0o777


def test_a_file_takes_the_old_ones_place_and_is_private(tmp_path):
    file = tmp_path / "a"
    file.write_text("old")
    file.chmod(0o444)
    write_text(file, "new é\n")
    assert file.read_text(encoding="utf-8") == "new é\n"
    assert mode(file) == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path):
    file = tmp_path / "a"
    file.write_text("old")
    with pytest.raises(ValueError, match="stop"), replacing(file) as new:
        new.write(b"half")
        assert file.read_text() == "old"
        raise ValueError("stop")
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_nobody_else_reads_a_file_before_it_is_whole(tmp_path):
    file = tmp_path / "a"
    with replacing(file, 0o444):
        assert mode(part_of(file)) == 0o600
    assert mode(file) == 0o444


def test_parts_that_a_kill_left_are_found_by_name(tmp_path):
    for name in ("a", "b"):
        part_of(tmp_path / name).touch()
    (tmp_path / "c").touch()
    assert parts(tmp_path, "a") == [part_of(tmp_path / "a")]
    assert set(parts(tmp_path)) == {part_of(tmp_path / "a"), part_of(tmp_path / "b")}


def test_a_copy_has_the_bytes_and_its_own_mode(tmp_path):
    source, target = tmp_path / "a", tmp_path / "b"
    source.write_bytes(b"x" * 3_000_000)
    copy_file(source, target, 0o444)
    assert file_hash(target) == hashlib.sha256(b"x" * 3_000_000).hexdigest()
    assert mode(target) == 0o444
    move(target, tmp_path / "c")
    assert not target.exists()
