"""The solver stops, crashes, hangs or errs; a region whose patients its hospitals cannot hold."""

import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ends import must, refused
from process import Child
from scene import SECOND, Scene

from tests.waiting import HANGS

if TYPE_CHECKING:
    import polars as pl

# Figures that a solver might get wrong: model, its frames, table, column.
FIGURES = [
    ("ALLOCATION", "exact", "allocation_admission", "patients_per_day"),
    ("ALLOCATION", "exact", "allocation_load", "planned_use"),
    ("ALLOCATION", "frames", "allocation_admission", "patients_per_day"),
    ("ALLOCATION", "frames", "allocation_load", "stock"),
    ("FINANCING", "frames", "financing_flow", "amount"),
    ("FINANCING", "frames", "financing_position", "closing_cash"),
    ("FINANCING", "frames", "financing_outcome", "uncovered"),
]


def solver_stops(scene: Scene, home: Path, chance: random.Random) -> str:
    model = chance.choice(["ALLOCATION", "FINANCING"])

    def hopeless(work: Callable[[], object]) -> Callable[[], object]:
        def run() -> object:
            from optimization import models
            from schemas.errors import SolverStopped

            def stop(*given, **named):
                raise SolverStopped("time limit without a plan")

            object.__setattr__(getattr(models, model), "plan", stop)
            return work()

        return run

    must(scene.second(home, hopeless).wait())
    scene.ends_as_undisturbed(home)
    return "yesterday's plan stood"


def solver_dies(scene: Scene, home: Path, chance: random.Random) -> str:
    """The solver crashes and takes the night with it, or hangs until somebody ends the night."""
    crashes, nth = chance.random() < 0.5, chance.randint(1, 4)

    def doomed(work: Callable[[], object]) -> Callable[[], object]:
        def run() -> object:
            import highspy

            real, calls = highspy.Highs.run, [0]

            def last(*given):
                calls[0] += 1
                if calls[0] < nth:
                    return real(*given)
                print("the solver is at it", flush=True)
                os.kill(os.getpid(), signal.SIGSEGV) if crashes else time.sleep(2 * HANGS)
                return None

            highspy.Highs.run = last
            return work()

        return run

    night = scene.second(home, doomed)
    while not crashes and not night.ended() and "at it" not in night.text():
        time.sleep(0.05)
    if not crashes:
        night.kill(signal.SIGTERM)
    ended = night.wait()
    assert ended.code == (-signal.SIGSEGV if crashes else 143), f"{ended.code}: {ended.said[-600:]}"
    scene.ends_as_undisturbed(home)
    return "crashed" if crashes else "hung, ended by SIGTERM"


def planted_wrong_plan(scene: Scene, home: Path, chance: random.Random) -> str:
    """The solver says that it is optimal, and one of its figures is wrong."""
    model, where, table, column = chance.choice(FIGURES)
    share = chance.random()
    before = scene.published(home).read_bytes()

    def wrong(work: Callable[[], object]) -> Callable[[], object]:
        def run() -> object:
            from optimization import models

            real = getattr(models, model).plan

            def planted(*given, **named):
                plan = real(*given, **named)
                frames = dict(getattr(plan, where))
                frames[table] = _altered(frames[table], column, share)
                return replace(plan, **{where: frames})

            object.__setattr__(getattr(models, model), "plan", planted)
            return work()

        return run

    ended = scene.second(home, wrong).wait()
    refused(scene, home, ended, before)
    assert ended.code == 7, f"{ended.code}: {ended.said[-600:]}"
    scene.ends_as_undisturbed(home)
    return f"{table}.{column} was refused"


def _altered(frame: "pl.DataFrame", column: str, share: float) -> "pl.DataFrame":
    """The frame with one number in it half as large again, and one more."""
    numbers = frame[column].to_numpy().copy()
    row = int(share * len(numbers))
    numbers[row] = numbers[row] * 1.5 + 1
    return frame.with_columns(frame[column].clone().scatter(row, numbers[row].item()))


def short_by_data(scene: Scene, home: Path, chance: random.Random) -> str:
    """Far more patients than any plan can place: the shortage is planned, verified, published."""
    factor = chance.choice([10, 100, 1000])
    region = scene.region.with_name(f"{home.name}.toml")
    section = f"[planning]\ndemand_factor = {factor}\n"
    region.write_text(scene.region.read_text().replace("[planning]\n", section))

    def crowded(work: Callable[[], object]) -> Callable[[], object]:
        return partial(scene.run, home, scene.new, SECOND, region)

    must(scene.second(home, crowded).wait())
    region.unlink()
    must(Child(partial(_tells_of_unmet, home), home.with_suffix(".unmet")).wait())
    scene.ends_as_undisturbed(home)
    return f"{factor} times the patients, unmet published"


def _tells_of_unmet(home: Path) -> None:
    import duckdb

    from flows.publish.verify import verify_published
    from flows.store.home import Home

    place = Home(home)
    verify_published(place)
    with duckdb.connect(str(place.published), read_only=True) as con:
        ((unmet,),) = con.execute(
            "SELECT sum(unmet_patients) FROM results.allocation_unmet"
        ).fetchall()
    assert unmet > 0
