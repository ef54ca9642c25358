import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.waiting import HANGS, until

SLEEP = "import time; time.sleep(3600)"
CHILD = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])
print(child.pid, flush=True)
child.wait()
"""
# A market split problem: HiGHS searches for minutes, without a word to Python meanwhile.
SOLVE = """
import random
import highspy
chance = random.Random(1)
model = highspy.Highs()
model.setOptionValue("output_flag", False)
columns = [model.addBinary() for _ in range(50)]
for _ in range(6):
    weights = [chance.randrange(100) for _ in columns]
    model.addConstr(sum(w * c for w, c in zip(weights, columns)) == sum(weights) // 2)
print("solving", flush=True)
model.run()
"""
NIGHT = """from flows.store.ending import ending_at_once
with ending_at_once():
    print('begun', flush=True)
"""
TICKS = os.sysconf("SC_CLK_TCK")


def within(code: str) -> str:
    return NIGHT + "\n".join("    " + line for line in code.splitlines())


def stat(pid: int) -> list[str]:
    """What the kernel says of a process after its name; nothing of one that is gone."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return []


def searching(pid: int) -> bool:
    """Has the process used more of the processor than its start takes?"""
    return sum(map(int, stat(pid)[11:13])) > TICKS


def ended(pid: int) -> bool:
    return stat(pid)[:1] in ([], ["Z"])


@pytest.mark.parametrize("code", [SLEEP, CHILD, SOLVE], ids=["sleep", "child", "solver"])
def test_sigterm_ends_whatever_runs(code):
    process = subprocess.Popen(
        [sys.executable, "-c", within(code)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "begun\n"
    told = process.stdout.readline() if code != SLEEP else ""
    if code == SOLVE:
        until(lambda: searching(process.pid), "a long search", process)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=HANGS)
    assert process.returncode == 143
    assert "the next run completes the night" in said
    if code == CHILD:
        until(lambda: ended(int(told)), "the child's end")


def test_afterwards_sigterm_is_as_it_was():
    code = "import os, signal\n" + NIGHT + "    pass\nos.kill(os.getpid(), signal.SIGTERM)\n"
    over = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=HANGS)
    assert over.returncode == -signal.SIGTERM
