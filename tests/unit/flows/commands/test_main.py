"""The command line as a whole: help, version, exit codes, and output that nobody reads."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from flows.commands.main import app

ROOT = Path(__file__).parents[4]
CONFIG = ROOT / "config"
SOURCES = sorted((ROOT / "flows" / "commands").glob("*.py"))
HEADER = "institution_id,resource_id,date,period_days,in_service,in_use\n"


def commands(group, *path: str) -> dict[tuple[str, ...], object]:
    found: dict[tuple[str, ...], object] = {path: group}
    for name, command in getattr(group, "commands", {}).items():
        found |= commands(command, *path, name)
    return found


COMMANDS = commands(get_command(app))


def invoke(*arguments: object) -> tuple[int, str]:
    ended = CliRunner().invoke(app, [*map(str, arguments)])
    return ended.exit_code, " ".join(ended.output.split())


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_has_help_in_which_no_flag_takes_a_value(path):
    code, words = invoke(*path, "--help")
    assert code == 0
    assert "<bool>" not in words
    assert COMMANDS[path].help


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_option_says_what_it_is_for(path):
    hidden = {"help"}
    silent = [p.name for p in COMMANDS[path].params if not p.help and p.name not in hidden]
    assert silent == []


def test_an_option_of_one_name_is_declared_once():
    declared: dict[str, list[str]] = {}
    for source in SOURCES:
        for name in ("--home", "--region", "--json", "--backups", "--extracts", "--config"):
            if f'"{name}"' in source.read_text():
                declared.setdefault(name, []).append(source.name)
    assert {name: set(files) for name, files in declared.items()} == {
        name: {"options.py"} for name in declared
    }
    assert len(declared) == 6


def test_the_version_is_shown():
    assert invoke("--version") == (0, f"catchment {version('catchment')}")


@pytest.mark.parametrize(
    "arguments",
    [
        ["nightly", "--region", "r.toml", "--night", "10.2.2026"],
        ["show", "capacity", "--as-of", "2026-02-30"],
        ["rollback", "--to", "yesterday"],
    ],
)
def test_every_date_is_refused_in_the_same_words(arguments):
    code, words = invoke(*arguments)
    assert code == 2
    assert "a date is written YYYY-MM-DD, for example 2026-02-10" in words.replace("│ ", "")
    assert arguments[-2] in words


def test_a_report_is_whole_though_nobody_reads_what_is_printed(tmp_path):
    file = tmp_path / "capacity_2026-02-10.csv"
    file.write_text(
        HEADER + "".join(f"H{n},bed,2026-02-09,1,20,{'four' if n else 4}\n" for n in range(50))
    )
    command = [sys.executable, "-m", "flows.commands.main", "check", str(file)]
    command += ["--feed", "canonical_capacity", "--config", str(CONFIG)]
    process = subprocess.Popen(
        [*command, "--out", str(tmp_path / "report.csv")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    process.stdout.close()
    errors = process.stderr.read()
    assert (process.wait(), errors) == (141, b"")
    assert len((tmp_path / "report.csv").read_text().splitlines()) == 51


NIGHTS = ("backtest", "--region", CONFIG / "demo.toml", "--nights")


@pytest.mark.parametrize("said", ["2026-02-03", "2026-02-03..", "2026-02-03..2026-02-31"])
def test_nights_that_are_not_two_dates_are_refused(said):
    code, words = invoke(*NIGHTS, said)
    assert code == 2
    assert "FIRST..LAST" in words


def test_two_dates_are_what_is_replayed(tmp_path):
    ended = CliRunner().invoke(
        app, [*map(str, NIGHTS), "2026-02-03..2026-02-04", "--home", str(tmp_path)]
    )
    assert "run a night" in str(ended.exception)
