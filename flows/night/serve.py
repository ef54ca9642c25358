"""Nights by schedule: a Prefect server on this machine, and the deployment that it runs."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import httpx

from flows.night.orchestrate import QUIET
from flows.store.home import Home, settings
from flows.store.night import plan_night
from schemas.errors import ConfigRefused, HomeRefused

if TYPE_CHECKING:
    from prefect.schedules import Schedule

LOOPBACK = "127.0.0.1"
START_SECONDS = 600  # a busy machine takes minutes, and a server that fails ends by itself


def serve_nightly(
    region: Path,
    cron: str,
    timezone: str | None,
    extracts: Path | None,
    home: Path | None,
    port: int,
    backups: Path | None = None,
) -> None:
    """Run nights by the schedule ``cron`` until stopped; Prefect's pages are at 127.0.0.1.

    Each run leaves a backup in ``backups``, tested by a restore.

    Raises:
        ConfigRefused: for what is not a schedule of cron's or not a time zone.
        HomeRefused: if the server does not start.
    """
    night = plan_night(region, extracts, home or settings().home, None)
    zone = _zone(timezone or night.region.timezone)
    night.home.prepare()
    folder = (backups or settings().backups or default_backups(night.home)).resolve()
    _environment(night.home, port)
    schedule = _schedule(cron, zone)
    with _server(port):
        print(f"Prefect's pages: http://{LOOPBACK}:{port}  schedule: {cron} {zone}", flush=True)
        print(f"backups, each tested by a restore: {folder}", flush=True)
        _serve(
            schedule,
            {
                "region": str(night.region_file),
                "extracts": str(night.extracts),
                "home": str(night.home_root),
                "backups": str(folder),
            },
        )


def default_backups(home: Home) -> Path:
    """Where backups go if no folder is named: HOME-backups."""
    return home.root.with_name(f"{home.root.name}-backups")


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        pass
    else:
        return name
    raise ConfigRefused(f"--timezone {name} is not an IANA time zone, for example Europe/Vienna")


def _schedule(cron: str, zone: str) -> "Schedule":
    """The schedule; a sixth field, which Prefect takes for seconds, is refused."""
    from prefect.schedules import Cron

    with suppress(ValueError):
        if len(cron.split()) == 5:
            return Cron(cron, timezone=zone)
    raise ConfigRefused(
        f"--cron {cron!r} is not a schedule: five fields are expected (minute, hour, day of the "
        "month, month, day of the week), for example '0 2 * * *' for two o'clock every night"
    )


def _environment(home: Home, port: int) -> None:
    os.environ.update(
        QUIET,
        PREFECT_HOME=str(home.prefect),
        PREFECT_API_URL=f"http://{LOOPBACK}:{port}/api",
        PREFECT_LOGGING_LEVEL="INFO",
        PREFECT_UI_API_URL=f"http://{LOOPBACK}:{port}/api",
    )


@contextmanager
def _server(port: int) -> Iterator[None]:
    """A server of its own, or the one that already answers at that port."""
    if _answers(port):
        yield
        return
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", LOOPBACK]
    server = subprocess.Popen([*command, "--port", str(port)], stdout=subprocess.DEVNULL)
    try:
        _wait(server, port)
        yield
    finally:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()


def _wait(server: subprocess.Popen[bytes], port: int) -> None:
    for _ in range(START_SECONDS * 2):
        if _answers(port):
            return
        if server.poll() is not None:
            break
        time.sleep(0.5)
    raise HomeRefused(
        f"Prefect's server does not start on port {port}; name another port with --port"
    )


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://{LOOPBACK}:{port}/api/health", timeout=2).is_success
    except httpx.HTTPError:
        return False


def _serve(schedule: "Schedule", parameters: dict[str, str]) -> None:
    from flows.night.flow import nightly

    signal.signal(signal.SIGTERM, _stop)
    nightly.serve(
        name="nightly",
        schedule=schedule,
        parameters=parameters,
        pause_on_shutdown=False,
        print_starting_message=False,
        limit=1,
    )


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
