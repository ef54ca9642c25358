"""Keys of a home: one file each, readable by its owner alone; the newest is the active one."""

import hashlib
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from flows.store.files import replacing, write_text
from flows.store.home import Home
from schemas.errors import KeyRefused

LENGTH = 32


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
