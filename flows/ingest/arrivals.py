"""What lies in the folder of extracts, before anything is known of its content."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from flows.ingest.archive import is_archive, packed_name
from flows.ingest.manifest import is_manifest
from flows.ingest.names import name_fault, shown
from flows.store.night import Night
from schemas.feed import Feed


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file, the feed that expects its name, and what is wrong with it from outside.

    ``name`` is shown to people; ``fault`` is null unless the file is refused unread.
    """

    path: Path
    name: str
    feed: Feed | None
    extract_time: datetime | None
    fault: str | None = None


def arrivals_of(night: Night) -> list[Arrival]:
    """Every file in the folder of extracts and the folders below it, in order of name."""
    feeds = night.files.feeds
    return [recognised(path, night.extracts, feeds) for path in _files(night)]


def _files(night: Night) -> Iterator[Path]:
    for path in sorted(night.extracts.rglob("*")):
        below = path.relative_to(night.extracts)
        hidden = any(part.startswith(".") for part in below.parts)
        own = night.home.root in path.parents and night.home.root not in night.extracts.parents
        folder = path.is_dir() and not path.is_symlink()
        if not (hidden or own or folder or is_manifest(path.name)):
            yield path


def recognised(path: Path, folder: Path, feeds: tuple[Feed, ...]) -> Arrival:
    """The file as an arrival of the first feed that expects its name."""
    name = path.relative_to(folder).as_posix()
    if fault := name_fault(name):
        return Arrival(path, shown(name), None, None, fault)
    names = names_of(path)
    for bare in [*names, *map(_without_folder, names)]:
        feed = next((f for f in feeds if f.matches(bare)), None)
        if feed is not None:
            said = drawn_by(feed, names)
            drawn, fault = (None, said) if isinstance(said, str) else (said, None)
            return Arrival(path, shown(name), feed, drawn, fault)
    return Arrival(path, shown(name), None, None)


def drawn_by(feed: Feed, names: list[str]) -> datetime | str | None:
    """When a file was drawn by its names (see ``names_of``), or why they are refused.

    Null if the feed expects none of them.
    """
    known = {n: feed.extract_time(n) for n in map(_without_folder, names) if feed.matches(n)}
    if not known:
        return None
    if not any(feed.matches(name) for name in names):
        return f"the zip archive holds {shown(names[-1])}, in a folder; pack the file without one"
    if len(set(known.values())) > 1:
        return (
            f"the archive says {shown(min(known))} and {shown(max(known))} of one file: its own"
            " name and that of the file in it give different dates; send it with one"
        )
    return next(iter(known.values())) or "its name does not give a date in the format of its feed"


def _without_folder(name: str) -> str:
    return name.replace("\\", "/").rsplit("/", 1)[-1]


def names_of(path: Path) -> list[str]:
    """Names by which a feed may know the file: an archive's without its end, or its member's."""
    if not is_archive(path.name):
        return [path.name]
    names = [path.name.rsplit(".", 1)[0]]
    if path.name.lower().endswith(".zip") and path.is_file() and not path.is_symlink():
        names.append(packed_name(path) or "")
    return names
