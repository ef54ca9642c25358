"""Commands about a home: backups, its warehouse, who can be recognised in it, its log."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from flows.commands.options import HomeFolder, LastRegionFile, day, home_of, print_lines
from schemas.errors import ConfigRefused


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


Code = typer.Option(metavar="CODE", help="Their code in the extracts.")


def rotate(home: HomeFolder = None, region: LastRegionFile = None) -> None:
    """Make a new key; encrypt the landed files and make all pseudonyms again with it."""
    from flows.clerk.forget import rotate as rotate_key

    print_lines(rotate_key(home_of(home), region))


def forget(
    patient: Annotated[str | None, Code] = None,
    institution: Annotated[str | None, Code] = None,
    home: HomeFolder = None,
    region: LastRegionFile = None,
) -> None:
    """Remove a patient or an institution from all that is kept and all that will arrive."""
    from flows.clerk.forget import forget as leave_out

    if (patient is None) == (institution is None):
        raise ConfigRefused("name one: --patient CODE or --institution CODE")
    kind, code = ("patient_key", patient) if patient else ("institution_id", institution)
    print_lines(leave_out(home_of(home), kind, str(code), region))


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
