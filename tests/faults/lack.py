"""What a night needs is not there: room, permission, memory, descriptors, the database."""

import random
import resource
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from ends import clear, must, refused, stopped
from places import MEGABYTE, hold, mounted, small_disk
from process import Child, limited, without_privilege
from scene import Scene

FILES = (5, 6, 8, 12, 20, 40, 80, 127, 128)
SHUT = ("landing", "receipts", "decisions", "spill", "published/nights", "warehouse.duckdb", "keys")


def disk_full(scene: Scene, home: Path, chance: random.Random) -> str:
    room = chance.uniform(0.0, 12.0)
    with small_disk(home, room) as place:
        before = scene.published(place).read_bytes()
        ended = scene.second(place).wait()
        if not ended.done:
            refused(scene, place, ended, before)
        mounted("mount", "-o", "remount,size=1g", str(place.parent))
        scene.ends_as_undisturbed(place)
    return "room was enough" if ended.done else f"said, {room:.1f} MB were left"


def read_only(scene: Scene, home: Path, chance: random.Random) -> str:
    with small_disk(home, 200) as place:
        mounted("mount", "-o", "remount,ro", str(place.parent))
        ended = scene.second(place).wait()
        assert not ended.done
        clear(ended)
        mounted("mount", "-o", "remount,rw", str(place.parent))
        scene.ends_as_undisturbed(place)
    return "said"


def few_descriptors(scene: Scene, home: Path, chance: random.Random) -> str:
    most, before = chance.choice(FILES), scene.published(home).read_bytes()
    ended = scene.second(home, partial(limited, resource.RLIMIT_NOFILE, most)).wait()
    if not ended.done:
        refused(scene, home, ended, before)
    scene.ends_as_undisturbed(home)
    return f"{most}: enough" if ended.done else f"{most}: ended with {ended.code}"


def little_memory(scene: Scene, home: Path, chance: random.Random) -> str:
    """Too little from the beginning, which is refused; or gone as a step begins."""
    if chance.random() < 0.3:
        before = scene.published(home).read_bytes()
        wrap = partial(limited, resource.RLIMIT_AS, chance.randint(2000, 3071) * MEGABYTE)
        refused(scene, home, scene.second(home, wrap).wait(), before)
        scene.ends_as_undisturbed(home)
        return "refused"
    more = chance.randint(0, 150) * MEGABYTE
    return stopped(scene, home, partial(_short_of_memory, chance.randrange(scene.steps()), more))


def _short_of_memory(position: int, more: int, work: Callable[[], object]) -> Callable[[], object]:
    """``work``, which from that step on may take only so many bytes ``more``."""

    def run() -> object:
        from flows.night.run import StepProgress, listeners

        def shorten(progress: StepProgress) -> None:
            if progress.position == position and progress.seconds is None:
                pages = int(Path("/proc/self/statm").read_text().split()[0])
                most = pages * resource.getpagesize() + more
                resource.setrlimit(resource.RLIMIT_AS, (most, most))

        listeners.append(shorten)
        return work()

    return run


def no_permission(scene: Scene, home: Path, chance: random.Random) -> str:
    """A folder or file of the home that its owner may not write, or not even enter."""
    place, before = home / chance.choice(SHUT), scene.published(home).read_bytes()
    mode = place.stat().st_mode
    place.chmod(chance.choice([0o000, 0o400, 0o500]))
    ended = scene.second(home, without_privilege).wait()
    place.chmod(mode)
    if not ended.done:
        refused(scene, home, ended, before)
    scene.ends_as_undisturbed(home)
    return f"{place.name}: not needed" if ended.done else f"{place.name}: ended with {ended.code}"


def locked_database(scene: Scene, home: Path, chance: random.Random) -> str:
    """Another process opens the warehouse between two steps, and keeps it."""
    before, release = scene.published(home).read_bytes(), home.with_suffix(".release")
    late, writes = chance.choice([0.0, chance.random() * scene.seconds]), chance.random() < 0.7
    night = scene.second(home)
    time.sleep(late)
    other = Child(partial(hold, home, release, writes), home.with_suffix(".holder"))
    ended = night.wait()
    release.touch()
    must(other.wait())
    if not ended.done:
        refused(scene, home, ended, before)
    scene.ends_as_undisturbed(home)
    return "over before it" if ended.done else f"said, ended with {ended.code}"
