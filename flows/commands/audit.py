"""``catchment audit``: the log of what was done to a home."""

from typing import Annotated

import typer

from flows.commands.options import HomeFolder, home_of


def verify(home: HomeFolder = None) -> None:
    """Recompute the log's hashes: was any entry changed or removed?"""
    from flows.store.audit_log import log_file, verify_log

    place = home_of(home)
    typer.echo(f"{log_file(place)}: {verify_log(place)} entries, all unchanged")


def restart(
    why: Annotated[
        str, typer.Option(metavar="TEXT", help="What broke the log; its first entry says so.")
    ],
    home: HomeFolder = None,
) -> None:
    """Keep a broken log under another name and begin a new one that holds its hash."""
    from flows.store import audit_log
    from flows.store.home import one_night

    place = home_of(home)
    with one_night(place, "catchment audit restart"):
        kept = audit_log.restart(place, why)
    log = audit_log.log_file(place)
    typer.echo(f"{log} begins anew; {f'the old one is {kept}' if kept else 'there was none'}")
