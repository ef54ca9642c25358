"""Commands for people who deal with deliveries; ``register`` adds them to the command line."""

import json
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from flows.store.home import Home
from schemas.errors import ConfigRefused

HomeFolder = Annotated[
    Path | None, typer.Option("--home", help="The home; default: CATCHMENT_HOME or home.")
]
RegionFile = Annotated[
    Path | None,
    typer.Option("--region", help="The region's file; default: that of the last night."),
]
Config = Annotated[Path, typer.Option("--config", help="Folder with feeds/NAME.toml in it.")]
Id = Annotated[str, typer.Argument(help="The delivery, as `catchment deliveries` lists it.")]
CHECK_CODES = """
Exit codes: 0 the whole file would load · 13 it would load but for rows or cells at fault, or it
would be held · 4 it would be rejected · 2 there is no such feed or reference.
"""


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    for command in (deliveries, release, refuse, show, rebuild):
        app.command()(command)
    app.command(epilog=CHECK_CODES)(check)
    feeds = typer.Typer(help="Contracts of extracts.", no_args_is_help=True)
    feeds.command("new")(feed_new)
    app.add_typer(feeds, name="feed")


def deliveries(
    home: HomeFolder = None,
    held: Annotated[bool, typer.Option("--held", help="Only those held.")] = False,
    every: Annotated[bool, typer.Option("--all", help="Those of every night.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False,
) -> None:
    """List what the last night read and what is held, as last published."""
    from flows.clerk.listing import deliveries_of, render

    found = deliveries_of(_home(home), "held" if held else "all" if every else "last")
    if as_json:
        typer.echo(json.dumps(found, indent=2, default=str))
    else:
        render(found, Console())


def release(delivery: Id, home: HomeFolder = None, why: str | None = None) -> None:
    """Let the next night load a held delivery."""
    _decide(home, delivery, "release", why)


def refuse(delivery: Id, home: HomeFolder = None, why: str | None = None) -> None:
    """Let the next night reject a held delivery."""
    _decide(home, delivery, "refuse", why)


def check(
    file: Annotated[Path, typer.Argument(help="The file, under the name it will be sent by.")],
    feed: Annotated[str, typer.Option(help="The feed it belongs to.")],
    config: Config = Path("config"),
    reference: Annotated[
        Path | None, typer.Option(help="Known institutions: their extract, or a CSV of their ids.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write the report there, as CSV.")] = None,
) -> None:
    """Say what would become of a file: nothing is loaded, nothing kept."""
    from flows.clerk.check import check_file, feed_named, known_institutions, render

    contract = feed_named(feed, config)
    known = known_institutions(reference, config) if reference else None
    checked = check_file(file, contract, known)
    render(checked, Console())
    if out is not None:
        checked.report.write_csv(out)
    raise typer.Exit(checked.code)


def feed_new(
    sample: Annotated[Path, typer.Argument(help="One whole file of the new kind.")],
    out: Annotated[Path | None, typer.Option(help="Write the draft there.")] = None,
) -> None:
    """Draft a feed's TOML from one of its files; every line of it is to be reviewed."""
    from flows.clerk.draft import draft_feed

    text = draft_feed(sample)
    if out is None:
        typer.echo(text, nl=False)
    elif out.exists():
        raise ConfigRefused(f"{out} is already there; name another file with --out")
    else:
        out.write_text(text, encoding="utf-8")


def show(
    table: Annotated[str, typer.Argument(help="A clean table, for example capacity.")],
    as_of: Annotated[str, typer.Option("--as-of", help="Extract date, YYYY-MM-DD.")],
    home: HomeFolder = None,
    region: RegionFile = None,
    out: Annotated[Path | None, typer.Option(help="Write it there, mode 0600.")] = None,
) -> None:
    """Show a clean table as CSV, from deliveries drawn on or before a date."""
    from flows.clerk.as_of import clean_as_of
    from flows.clerk.rebuild import last_region_file
    from flows.store.files import write_text
    from flows.store.regions import load_region

    place = _home(home)
    files = load_region(region or last_region_file(place))
    text = clean_as_of(place, files, table, _day(as_of)).write_csv()
    if out is None:
        typer.echo(text, nl=False)
    else:
        write_text(out, text)


def rebuild(home: HomeFolder = None, region: RegionFile = None) -> None:
    """Make the warehouse again from the landing folder and the decisions."""
    from flows.clerk.rebuild import rebuild as rebuild_warehouse

    for line in rebuild_warehouse(_home(home), region):
        typer.echo(line)


def _decide(home: Path | None, delivery: str, decision: str, why: str | None) -> None:
    from flows.ingest.decisions import decide

    decide(_home(home), delivery, decision, why)
    typer.echo(f"{decision} {delivery}: the next night applies it")


def _home(given: Path | None) -> Home:
    from flows.store.settings import settings

    return Home((given or settings().home).resolve())


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    raise ConfigRefused("--as-of wants a date as YYYY-MM-DD, for example 2026-02-10")
