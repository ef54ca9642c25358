"""``catchment serve``: nights by schedule."""

from typing import Annotated

import typer

from flows.commands.options import BackupsFolder, ExtractsFolder, HomeFolder, RegionFile


def serve(
    region: RegionFile,
    cron: Annotated[
        str,
        typer.Option(
            metavar="SCHEDULE", help="When nights run: minute, hour, day, month, day of the week."
        ),
    ] = "0 2 * * *",
    timezone: Annotated[
        str | None,
        typer.Option(metavar="ZONE", help="Time zone of the schedule. Default: the region's."),
    ] = None,
    extracts: ExtractsFolder = None,
    home: HomeFolder = None,
    port: Annotated[
        int, typer.Option(metavar="NUMBER", help="Port of Prefect's pages on 127.0.0.1.")
    ] = 4200,
    backups: BackupsFolder = None,
) -> None:
    """Run nights by a schedule until stopped, with Prefect's pages on this machine.

    Each night leaves a backup; without --backups or CATCHMENT_BACKUPS it goes to HOME-backups.
    """
    from flows.night.serve import serve_nightly

    serve_nightly(region, cron, timezone, extracts, home, port, backups)
