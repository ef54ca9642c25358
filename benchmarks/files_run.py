"""Project files whose functions run on two ways through a night (``benchmarks.files_run``).

From a capacity row to ``regional.balance``, with all that prepares the night; and from a constraint
of the allocation to its published result: the steps allocation, verify and publish.
"""

import argparse
import sys
import tempfile
import threading
from pathlib import Path
from types import FrameType

from flows.clerk.sample import write_sample
from flows.night.run import begin, run_step
from flows.night.steps import steps_of
from flows.store.night import plan_night

ROOT = Path(__file__).parents[1]
PACKAGES = ("flows", "transforms", "optimization", "schemas")
TO_BALANCE = {
    *("ingest_canonical_capacity", "clean_capacity", "clean_zone", "clean_institution"),
    *("clean_resource", "clean_care_class", "clean_capacity_estimate"),
    *("regional_supply", "regional_demand", "regional_balance"),
}
TO_RESULT = {"allocation", "verify", "publish"}
WAYS = {"a capacity row to regional.balance": TO_BALANCE, "a constraint to its result": TO_RESULT}


class Files:
    """The files of the packages whose functions were called while ``way`` named one."""

    def __init__(self) -> None:
        self.way = ""
        self.called: dict[str, set[str]] = {way: set() for way in WAYS}

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        """Called by the interpreter at each call and return."""
        if self.way and event == "call" and frame.f_code.co_name != "<module>":
            self.called[self.way].add(frame.f_code.co_filename)

    def of(self, way: str) -> list[str]:
        """Paths below the root, sorted."""
        inside = (Path(file) for file in self.called[way] if file.startswith(str(ROOT)))
        paths = (path.relative_to(ROOT) for path in inside)
        return sorted(str(path) for path in paths if path.parts[0] in PACKAGES)


def night(folder: Path, files: Files) -> None:
    """A night of a small sample, profiled."""
    write_sample(folder / "sample", seed=1, institutions=3, days=28)
    to_balance, to_result = WAYS
    files.way = to_balance
    region = ROOT / "config" / "demo.toml"
    planned = begin(plan_night(region, folder / "sample", folder / "home", None))
    for position, step in enumerate(steps_of(planned)):
        named = [way for way, steps in WAYS.items() if step.name in steps]
        files.way = named[0] if named else ""
        run_step(planned, step.name, position)
    files.way = ""


def main() -> None:
    """Count, and with ``--list`` name the files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", action="store_true", help="name the files")
    named = parser.parse_args().list
    files = Files()
    threading.setprofile(files)
    sys.setprofile(files)
    with tempfile.TemporaryDirectory() as folder:
        night(Path(folder), files)
    sys.setprofile(None)
    for way in WAYS:
        print(f"{len(files.of(way))} files from {way}")
        if named:
            print("\n".join(f"  {file}" for file in files.of(way)))


if __name__ == "__main__":
    main()
