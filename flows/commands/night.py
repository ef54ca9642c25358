"""``catchment nightly``: run one night."""

from datetime import date
from typing import Annotated

import typer

from flows.commands.options import (
    AsJson,
    BackupsFolder,
    ExtractsFolder,
    HomeFolder,
    RegionFile,
    day,
    print_json,
)


def nightly(
    region: RegionFile,
    extracts: ExtractsFolder = None,
    home: HomeFolder = None,
    night: Annotated[
        date | None, day("--night", text="The night to plan. Default: the region's, else today.")
    ] = None,
    as_json: AsJson = False,
    plain: Annotated[bool, typer.Option("--plain", help="Run without Prefect.")] = False,
    backups: BackupsFolder = None,
) -> None:
    """Run one night: read the extracts, plan, verify, publish and, if asked, back up."""
    from flows.backup.safekeeping import backed_up
    from flows.night.orchestrate import run_night
    from flows.night.progress import progress
    from flows.night.summary import render, summarise
    from flows.store.home import settings
    from flows.store.screen import Screen

    errors = Screen(stderr=True)
    with progress(errors, quiet=as_json):
        done, notes = run_night(region, extracts, home, night, plain=plain)
    figures = {**summarise(done), "notes": notes}
    fault = backed_up(done.home, backups or settings().backups, figures)
    if as_json:
        print_json(figures)
    else:
        render(figures, Screen())
        for note in notes:
            errors.print(note, style="yellow", markup=False)
    if fault is not None:
        raise fault
