"""``catchment verify`` and ``rollback``: the published file."""

from datetime import date
from typing import Annotated

import typer

from flows.commands.options import HomeFolder, day, home_of, print_lines


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
