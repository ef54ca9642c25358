"""What was done to a home, in order: each entry carries the hash of the one before it."""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from flows.store.files import file_hash, write_text
from flows.store.home import Home, now
from schemas.errors import HomeRefused

START = "0" * 64


@dataclass(frozen=True, slots=True)
class Entry:
    """One event; ``hash`` is over all the rest, ``previous`` the hash of the entry before."""

    number: int
    at: str
    event: str
    facts: dict[str, str]
    previous: str
    hash: str


def log_file(home: Home) -> Path:
    """Where the entries are, one line each."""
    return home.root / "audit.jsonl"


def record(home: Home, event: str, **facts: str) -> Entry:
    """Append one event; it is on disk when this returns.

    Raises:
        HomeRefused: if the last entry is not what was written.
    """
    with _alone(home):
        return _record(home, event, facts)


def _record(home: Home, event: str, facts: dict[str, str]) -> Entry:
    _drop_torn(log_file(home))
    entries = _entries(log_file(home))
    if len(entries) < _marked(home)[0]:
        raise HomeRefused(f"{log_file(home)}: entries at its end are missing; see audit verify")
    previous = entries[-1] if entries else None
    if previous is not None and _hash(previous) != previous.hash:
        raise HomeRefused(
            f"{log_file(home)}: entry {previous.number} was changed; see audit verify"
        )
    bare = Entry(
        number=previous.number + 1 if previous else 1,
        at=now().isoformat(timespec="seconds"),
        event=event,
        facts=facts,
        previous=previous.hash if previous else START,
        hash="",
    )
    entry = Entry(**{**asdict(bare), "hash": _hash(bare)})
    _append(log_file(home), entry)
    _mark(home, entry)
    return entry


@contextmanager
def _alone(home: Home) -> Iterator[None]:
    """Two commands may write at once: one after the other."""
    with (home.root / ".audit.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def last(home: Home, event: str) -> Entry | None:
    """The newest entry of an event; null if there is none."""
    found = [entry for entry in _entries(log_file(home)) if entry.event == event]
    return found[-1] if found else None


def named(home: Home, event: str) -> frozenset[str]:
    """Files that entries of an event name."""
    entries = _entries(log_file(home))
    return frozenset(e.facts["file"] for e in entries if e.event == event and "file" in e.facts)


def refuse_if_broken(home: Home) -> None:
    """Raise before anything is done that could not be recorded; else there is a log from here on.

    A torn last line is cut off.

    Raises:
        HomeRefused: as ``verify_log``, and naming the command that begins a new log.
    """
    try:
        with _alone(home):
            _drop_torn(log_file(home))
            verify_log(home)
            log_file(home).touch(0o600)
        return
    except HomeRefused as err:
        reason = str(err)
    raise HomeRefused(
        f"{reason}; find out why, then begin a new log with `catchment audit restart --home "
        f"{home.root} --why TEXT`, which keeps this one under another name"
    )


def restart(home: Home, why: str) -> Path | None:
    """Keep a broken log under another name, which is returned; the new log begins with it."""
    kept = None
    with _alone(home):
        facts = {"why": why}
        if log_file(home).is_file():
            kept = home.root / f"audit-{now().strftime('%Y%m%dT%H%M%S%f')}.jsonl"
            log_file(home).replace(kept)
            facts |= {"file": kept.name, "sha256": file_hash(kept)}
        _head(home).unlink(missing_ok=True)
        _record(home, "log restarted", facts)
    return kept


def verify_log(home: Home) -> int:
    """Recompute the chain; returns the number of entries.

    Raises:
        HomeRefused: naming the first entry that was changed, removed or cut off, or the file that
            is missing.
    """
    if home.published.is_file() and not log_file(home).is_file():
        raise HomeRefused(f"{log_file(home)} is missing, and a night was published")
    hashes = [START]
    for number, entry in enumerate(_entries(log_file(home)), 1):
        if (entry.number, entry.previous, entry.hash) != (number, hashes[-1], _hash(entry)):
            raise HomeRefused(f"{log_file(home)}: line {number} is not what was written")
        hashes.append(entry.hash)
    marked, found = _marked(home)
    if marked == 0 and len(hashes) > 2:
        raise HomeRefused(f"{_head(home)} is missing: it holds the hash of the last entry")
    if marked >= len(hashes):
        raise HomeRefused(f"{log_file(home)}: entries after line {len(hashes) - 1} are missing")
    if hashes[marked] != found:
        raise HomeRefused(f"{log_file(home)}: line {marked} is not what was written")
    return len(hashes) - 1


def _entries(path: Path) -> list[Entry]:
    if not path.is_file():
        return []
    fault, entries = 0, []
    for number, line in enumerate(
        path.read_text(encoding="utf-8", errors="replace").splitlines(), 1
    ):
        try:
            entries.append(Entry(**json.loads(line)))
        except (ValueError, TypeError):
            fault = number
            break
    if fault:
        raise HomeRefused(f"{path}: line {fault} is not what was written")
    return entries


def _hash(entry: Entry) -> str:
    content = {k: v for k, v in asdict(entry).items() if k != "hash"}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _append(path: Path, entry: Entry) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(handle, (json.dumps(asdict(entry)) + "\n").encode())
        os.fsync(handle)
    finally:
        os.close(handle)


def _drop_torn(path: Path) -> None:
    """Cut off a last line without its end: a write that a full disk or a power cut stopped.

    Nobody was told that it is written: an entry counts from when ``record`` returns.
    """
    data = path.read_bytes() if path.is_file() else b""
    if data and not data.endswith(b"\n"):
        os.truncate(path, data.rfind(b"\n") + 1)


def _mark(home: Home, entry: Entry) -> None:
    write_text(_head(home), f"{entry.number} {entry.hash}")


def _marked(home: Home) -> tuple[int, str]:
    """The newest entry known to be on disk; the log may be one ahead after a kill."""
    head = _head(home)
    if not head.is_file():
        return 0, START
    number, _, found = head.read_text(encoding="utf-8", errors="replace").partition(" ")
    if not number.isdecimal() or len(found) != len(START):
        raise HomeRefused(f"{head} is not what was written")
    return int(number), found


def _head(home: Home) -> Path:
    return home.root / "audit.head"
