import signal
import subprocess
import sys
import time

import pytest

SLEEP = "import time; time.sleep(60)"
CHILD = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(child.pid, flush=True)
child.wait(60)
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
print('begun', flush=True)
with ending_at_once():
"""


def within(code: str) -> str:
    return NIGHT + "\n".join("    " + line for line in code.splitlines())


@pytest.mark.parametrize("code", [SLEEP, CHILD, SOLVE], ids=["sleep", "child", "solver"])
def test_sigterm_ends_whatever_runs(code):
    process = subprocess.Popen(
        [sys.executable, "-c", within(code)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "begun\n"
    if code != SLEEP:
        process.stdout.readline()
    time.sleep(1)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=10)
    assert process.returncode == 143
    assert "the next run completes the night" in said


def test_afterwards_sigterm_is_as_it_was():
    code = "import os, signal\n" + NIGHT + "    pass\nos.kill(os.getpid(), signal.SIGTERM)\n"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60)
    assert ended.returncode == -signal.SIGTERM
