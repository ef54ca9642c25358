"""``catchment nightly``, ``serve`` and ``sample``: nights, and a region to try them on."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from flows.commands.options import (
    AsJson,
    BackupsFolder,
    ExtractsFolder,
    HomeFolder,
    RegionFile,
    day,
    home_of,
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
    from flows.backup import backed_up
    from flows.night.orchestrate import progress, run_night
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


def sample(
    out: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Folder to write into; made if missing.")
    ],
    seed: Annotated[
        int, typer.Option(metavar="NUMBER", help="The same seed gives the same files.")
    ] = 1,
    wave: Annotated[
        bool,
        typer.Option(
            "--wave", help="A region whose daily admissions double and fall, in files by day."
        ),
    ] = False,
    institutions: Annotated[
        int | None,
        typer.Option(
            metavar="NUMBER", min=3, help="Hospitals in the region. Default: 12; of a wave 73."
        ),
    ] = None,
    days: Annotated[
        int | None,
        typer.Option(
            metavar="NUMBER",
            min=28,
            help="Days of capacity and stays. Default: 180; of a wave 72, and 84 before.",
        ),
    ] = None,
) -> None:
    """Write the extracts of a made-up region, marked as synthetic, with a few faulty rows."""
    from flows.clerk.sample import write_sample, write_wave

    write = write_wave if wave else write_sample
    asked = {"institutions": institutions, "days": days}
    paths = write(out, seed=seed, **{k: v for k, v in asked.items() if v is not None})
    typer.echo(f"{len(paths)} files of synthetic data in {out}")


@dataclass(frozen=True, slots=True)
class FirstAndLast:
    """Two dates, as an option takes them."""

    first: date
    last: date


def _first_and_last(text: str) -> FirstAndLast:
    try:
        first, last = (date.fromisoformat(part) for part in text.split(".."))
        return FirstAndLast(first, last)
    except ValueError:
        pass
    raise typer.BadParameter("two dates are written FIRST..LAST, as in 2022-09-30..2022-10-07")


def backtest(
    region: RegionFile,
    nights: Annotated[
        FirstAndLast,
        typer.Option(
            "--nights",
            parser=_first_and_last,
            metavar="FIRST..LAST",
            help="The nights to replay, each with what had arrived by then.",
        ),
    ],
    home: HomeFolder = None,
    as_json: AsJson = False,
) -> None:
    """Replay nights from the delivery history, and say whether their plans would have come true.

    Plans on the forecast stand beside plans on the last weeks' mean, and both beside hindsight.
    """
    from flows.clerk.backtest import backtest as replay
    from flows.clerk.backtest_report import facts, render
    from flows.store.screen import Screen

    with Screen(stderr=True).status("replaying"):
        result = replay(region, home_of(home), nights.first, nights.last)
    if as_json:
        print_json(facts(result))
    else:
        render(result, Screen())
