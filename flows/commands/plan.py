"""``catchment plan``: what-ifs on last night's tables."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console


def plan(
    region: Annotated[
        Path, typer.Option("--region", help="The region's file, for example config/demo.toml.")
    ],
    home: Annotated[
        Path | None, typer.Option("--home", help="Where last night was published.")
    ] = None,
    scenario: Annotated[
        list[Path] | None, typer.Option("--scenario", help="A what-if's file; may be repeated.")
    ] = None,
    save_model: Annotated[
        Path | None,
        typer.Option("--save-model", help="Write each tier's model: FILE.mps or FILE.lp."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the comparison as JSON.")] = False,
) -> None:
    """Solve what-ifs on last night's tables, beside its plan; the night stays as it is."""
    from flows.scenarios.report import facts, render
    from flows.scenarios.run import what_if
    from flows.scenarios.store import store_facts
    from flows.store.home import Home
    from flows.store.settings import settings

    place = Home((home or settings().home).resolve())
    with Console(stderr=True).status("solving"):
        result = what_if(region, place, scenario or [], save_model)
    store_facts(result.folder, facts(result))
    if as_json:
        typer.echo(json.dumps(facts(result), indent=2, default=str))
    else:
        render(result, Console())
