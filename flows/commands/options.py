"""Options that commands share, each declared once, and how every option is shown."""

import json
import os
import sys
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from flows.store.home import Home, settings

NOBODY_READS = 141


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    raise typer.BadParameter("a date is written YYYY-MM-DD, for example 2026-02-10")


def day(*names: str, text: str) -> Any:
    """An option that takes a date."""
    return typer.Option(*names, parser=_date, metavar="DATE", help=text)


HomeFolder = Annotated[
    Path | None,
    typer.Option("--home", metavar="FOLDER", help="The home. Default: CATCHMENT_HOME, else home."),
]
RegionFile = Annotated[
    Path,
    typer.Option(
        "--region", metavar="FILE", help="The region's file, for example config/demo.toml."
    ),
]
LastRegionFile = Annotated[
    Path | None,
    typer.Option(
        "--region", metavar="FILE", help="The region's file. Default: that of the last night."
    ),
]
ExtractsFolder = Annotated[
    Path | None,
    typer.Option(
        "--extracts",
        metavar="FOLDER",
        help="Folder of extracts. Default: the one that the region's file names, else HOME/inbox.",
    ),
]
BackupsFolder = Annotated[
    Path | None,
    typer.Option(
        "--backups",
        metavar="FOLDER",
        help="Write an encrypted backup there after each night and test that it can be restored. "
        "Default: CATCHMENT_BACKUPS.",
    ),
]
ConfigFolder = Annotated[
    Path,
    typer.Option(
        "--config", metavar="FOLDER", help="Folder that holds the feeds: feeds/NAME.toml."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Why = Annotated[str | None, typer.Option("--why", metavar="TEXT", help="The reason; it is kept.")]


def home_of(folder: Path | None) -> Home:
    """The home in ``folder``; where none is given, the one that the settings name."""
    return Home((folder or settings().home).resolve())


def print_json(value: object) -> None:
    """Print a value as JSON."""
    typer.echo(json.dumps(value, indent=2, default=str))


def print_lines(lines: Iterable[str]) -> None:
    """Print each line as soon as it is there."""
    for line in lines:
        typer.echo(line)


class Command(TyperCommand):
    """A command in whose help a flag is shown without a type: it takes no value."""

    def get_params(self, ctx: Any) -> Any:
        """The command's parameters and ``--help``."""
        return _flags_bare(super().get_params(ctx))


class Group(TyperGroup):
    """A group of commands, whose help shows flags as that of a command does."""

    def get_params(self, ctx: Any) -> Any:
        """The group's parameters and ``--help``."""
        return _flags_bare(super().get_params(ctx))

    def invoke(self, ctx: Any) -> Any:
        """Run the command; if nobody reads its output any more, end without a word."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(NOBODY_READS)


def _flags_bare(params: list[Any]) -> list[Any]:
    for param in params:
        if getattr(param, "is_bool_flag", False):
            param.metavar = ""
    return params
