"""Commands about the audit log; ``register`` adds them to the command line."""

from pathlib import Path
from typing import Annotated

import typer

from flows.store.home import Home, one_night
from flows.store.settings import settings

HomeFolder = Annotated[
    Path | None, typer.Option("--home", help="The home; default: CATCHMENT_HOME or home.")
]


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    audit = typer.Typer(help="The log of what was done to a home.", no_args_is_help=True)
    audit.command()(verify)
    audit.command()(restart)
    app.add_typer(audit, name="audit")


def verify(home: HomeFolder = None) -> None:
    """Recompute the hash chain of the audit log."""
    from flows.store.audit_log import log_file, verify_log

    place = Home((home or settings().home).resolve())
    typer.echo(f"{log_file(place)}: {verify_log(place)} entries, every one as it was written")


def restart(
    why: Annotated[str, typer.Option(help="What broke the log: the new one begins with it.")],
    home: HomeFolder = None,
) -> None:
    """Keep a broken log aside and begin a new one, which names it by its hash."""
    from flows.store import audit_log

    place = Home((home or settings().home).resolve())
    with one_night(place, "catchment audit restart"):
        kept = audit_log.restart(place, why)
    log = audit_log.log_file(place)
    typer.echo(f"{log} begins anew; {f'kept: {kept}' if kept else 'none was there'}")
