"""Prefect: a night on a temporary server, a server lost midway, a schedule that fires."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import duckdb
import httpx
import pytest

from flows.backup import DRILL
from flows.clerk.sample import write_sample
from flows.store.audit_log import last
from flows.store.home import Home

DEMO = Path(__file__).parents[2] / "config" / "demo.toml"
SERVER = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1"]
SETTINGS = {"DO_NOT_TRACK": "1", "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}


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
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as con:
        return con.execute(
            "SELECT DISTINCT orchestrator, outcome FROM ops.run ORDER BY ALL"
        ).fetchall()


def until(answer, seconds: float, what: str):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := answer():
            return found
        time.sleep(0.5)
    raise AssertionError(f"{what} did not happen within {seconds} s")


def healthy(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/api/health", timeout=2).is_success
    except httpx.HTTPError:
        return False


@contextmanager
def running(command: list[str], env: dict[str, str]):
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def test_a_night_runs_on_a_temporary_server(small, tmp_path):
    ended = subprocess.run(
        nightly(small, tmp_path / "home"),
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert ended.returncode == 0, ended.stderr
    assert runs(tmp_path / "home") == [("prefect", "completed")]
    assert (tmp_path / "home" / "published" / "catchment.duckdb").exists()


def test_a_night_outlives_its_server(small, tmp_path):
    port = free_port()
    env = environment(tmp_path, PREFECT_API_URL=f"http://127.0.0.1:{port}/api")
    server = subprocess.Popen(
        [*SERVER, "--port", str(port)],
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until(lambda: healthy(port), 90, "Prefect's server")
        night = subprocess.Popen(
            nightly(small, tmp_path / "home"), env=env, stderr=subprocess.PIPE, text=True
        )
        landed = tmp_path / "home" / "landing"
        until(lambda: landed.exists() and any(landed.iterdir()), 90, "the first delivery")
        server.kill()
        _, said = night.communicate(timeout=240)
    finally:
        server.kill()
        server.wait(10)
    assert night.returncode == 0, said
    assert "the server was lost" in said
    assert "completed" in {outcome for _, outcome in runs(tmp_path / "home")}
    assert (tmp_path / "home" / "published" / "catchment.duckdb").exists()


def flow_runs(port: int) -> list[dict]:
    answer = httpx.post(f"http://127.0.0.1:{port}/api/flow_runs/filter", json={}, timeout=60)
    return answer.json()


def scheduled_and_completed(port: int) -> bool:
    return any(
        run["state_type"] == "COMPLETED" and run["auto_scheduled"] for run in flow_runs(port)
    )


def active_schedules(port: int) -> list[str]:
    found = httpx.post(
        f"http://127.0.0.1:{port}/api/deployments/filter", json={}, timeout=60
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
    with running(command, env) as served:
        until(lambda: healthy(port), 90, "Prefect's server")
        until(lambda: scheduled_and_completed(port), 240, "a scheduled run")
    assert b"leaked instance" not in served.stdout.read(), "DuckDB's warnings are in the log"
    assert ("prefect", "completed") in runs(tmp_path / "home")
    assert last(Home(tmp_path / "home"), DRILL), "a scheduled night ends with a proved backup"
    assert list((tmp_path / "home-backups").glob("*.backup"))
    keep = [*SERVER, "--port", str(port)]
    with running(keep, {**env, "PREFECT_HOME": str(tmp_path / "home" / "prefect")}):
        until(lambda: healthy(port), 90, "Prefect's server again")
        assert active_schedules(port) == ["* * * * *"]


def test_a_wrong_schedule_is_refused(small, tmp_path):
    command = [sys.executable, "-m", "flows.commands.main", "serve", "--region", str(DEMO)]
    ended = subprocess.run(
        [*command, "--extracts", str(small), "--home", str(tmp_path), "--timezone", "Atlantis"],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 2
    assert "Europe/Vienna" in ended.stderr
