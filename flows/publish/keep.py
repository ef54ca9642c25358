"""The last nights' published files, their published_nights, and putting one back."""

import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb

from flows.store import audit_log
from flows.store.files import copy_file, file_hash, move, parts, sync, write_text
from flows.store.home import Home
from schemas.errors import HomeRefused

KEPT = 14
PUBLIC = 0o444


@dataclass(frozen=True, slots=True)
class PublishedNight:
    """What a published file is: its hash, rows by table, and what it was made from."""

    night: str
    published_at: str
    sha256: str
    bytes: int
    rows: dict[str, int]
    about: dict[str, str]
    plans: dict[str, str]

    @property
    def stem(self) -> str:
        """Name of the kept file: sorts by time."""
        return f"{self.published_at.replace(':', '').replace('-', '')[:19]}-{self.sha256[:12]}"


def nights(home: Home) -> Path:
    """The folder of kept files."""
    return home.published.parent / "nights"


def keep_night(home: Home, new: Path, night: PublishedNight) -> None:
    """Keep a copy of the new file, with its manifest; forget all but the last ones.

    A copy, not a second name: a byte that the disk loses is lost in one of them.
    """
    folder = nights(home)
    folder.mkdir(mode=0o755, exist_ok=True)
    kept = folder / f"{night.stem}.duckdb"
    for part in parts(folder):
        part.unlink()
    if not kept.exists():
        copy_file(new, kept, PUBLIC)
    _write(folder / f"{night.stem}.json", night)
    for stem in sorted(p.stem for p in folder.glob("*.duckdb"))[:-KEPT]:
        (folder / f"{stem}.duckdb").unlink()
        (folder / f"{stem}.json").unlink(missing_ok=True)
    sync(folder)


def put_in_place(home: Home, new: Path, night: PublishedNight) -> None:
    """Make ``new`` the published file: readers see the last one or this one, never a mixture."""
    home.published.with_name(home.published.name + ".wal").unlink(missing_ok=True)
    move(new, home.published)
    _write(home.published.with_suffix(".json"), night)


def damaged(home: Home) -> bool:
    """Is the published file other than any that was ever published here?"""
    if not home.published.is_file():
        return False
    own = home.published.with_suffix(".json")
    known = {m.sha256 for m in published_nights(home)}
    known |= {m.sha256 for m in _read([own])}
    return file_hash(home.published) not in known


def last_whole(home: Home) -> Path | None:
    """The published file, or the newest kept one where that is damaged."""
    if not damaged(home):
        return home.published if home.published.is_file() else None
    for night in reversed(published_nights(home)):
        kept = nights(home) / f"{night.stem}.duckdb"
        if kept.is_file() and file_hash(kept) == night.sha256:
            return kept
    return None


def published_nights(home: Home) -> list[PublishedNight]:
    """Manifests of the kept files, the oldest first; one that cannot be read tells nothing."""
    return _read(sorted(nights(home).glob("*.json")))


def _read(paths: Iterable[Path]) -> list[PublishedNight]:
    found = []
    for path in paths:
        with suppress(FileNotFoundError, ValueError, TypeError):
            found.append(PublishedNight(**json.loads(path.read_text(encoding="utf-8"))))
    return found


def rollback(home: Home, to: str | None) -> PublishedNight:
    """Publish a kept file again: the newest of night ``to``, or the one published before this one.

    Raises:
        HomeRefused: if there is none, if it is not the file that its manifest says, or if the audit
            log cannot record it.
    """
    audit_log.refuse_if_broken(home)
    chosen = _chosen(home, to)
    source = nights(home) / f"{chosen.stem}.duckdb"
    if not source.is_file() or file_hash(source) != chosen.sha256:
        raise HomeRefused(f"{source} is damaged: its bytes are not those of its manifest")
    if _about(source) != chosen.about or chosen.about.get("night", "") != chosen.night:
        raise HomeRefused(f"{source.with_suffix('.json')} was changed: the file says otherwise")
    new = home.published.with_name(".catchment-back.duckdb")
    new.unlink(missing_ok=True)
    copy_file(source, new, PUBLIC)
    put_in_place(home, new, chosen)
    audit_log.record(home, "rollback", night=chosen.night, sha256=chosen.sha256)
    return chosen


def _chosen(home: Home, to: str | None) -> PublishedNight:
    present = file_hash(home.published) if home.published.is_file() else ""
    kept = published_nights(home)
    places = [n for n, m in enumerate(kept) if m.sha256 == present]
    earlier = kept[: places[-1]] if places and to is None else kept
    found = [m for m in earlier if m.sha256 != present and to in (None, m.night)]
    if not found:
        every = ", ".join(sorted({m.night for m in kept})) or "none"
        raise HomeRefused(f"no other published file to put back; nights kept: {every}")
    return found[-1]


def _about(file: Path) -> dict[str, str]:
    with duckdb.connect(str(file), read_only=True) as con:
        return dict(con.execute("SELECT item, value FROM ops.about").fetchall())


def _write(path: Path, night: PublishedNight) -> None:
    write_text(path, json.dumps(asdict(night), indent=2) + "\n")
