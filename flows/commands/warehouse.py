"""``catchment show`` and ``rebuild``: the warehouse."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from flows.commands.options import HomeFolder, LastRegionFile, day, home_of, print_lines


def show(
    table: Annotated[
        str, typer.Argument(metavar="TABLE", help="A clean table, for example capacity.")
    ],
    as_of: Annotated[date, day("--as-of", text="Only deliveries drawn on or before this day.")],
    home: HomeFolder = None,
    region: LastRegionFile = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write it there, mode 0600.")
    ] = None,
) -> None:
    """Show a clean table as CSV, as the deliveries up to a day gave it."""
    from flows.clerk.as_of import clean_as_of
    from flows.clerk.rebuild import last_region_file
    from flows.store.files import write_text

    place = home_of(home)
    file = region or last_region_file(place)
    text = clean_as_of(place, file, table, as_of).write_csv()
    if out is None:
        typer.echo(text, nl=False)
    else:
        write_text(out, text)


def rebuild(home: HomeFolder = None, region: LastRegionFile = None) -> None:
    """Make the warehouse again from the landed files and the decisions."""
    from flows.clerk.rebuild import rebuild as rebuild_warehouse

    print_lines(rebuild_warehouse(home_of(home), region))
