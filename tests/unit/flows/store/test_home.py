import subprocess
import sys

import pytest

from flows.store.home import Home, one_night
from schemas.errors import NightBusy
from tests.waiting import HANGS

HOLD = """
import sys
from pathlib import Path
from flows.store.home import Home, one_night
with one_night(Home(Path(sys.argv[1])), "demo/2026-02-10"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "home").prepare()


@pytest.fixture
def holder(home):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home.root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout.readline() == b"held\n"
    yield process
    process.stdin.close()
    process.wait(HANGS)


def test_the_second_night_says_who_holds_the_home(home, holder):
    with (
        pytest.raises(NightBusy, match=rf"demo/2026-02-10, process {holder.pid}"),
        one_night(home, "demo/2026-02-11"),
    ):
        pass


def test_a_killed_night_holds_nothing(home, holder):
    holder.kill()
    holder.wait(HANGS)
    with one_night(home, "demo/2026-02-11"):
        pass


def test_the_same_process_may_enter_twice(home):
    with one_night(home, "a"), one_night(home, "a"):
        pass
    with one_night(home, "b"):
        pass
