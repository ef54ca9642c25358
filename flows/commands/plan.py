"""``catchment plan``: what-ifs on last night's tables."""

from pathlib import Path
from typing import Annotated

import typer

from flows.commands.options import AsJson, HomeFolder, RegionFile, home_of, print_json


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
    from flows.scenarios.run import what_if
    from flows.scenarios.store import store_facts
    from flows.store.screen import Screen

    with Screen(stderr=True).status("solving"):
        result = what_if(region, home_of(home), scenario or [], save_model)
    store_facts(result.folder, facts(result))
    if as_json:
        print_json(facts(result))
    else:
        render(result, Screen())
