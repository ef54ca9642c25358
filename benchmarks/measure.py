"""Ways to do the same, run in turn, each in a process of its own; medians and ratios of one run."""

import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

AGREE = 1e-6
RESULTS = Path(__file__).parent / "results"
PACKAGES = ("highspy", "pyomo", "linopy", "pulp", "polars", "numpy", "scipy", "duckdb", "pandas")


def in_turn(module: str, ways: Sequence[str], arguments: Sequence[str], rounds: int) -> list[dict]:
    """Each way of ``module`` in its own process, one after the other, ``rounds`` times over."""
    runs = []
    for turn in range(rounds):
        for way in ways:
            print(f"{turn + 1}/{rounds} {way} ...", file=sys.stderr, flush=True)
            runs.append(_apart(module, way, arguments) | {"way": way, "round": turn + 1})
    return runs


def _apart(module: str, way: str, arguments: Sequence[str]) -> dict[str, Any]:
    command = [sys.executable, "-m", module, "--way", way, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{way} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def say(answer: Mapping[str, Any], started_cpu: float) -> None:
    """Print one run as JSON, with what the process used: for ``in_turn`` to read."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    used = {"cpu_s": time.process_time() - started_cpu, "peak_mb": peak, "load": os.getloadavg()[0]}
    print(json.dumps({**answer, **used}))


def medians(runs: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """Median seconds, CPU seconds and peak memory of each way, in the order of the runs."""
    ways = dict.fromkeys(run["way"] for run in runs)
    keys = ("seconds", "cpu_s", "peak_mb")
    return {
        way: {key: statistics.median(r[key] for r in runs if r["way"] == way) for key in keys}
        for way in ways
    }


def assert_equal(objectives: Mapping[str, float]) -> None:
    """Refuse to compare ways that do not reach the same objective, to ``AGREE`` relative."""
    first = next(iter(objectives.values()))
    off = {k: v for k, v in objectives.items() if abs(v - first) > AGREE * max(1.0, abs(first))}
    if off:
        raise SystemExit(f"objectives differ: {first!r} against {off}")


def machine() -> dict[str, Any]:
    """What was measured on, and how busy it was."""
    return {
        "processors": os.cpu_count(),
        "load": os.getloadavg(),
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in PACKAGES},
    }


def verdicts(limits: Mapping[str, tuple[float, float]]) -> dict[str, dict[str, Any]]:
    """Each ratio beside the largest that is wanted: name to (ratio, limit)."""
    return {
        name: {"ratio": ratio, "wanted": limit, "met": ratio <= limit}
        for name, (ratio, limit) in limits.items()
    }


def report(name: str, result: Mapping[str, Any]) -> Path:
    """Write ``result`` to ``results/<name>.json`` and show its medians and verdicts."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    console = Console()
    console.print(_medians_table(name, result["medians"]))
    for what, v in result["verdicts"].items():
        met = "met" if v["met"] else "MISSED"
        console.print(f"{what}: {v['ratio']:.2f} (wanted at most {v['wanted']}) {met}")
    console.print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors; {path}")
    return path


def _medians_table(title: str, rows: Mapping[str, Mapping[str, float]]) -> Table:
    table = Table("way", "seconds", "CPU seconds", "peak MB", title=title)
    for way, row in rows.items():
        table.add_row(way, *(f"{row[k]:,.1f}" for k in ("seconds", "cpu_s", "peak_mb")))
    return table


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
