"""A Prefect server of a fault's own."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

STARTS = 120.0
QUIET = {"DO_NOT_TRACK": "1", "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}


@dataclass(frozen=True)
class Server:
    """Its process group, and where it answers."""

    group: int
    url: str


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """A server that answers, with its records in ``folder``; killed at the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    folder.mkdir()
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1"]
    log = (folder / "log").open("w")
    process = subprocess.Popen(
        [*command, "--port", port],
        env={**os.environ, **QUIET, "PREFECT_HOME": str(folder)},
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    server = Server(process.pid, f"http://127.0.0.1:{port}/api")
    try:
        _until_it_answers(server)
        yield server
    finally:
        _kill(server)
        process.wait()
        log.close()


def _until_it_answers(server: Server) -> None:
    end = time.monotonic() + STARTS
    while time.monotonic() < end:
        with suppress(urllib.error.URLError, OSError):
            urllib.request.urlopen(f"{server.url}/health", timeout=2).close()
            return
        time.sleep(0.2)
    raise AssertionError(f"Prefect's server did not start within {STARTS:.0f} s")


def lost_at(position: int, server: Server) -> None:
    """Have this process use the server, and kill it as the step at ``position`` begins."""
    from flows.night.run import Progress, listeners

    def end(progress: Progress) -> None:
        if progress.position == position and progress.seconds is None:
            _kill(server)

    os.environ["PREFECT_API_URL"] = server.url
    listeners.append(end)


def _kill(server: Server) -> None:
    with suppress(ProcessLookupError):
        os.killpg(server.group, signal.SIGKILL)
