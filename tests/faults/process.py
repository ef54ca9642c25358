"""Real processes, forked from one that has imported everything and run nothing."""

import ctypes
import importlib
import os
import random
import resource
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.waiting import HANGS

# Of the kernel's capabilities (man 7 capabilities): the layout, and what lets root pass every mode.
CAPABILITIES_V3 = 0x20080522
EFFECTIVE, PERMITTED = 0, 1
DAC_OVERRIDE, DAC_READ_SEARCH = 1 << 1, 1 << 2
# Threads that a fork may leave behind: the allocator of polars takes its locks around a fork, and
# polars' cleaner sleeps. Any other (a pool of polars, DuckDB, BLAS) might hold a lock for ever.
HARMLESS = {"jemalloc_bg_thd", "polars-ooc-clea"}


@dataclass(frozen=True)
class Ended:
    """How a process ended: exit code (negative: by that signal), what it said, seconds."""

    code: int
    said: str
    seconds: float

    @property
    def done(self) -> bool:
        return self.code == 0


class Child:
    """A process that runs ``work`` and writes what it says to a file."""

    def __init__(self, work: Callable[[], object], log: Path) -> None:
        self.log, self.begun = log, time.monotonic()
        sys.stdout.flush()
        sys.stderr.flush()
        assert not (found := other_threads()), f"a process with threads {found} may not fork"
        self.pid = os.fork()
        if self.pid == 0:
            _become(work, log)

    def kill(self, number: int = signal.SIGKILL) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def ended(self) -> bool:
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def wait(self) -> Ended:
        end = select.poll()
        handle = os.pidfd_open(self.pid)
        end.register(handle, select.POLLIN)
        hung = not end.poll(HANGS * 1000)
        os.close(handle)
        if hung:
            self.kill()
        _, status = os.waitpid(self.pid, 0)
        assert not hung, f"a process hung for {HANGS:.0f} s: {self.text()[-500:]}"
        code = os.waitstatus_to_exitcode(status)
        return Ended(code, self.text(), time.monotonic() - self.begun)

    def text(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""


def other_threads() -> list[str]:
    """Threads of this process, besides its own and the harmless ones."""
    own, found = os.getpid(), []
    for task in Path("/proc/self/task").iterdir():
        name = (task / "comm").read_text().strip()
        if int(task.name) != own and name not in HARMLESS:
            found.append(name)
    return found


def _become(work: Callable[[], object], log: Path) -> None:
    code = 1
    try:
        handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(handle, 1)
        os.dup2(handle, 2)
        code = _code(work)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _code(work: Callable[[], object]) -> int:
    from flows.store.ending import unforeseen
    from schemas.errors import CatchmentError

    try:
        work()
    except CatchmentError as error:
        print(f"catchment: {error}", file=sys.stderr)
        return error.exit_code
    except Exception as error:
        print(f"catchment: {unforeseen(error)}", file=sys.stderr)
        return 1
    return 0


def limited(kind: int, most: int, work: Callable[[], object]) -> Callable[[], object]:
    """``work`` with a limit of the kernel's on the process."""

    def run() -> object:
        resource.setrlimit(kind, (most, most))
        return work()

    return run


def without_privilege(work: Callable[[], object]) -> Callable[[], object]:
    """``work`` of an owner whom permissions bind, as they do not bind root."""

    def run() -> object:
        libc = ctypes.CDLL(None, use_errno=True)
        header = (ctypes.c_uint32 * 2)(CAPABILITIES_V3, 0)
        sets = (ctypes.c_uint32 * 6)()
        assert libc.capget(header, sets) == 0, os.strerror(ctypes.get_errno())
        for place in (EFFECTIVE, PERMITTED):
            sets[place] &= ~(DAC_OVERRIDE | DAC_READ_SEARCH)
        assert libc.capset(header, sets) == 0, os.strerror(ctypes.get_errno())
        return work()

    return run


def holder(target: str) -> tuple[object, str]:
    """What holds a named function (``module:name``), and its last name."""
    module_name, path = target.split(":")
    owner: object = importlib.import_module(module_name)
    *parents, name = path.split(".")
    for parent in parents:
        owner = getattr(owner, parent)
    return owner, name


def dies_at(target: str, when: str, nth: int, work: Callable[[], object]) -> Callable[[], object]:
    """``work``, killed before or after the nth call of a named function (``module:name``)."""

    def run() -> object:
        owner, name = holder(target)
        real, calls = getattr(owner, name), [0]

        def deadly(*given, **named):
            calls[0] += 1
            if when == "before" and calls[0] == nth:
                os.kill(os.getpid(), signal.SIGKILL)
            found = real(*given, **named)
            if when == "after" and calls[0] == nth:
                os.kill(os.getpid(), signal.SIGKILL)
            return found

        setattr(owner, name, deadly)
        return work()

    return run


def dies_in_step(number: int, share: float, seconds: float, work) -> Callable[[], object]:
    """``work``, killed within its nth step, at a share of the seconds that a step may take."""

    def run() -> object:
        import threading

        import flows.night.run as night_run

        real, calls = night_run._without_values, [0]

        def deadly(step, night):
            calls[0] += 1
            if calls[0] == number:
                stop = threading.Timer(share * seconds, os.kill, (os.getpid(), signal.SIGKILL))
                stop.daemon = True
                stop.start()
            return real(step, night)

        night_run._without_values = deadly
        return work()

    return run


def shifted_clock(seconds: float, work: Callable[[], object]) -> Callable[[], object]:
    """``work`` with the machine's clock that far ahead, wherever the platform reads it."""

    def run() -> object:
        from datetime import timedelta

        import flows.store.home as settings

        real = settings.now

        def now():
            return real() + timedelta(seconds=seconds)

        for module in [m for n, m in sys.modules.items() if n.startswith("flows.")]:
            if getattr(module, "now", None) is real:
                module.now = now  # type: ignore[attr-defined]
        return work()

    return run


def flip(path: Path, chance: random.Random, place: int | None = None) -> None:
    """Change one bit of a file, wherever it is, or at a place."""
    place = chance.randrange(path.stat().st_size) if place is None else place
    mode = path.stat().st_mode
    path.chmod(0o600)
    with path.open("r+b") as file:
        file.seek(place)
        (byte,) = file.read(1)
        file.seek(place)
        file.write(bytes([byte ^ (1 << chance.randrange(8))]))
    path.chmod(mode)
