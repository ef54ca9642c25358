"""Files that only the home's keys open: AES-256-GCM in chunks, none of which may be missing.

A file is MAGIC, the key id (12 bytes), a random prefix (7 bytes), then chunks of 1 MiB, each
with its tag. A chunk's nonce is prefix + its number + whether it is the last, so that a chunk that
is changed, moved, dropped or cut off does not decrypt (the STREAM construction).
"""

import hashlib
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from flows.protect.keys import Key, Keys
from flows.store.files import replacing
from schemas.errors import KeyRefused

MAGIC = b"CATCHMENT-ENC-1\n"
CHUNK = 1 << 20
TAG = 16
PREFIX = 7
KEY_ID = 12


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
