"""How a disturbed night may end, and what is asked of it then."""

from collections.abc import Callable
from pathlib import Path

from process import Ended
from scene import Scene


def stopped(scene: Scene, home: Path, wrap: Callable) -> str:
    """A night that may fail, but then says so and publishes nothing; the next one completes."""
    before = scene.published(home).read_bytes()
    ended = scene.second(home, wrap).wait()
    if not ended.done:
        found = scene.published(home).read_bytes()
        assert found == before or scene.is_kept(home, found)
    scene.ends_as_undisturbed(home)
    return "enough" if ended.done else f"ended with {ended.code}"


def refused(scene: Scene, home: Path, ended: Ended, before: bytes) -> None:
    """It said why it failed; what is published is what it was, or the whole new night: that
    where the fault came between publishing and the record of it.
    """
    clear(ended)
    found = scene.published(home).read_bytes()
    assert found == before or scene.is_kept(home, found), (
        "neither the old night nor a whole new one"
    )


def how(ended: Ended) -> str:
    return "over before it" if ended.done else "killed"


def must(ended: Ended) -> None:
    assert ended.done, f"ended with {ended.code}: {ended.said[-800:]}"


def clear(ended: Ended) -> None:
    """An error that a person can read, and no traceback."""
    assert ended.code > 0, f"ended by a signal: {ended.code}: {ended.said[-600:]}"
    assert "catchment:" in ended.said and "Traceback" not in ended.said, ended.said[-800:]
