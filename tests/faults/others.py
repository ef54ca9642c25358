"""Clocks, a second night, Prefect."""

import os
import random
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from ends import must
from process import shifted_clock
from scene import SECOND, Scene
from server import lost_at, serving


def clock(scene: Scene, home: Path, chance: random.Random) -> str:
    seconds = chance.choice([-3600, 3600, 86400, -86400, chance.uniform(-1e6, 1e6)])
    must(scene.second(home, partial(shifted_clock, seconds)).wait())
    scene.ends_as_undisturbed(home)
    return f"completed {seconds / 3600:+.0f} h"


def two_nights(scene: Scene, home: Path, chance: random.Random) -> str:
    one = scene.second(home)
    time.sleep(chance.uniform(0.0, 0.3) * scene.seconds)
    two = scene.second(home)
    ended = [one.wait(), two.wait()]
    assert 0 in [e.code for e in ended], [e.said[-300:] for e in ended]
    turned = [e for e in ended if e.code != 0]
    assert all(e.code == 8 for e in turned), [e.said[-300:] for e in turned]
    scene.ends_as_undisturbed(home)
    return "the second was turned away" if turned else "one after the other"


def no_server(scene: Scene, home: Path, chance: random.Random) -> str:
    def orphaned(work: Callable[[], object]) -> Callable[[], object]:
        def run() -> None:
            os.environ["PREFECT_API_URL"] = "http://127.0.0.1:9/api"
            from flows.night.orchestrate import run_night

            _, notes = run_night(scene.region, scene.new, home, SECOND, plain=False)
            assert "does not answer" in notes[0]

        return run

    must(scene.second(home, orphaned).wait())
    scene.ends_as_undisturbed(home)
    return "completed plainly, said"


def server_lost(scene: Scene, home: Path, chance: random.Random) -> str:
    """Prefect's server is killed as a step begins: what is left runs without it."""
    position = chance.randrange(scene.steps())
    with serving(home.with_suffix(".server")) as server:

        def bereft(work: Callable[[], object]) -> Callable[[], object]:
            def run() -> None:
                from flows.night.orchestrate import run_night

                lost_at(position, server)
                _, notes = run_night(scene.region, scene.new, home, SECOND, plain=False)
                assert [n for n in notes if "the server was lost" in n or "could not be" in n], (
                    notes
                )

            return run

        must(scene.second(home, bereft).wait())
    scene.ends_as_undisturbed(home)
    return f"lost at step {position + 1}, completed plainly, said"
