"""Run the tests of a file while one place of it is changed, in a copy of the project."""

import os
import queue
import resource
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from mutants import Change

COPIED = ("schemas", "transforms", "optimization", "flows", "config", "docs", "tests")
LOOSE = ("pyproject.toml", "README.md", "CONTRIBUTING.md", "Makefile")
ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "POLARS_ENGINE_AFFINITY": "in-memory",
    "POLARS_MAX_THREADS": "1",
    # Two changes of one size within one second are the same to whoever reads a compiled module.
    "PYTHONDONTWRITEBYTECODE": "1",
}
PYTEST = ("-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-m", "not slow")
MEMORY = 6 << 30  # bytes that one run may ask for
NO_TESTS = 5  # pytest's code where it finds none


class FailsUnchanged(Exception):
    """The tests fail while nothing is changed."""


@dataclass(frozen=True)
class Outcome:
    """What became of a mutant: killed, survived, or out of time."""

    change: Change
    status: str


def concerned(path: str, root: Path) -> tuple[str, ...]:
    """The tests of a file: its mirror in tests/unit first, then the folder around that."""
    source = Path(path)
    folder = Path("tests/unit") / source.parent
    mirror = folder / f"test_{source.stem}.py"
    if len(source.parts) == 2:
        return (mirror.as_posix(),)
    while not (root / folder).is_dir():
        folder = folder.parent
    first = [mirror] if (root / mirror).is_file() else []
    return tuple(p.as_posix() for p in [*first, folder])


def try_out(found: list[Change], root: Path, scratch: Path, jobs: int, tell) -> list[Outcome]:
    """Try every change, so many at a time, each worker in a copy of its own.

    Raises:
        FailsUnchanged: where tests fail with no change made.
    """
    copies: queue.Queue[Path] = queue.Queue()
    for number in range(jobs):
        copies.put(_copy(root, scratch / str(number)))
    selections = {path: concerned(path, root) for path in {c.path for c in found}}

    def measure(tests: tuple[str, ...]) -> float:
        copy, begun = copies.get(), time.monotonic()
        try:
            code, said = _run(copy, tests, 900)
        finally:
            copies.put(copy)
        if code:
            raise FailsUnchanged(
                f"{' '.join(tests)} fail before anything is changed:\n{said[-3000:]}"
            )
        return time.monotonic() - begun

    def attempt(change: Change) -> Outcome:
        tests, copy = selections[change.path], copies.get()
        file = copy / change.path
        original = file.read_text()
        try:
            file.write_text(change.code)
            outcome = Outcome(change, _status(_run(copy, tests, 30 + 5 * seconds[tests])[0]))
        finally:
            file.write_text(original)
            copies.put(copy)
        tell(outcome)
        return outcome

    with ThreadPoolExecutor(jobs) as pool:
        distinct = sorted(set(selections.values()))
        seconds = dict(zip(distinct, pool.map(measure, distinct), strict=True))
        return list(pool.map(attempt, found))


def _copy(root: Path, folder: Path) -> Path:
    for name in filter(lambda n: (root / n).is_dir(), COPIED):
        shutil.copytree(root / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in filter(lambda n: (root / n).is_file(), LOOSE):
        shutil.copy(root / name, folder / name)
    # By the hash of the source: two sources of one second and one size are not taken for one.
    compiled = ["-m", "compileall", "-q", "--invalidation-mode", "checked-hash", "."]
    subprocess.run([sys.executable, *compiled], cwd=folder, check=True)
    return folder


def _run(copy: Path, tests: tuple[str, ...], limit: float) -> tuple[int | None, str]:
    """The code that pytest ends with, None where its time is up, and what it says."""
    with subprocess.Popen(
        [sys.executable, *PYTEST, "--hypothesis-profile=mutants", *tests],
        cwd=copy,
        env=os.environ | ENVIRONMENT | {"PYTHONPATH": str(copy)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as child:
        resource.prlimit(child.pid, resource.RLIMIT_AS, (MEMORY, MEMORY))
        try:
            said, _ = child.communicate(timeout=limit)
            return child.returncode, said
        except subprocess.TimeoutExpired:
            return None, ""
        finally:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)


def _status(code: int | None) -> str:
    if code is None:
        return "out of time"
    return "survived" if code in (0, NO_TESTS) else "killed"
