"""How a process that runs a night ends: at once by SIGTERM, and without DuckDB's warnings."""

import atexit
import multiprocessing
import os
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

TERMINATED = 143
_watching: list[int] = []


@contextmanager
def ending_at_once() -> Iterator[None]:
    """Within it, SIGTERM ends the process and its children at once, with exit code 143.

    A handler of Python's own would wait until the solver returns; a thread that waits for the
    signal's byte does not. Nothing is tidied: the next run completes a night that was killed
    anywhere. Outside the main thread, or within itself, it does nothing.
    """
    if _watching or threading.current_thread() is not threading.main_thread():
        yield
        return
    read, write = os.pipe()
    os.set_blocking(write, False)
    before = signal.signal(signal.SIGTERM, _noted)
    wakeup = signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    _watching.append(read)
    threading.Thread(target=_wait, args=(read,), daemon=True).start()
    try:
        yield
    finally:
        _watching.clear()
        signal.set_wakeup_fd(wakeup)
        signal.signal(signal.SIGTERM, before)
        os.close(write)


def quiet_exit() -> None:
    """In a process that Prefect's schedule started, print nothing after Python's exit handlers.

    Prefect's background threads outlive the interpreter's modules, at which DuckDB's bindings
    print pages of warnings into the log of whoever serves the schedule. Whatever the night has to
    say is said by then.
    """
    if multiprocessing.parent_process() is not None:
        atexit.register(_errors_to_nowhere)


def _errors_to_nowhere() -> None:
    sys.stderr.flush()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def _noted(number: int, frame: object) -> None:
    """Handlers must exist for their byte to be written; the thread does the rest."""


def _wait(read: int) -> None:
    while byte := os.read(read, 1):
        if byte[0] == signal.SIGTERM:
            sys.stderr.write("catchment: ended by SIGTERM; the next run completes the night\n")
            sys.stderr.flush()
            for child in _children():
                with suppress(OSError):
                    os.kill(child, signal.SIGTERM)
            os._exit(TERMINATED)
    os.close(read)


def _children() -> list[int]:
    found = []
    for file in Path("/proc/self/task").glob("*/children"):
        with suppress(OSError):
            found += [int(number) for number in file.read_text().split()]
    return found


FULL = "no space left on device"
SHUT = ("permission denied", "read-only file system", "operation not permitted")
MEMORY = ("MemoryError", "OutOfMemoryException")
DAMAGED = ("checksum", "corrupt")


def unforeseen(error: Exception) -> str:
    """Its kind, what the system said of it, and where it happened; never a value."""
    frames = traceback.extract_tb(error.__traceback__)
    place = ", ".join(f"{Path(f.filename).name}:{f.lineno}" for f in frames[-4:])
    return f"unforeseen {type(error).__name__}{_system(error)} at {place}"


def _system(error: Exception) -> str:
    if type(error).__name__ in MEMORY:
        return " (out of memory: give the night more, or lower CATCHMENT_DUCKDB_MEMORY)"
    if FULL in str(error).lower():
        return f" ({FULL}: make room and run again)"
    if any(word in str(error).lower() for word in SHUT):
        return " (permission denied: let the account that runs the night write all of the home)"
    if any(word in str(error).lower() for word in DAMAGED):
        return " (a file of DuckDB is damaged: if it is the warehouse, run `catchment rebuild`)"
    if isinstance(error, OSError) and error.strerror:
        return f" ({error.strerror})"
    return ""
