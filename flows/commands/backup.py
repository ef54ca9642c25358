"""``catchment backup`` and ``restore``."""

from pathlib import Path
from typing import Annotated

import typer

from flows.commands.options import HomeFolder, home_of


def backup(
    to: Annotated[Path, typer.Option(metavar="FOLDER", help="Folder for the encrypted file.")],
    home: HomeFolder = None,
    drill: Annotated[
        bool, typer.Option(help="Restore it beside the home and compare every table.")
    ] = True,
) -> None:
    """Write the home into one encrypted file and test that it can be restored."""
    from flows import backup as backups

    place = home_of(home)
    file = backups.backup(place, to)
    typer.echo(f"backup: {file} ({file.stat().st_size:,} bytes)")
    if drill:
        proof = backups.drill(file, place)
        typer.echo(
            f"restore drill: {proof.files} files and {proof.tables} tables are equal, "
            f"{proof.seconds:.1f} s"
        )


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The encrypted file.")],
    keys: Annotated[Path, typer.Option(metavar="FOLDER", help="Folder that holds the keys.")],
    home: HomeFolder = None,
) -> None:
    """Restore a backup into a new home and check every file and table by its hash."""
    from flows import backup as backups
    from flows.protect.keys import Keys

    place = home_of(home)
    proof = backups.restore(file, place, Keys(keys))
    typer.echo(f"restored into {place.root}: {proof.files} files, {proof.tables} tables")
    typer.echo(f"now copy the keys: cp -p {keys}/*.key {place.keys}/")
