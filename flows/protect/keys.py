"""Keys of a home, and what they do: pseudonyms of persons, and files that only they open.

A key is a file of its own, readable by its owner alone; the newest is the active one. By a keyed
pseudonym the same person has the same name, and there is no way back without the key.

A file is encrypted by AES-256-GCM in chunks, none of which may be missing: MAGIC, the key id (12
bytes), a random prefix (7 bytes), then chunks of 1 MiB, each with its tag. A chunk's nonce is
prefix + its number + whether it is the last, so that a chunk that is changed, moved, dropped or cut
off does not decrypt (the STREAM construction).
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

import polars as pl
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from flows.store.files import replacing, write_text
from flows.store.home import Home
from schemas.errors import KeyRefused
from schemas.table import Table, identifiers

LENGTH = 32
DIGITS = 32
MAGIC = b"CATCHMENT-ENC-1\n"
CHUNK = 1 << 20
TAG = 16
PREFIX = 7
KEY_ID = 12


@dataclass(frozen=True, slots=True, repr=False)
class Key:
    """A key and the id that tells which one it is; the id gives nothing of it away."""

    key_id: str
    secret: bytes

    def derive(self, purpose: str) -> bytes:
        """A 32-byte key of its own for each purpose (HKDF-SHA-256)."""
        return HKDF(hashes.SHA256(), LENGTH, salt=None, info=purpose.encode()).derive(self.secret)


def keys_of(home: Home) -> "Keys":
    """The keys of a home, which remembers those that it was written with."""
    return Keys(home.keys, home.root / "key.ids")


class Keys:
    """The keys in one folder."""

    def __init__(self, folder: Path, used: Path | None = None) -> None:
        """Nothing is read or written before it is asked for.

        ``used`` is where a home remembers the ids of keys that it wrote with.
        """
        self.folder, self._used = folder, used

    def active(self) -> Key:
        """The newest key; the first one is made where there is none and never was.

        Raises:
            KeyRefused: if the key that was active is gone, or not closed to others.
        """
        found = self._files()
        if not found:
            return self.rotate()
        key = self._read(found[-1])
        self._remember(key.key_id)
        return key

    def named(self, key_id: str) -> Key:
        """The key of that id.

        Raises:
            KeyRefused: if it is not there.
        """
        for path in self._files():
            if path.stem.endswith(f"-{key_id}"):
                return self._read(path)
        raise KeyRefused(f"no key {key_id} in {self.folder}; put back the key files kept elsewhere")

    def rotate(self) -> Key:
        """Make a new key the active one; earlier ones stay, to read what they wrote.

        Raises:
            KeyRefused: if the earlier ones are gone.
        """
        if (lost := self._remembered()) and not self._files():
            raise KeyRefused(
                f"{self.folder} holds no key, and this home was written with {', '.join(lost)}: "
                "put back the key files kept elsewhere"
            )
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        secret = secrets.token_bytes(LENGTH)
        key = Key(hashlib.sha256(b"catchment key id" + secret).hexdigest()[:12], secret)
        path = self.folder / f"{len(self._files()) + 1:04d}-{key.key_id}.key"
        with replacing(path, 0o400) as file:
            file.write(secret)
        self._remember(key.key_id)
        return key

    def _remembered(self) -> list[str]:
        return self._used.read_text().split() if self._used and self._used.is_file() else []

    def _remember(self, key_id: str) -> None:
        known = self._remembered()
        if self._used is not None and key_id not in known:
            write_text(self._used, "".join(f"{k}\n" for k in [*known, key_id]))

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("*.key")) if self.folder.is_dir() else []

    def _read(self, path: Path) -> Key:
        mode = path.stat().st_mode & 0o777
        if mode != 0o400:
            raise KeyRefused(f"{path} has mode {mode:04o}; close it with: chmod 0400 {path}")
        key = Key(path.stem.split("-", 1)[1], path.read_bytes())
        own = hashlib.sha256(b"catchment key id" + key.secret).hexdigest()[:12]
        if own != key.key_id or len(key.secret) != LENGTH:
            raise KeyRefused(f"{path} is damaged or renamed: it is not the key that its name says")
        return key


def pseudonym(key: Key, kind: str, value: str) -> str:
    """``<key id>:<first 32 hex digits of HMAC-SHA-256>`` of an identifier of a kind."""
    return _of(key.derive("pseudonym"), key.key_id, kind, value)


def pseudonyms(key: Key, kind: str, values: Iterable[str]) -> dict[str, str]:
    """The pseudonym of each identifier of a kind."""
    secret = key.derive("pseudonym")
    return {value: _of(secret, key.key_id, kind, value) for value in values}


def pseudonymise(table: type[Table], frame: pl.DataFrame, key: Key) -> pl.DataFrame:
    """Replace every identifier of ``table`` by its pseudonym; nulls stay null."""
    secret = key.derive("pseudonym")
    return frame.with_columns(
        _replaced(frame[column], secret, key.key_id, column) for column in identifiers(table)
    )


def _replaced(values: pl.Series, secret: bytes, key_id: str, kind: str) -> pl.Series:
    known = values.drop_nulls().unique().sort()
    names = [_of(secret, key_id, kind, value) for value in known.to_list()]
    return values.replace_strict(known, pl.Series(names, dtype=pl.String), default=None)


def _of(secret: bytes, key_id: str, kind: str, value: str) -> str:
    digest = hmac.digest(secret, f"{kind}\0{value}".encode(), "sha256").hex()
    return f"{key_id}:{digest[:DIGITS]}"


class Readable(Protocol):
    """Anything that gives bytes."""

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes, none at the end."""
        ...


def encrypt(source: Readable, target: BinaryIO, key: Key) -> None:
    """Write ``source`` encrypted to ``target``."""
    cipher, prefix = AESGCM(key.derive("file")), secrets.token_bytes(PREFIX)
    head = MAGIC + key.key_id.encode() + prefix
    target.write(head)
    for number, chunk, last in _chunks(source, CHUNK):
        target.write(cipher.encrypt(_nonce(prefix, number, last), chunk, head))


def decrypt(source: Readable, keys: Keys) -> Iterator[bytes]:
    """The plain chunks of an encrypted file, each proved before it is given out.

    Raises:
        KeyRefused: if the key is missing, or the file is not what was written.
    """
    head = source.read(len(MAGIC) + KEY_ID + PREFIX)
    if not head.startswith(MAGIC):
        raise KeyRefused("the file is not one that Catchment encrypted")
    key = keys.named(head[len(MAGIC) : len(MAGIC) + KEY_ID].decode("ascii", "replace"))
    cipher, prefix = AESGCM(key.derive("file")), head[-PREFIX:]
    for number, chunk, last in _chunks(source, CHUNK + TAG):
        yield _opened(cipher, _nonce(prefix, number, last), chunk, head)


def is_encrypted(path: Path) -> bool:
    """Does the file begin as encrypted files do?"""
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def plain_bytes(path: Path, keys: Keys) -> bytes:
    """The file's bytes, decrypted where it is encrypted.

    Raises:
        KeyRefused: as ``decrypt``.
    """
    if not is_encrypted(path):
        return path.read_bytes()
    with path.open("rb") as file:
        return b"".join(decrypt(file, keys))


def key_of(path: Path) -> str:
    """Id of the key that an encrypted file was written with."""
    with path.open("rb") as file:
        return file.read(len(MAGIC) + KEY_ID)[len(MAGIC) :].decode("ascii", "replace")


def reencrypt_file(path: Path, keys: Keys) -> None:
    """Replace an encrypted file by the same content under the active key, at once.

    Raises:
        KeyRefused: as ``decrypt``.
    """
    with path.open("rb") as source, replacing(path) as target:
        encrypt(_Plain(decrypt(source, keys)), target, keys.active())


class _Plain:
    """Plain chunks, read as a file."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._left = chunks, b""

    def read(self, size: int, /) -> bytes:
        while len(self._left) < size and (chunk := next(self._chunks, b"")):
            self._left += chunk
        given, self._left = self._left[:size], self._left[size:]
        return given


def plain_hash(path: Path, keys: Keys) -> str:
    """sha256 of the file's bytes, decrypted where it is encrypted.

    Raises:
        KeyRefused: as ``decrypt``.
    """
    found = hashlib.sha256()
    with path.open("rb") as file:
        for chunk in (
            decrypt(file, keys) if is_encrypted(path) else iter(lambda: file.read(CHUNK), b"")
        ):
            found.update(chunk)
    return found.hexdigest()


def _opened(cipher: AESGCM, nonce: bytes, chunk: bytes, head: bytes) -> bytes:
    try:
        return cipher.decrypt(nonce, chunk, head)
    except InvalidTag:
        pass
    raise KeyRefused("the file is damaged: it is not what was written")


def _chunks(source: Readable, size: int) -> Iterator[tuple[int, bytes, bool]]:
    number, chunk = 0, source.read(size)
    while True:
        following = source.read(size)
        yield number, chunk, not following
        if not following:
            return
        number, chunk = number + 1, following


def _nonce(prefix: bytes, number: int, last: bool) -> bytes:
    return prefix + number.to_bytes(4, "big") + (b"\x01" if last else b"\x00")
