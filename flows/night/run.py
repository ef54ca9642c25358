"""Running steps: the lock, the record in ``ops.run``, and who listens to progress."""

import hashlib
import resource
import time
from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from importlib.metadata import version

import polars as pl

from flows.night.steps import Step, steps_of
from flows.store.audit_log import refuse_if_broken
from flows.store.ending import unforeseen
from flows.store.home import now
from flows.store.night import Night
from flows.store.warehouse import Connection, append, initialise, opened
from schemas import ops
from schemas.errors import CatchmentError, ConfigRefused, StepFailed
from schemas.table import assert_checks_are_on, conform

# What the system must let a night have; libraries would abort halfway without a word.
FILES = 128
MEMORY_MB = 3072


@dataclass(frozen=True, slots=True)
class StepProgress:
    """What a listener hears: a step began, or ended after ``seconds``; no rows: it failed."""

    step: str
    position: int
    steps: int
    seconds: float | None = None
    rows: int | None = None


Listener = Callable[[StepProgress], None]
listeners: list[Listener] = []


def begin(night: Night) -> Night:
    """Prepare the home and number this attempt at the night.

    Raises:
        ConfigRefused: where the environment has switched checks off, or allows too few open files
            or too little memory.
        HomeRefused: where the audit log is broken, which must record what is published.
    """
    assert_checks_are_on()
    assert_limits_allow_a_night()
    night.home.prepare()
    refuse_if_broken(night.home)
    with opened(night.home) as con:
        initialise(night.home)
        ((last,),) = con.execute(
            "SELECT coalesce(max(attempt), 0) FROM ops.run WHERE run_key = ?", [night.run_key]
        ).fetchall()
    return night.numbered(last + 1)


def assert_limits_allow_a_night() -> None:
    """Refuse to begin with too few open files or too little memory.

    Raises:
        ConfigRefused: naming the limit, what a night wants and the command that raises it.
    """
    _at_least("open {:,.0f} files at once", resource.RLIMIT_NOFILE, FILES, 1, "-n 1024")
    _at_least("address {:,.0f} MB", resource.RLIMIT_AS, MEMORY_MB, 1 << 20, "-v unlimited")


def _at_least(what: str, kind: int, least: int, unit: int, raised: str) -> None:
    most, _ = resource.getrlimit(kind)
    if most != resource.RLIM_INFINITY and most < least * unit:
        raise ConfigRefused(
            f"this process may {what.format(most / unit)}, a night wants {least:,}: "
            f"raise the limit, for example with `ulimit {raised}`"
        )


def run_plain(night: Night) -> None:
    """Run every step that this attempt has not completed, without Prefect."""
    done = completed(night)
    for position, step in enumerate(steps_of(night)):
        if step.name not in done:
            run_step(night, step.name, position)


def run_step(night: Night, name: str, position: int) -> int:
    """Run the step of that name, tell the listeners, and record it, however it ends."""
    steps = steps_of(night)
    step = steps[position]
    assert step.name == name
    _tell(StepProgress(name, position, len(steps)))
    started, clock = now(), time.perf_counter()
    try:
        with nullcontext() if step.warehouse == "shut" else opened(night.home):
            rows = _without_values(step, night)
            seconds = time.perf_counter() - clock
            _record(night, step, position, started, seconds, rows)
    except BaseException:
        seconds = time.perf_counter() - clock
        _tell(StepProgress(name, position, len(steps), seconds))
        with suppress(Exception):  # a warehouse that failed the step may not take its record
            _record(night, step, position, started, seconds, None)
        raise
    _tell(StepProgress(name, position, len(steps), seconds, rows))
    return rows


def _without_values(step: Step, night: Night) -> int:
    """Run the step; an unforeseen error is told by its kind and place, never by its text.

    Texts of DuckDB, polars and Pandera carry rows; Prefect and logs would keep them.
    """
    try:
        return step.run(night)
    except CatchmentError:
        raise
    except Exception as err:
        said = unforeseen(err)
    raise StepFailed(f"step {step.name}: {said}")


def completed(night: Night) -> frozenset[str]:
    """Names of the steps that this attempt has completed."""
    with opened(night.home) as con:
        found = con.execute(
            "SELECT step FROM ops.run WHERE run_key = ? AND attempt = ? AND outcome = 'completed'",
            [night.run_key, night.attempt],
        ).fetchall()
    return frozenset(row[0] for row in found)


def _tell(progress: StepProgress) -> None:
    for listener in listeners:
        listener(progress)


def _record(
    night: Night, step: Step, position: int, started: object, seconds: float, rows: int | None
) -> None:
    row = {
        "run_key": night.run_key,
        "attempt": night.attempt,
        "step": step.name,
        "feed": step.feed,
        "patient_data": step.patient_data,
        "position": position,
        "started_at": started,
        "seconds": seconds,
        "rows": rows,
        "outcome": "failed" if rows is None else "completed",
        "orchestrator": night.orchestrator,
        "code_version": version("catchment"),
    }
    with opened(night.home) as con:
        con.execute(
            "DELETE FROM ops.run WHERE run_key = ? AND attempt = ? AND step = ?",
            [night.run_key, night.attempt, step.name],
        )
        row["input_hash"] = _input_hash(night, con)
        append(con, ops.Run, conform(ops.Run, pl.DataFrame([row])))


def _input_hash(night: Night, con: Connection) -> str:
    loaded = con.execute(
        "SELECT sha256 FROM ops.delivery WHERE verdict = 'loaded' ORDER BY sha256"
    ).fetchall()
    digest = hashlib.sha256(night.files.sha256.encode())
    for (sha256,) in loaded:
        digest.update(sha256.encode())
    return digest.hexdigest()
