"""After a night: an encrypted backup, tested by a restore; then the oldest ones are removed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flows.backup import BACKUP, DRILL, Proof, backup, drill
from flows.store import audit_log
from flows.store.ending import ending_at_once
from flows.store.files import parts
from flows.store.home import Home, one_night, settings
from flows.store.unforeseen import unforeseen
from schemas.errors import CatchmentError, HomeRefused

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
