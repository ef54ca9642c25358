"""Change one place of the code at a time and see which changes the tests miss: ``--help``."""

import argparse
import os
import sys
import tempfile
import time
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE))

from mutants import Change, changes, draw, mutants  # noqa: E402
from report import document, entry, faults, read_reviewed, scores, stale  # noqa: E402
from trial import FailsUnchanged, Outcome, try_out  # noqa: E402

SAMPLE, SEED = 400, 1
PARTS = {"optimization/verify": 0.4, "transforms": 0.6}
LEFT_OUT = "transforms/sample/"  # numbers of a made-up region
DOCUMENT = ROOT / "docs" / "mutants.md"


def main() -> int:
    arguments = _arguments()
    os.nice(10)
    begun = time.monotonic()
    with ProcessPoolExecutor(arguments.jobs) as pool:
        found = _changes(pool, arguments)
    print(f"{len(found)} mutants, drawn in {time.monotonic() - begun:.0f} s", flush=True)
    outcomes = _outcomes(found, arguments)
    for name, score in scores(outcomes).items():
        print(f"{name}: {score.killed} of {score.tried} killed, {score.percent:.1f} %")
    print(f"in {time.monotonic() - begun:.0f} s")
    reviewed = read_reviewed()
    if (arguments.sample, arguments.seed, arguments.only) == (SAMPLE, SEED, ""):
        DOCUMENT.write_text(document(outcomes, reviewed, SEED))
    wrong = faults(outcomes, reviewed) + stale(reviewed, ROOT)
    print("\n".join(wrong), file=sys.stderr)
    return 1 if wrong else 0


def _changes(pool: ProcessPoolExecutor, arguments: argparse.Namespace) -> list[Change]:
    """The mutants of this sample and seed, written out, in the order of their files."""
    numbers: dict[str, list[int]] = defaultdict(list)
    parts = {p: s for p, s in PARTS.items() if arguments.only.startswith(p) or not arguments.only}
    for part, share in parts.items():
        found = list(
            pool.map(partial(mutants, root=ROOT, seed=arguments.seed), _paths(part, arguments.only))
        )
        size = arguments.sample if arguments.only else round(arguments.sample * share)
        for mutant in draw(found, size):
            numbers[mutant.path].append(mutant.number)
    paths = sorted(numbers)
    written = pool.map(changes, paths, [ROOT] * len(paths), [sorted(numbers[p]) for p in paths])
    return [change for of_file in written for change in of_file]


def _paths(part: str, only: str) -> list[str]:
    every = (p.relative_to(ROOT).as_posix() for p in sorted((ROOT / part).rglob("*.py")))
    return [p for p in every if p.startswith(only) and not p.startswith(LEFT_OUT)]


def _outcomes(found: list[Change], arguments: argparse.Namespace) -> list[Outcome]:
    done = []

    def tell(outcome: Outcome) -> None:
        done.append(outcome)
        if outcome.status != "killed":
            print(f"{outcome.status}:\n{entry(outcome.change)}", flush=True)
        if len(done) % 25 == 0:
            print(f"{len(done)} of {len(found)} tried", flush=True)

    with tempfile.TemporaryDirectory(prefix="catchment-mutants-") as folder:
        try:
            return try_out(found, ROOT, Path(folder), arguments.jobs, tell)
        except FailsUnchanged as error:
            sys.exit(str(error))


def _arguments() -> argparse.Namespace:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--sample", type=int, default=SAMPLE, help="how many mutants")
    asked.add_argument(
        "--seed", type=int, default=SEED, help="the same seed draws the same mutants"
    )
    asked.add_argument("--jobs", type=int, default=2, help="how many at a time")
    asked.add_argument("--only", default="", help="mutants of this folder or file alone")
    return asked.parse_args()


if __name__ == "__main__":
    sys.exit(main())
