"""The command line: ``catchment --help``."""

import atexit
import os
import sys
from collections.abc import Callable
from typing import Annotated

import typer

from flows.commands import deliveries, homes, nights, published
from flows.commands.options import Command, Group
from flows.store.ending import unforeseen
from flows.store.screen import Screen
from schemas.errors import CatchmentError

EXIT_CODES = """
Exit codes: 0 done · 1 an unexpected error · 2 a configuration or a command is refused ·
3 a table is refused · 4 a file is refused · 5 a number is refused · 6 the solver stopped ·
7 a plan is refused · 8 another night is running · 9 the home cannot be used ·
10 rows do not add up · 11 the audit refused the new file ·
12 a key or an encrypted file is refused · 13 a checked file would be loaded, but not wholly ·
141 nobody reads the output any more ·
143 ended by SIGTERM; the next run completes the night.
"""
PANELS: dict[str, tuple[Callable[..., None], ...]] = {
    "Nights": (nights.nightly, nights.serve, nights.backtest, nights.sample),
    "Deliveries": (deliveries.check, deliveries.deliveries, deliveries.release, deliveries.refuse),
    "What was published": (published.verify, published.rollback, published.plan),
    "Care of a home": (
        homes.backup,
        homes.restore,
        homes.show,
        homes.rebuild,
        homes.forget,
    ),
}
GROUPS: dict[str, tuple[str, dict[str, Callable[..., None]]]] = {
    "feed": ("Contracts of extracts.", {"new": deliveries.feed_new}),
    "key": ("The keys of pseudonyms and encryption.", {"rotate": homes.rotate}),
    "audit": (
        "The log of what was done to a home.",
        {"verify": homes.verify, "restart": homes.restart},
    ),
}
EPILOGS = {nights.nightly: EXIT_CODES, deliveries.check: deliveries.CHECK_CODES}
app = typer.Typer(
    cls=Group,
    name="catchment",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for panel, commands in PANELS.items():
    for command in commands:
        app.command(cls=Command, rich_help_panel=panel, epilog=EPILOGS.get(command))(command)
for name, (words, parts) in GROUPS.items():
    group = typer.Typer(cls=Group, help=words, no_args_is_help=True)
    for part, command in parts.items():
        group.command(part, cls=Command)(command)
    app.add_typer(group, name=name, rich_help_panel="Care of a home")


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"catchment {version('catchment')}")
        raise typer.Exit


@app.callback()
def catchment(
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_version, help="Show the version."),
    ] = False,
) -> None:
    """Plan a region's hospitals as one system, every night."""


def main() -> None:
    """Run the command line; an error that a person is meant to read ends with its own code."""
    code = 0
    try:
        app()
    except CatchmentError as error:
        Screen(stderr=True).print(f"catchment: {error}", style="red", markup=False, soft_wrap=True)
        code = error.exit_code
    except Exception as error:  # its text may carry what stood in an extract
        Screen(stderr=True).print(f"catchment: {unforeseen(error)}", style="red", markup=False)
        code = 1
    if code:
        sys.exit(code)


def run() -> None:
    """``main`` as a program of its own.

    Prefect's background threads outlive the interpreter's modules, at which DuckDB's bindings
    print pages of warnings. So, where Prefect was used, the program runs what is to be run at its
    end (a temporary server is stopped) and leaves without taking the modules down.
    """
    code: object = 0
    try:
        main()
    except SystemExit as ended:
        code = ended.code
    if "prefect" in sys.modules:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1)
    sys.exit(code)  # type: ignore[arg-type]


if __name__ == "__main__":
    run()
