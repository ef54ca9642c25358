"""A home in one encrypted file, and back; the copy is proved by hashes, not by hope."""

import json
import shutil
import tarfile
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flows.ingest.landing import sweep
from flows.protect.keys import Key, Keys, decrypt, encrypt, keys_of
from flows.store import audit_log
from flows.store.ending import ending_at_once, unforeseen
from flows.store.files import file_hash, parts, replacing
from flows.store.fingerprint import warehouse_fingerprint
from flows.store.home import Home, now, one_night, restoring, settings
from schemas.errors import CatchmentError, HomeRefused

# Keys never travel with what they open; the rest is made again by the next night. Kept nights do
# travel: a night compares its plan with the last one.
LEFT_OUT = frozenset({"keys", "spill", "prefect", "lock"})
CONTENTS = "contents.json"
BACKUP, DRILL = "backup", "restore drill"


@dataclass(frozen=True, slots=True)
class Proof:
    """A copy that was opened and found equal: files, hashes of its tables by name, seconds."""

    files: int
    hashes: Mapping[str, str]
    seconds: float

    @property
    def tables(self) -> int:
        """How many tables were compared."""
        return len(self.hashes)


def backup(home: Home, folder: Path) -> Path:
    """Write the home, encrypted, into ``folder``; returns the file.

    Raises:
        HomeRefused: if there is no room or no permission, or ``folder`` is within the home.
    """
    if folder.resolve().is_relative_to(home.root.resolve()):
        raise HomeRefused(
            f"{folder} is within the home; keep backups elsewhere, best on another disk"
        )
    with one_night(home, "backup"):
        sweep(home)
        name = f"catchment-{now().strftime('%Y%m%dT%H%M%S%f')}.backup"
        audit_log.record(home, BACKUP, file=name)
        with _said(folder), _spilled(home) as plain:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            key = keys_of(home).active()
            _pack(home, plain)
            return _seal(key, plain, folder / name)


def restore(file: Path, home: Home, keys: Keys) -> Proof:
    """Unpack a backup into an empty home and prove every file and table.

    A restore that was stopped is begun again by the next one into the same folder; one that is
    refused leaves the folder empty.

    Raises:
        HomeRefused: if there is no such backup, the home is not empty, or a file is not what was
            backed up.
        KeyRefused: if the backup is damaged or its key is missing.
    """
    if not file.is_file():
        raise HomeRefused(f"{file}: there is no such backup; nothing was changed")
    begun = restoring(home)
    if begun.exists():
        _clear(home.root)
    elif home.root.is_dir() and any(p.name != "keys" for p in home.root.iterdir()):
        raise HomeRefused(f"{home.root} is not empty; restore into a new folder")
    home.root.mkdir(mode=0o700, parents=True, exist_ok=True)
    begun.touch()
    home.prepare()
    try:
        proof = _unpack(file, home, keys)
    except CatchmentError:
        _clear(home.root)
        begun.unlink()
        raise
    begun.unlink()
    return proof


def _clear(root: Path) -> None:
    """Remove what a stopped restore left: all but the keys and the mark of the restore."""
    for path in root.iterdir():
        if path.is_dir() and path.name != "keys":
            shutil.rmtree(path)
        elif path.is_file() and path != restoring(Home(root)):
            path.unlink()


def drill(file: Path, home: Home) -> Proof:
    """Restore a backup into the home's spill folder, compare it with the home, and remove it.

    Raises:
        HomeRefused: if any table of the copy differs from the warehouse.
    """
    with one_night(home, "drill"), tempfile.TemporaryDirectory(dir=home.spill) as folder:
        copy = Home(Path(folder) / "home").prepare()
        proof = _unpack(file, copy, keys_of(home))
        tables = _tables(home)
    if proof.hashes != tables:
        raise HomeRefused(f"{file}: a table of the copy differs from the warehouse")
    facts = {"files": proof.files, "tables": proof.tables, "seconds": round(proof.seconds, 1)}
    said = {name: str(value) for name, value in facts.items()}
    audit_log.record(home, DRILL, file=file.name, **said)
    return proof


def _pack(home: Home, plain: Path) -> None:
    files = [p for p in sorted(home.root.rglob("*")) if p.is_file() and not _left_out(home, p)]
    contents = {
        "files": {str(p.relative_to(home.root)): file_hash(p) for p in files},
        "tables": _tables(home),
    }
    listed = plain.with_name(CONTENTS)
    listed.write_text(json.dumps(contents), encoding="utf-8")
    with tarfile.open(plain, "w") as archive:
        archive.add(listed, CONTENTS)
        for path in files:
            archive.add(path, str(path.relative_to(home.root)))


def _left_out(home: Home, path: Path) -> bool:
    parts = path.relative_to(home.root).parts
    if path.resolve().is_relative_to(home.keys.resolve()):
        return True
    return bool(LEFT_OUT & set(parts)) or path.name.startswith(".")


def _seal(key: Key, plain: Path, target: Path) -> Path:
    with plain.open("rb") as source, replacing(target) as sealed:
        encrypt(source, sealed, key)
    return target


def _unpack(file: Path, home: Home, keys: Keys) -> Proof:
    begun = time.perf_counter()
    with _said(home.root), _spilled(home) as plain:
        with file.open("rb") as sealed, plain.open("wb") as target:
            for chunk in decrypt(sealed, keys):
                target.write(chunk)
        with tarfile.open(plain) as archive:
            archive.extractall(home.root, filter="data")
    listed = home.root / CONTENTS
    contents = json.loads(listed.read_text(encoding="utf-8"))
    listed.unlink()
    _prove(file, home, contents)
    return Proof(len(contents["files"]), contents["tables"], time.perf_counter() - begun)


def _prove(file: Path, home: Home, contents: dict[str, dict[str, str]]) -> None:
    for name, expected in contents["files"].items():
        if file_hash(home.root / name) != expected:
            raise HomeRefused(f"{file}: {name} is not what was backed up")
    if _tables(home) != contents["tables"]:
        raise HomeRefused(f"{file}: a table is not what was backed up")


def _tables(home: Home) -> dict[str, str]:
    return warehouse_fingerprint(home) if home.warehouse.is_file() else {}


@contextmanager
def _spilled(home: Home) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(dir=home.spill))
    try:
        yield folder / "plain.tar"
    finally:
        shutil.rmtree(folder)


@contextmanager
def _said(folder: Path) -> Iterator[None]:
    fault = None
    try:
        yield
    except OSError as err:
        fault = err.strerror
    if fault is not None:
        raise HomeRefused(f"{folder}: {fault}; nothing was changed")


REMOVED = "old backups removed"
FAILED = "backup failed"


@dataclass(frozen=True, slots=True)
class Kept:
    """The new backup, how it was tested, and the names of the older ones that were removed."""

    file: Path
    proof: Proof
    removed: tuple[str, ...]


def keep_safe(home: Home, folder: Path) -> Kept:
    """Write a backup of the home into ``folder``, test it, and keep only the newest tested ones.

    None is removed before the new one has passed its test. Backups of other homes in that folder
    are never removed. A failure is recorded in the audit log; what the night published stays.

    Raises:
        HomeRefused: if the backup cannot be written, or is not equal to the home.
        KeyRefused: if a key is missing or what was written cannot be read.
        NightBusy: if another night has begun.
    """
    with ending_at_once():
        try:
            return _kept(home, folder)
        except CatchmentError as err:
            fault = err
        except Exception as err:  # its text may carry what stood in an extract
            fault = HomeRefused(f"backup: {unforeseen(err)}")
        _record_failure(home, fault)
        raise type(fault)(f"{fault}; the night is published, its backup in {folder} is not tested")


def backed_up(home: Home, folder: Path | None, figures: dict[str, Any]) -> CatchmentError | None:
    """``keep_safe``, if a folder is named. The outcome is added to ``figures``.

    Returns:
        The error, if the backup failed.
    """
    if folder is None:
        return None
    try:
        kept = keep_safe(home, folder.resolve())
    except CatchmentError as err:
        figures["alerts"].insert(0, {"rule": FAILED, "subject": "backup", "message": str(err)})
        return err
    figures["backup"] = {
        "file": str(kept.file),
        "bytes": kept.file.stat().st_size,
        "files": kept.proof.files,
        "tables": kept.proof.tables,
        "seconds": kept.proof.seconds,
        "removed": list(kept.removed),
    }
    return None


def _kept(home: Home, folder: Path) -> Kept:
    file = backup(home, folder)
    proof = drill(file, home)
    with one_night(home, "backup"):
        return Kept(file, proof, _remove_old(home, folder, settings().backups_kept))


def _remove_old(home: Home, folder: Path, most: int) -> tuple[str, ...]:
    """Remove this home's backups but the newest tested ones, and parts that a kill left."""
    own, proved = audit_log.named(home, BACKUP), audit_log.named(home, DRILL)
    here = sorted(name for name in own if (folder / name).is_file())
    kept = [name for name in here if name in proved][-most:]
    removed = tuple(name for name in here if name not in kept)
    if removed:
        audit_log.record(home, REMOVED, files=", ".join(removed))
    for name in removed:
        (folder / name).unlink()
    for name in own:
        for part in parts(folder, name):
            part.unlink()
    return removed


def _record_failure(home: Home, fault: CatchmentError) -> None:
    """Write the failure to the audit log, unless the log itself is what failed."""
    try:
        audit_log.record(home, FAILED, error=type(fault).__name__, code=str(fault.exit_code))
    except (CatchmentError, OSError):
        return
