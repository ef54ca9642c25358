"""Tests wait for events; the one limit is a time that only a hang reaches."""

import subprocess
import time
from collections.abc import Callable
from typing import TypeVar

HANGS = 900.0
Found = TypeVar("Found")


def until(answer: Callable[[], Found], what: str, process: subprocess.Popen | None = None) -> Found:
    """The first true ``answer``; fails if the process that is to bring it about ends before."""
    end = time.monotonic() + HANGS
    while not (found := answer()):
        code = None if process is None else process.poll()
        assert code is None or (found := answer()), f"{what}: the process ended with {code}"
        assert time.monotonic() < end, f"{what} did not happen within {HANGS:.0f} s"
        time.sleep(0.2)
    return found
