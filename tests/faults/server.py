"""A Prefect server of a fault's own."""

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.waiting import HANGS, until

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
        until(lambda: answers(server.url), "Prefect's server answers", process)
        yield server
    finally:
        kill(server)
        process.wait()
        log.close()


def answers(url: str) -> bool:
    with suppress(urllib.error.URLError, OSError):
        urllib.request.urlopen(f"{url}/health", timeout=HANGS).close()
        return True
    return False


def lost_at(position: int, server: Server) -> None:
    """Have this process use the server, and kill it as the step at ``position`` begins."""
    from flows.night.run import StepProgress, listeners

    def end(progress: StepProgress) -> None:
        if progress.position == position and progress.seconds is None:
            kill(server)

    os.environ["PREFECT_API_URL"] = server.url
    os.environ["CATCHMENT_PREFECT_TIMEOUT_S"] = str(HANGS)
    listeners.append(end)


def kill(server: Server) -> None:
    with suppress(ProcessLookupError):
        os.killpg(server.group, signal.SIGKILL)
