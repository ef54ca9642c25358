"""What a person sees of a night while it runs."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape

from flows.night.run import StepProgress, listeners


@contextmanager
def progress(console: Console, quiet: bool) -> Iterator[None]:
    """Show the step that runs, and, unless ``quiet``, the seconds that long ones took."""
    with console.status("starting") as status:

        def show(progress: StepProgress) -> None:
            place = f"{progress.position + 1}/{progress.steps}"
            if progress.seconds is None:
                status.update(escape(f"[{place}] {progress.step}"))
                return
            status.update(_after(progress))
            if progress.seconds > 2 and progress.rows is not None and not quiet:
                took = f"{progress.seconds:.1f} s, {progress.rows:,} rows"
                line = f"[{place}] {progress.step}: {took}"
                console.print(line, style="dim", markup=False, soft_wrap=True)

        listeners.append(show)
        try:
            yield
        finally:
            listeners.remove(show)


def _after(progress: StepProgress) -> str:
    """What the night does when a step has ended."""
    if progress.rows is None:
        return f"{escape(progress.step)} failed: ending"
    done = progress.position + 1
    return f"{done} of {progress.steps} steps done" if done < progress.steps else "finishing"
