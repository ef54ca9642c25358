"""Prefect: a night on a temporary server, a server lost midway, a schedule that fires."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb
import httpx
import pytest

from flows.backup import DRILL
from flows.clerk.sample import write_sample
from flows.store.audit_log import last
from flows.store.home import Home
from tests.faults.server import answers, serving
from tests.waiting import HANGS, until

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "config" / "demo.toml"
SERVER = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1"]
SETTINGS = {"DO_NOT_TRACK": "1", "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
LOSING = """
from tests.faults.server import Server, lost_at
lost_at(3, {})
from flows.commands.main import run
run()
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    write_sample(folder, seed=1, institutions=6, days=60)
    return folder


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def environment(folder: Path, **more: str) -> dict[str, str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
    return {**clean, **SETTINGS, "PREFECT_HOME": str(folder / "prefect"), **more}


def nightly(small: Path, home: Path) -> list[str]:
    command = [sys.executable, "-m", "flows.commands.main", "nightly", "--region", str(DEMO)]
    return [*command, "--extracts", str(small), "--home", str(home)]


def runs(home: Path) -> list[tuple]:
    """How the steps ended, and who ran them; asked when nobody else has the warehouse."""

    def ask() -> list[tuple]:
        query = "SELECT DISTINCT orchestrator, outcome FROM ops.run ORDER BY ALL"
        place = str(home / "warehouse.duckdb")
        with suppress(duckdb.IOException), duckdb.connect(place, read_only=True) as con:
            return con.execute(query).fetchall()
        return []

    return until(ask, "the warehouse is free")


@contextmanager
def running(command: list[str], env: dict[str, str], log: Path):
    with log.open("w") as said:
        process = subprocess.Popen(command, env=env, stdout=said, stderr=said)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(HANGS)


def test_a_night_runs_on_a_temporary_server(small, tmp_path):
    ended = subprocess.run(
        nightly(small, tmp_path / "home"),
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=HANGS,
    )
    assert ended.returncode == 0, ended.stderr
    assert runs(tmp_path / "home") == [("prefect", "completed")]
    assert (tmp_path / "home" / "published" / "catchment.duckdb").exists()


def test_a_night_outlives_its_server(small, tmp_path):
    with serving(tmp_path / "server") as server:
        ended = subprocess.run(
            [sys.executable, "-c", LOSING.format(server), *nightly(small, tmp_path / "home")[3:]],
            cwd=ROOT,
            env=environment(tmp_path),
            capture_output=True,
            text=True,
            timeout=HANGS,
        )
    assert ended.returncode == 0, ended.stderr
    assert "the server was lost" in ended.stderr
    assert {outcome for _, outcome in runs(tmp_path / "home")} == {"completed"}
    assert (tmp_path / "home" / "published" / "catchment.duckdb").exists()


def flow_runs(port: int) -> list[dict]:
    answer = httpx.post(f"http://127.0.0.1:{port}/api/flow_runs/filter", json={}, timeout=HANGS)
    return answer.json()


def scheduled_and_completed(port: int) -> bool:
    return any(
        run["state_type"] == "COMPLETED" and run["auto_scheduled"] for run in flow_runs(port)
    )


def active_schedules(port: int) -> list[str]:
    found = httpx.post(
        f"http://127.0.0.1:{port}/api/deployments/filter", json={}, timeout=HANGS
    ).json()
    return [
        s["schedule"]["cron"]
        for d in found
        if not d["paused"]
        for s in d["schedules"]
        if s["active"]
    ]


def test_the_schedule_fires_and_survives_a_restart(small, tmp_path):
    port = free_port()
    command = [sys.executable, "-m", "flows.commands.main", "serve", "--region", str(DEMO)]
    command += ["--extracts", str(small), "--home", str(tmp_path / "home"), "--port", str(port)]
    command += ["--cron", "* * * * *", "--timezone", "Europe/Vienna"]
    env = environment(tmp_path)
    api, log = f"http://127.0.0.1:{port}/api", tmp_path / "served"
    with running(command, env, log) as served:
        until(lambda: answers(api), "Prefect's server answers", served)
        until(lambda: scheduled_and_completed(port), "a scheduled run", served)
    assert "leaked instance" not in log.read_text(), "DuckDB's warnings are in the log"
    assert ("prefect", "completed") in runs(tmp_path / "home")
    assert last(Home(tmp_path / "home"), DRILL), "a scheduled night ends with a proved backup"
    assert list((tmp_path / "home-backups").glob("*.backup"))
    keep = [*SERVER, "--port", str(port)]
    env["PREFECT_HOME"] = str(tmp_path / "home" / "prefect")
    with running(keep, env, tmp_path / "kept") as kept:
        until(lambda: answers(api), "Prefect's server answers anew", kept)
        assert active_schedules(port) == ["* * * * *"]


def test_a_wrong_schedule_is_refused(small, tmp_path):
    command = [sys.executable, "-m", "flows.commands.main", "serve", "--region", str(DEMO)]
    ended = subprocess.run(
        [*command, "--extracts", str(small), "--home", str(tmp_path), "--timezone", "Atlantis"],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=HANGS,
    )
    assert ended.returncode == 2
    assert "Europe/Vienna" in ended.stderr
