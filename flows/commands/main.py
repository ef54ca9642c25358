"""The command line: ``catchment --help``."""

import atexit
import json
import os
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from flows.commands import audit as audit_commands
from flows.commands import deliveries as delivery_commands
from flows.commands.plan import plan
from flows.store.unforeseen import unforeseen
from schemas.errors import CatchmentError, ConfigRefused

if TYPE_CHECKING:
    from flows.store.home import Home

EXIT_CODES = """
Exit codes: 0 done · 1 an unexpected error · 2 a configuration or a command is refused ·
3 a table is refused · 4 a file is refused · 5 a number is refused · 6 the solver stopped ·
7 a plan is refused · 8 another night runs · 9 the home cannot be used ·
10 rows do not add up · 11 the audit refused the new file ·
12 a key or an encrypted file is refused · 13 a checked file would load, but not wholly ·
143 ended by SIGTERM; the next run completes the night.
"""
app = typer.Typer(
    name="catchment",
    help="Plan a region's hospitals as one system, every night.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command()(plan)
RegionFile = Annotated[
    Path, typer.Option("--region", help="The region's file, for example config/demo.toml.")
]
HomeFolder = Annotated[
    Path | None,
    typer.Option("--home", help="Landing, warehouse and results; default: CATCHMENT_HOME or home."),
]

BackupFolder = Annotated[
    Path | None,
    typer.Option(
        "--backups",
        help="Folder for an encrypted backup after the night, proved by a restore; "
        "default: CATCHMENT_BACKUPS, else none.",
    ),
]


@app.command(epilog=EXIT_CODES)
def nightly(
    region: RegionFile,
    extracts: Annotated[
        Path | None, typer.Option(help="Folder of extracts; default: HOME/inbox.")
    ] = None,
    home: HomeFolder = None,
    night: Annotated[
        str | None, typer.Option(help="The night to plan, YYYY-MM-DD; default: today.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
    plain: Annotated[bool, typer.Option("--plain", help="Leave Prefect out.")] = False,
    backups: BackupFolder = None,
) -> None:
    """Run one night: ingest, aggregate, allocate, finance, verify, publish; back it up."""
    from flows.backup.safekeeping import backed_up
    from flows.night.orchestrate import run_night
    from flows.night.progress import progress
    from flows.night.summary import render, summarise
    from flows.store.settings import settings

    out, err = Console(), Console(stderr=True)
    with progress(err, quiet=as_json):
        done, notes = run_night(region, extracts, home, _day(night), plain=plain)
    figures = {**summarise(done), "notes": notes}
    fault = backed_up(done.home, backups or settings().backups, figures)
    if as_json:
        typer.echo(json.dumps(figures, indent=2, default=str))
    else:
        render(figures, out)
        for note in notes:
            err.print(note, style="yellow")
    if fault is not None:
        raise fault


@app.command()
def sample(
    out: Annotated[Path, typer.Option(help="Folder to write into; made if missing.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    institutions: Annotated[int, typer.Option(min=3, help="Hospitals in the region.")] = 12,
    days: Annotated[int, typer.Option(min=28, help="Days of capacity and encounters.")] = 180,
) -> None:
    """Write a synthetic region's extracts, labelled so, a few rows of them dirty on purpose."""
    from flows.commands.sample import write_sample

    paths = write_sample(out, seed=seed, institutions=institutions, days=days)
    typer.echo(f"{len(paths)} files of synthetic data in {out}")


@app.command()
def verify(
    home: HomeFolder = None,
) -> None:
    """Recompute the published plan and budget from the published file, without the solver."""
    from flows.publish.verify import verify_published

    for line in verify_published(_home(home)):
        typer.echo(line)


@app.command()
def rollback(
    to: Annotated[str | None, typer.Option(help="The night to put back, YYYY-MM-DD.")] = None,
    home: HomeFolder = None,
) -> None:
    """Put an earlier night's published file back in place: the one before, or that of a night."""
    from flows.publish.keep import rollback as put_back
    from flows.store.home import one_night

    place = _home(home)
    with one_night(place, "rollback"):
        kept = put_back(place, to)
    typer.echo(f"published again: night of {kept.night}, made {kept.published_at} UTC")


@app.command()
def backup(
    to: Annotated[Path, typer.Option(help="Folder for the encrypted file.")],
    home: HomeFolder = None,
    drill: Annotated[bool, typer.Option(help="Restore it aside and compare every table.")] = True,
) -> None:
    """Write the home into one encrypted file and prove that it can be restored."""
    from flows import backup as backups

    place = _home(home)
    file = backups.backup(place, to)
    typer.echo(f"backup: {file} ({file.stat().st_size:,} bytes)")
    if drill:
        proof = backups.drill(file, place)
        typer.echo(
            f"restore drill: {proof.files} files and {proof.tables} tables are equal, "
            f"{proof.seconds:.1f} s"
        )


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="The encrypted file.")],
    keys: Annotated[Path, typer.Option(help="Folder of the keys, kept elsewhere.")],
    home: HomeFolder = None,
) -> None:
    """Unpack a backup into a new home, every file and table proved by its hash."""
    from flows import backup as backups
    from flows.protect.keys import Keys

    place = _home(home)
    proof = backups.restore(file, place, Keys(keys))
    typer.echo(f"restored into {place.root}: {proof.files} files, {proof.tables} tables")
    typer.echo(f"now copy the keys: cp -p {keys}/*.key {place.keys}/")


key = typer.Typer(help="The keys of pseudonyms and encryption.", no_args_is_help=True)
app.add_typer(key, name="key")
OtherRegion = Annotated[
    Path | None,
    typer.Option("--region", help="The region's file; default: that of the last night."),
]


@key.command("rotate")
def key_rotate(home: HomeFolder = None, region: OtherRegion = None) -> None:
    """Make a new key; encrypt landed files with it, and make pseudonyms again."""
    from flows.clerk.forget import rotate

    for line in rotate(_home(home), region):
        typer.echo(line)


@app.command()
def forget(
    patient: Annotated[str | None, typer.Option(help="The patient, as extracts say.")] = None,
    institution: Annotated[
        str | None, typer.Option(help="The institution, as extracts say.")
    ] = None,
    home: HomeFolder = None,
    region: OtherRegion = None,
) -> None:
    """Leave a person or an institution out of all that is kept, and of whatever arrives."""
    from flows.clerk.forget import forget as leave_out

    if (patient is None) == (institution is None):
        raise ConfigRefused("name one: --patient CODE or --institution CODE")
    kind, code = ("patient_key", patient) if patient else ("institution_id", institution)
    for line in leave_out(_home(home), kind, str(code), region):
        typer.echo(line)


def _home(given: Path | None) -> "Home":
    from flows.store.home import Home
    from flows.store.settings import settings

    return Home((given or settings().home).resolve())


@app.command()
def serve(
    region: RegionFile,
    cron: Annotated[str, typer.Option(help="When, as cron has it.")] = "0 2 * * *",
    timezone: Annotated[
        str | None, typer.Option(help="Whose clock; default: the region's.")
    ] = None,
    extracts: Annotated[Path | None, typer.Option(help="Folder of extracts.")] = None,
    home: HomeFolder = None,
    port: Annotated[int, typer.Option(help="Port of Prefect's UI on 127.0.0.1.")] = 4200,
    backups: Annotated[
        Path | None,
        typer.Option(help="Folder of proved backups; default: CATCHMENT_BACKUPS or HOME-backups."),
    ] = None,
) -> None:
    """Keep a Prefect server, its UI on this machine, and the nightly schedule."""
    from flows.night.serve import serve_nightly

    serve_nightly(region, cron, timezone, extracts, home, port, backups)


audit_commands.register(app)
delivery_commands.register(app)


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    raise ConfigRefused("--night wants a date as YYYY-MM-DD, for example 2026-02-10")


def main() -> None:
    """Run the command line; an error that a person is meant to read ends with its own code."""
    code = 0
    try:
        app()
    except CatchmentError as error:
        Console(stderr=True).print(f"catchment: {error}", style="red", markup=False, soft_wrap=True)
        code = error.exit_code
    except Exception as error:  # its text may carry what stood in an extract
        Console(stderr=True).print(f"catchment: {unforeseen(error)}", style="red", markup=False)
        code = 1
    if code:
        sys.exit(code)


def run() -> None:
    """``main`` as a program of its own.

    Prefect's background threads outlive the interpreter's modules, at which DuckDB's bindings
    print pages of warnings: so the program says its goodbyes (a temporary server is ended here)
    and leaves at once.
    """
    code: object = 0
    try:
        main()
    except SystemExit as ended:
        code = ended.code
    if "prefect" in sys.modules:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1)
    sys.exit(code)  # type: ignore[arg-type]


if __name__ == "__main__":
    run()
