"""One bit of a file is changed: it is detected, said, and can be mended."""

import random
from functools import partial
from pathlib import Path

import points
from ends import clear, must
from places import BLOCK, back_up, restore_copy, used_places
from process import Child, dies_at, flip
from scene import FIRST, Scene


def flipped_warehouse(scene: Scene, home: Path, chance: random.Random) -> str:
    used = Child(partial(used_places, home), scene.beside(home, ".places")).wait()
    blocks = [int(place) for place in used.said.split()]
    place = chance.choice(blocks) + chance.randrange(BLOCK) if chance.random() < 0.7 else None
    flip(home / "warehouse.duckdb", chance, place)
    ended = scene.second(home).wait()
    if ended.done and scene.figures(home) == scene.wanted:
        return "a byte that nothing read"
    assert not ended.done, "a changed warehouse gave other tables without a word"
    clear(ended)
    must(scene.rebuilt(home))
    scene.ends_as_undisturbed(home)
    return "said, made again from landing"


def flipped_landing(scene: Scene, home: Path, chance: random.Random) -> str:
    landed = [p for p in sorted((home / "landing").glob("??/*")) if p.suffix != ".json"]
    hit = chance.choice(landed)
    flip(hit, chance)
    ended = scene.rebuilt(home)
    assert ended.code == 9, f"a changed landed file was not said ({ended.code})"
    assert hit.name in ended.said
    must(scene.night(home, scene.old, FIRST).wait())
    must(scene.rebuilt(home))
    scene.ends_as_undisturbed(home)
    return "said, landed again"


def flipped_published(scene: Scene, home: Path, chance: random.Random) -> str:
    flip(scene.published(home), chance)
    scene.ends_as_undisturbed(home)
    assert "was damaged" in (home / "audit.jsonl").read_text()
    return "said, replaced"


def flipped_backup(scene: Scene, home: Path, chance: random.Random) -> str:
    must(Child(partial(back_up, home), scene.beside(home, ".log")).wait())
    (file,) = home.with_suffix(".backups").glob("*.backup")
    flip(file, chance)
    copy = home.with_name(home.name + "-copy")
    ended = Child(partial(restore_copy, home, copy), scene.beside(home, ".log")).wait()
    assert ended.code in (9, 12), f"a changed backup was restored ({ended.code})"
    scene.ends_as_undisturbed(home)
    return "said, not restored"


def flipped_log(scene: Scene, home: Path, chance: random.Random) -> str:
    """The warehouse's log, which a night leaves that was killed before it could be written back."""
    target, when, most = chance.choice(points.LOGGED)
    kill = partial(dies_at, target, when, chance.randint(1, most))
    scene.second(home, kill).wait()
    flip(home / "warehouse.duckdb.wal", chance)
    ended = scene.second(home).wait()
    if ended.done and scene.figures(home) == scene.wanted:
        return "a byte that nothing read"
    assert not ended.done, "a changed log gave other tables without a word"
    clear(ended)
    must(scene.rebuilt(home))
    scene.ends_as_undisturbed(home)
    return "said, made again from landing"
