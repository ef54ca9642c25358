"""One night from the command line: on Prefect where it can be reached, else without it."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from flows.night.run import StepProgress, begin, completed, listeners, run_plain
from flows.store.ending import ending_at_once
from flows.store.home import Home, one_night, settings
from flows.store.night import Night, plan_night
from schemas.errors import CatchmentError
from schemas.events import Count

QUIET = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
}
# A night that a person waits for: Prefect's own log is not shown, a temporary server may take long
# to start on a busy machine, and a lost one is given up soon (by default Prefect retries for
# minutes).
ATTENDED = {
    **QUIET,
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    "PREFECT_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_CLIENT_MAX_RETRIES": "1",
}


def run_night(
    region: Path, extracts: Path | None, home: Path | None, day: date | None, *, plain: bool
) -> tuple[Night, list[str]]:
    """Run a night to its end; returns it, and notes where it did not run as asked."""
    night = plan_night(region, extracts, home or settings().home, day)
    night.home.prepare()
    notes: list[str] = []
    with ending_at_once(), one_night(night.home, night.run_key):
        night = begin(night)
        if plain:
            run_plain(night)
        elif reason := _unreachable(night.home):
            notes.append(f"Prefect: {reason}; the night ran without it")
            run_plain(night)
        elif reason := _run_on_prefect(night):
            notes.append(f"Prefect: {reason}; what was left of the night ran without it")
            run_plain(night)
    return night, notes


def _unreachable(home: Home) -> str | None:
    """Why the server that PREFECT_API_URL names cannot be used; None if it can."""
    for name, value in {**ATTENDED, "PREFECT_HOME": str(home.prefect)}.items():
        os.environ.setdefault(name, value)
    url = os.environ.get("PREFECT_API_URL")
    if not url:
        return None
    import httpx

    seconds = settings().prefect_timeout_s
    try:
        httpx.get(f"{url.rstrip('/')}/health", timeout=seconds).raise_for_status()
    except httpx.HTTPError:
        return f"the named server does not answer within {seconds:g} s"
    return None


def _run_on_prefect(night: Night) -> str | None:
    """Run the flow. Returns why Prefect was lost; None if it was not.

    Steps raise only ``CatchmentError``: any other error is Prefect's.

    Raises:
        CatchmentError: what the night itself raised.
    """
    from flows.night.flow import nightly

    try:
        nightly(
            region=str(night.region_file),
            extracts=str(night.extracts),
            home=str(night.home_root),
            night=night.date.isoformat(),
            attempt=night.attempt,
        )
    except CatchmentError:
        raise
    except Exception as err:
        logging.disable(logging.ERROR)
        what = "was lost" if completed(night) else "could not be used"
        return f"the server {what} ({type(err).__name__})"
    return None


@contextmanager
def progress(console: Console, quiet: bool) -> Iterator[None]:
    """Show the step that runs, and, unless ``quiet``, the seconds that long ones took."""
    with console.status("starting") as status:

        def show(progress: StepProgress) -> None:
            place = f"{progress.position + 1}/{progress.steps}"
            if progress.seconds is None:
                status.update(escape(f"[{place}] {progress.step}"))
                return
            status.update(_after(progress))
            if progress.seconds > 2 and progress.rows is not None and not quiet:
                took = f"{progress.seconds:.1f} s, {Count(progress.rows):row|rows}"
                line = f"[{place}] {progress.step}: {took}"
                console.print(line, style="dim", markup=False, soft_wrap=True)

        listeners.append(show)
        try:
            yield
        finally:
            listeners.remove(show)


def _after(progress: StepProgress) -> str:
    """What the night does when a step has ended."""
    if progress.rows is None:
        return f"{escape(progress.step)} failed: ending"
    done = progress.position + 1
    return f"{done} of {progress.steps} steps done" if done < progress.steps else "finishing"
