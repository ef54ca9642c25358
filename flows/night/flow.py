"""The Prefect flow: the order of a night, one task per step, and nothing else."""

from datetime import date
from pathlib import Path

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows.backup import keep_safe
from flows.night.run import begin, completed, run_step
from flows.night.steps import steps_of
from flows.store.ending import ending_at_once, quiet_exit
from flows.store.home import one_night, settings
from flows.store.night import Night, plan_night


@flow(name="nightly", persist_result=False, validate_parameters=False)
def nightly(
    region: str,
    extracts: str | None = None,
    home: str | None = None,
    night: str | None = None,
    attempt: int | None = None,
    backups: str | None = None,
) -> dict[str, int]:
    """Run a night; return rows by step.

    Args:
        region: the region's file.
        extracts: folder of extracts; else the region's own, else the home's inbox.
        home: the home; else the setting.
        night: the date to plan, YYYY-MM-DD; else the region's, else today.
        attempt: which attempt at this night this is, where the caller has begun it.
        backups: folder for a proved backup, written when the night is published and its lock free.
    """
    quiet_exit()
    planned = plan_night(
        Path(region),
        Path(extracts) if extracts else None,
        Path(home) if home else settings().home,
        date.fromisoformat(night) if night else None,
        orchestrator="prefect",
    )
    planned.home.prepare()
    with ending_at_once(), one_night(planned.home, planned.run_key):
        rows = _run(begin(planned) if attempt is None else planned.numbered(attempt))
    if backups:
        rows["backup"] = _back_up(planned, Path(backups))
    return rows


@task(name="backup", cache_policy=NO_CACHE, persist_result=False)
def _back_up(night: Night, folder: Path) -> int:
    """Tables that were restored and are equal."""
    return keep_safe(night.home, folder).proof.tables


def _run(night: Night) -> dict[str, int]:
    done = completed(night)
    rows = {}
    for position, step in enumerate(steps_of(night)):
        if step.name not in done:
            run = task(name=step.name, cache_policy=NO_CACHE, persist_result=False)(run_step)
            rows[step.name] = run(night, step.name, position)
    return rows
