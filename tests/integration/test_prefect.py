"""Prefect: a server lost midway, a schedule that fires. (test_canary has a temporary server.)"""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb
import pytest

from flows.backup import DRILL
from flows.clerk.sample import write_sample
from flows.commands.main import main
from flows.store.audit_log import last
from flows.store.home import Home
from tests.faults.server import answers, serving
from tests.integration.places import short_region
from tests.waiting import HANGS, until

ROOT = Path(__file__).parents[2]
SERVER = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1"]
SETTINGS = {"DO_NOT_TRACK": "1", "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
JSON = "application/json"
LOSING = """
from tests.faults.server import Server, lost_at
lost_at(3, {})
from flows.commands.main import run
run()
"""


@pytest.fixture(scope="module")
def given(tmp_path_factory) -> list[str]:
    """Options that name a small region and its extracts."""
    region = short_region(tmp_path_factory.mktemp("region"), days=1)
    extracts = tmp_path_factory.mktemp("small")
    write_sample(extracts, seed=1, institutions=3, days=28)
    return ["--region", str(region), "--extracts", str(extracts)]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def environment(folder: Path, **more: str) -> dict[str, str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
    return {**clean, **SETTINGS, "PREFECT_HOME": str(folder / "prefect"), **more}


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


def test_a_night_outlives_its_server(given, tmp_path):
    night = ["nightly", *given, "--home", str(tmp_path / "home")]
    with serving(tmp_path / "server") as server:
        ended = subprocess.run(
            [sys.executable, "-c", LOSING.format(server), *night],
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


def asked(api: str, what: str) -> list[dict]:
    """All that the server has of it."""
    request = urllib.request.Request(f"{api}/{what}/filter", b"{}", {"Content-Type": JSON})
    with urllib.request.urlopen(request, timeout=HANGS) as answer:
        return json.load(answer)


def scheduled_and_completed(api: str) -> bool:
    runs = asked(api, "flow_runs")
    return any(run["state_type"] == "COMPLETED" and run["auto_scheduled"] for run in runs)


def active_schedules(api: str) -> list[str]:
    active = [d for d in asked(api, "deployments") if not d["paused"]]
    return [s["schedule"]["cron"] for d in active for s in d["schedules"] if s["active"]]


def test_the_schedule_fires_and_survives_a_restart(given, tmp_path):
    port = free_port()
    command = [sys.executable, "-m", "flows.commands.main", "serve", *given]
    command += ["--home", str(tmp_path / "home"), "--port", str(port)]
    command += ["--cron", "* * * * *", "--timezone", "Europe/Vienna"]
    env = environment(tmp_path)
    api, log = f"http://127.0.0.1:{port}/api", tmp_path / "served"
    with running(command, env, log) as served:
        until(lambda: answers(api), "Prefect's server answers", served)
        until(lambda: scheduled_and_completed(api), "a scheduled run", served)
    assert "leaked instance" not in log.read_text(), "DuckDB's warnings are in the log"
    assert ("prefect", "completed") in runs(tmp_path / "home")
    assert last(Home(tmp_path / "home"), DRILL), "a scheduled night ends with a proved backup"
    assert list((tmp_path / "home-backups").glob("*.backup"))
    keep = [*SERVER, "--port", str(port)]
    env["PREFECT_HOME"] = str(tmp_path / "home" / "prefect")
    with running(keep, env, tmp_path / "kept") as kept:
        until(lambda: answers(api), "Prefect's server answers anew", kept)
        assert active_schedules(api) == ["* * * * *"]


def test_a_wrong_schedule_is_refused(given, tmp_path, monkeypatch, capsys):
    options = ["--home", str(tmp_path), "--timezone", "Atlantis"]
    monkeypatch.setattr(sys, "argv", ["catchment", "serve", *given, *options])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "Europe/Vienna" in capsys.readouterr().err
