"""The faults, by class. Each disturbs a copy of the home and then asks for an undisturbed end."""

import os
import random
import resource
import shutil
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import points
from places import BLOCK, MEGABYTE, back_up, mounted, restore_copy, small_disk, used_places
from process import Child, Ended, dies_at, dies_in_step, flip, limited, shifted_clock
from readers import Readers
from scene import FIRST, SECOND, Scene

STEPS = 32
STEP_SECONDS = 1.5
Kind = Callable[[Scene, Path, random.Random], str]


def killed_at_step(scene: Scene, home: Path, chance: random.Random) -> str:
    number, share = chance.randint(1, STEPS), chance.choice([0.0, chance.random()])
    return _killed(scene, home, lambda work: dies_in_step(number, share, STEP_SECONDS, work))


def killed_at_point(scene: Scene, home: Path, chance: random.Random) -> str:
    return _killed_at(scene, home, chance, points.NIGHT)


def killed_publishing(scene: Scene, home: Path, chance: random.Random) -> str:
    return _killed_at(scene, home, chance, points.PUBLISH)


def killed_any_time(scene: Scene, home: Path, chance: random.Random) -> str:
    seconds = chance.uniform(0, scene.seconds)
    return _ended_from_outside(scene, home, seconds, signal.SIGKILL)


def terminated(scene: Scene, home: Path, chance: random.Random) -> str:
    seconds = chance.uniform(0.2, 0.9) * scene.seconds
    return _ended_from_outside(scene, home, seconds, signal.SIGTERM)


def killed_in_backup(scene: Scene, home: Path, chance: random.Random) -> str:
    target, when, most = chance.choice(points.BACKUP)
    wrap = partial(dies_at, target, when, chance.randint(1, most))
    ended = Child(wrap(partial(back_up, home)), scene.beside(home, ".log")).wait()
    _must(Child(partial(back_up, home), scene.beside(home, ".log")).wait())
    assert not list((home / "spill").iterdir()), "a killed backup left a plain copy"
    scene.ends_as_undisturbed(home)
    return _how(ended)


def killed_in_restore(scene: Scene, home: Path, chance: random.Random) -> str:
    _must(Child(partial(back_up, home), scene.beside(home, ".log")).wait())
    target, when, most = chance.choice(points.RESTORE)
    copy = home.with_name(home.name + "-copy")
    work = partial(restore_copy, home, copy)
    wrapped = dies_at(target, when, chance.randint(1, most), work)
    ended = Child(wrapped, scene.beside(home, ".log")).wait()
    _must(Child(work, scene.beside(home, ".log")).wait())
    shutil.rmtree(home)
    copy.rename(home)
    scene.ends_as_undisturbed(home)
    return _how(ended)


def flipped_warehouse(scene: Scene, home: Path, chance: random.Random) -> str:
    used = Child(partial(used_places, home), scene.beside(home, ".places")).wait()
    blocks = [int(place) for place in used.said.split()]
    place = chance.choice(blocks) + chance.randrange(BLOCK) if chance.random() < 0.7 else None
    flip(home / "warehouse.duckdb", chance, place)
    ended = scene.second(home).wait()
    if ended.done and scene.figures(home) == scene.wanted:
        return "a byte that nothing read"
    assert not ended.done, "a changed warehouse gave other tables without a word"
    _clear(ended)
    _must(scene.rebuilt(home))
    scene.ends_as_undisturbed(home)
    return "said, made again from landing"


def flipped_landing(scene: Scene, home: Path, chance: random.Random) -> str:
    landed = [p for p in sorted((home / "landing").glob("??/*")) if p.suffix != ".json"]
    hit = chance.choice(landed)
    flip(hit, chance)
    ended = scene.rebuilt(home)
    assert ended.code == 9, f"a changed landed file was not said ({ended.code})"
    assert hit.name in ended.said
    _must(scene.night(home, scene.old, FIRST).wait())
    _must(scene.rebuilt(home))
    scene.ends_as_undisturbed(home)
    return "said, landed again"


def flipped_published(scene: Scene, home: Path, chance: random.Random) -> str:
    flip(scene.published(home), chance)
    scene.ends_as_undisturbed(home)
    assert "was damaged" in (home / "audit.jsonl").read_text()
    return "said, replaced"


def flipped_backup(scene: Scene, home: Path, chance: random.Random) -> str:
    _must(Child(partial(back_up, home), scene.beside(home, ".log")).wait())
    (file,) = home.with_suffix(".backups").glob("*.backup")
    flip(file, chance)
    copy = home.with_name(home.name + "-copy")
    ended = Child(partial(restore_copy, home, copy), scene.beside(home, ".log")).wait()
    assert ended.code in (9, 12), f"a changed backup was restored ({ended.code})"
    scene.ends_as_undisturbed(home)
    return "said, not restored"


def disk_full(scene: Scene, home: Path, chance: random.Random) -> str:
    room = chance.uniform(0.0, 12.0)
    with small_disk(home, room) as place:
        before = scene.published(place).read_bytes()
        ended = scene.second(place).wait()
        if not ended.done:
            _clear(ended)
            assert scene.published(place).read_bytes() == before
        mounted("mount", "-o", "remount,size=1g", str(place.parent))
        scene.ends_as_undisturbed(place)
    return "room was enough" if ended.done else f"said, {room:.1f} MB were left"


def read_only(scene: Scene, home: Path, chance: random.Random) -> str:
    with small_disk(home, 200) as place:
        mounted("mount", "-o", "remount,ro", str(place.parent))
        ended = scene.second(place).wait()
        assert not ended.done
        _clear(ended)
        mounted("mount", "-o", "remount,rw", str(place.parent))
        scene.ends_as_undisturbed(place)
    return "said"


def few_descriptors(scene: Scene, home: Path, chance: random.Random) -> str:
    wrap = partial(limited, resource.RLIMIT_NOFILE, chance.randint(5, 14))
    return _stopped(scene, home, wrap)


def little_memory(scene: Scene, home: Path, chance: random.Random) -> str:
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    wrap = partial(limited, resource.RLIMIT_AS, used + chance.randint(50, 900) * MEGABYTE)
    return _stopped(scene, home, wrap)


def clock(scene: Scene, home: Path, chance: random.Random) -> str:
    seconds = chance.choice([-3600, 3600, 86400, -86400, chance.uniform(-1e6, 1e6)])
    _must(scene.second(home, partial(shifted_clock, seconds)).wait())
    scene.ends_as_undisturbed(home)
    return f"completed {seconds / 3600:+.0f} h"


def two_nights(scene: Scene, home: Path, chance: random.Random) -> str:
    one = scene.second(home)
    time.sleep(chance.uniform(0.0, 0.3) * scene.seconds)
    two = scene.second(home)
    ended = [one.wait(), two.wait()]
    assert 0 in [e.code for e in ended], [e.said[-300:] for e in ended]
    turned = [e for e in ended if e.code != 0]
    assert all(e.code == 8 and e.seconds < 30 for e in turned), [e.said[-300:] for e in turned]
    scene.ends_as_undisturbed(home)
    return "the second was turned away" if turned else "one after the other"


def no_server(scene: Scene, home: Path, chance: random.Random) -> str:
    def orphaned(work: Callable[[], object]) -> Callable[[], object]:
        def run() -> None:
            os.environ["PREFECT_API_URL"] = "http://127.0.0.1:9/api"
            from flows.orchestrate import run_night

            _, notes = run_night(scene.region, scene.new, home, SECOND, plain=False)
            assert "does not answer" in notes[0]

        return run

    _must(scene.second(home, orphaned).wait())
    scene.ends_as_undisturbed(home)
    return "completed plainly, said"


def solver_stops(scene: Scene, home: Path, chance: random.Random) -> str:
    model = chance.choice(["allocation_model", "financing_model"])

    def hopeless(work: Callable[[], object]) -> Callable[[], object]:
        def run() -> object:
            import flows.night.plans as plans
            from schemas.errors import SolverStopped

            def stop(*given, **named):
                raise SolverStopped("time limit without a plan")

            getattr(plans, model).plan = stop
            return work()

        return run

    _must(scene.second(home, hopeless).wait())
    scene.ends_as_undisturbed(home)
    return "yesterday's plan stood"


def _killed_at(scene: Scene, home: Path, chance: random.Random, places: list) -> str:
    target, when, most = chance.choice(places)
    return _killed(scene, home, partial(dies_at, target, when, chance.randint(1, most)))


def _killed(scene: Scene, home: Path, wrap: Callable) -> str:
    readers = Readers(home)
    try:
        ended = scene.second(home, wrap).wait()
        assert ended.code in (0, -signal.SIGKILL), f"{ended.code}: {ended.said[-600:]}"
        scene.ends_as_undisturbed(home)
    finally:
        readers.end()
    return _how(ended)


def _ended_from_outside(scene: Scene, home: Path, seconds: float, number: int) -> str:
    readers = Readers(home)
    try:
        child = scene.second(home)
        time.sleep(seconds)
        child.kill(number)
        ended = child.wait(10) if number == signal.SIGTERM else child.wait()
        assert ended.code in (0, -number, 143), f"{ended.code}: {ended.said[-600:]}"
        scene.ends_as_undisturbed(home)
    finally:
        readers.end()
    return _how(ended)


def _stopped(scene: Scene, home: Path, wrap: Callable) -> str:
    before = scene.published(home).read_bytes()
    ended = scene.second(home, wrap).wait()
    if not ended.done:
        assert scene.published(home).read_bytes() == before
    scene.ends_as_undisturbed(home)
    return "enough" if ended.done else f"ended with {ended.code}"


def _how(ended: Ended) -> str:
    return "over before it" if ended.done else "killed"


def _must(ended: Ended) -> None:
    assert ended.done, f"ended with {ended.code}: {ended.said[-800:]}"


def _clear(ended: Ended) -> None:
    """An error that a person can read, and no traceback."""
    assert ended.code > 0, f"ended by a signal: {ended.code}: {ended.said[-600:]}"
    assert "catchment:" in ended.said and "Traceback" not in ended.said, ended.said[-800:]


# How often each class comes among a hundred faults.
SHARES: dict[Kind, int] = {
    killed_at_step: 20,
    killed_at_point: 17,
    killed_publishing: 15,
    killed_any_time: 8,
    terminated: 4,
    killed_in_backup: 4,
    killed_in_restore: 4,
    flipped_warehouse: 5,
    flipped_landing: 3,
    flipped_published: 3,
    flipped_backup: 3,
    disk_full: 4,
    read_only: 1,
    few_descriptors: 2,
    little_memory: 2,
    clock: 2,
    two_nights: 1,
    no_server: 1,
    solver_stops: 1,
}
NEED_MOUNT = (disk_full, read_only)
