"""Nights, backups and restores that are ended from within or from outside."""

import random
import shutil
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import points
from ends import how, must
from places import back_up, restore_copy
from process import Child, dies_at, dies_in_step
from readers import Readers
from scene import Scene

STEP_SECONDS = 1.0


def killed_at_step(scene: Scene, home: Path, chance: random.Random) -> str:
    number, share = chance.randint(1, scene.steps()), chance.choice([0.0, chance.random()])
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
    if chance.random() < 0.5:
        must(Child(partial(back_up, home), scene.beside(home, ".log")).wait())
        assert not list(home.with_suffix(".backups").glob(".*")), "a part of a backup was left"
    else:
        scene.ends_as_undisturbed(home)
    assert not list((home / "spill").iterdir()), "a killed backup left a plain copy"
    scene.ends_as_undisturbed(home)
    return how(ended)


def killed_in_restore(scene: Scene, home: Path, chance: random.Random) -> str:
    must(Child(partial(back_up, home), scene.beside(home, ".log")).wait())
    target, when, most = chance.choice(points.RESTORE)
    copy = home.with_name(home.name + "-copy")
    work = partial(restore_copy, home, copy)
    wrapped = dies_at(target, when, chance.randint(1, most), work)
    ended = Child(wrapped, scene.beside(home, ".log")).wait()
    must(Child(work, scene.beside(home, ".log")).wait())
    shutil.rmtree(home)
    copy.rename(home)
    scene.ends_as_undisturbed(home)
    return how(ended)


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
    return how(ended)


def _ended_from_outside(scene: Scene, home: Path, seconds: float, number: int) -> str:
    readers = Readers(home)
    try:
        child = scene.second(home)
        time.sleep(seconds)
        child.kill(number)
        ended = child.wait()
        assert ended.code in (0, -number, 143), f"{ended.code}: {ended.said[-600:]}"
        scene.ends_as_undisturbed(home)
    finally:
        readers.end()
    return how(ended)
