"""The warehouse made again from the landing folder and the decisions."""

import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import duckdb

from flows.ingest.decisions import read_decisions, redeliver
from flows.ingest.landing import Delivery, read_sidecars
from flows.night.steps import Part, Step, steps_of
from flows.publish.keep import nights
from flows.store.files import sync
from flows.store.home import Home, one_night
from flows.store.night import Night, load_region
from flows.store.warehouse import initialise, opened, qualified, transaction
from schemas import ops
from schemas.errors import (
    CatchmentError,
    ConfigRefused,
    HomeRefused,
    StepFailed,
)
from schemas.events import Count
from schemas.table import Table, polars_schema

# What the landing folder tells; without the tables there is no warehouse, a plan waits.
TABLES: frozenset[Part] = frozenset({"history", "clean", "regional"})
PLANS: frozenset[Part] = frozenset({"model", "about"})
# What the landing folder cannot tell: taken over from the old warehouse, where it can be read.
OPERATIONS: tuple[type[Table], ...] = (ops.Run, ops.Alert, ops.Quality, ops.QualityScore)
# Columns of theirs that earlier layouts lack, from those that they have.
FORMER = {
    "measured": "value",
    "step": "CASE rule WHEN 'plan_stale' THEN subject WHEN 'nobody_in_reach' THEN 'allocation' "
    "ELSE 'quality' END",
    "feed": "NULL",
    "patient_data": "TRUE",
}


def rebuild(home: Home, region_file: Path | None, *, plans: bool = True) -> list[str]:
    """Make the warehouse again beside the old one and put it in its place.

    Of an old one that cannot be read, a copy stays as ``warehouse.before-rebuild.duckdb``. The
    published file stays.

    Args:
        home: the home.
        region_file: the region's file; else that of the last night.
        plans: solve the last night again, too; else the next night makes its plan first.

    Returns:
        What was done, in words.

    Raises:
        HomeRefused: if nothing was landed, a landed file is damaged, or the feeds have changed so
            that a file which was loaded no longer is; the old warehouse stays.
        NightBusy: while a night runs.
    """
    with one_night(home, "catchment rebuild"):
        deliveries = read_sidecars(home)
        if not deliveries:
            raise HomeRefused(f"{home.landing} holds no delivery: there is nothing to rebuild from")
        scratch = Home(home.root / "rebuild")
        shutil.rmtree(scratch.root, ignore_errors=True)
        night = _night(scratch, home, deliveries, region_file)
        said = _made(night, home, deliveries, TABLES | PLANS if plans else TABLES)
        known = _operations(scratch, home)
        _take_place(scratch, home, keep=not known)
    words = "runs, alerts and quality of earlier nights are"
    return [
        *said,
        f"{words} taken over" if known else f"{words} gone: the old one was not readable",
    ]


def last_region_file(home: Home) -> Path:
    """The region's file by which the last delivery was read.

    Raises:
        ConfigRefused: if no delivery was landed, or the file is no longer there.
    """
    deliveries = read_sidecars(home)
    path = Path(deliveries[-1].region_file) if deliveries else None
    if path is None or not path.is_file():
        raise ConfigRefused(f"{home.root} does not tell its region's file; name it with --region")
    return path


def _night(
    scratch: Home, home: Home, deliveries: Sequence[Delivery], region_file: Path | None
) -> Night:
    path = region_file or Path(deliveries[-1].region_file)
    load_region(path)
    scratch.prepare()
    (scratch.root / "keys").symlink_to(home.keys)
    nights(scratch).symlink_to(nights(home))
    last = max(d.decided or d.night for d in deliveries)
    return Night(path.resolve(), scratch.landing, scratch.root, last)


def _made(
    night: Night, home: Home, deliveries: Sequence[Delivery], parts: frozenset[Part]
) -> list[str]:
    initialise(night.home)
    decisions = {d.delivery_id: d for d in read_decisions(home)}
    with opened(night.home) as con:
        rows = sum(redeliver(night, home, con, d, decisions) for d in deliveries)
    said = [f"{Count(len(deliveries)):delivery|deliveries}, {Count(rows):row|rows} loaded"]
    for step in steps_of(night):
        if step.part in parts:
            said += _run(night, step)
    return said


def _run(night: Night, step: Step) -> list[str]:
    """Run a step; a plan that cannot be made waits for the next night."""
    try:
        step.run(night)
        return []
    except CatchmentError as err:
        reason = str(err)
    except Exception as err:
        reason = f"unforeseen {type(err).__name__}"
    if step.part in TABLES:
        raise StepFailed(f"step {step.name}: {reason}; the old warehouse stays")
    return [f"{step.name}: {reason}; the next night makes it"]


def _operations(new: Home, old: Home) -> bool:
    """Take runs, alerts and scores over from the old warehouse; was it readable?"""
    if not old.warehouse.is_file():
        return False
    quoted = str(old.warehouse).replace("'", "''")
    with suppress(duckdb.Error), opened(new) as con:
        con.execute(f"ATTACH '{quoted}' AS old (READ_ONLY)")
        with transaction(con):
            for table in OPERATIONS:
                target = qualified(table)
                had = con.sql(f"FROM old.{target} LIMIT 0").columns
                taken = (c if c in had else f'{FORMER[c]} AS "{c}"' for c in polars_schema(table))
                names = ", ".join(taken)
                con.execute(f"INSERT INTO {target} BY NAME SELECT {names} FROM old.{target}")
        return True
    return False


def _take_place(scratch: Home, home: Home, *, keep: bool) -> None:
    """Put the new file in place of the old one, which is kept beside it or removed."""
    aside = home.root / "warehouse.before-rebuild.duckdb"
    for suffix in ("", ".wal"):
        _with(aside, suffix).unlink(missing_ok=True)
        if _with(home.warehouse, suffix).exists():
            _with(home.warehouse, suffix).replace(_with(aside, suffix))
    scratch.warehouse.replace(home.warehouse)
    sync(home.root)
    if not keep:
        for suffix in ("", ".wal"):
            _with(aside, suffix).unlink(missing_ok=True)
    shutil.rmtree(scratch.root, ignore_errors=True)


def _with(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)
