"""What a person sees of a night while it runs."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from flows.night.run import Progress, listeners


@contextmanager
def progress(console: Console, quiet: bool) -> Iterator[None]:
    """Show each step while it runs, and, unless ``quiet``, the seconds that long ones took."""
    with console.status("starting") as status:

        def show(progress: Progress) -> None:
            place = f"[{progress.position + 1}/{progress.steps}]"
            if progress.seconds is None:
                status.update(f"{place} {progress.step}")
            elif progress.seconds > 2 and not quiet:
                took = f"{progress.seconds:.1f} s, {progress.rows:,} rows"
                console.print(f"{place} {progress.step}: {took}", style="dim", markup=False)

        listeners.append(show)
        try:
            yield
        finally:
            listeners.remove(show)
