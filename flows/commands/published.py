"""``catchment verify``, ``rollback`` and ``plan``: what was published, and what-ifs on it."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from flows.commands.options import (
    AsJson,
    HomeFolder,
    RegionFile,
    day,
    home_of,
    print_json,
    print_lines,
)


def verify(home: HomeFolder = None) -> None:
    """Recompute the published plan and budget from the published file, without the solver."""
    from flows.publish.verify import verify_published

    print_lines(verify_published(home_of(home)))


def rollback(
    to: Annotated[
        date | None, day("--to", text="The night to publish again. Default: the one before.")
    ] = None,
    home: HomeFolder = None,
) -> None:
    """Publish the file of an earlier night again."""
    from flows.publish.keep import rollback as put_back
    from flows.store.home import one_night

    place = home_of(home)
    with one_night(place, "catchment rollback"):
        kept = put_back(place, to.isoformat() if to else None)
    typer.echo(f"published again: night of {kept.night}, made {kept.published_at} UTC")


def plan(
    region: RegionFile,
    home: HomeFolder = None,
    scenario: Annotated[
        list[Path] | None,
        typer.Option("--scenario", metavar="FILE", help="A what-if; may be given several times."),
    ] = None,
    save_model: Annotated[
        Path | None,
        typer.Option(
            "--save-model", metavar="FILE", help="Write each tier's model: FILE.mps or FILE.lp."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Plan what-ifs on last night's tables and compare them with its plan, which is not changed."""
    from flows.scenarios.report import facts, render
    from flows.scenarios.run import store_facts, what_if
    from flows.store.screen import Screen

    with Screen(stderr=True).status("solving"):
        result = what_if(region, home_of(home), scenario or [], save_model)
    store_facts(result.folder, facts(result))
    if as_json:
        print_json(facts(result))
    else:
        render(result, Screen())
