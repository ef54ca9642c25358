import gzip
import io
import stat
import zipfile
from pathlib import Path

import pytest

from flows.ingest.arrivals import packed_name, unpack
from schemas.errors import DeliveryRejected

TEXT = b"".join(b"%d,%d\n" % (n, n * n) for n in range(2000))
MOST = 1_000_000


def words(value: object) -> str:
    """What a case is called: packed bytes hold the time."""
    return value if isinstance(value, str) else "packed"


def zipped(*members: tuple[str | zipfile.ZipInfo, bytes], method=zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return target.getvalue()


def linked() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("beds.csv")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


def locked() -> bytes:
    """A zip whose flags say that its member has a password."""
    packed = bytearray(zipped(("beds.csv", TEXT)))
    packed[6] |= 1
    packed[packed.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(packed)


def flipped(packed: bytes) -> bytes:
    changed = bytearray(packed)
    changed[len(packed) // 2] ^= 0xFF
    return bytes(changed)


def opened(folder: Path, name: str, packed: bytes, most: int = MOST) -> bytes:
    path = folder / "landed"
    path.write_bytes(packed)
    return unpack(path.read_bytes(), name, most)


@pytest.mark.parametrize(
    ("name", "packed"),
    [
        ("beds.csv.gz", gzip.compress(TEXT)),
        ("BEDS.CSV.GZ", gzip.compress(TEXT, 1)),
        ("beds.zip", zipped(("beds.csv", TEXT))),
        ("beds.csv.zip", zipped(("beds.csv", TEXT), method=zipfile.ZIP_STORED)),
    ],
    ids=words,
)
def test_one_packed_file_is_read(tmp_path, name, packed):
    assert opened(tmp_path, name, packed) == TEXT


@pytest.mark.parametrize(
    ("name", "packed", "reason"),
    [
        ("a.gz", gzip.compress(TEXT)[:-9], "cut short"),
        ("a.gz", gzip.compress(TEXT)[:40], "cut short"),
        ("a.gz", flipped(gzip.compress(TEXT)), "damaged|cut short"),
        ("a.gz", TEXT, "not gzip"),
        ("a.gz", b"", "cut short"),
        ("a.gz", gzip.compress(TEXT) + gzip.compress(TEXT), "2 members"),
        ("a.gz", gzip.compress(TEXT) + b"tail", "2 members"),
        ("a.gz", gzip.compress(bytes(900_000)), "100 times"),
        ("a.zip", zipped(("a.csv", bytes(900_000))), "100 times"),
        ("a.zip", zipped(("a.csv", TEXT))[:-30], "damaged"),
        ("a.zip", flipped(zipped(("a.csv", TEXT))), "damaged"),
        ("a.zip", TEXT, "damaged"),
        ("a.zip", b"PK\x05\x06", "damaged"),
        ("a.zip", zipped(), "0 members"),
        ("a.zip", zipped(("a.csv", TEXT), ("b.csv", TEXT)), "2 members"),
        ("a.zip", zipped(("../a.csv", TEXT)), "leaves its folder"),
        ("a.zip", zipped(("in/../../a.csv", TEXT)), "leaves its folder"),
        ("a.zip", zipped(("/etc/a.csv", TEXT)), "leaves its folder"),
        ("a.zip", zipped(("folder/", b"")), "folder or a link"),
        ("a.zip", zipped((linked(), b"/etc/passwd")), "folder or a link"),
        ("a.zip", locked(), "password"),
    ],
    ids=words,
)
def test_any_other_archive_is_rejected(tmp_path, name, packed, reason):
    with pytest.raises(DeliveryRejected, match=reason):
        opened(tmp_path, name, packed)


@pytest.mark.parametrize(
    ("name", "packed"),
    [("a.gz", gzip.compress(TEXT)), ("a.zip", zipped(("a.csv", TEXT)))],
    ids=words,
)
def test_an_archive_may_not_unpack_beyond_its_feeds_cap(tmp_path, name, packed):
    assert opened(tmp_path, name, packed, len(TEXT)) == TEXT
    with pytest.raises(DeliveryRejected, match="more than its feed allows"):
        opened(tmp_path, name, packed, len(TEXT) - 1)


def test_a_zip_tells_the_name_of_its_one_member(tmp_path):
    path = tmp_path / "a.zip"
    path.write_bytes(zipped(("beds.csv", TEXT)))
    assert packed_name(path) == "beds.csv"
    path.write_bytes(zipped(("a.csv", TEXT), ("b.csv", TEXT)))
    assert packed_name(path) is None
    path.write_bytes(TEXT)
    assert packed_name(path) is None
