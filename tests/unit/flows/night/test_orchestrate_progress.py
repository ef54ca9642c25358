"""What a person sees while a night runs: the step that runs, and nothing of one that has ended."""

import io

from flows.night.orchestrate import progress
from flows.night.run import StepProgress, listeners
from flows.store.screen import Screen

STEPS = 3


class Watched(Screen):
    """A screen that remembers what its status line said."""

    def status(self, *arguments, **more):
        made = super().status(*arguments, **more)
        self.lines = [str(made.status)]
        update = made.update
        made.update = lambda words: (self.lines.append(words), update(words))[1]
        return made


def watch(*heard: StepProgress, quiet: bool = False) -> tuple[list[str], str]:
    screen = Watched(file=io.StringIO(), width=80)
    with progress(screen, quiet=quiet):
        for each in heard:
            listeners[-1](each)
    return [line.replace("\\", "") for line in screen.lines], screen.file.getvalue()


def test_a_step_that_ended_is_no_longer_named():
    said, _ = watch(
        StepProgress("clean zone", 0, STEPS),
        StepProgress("clean zone", 0, STEPS, 0.1, 40),
        StepProgress("publish", 2, STEPS),
        StepProgress("publish", 2, STEPS, 0.2, 101),
    )
    assert said == [
        "starting",
        "[1/3] clean zone",
        "1 of 3 steps done",
        "[3/3] publish",
        "finishing",
    ]


def test_a_step_that_failed_is_said_to_have_failed():
    said, _ = watch(StepProgress("publish", 2, STEPS), StepProgress("publish", 2, STEPS, 9.0))
    assert said[-1] == "publish failed: ending"


def test_what_took_long_is_printed_unless_quiet():
    long = StepProgress("allocation", 1, STEPS, 9.4, 3051)
    assert watch(long)[1] == "[2/3] allocation: 9.4 s, 3,051 rows\n"
    assert watch(long, quiet=True)[1] == ""
    assert watch(StepProgress("allocation", 1, STEPS, 9.4))[1] == ""


def test_nobody_listens_when_the_night_is_over():
    before = list(listeners)
    watch()
    assert listeners == before
