"""What would become of a file, what arrived and what is held: commands of senders and clerks."""

from pathlib import Path
from typing import Annotated

import typer

from flows.commands.options import AsJson, ConfigFolder, HomeFolder, Why, home_of, print_json
from schemas.errors import ConfigRefused

CHECK_CODES = """
Exit codes: 0 the whole file would be loaded · 13 it would be loaded without some rows or cells, or
it would be held · 4 it would be rejected · 2 there is no such feed or reference.
"""


def check(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The file, under the name it will be sent by.")
    ],
    feed: Annotated[str, typer.Option(metavar="NAME", help="The feed that it belongs to.")],
    config: ConfigFolder = Path("config"),
    reference: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Known institutions: their extract, or a CSV of their ids."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the report there, as CSV.")
    ] = None,
    show: Annotated[
        str | None,
        typer.Option(
            metavar="TABLE",
            help="Show the first rows of this table as they would be loaded; not of patients.",
        ),
    ] = None,
) -> None:
    """Say what would become of a file. Nothing is loaded or kept."""
    from flows.clerk.check import check_file, feed_named, known_institutions, render, render_rows
    from flows.store.screen import Screen

    contract = feed_named(feed, config)
    known = known_institutions(reference, config) if reference else None
    checked = check_file(file, contract, known)
    if out is not None:
        checked.report.write_csv(out)
    render(checked, Screen())
    if show is not None:
        render_rows(checked, show, contract, Screen())
    raise typer.Exit(checked.code)


def feed_new(
    sample: Annotated[Path, typer.Argument(metavar="FILE", help="One whole file of the new kind.")],
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the draft there.")] = None,
) -> None:
    """Draft a feed's TOML from one of its files. Review every line of it."""
    from flows.clerk.draft import draft_feed

    text = draft_feed(sample)
    if out is None:
        typer.echo(text, nl=False)
    elif out.exists():
        raise ConfigRefused(f"{out} is already there; name another file with --out")
    else:
        out.write_text(text, encoding="utf-8")


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
