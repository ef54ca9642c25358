"""``catchment deliveries``, ``release`` and ``refuse``: what arrived, and what is held."""

from pathlib import Path
from typing import Annotated

import typer

from flows.commands.options import AsJson, HomeFolder, Why, home_of, print_json

Id = Annotated[
    str, typer.Argument(metavar="ID", help="The delivery's id in `catchment deliveries`.")
]


def deliveries(
    home: HomeFolder = None,
    held: Annotated[bool, typer.Option("--held", help="Only those that are held.")] = False,
    every: Annotated[bool, typer.Option("--all", help="Those of every night.")] = False,
    as_json: AsJson = False,
) -> None:
    """List what the last published night read, and what is held."""
    from flows.clerk.listing import deliveries_of, render
    from flows.store.screen import Screen

    found = deliveries_of(home_of(home), "held" if held else "all" if every else "last")
    if as_json:
        print_json(found)
    else:
        render(found, Screen())


def release(delivery: Id, home: HomeFolder = None, why: Why = None) -> None:
    """Let the next night load a held delivery."""
    _decide(home, delivery, "release", why)


def refuse(delivery: Id, home: HomeFolder = None, why: Why = None) -> None:
    """Let the next night reject a held delivery."""
    _decide(home, delivery, "refuse", why)


def _decide(home: Path | None, delivery: str, decision: str, why: str | None) -> None:
    from flows.ingest.decisions import decide

    decide(home_of(home), delivery, decision, why)
    typer.echo(f"{decision} {delivery}: the next night applies it")
