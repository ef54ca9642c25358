"""Inject faults into nights of a three-hospital region: ``python tests/faults/run.py --help``."""

import argparse
import gc
import importlib
import json
import os
import random
import resource
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from kinds import NEED_MOUNT, SHARES, Kind
from places import may_mount
from process import Child
from scene import Scene

# One thread each, as many faults run at once; on tables of a few rows, polars' streaming engine
# costs more than it gives.
ENVIRONMENT = {
    "CATCHMENT_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "POLARS_ENGINE_AFFINITY": "in-memory",
    "POLARS_MAX_THREADS": "1",
}


def main() -> int:
    arguments = _arguments()
    _import_everything()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="catchment-faults-") as folder:
        scene = Scene(Path(folder)).prepare()
        print(f"an undisturbed night takes {scene.seconds:.1f} s", flush=True)
        planned = plan(arguments.faults, arguments.seed, arguments.only)
        results = _inject(scene, planned, arguments)
    return _tell(results, time.monotonic() - begun, arguments.json)


def plan(faults: int, seed: int, only: str | None) -> list[tuple[Kind, int]]:
    """So many faults, each with a seed of its own, every class by its share and at least once."""
    chance = random.Random(seed)
    known = {k: n for k, n in SHARES.items() if only is None or k.__name__ in only.split(",")}
    allowed = [k for k in known if k not in NEED_MOUNT or may_mount()]
    left_out = [k.__name__ for k in known if k not in allowed]
    if left_out:
        print(f"left out, for want of the right to mount a disk: {', '.join(left_out)}")
    each = allowed[:faults]
    rest = chance.choices(allowed, [known[k] for k in allowed], k=max(0, faults - len(each)))
    return [(kind, chance.randrange(1 << 30)) for kind in [*each, *rest]]


def _inject(scene: Scene, planned: list, arguments) -> list[tuple[str, bool, str, int]]:
    """Run the faults, so many at a time, each in a process of its own."""
    waiting, running, results = list(enumerate(planned)), [], []
    while waiting or running:
        while waiting and len(running) < arguments.jobs:
            number, (kind, seed) = waiting.pop(0)
            log = scene.folder / f"fault{number}.result"
            running.append((kind, seed, log, Child(_one(scene, kind, seed, number, log), log)))
        for entry in [e for e in running if e[3].ended()]:
            running.remove(entry)
            results.append(_result(*entry))
            kind, well, how, seed = results[-1]
            said = f"{len(results)}/{len(planned)} {kind} (seed {seed}): {how}"
            print(said if well else f"{said}  <-- NOT SURVIVED", flush=True)
        time.sleep(0.05)
    return results


def _one(scene: Scene, kind: Kind, seed: int, number: int, log: Path):
    def work() -> None:
        home = scene.home(f"home{number}")
        try:
            how = kind(scene, home, random.Random(seed))
            print(f"survived: {how}")
        except BaseException as error:
            traceback.print_exc()
            print(f"failed: {type(error).__name__}: {error}")
        finally:
            for path in scene.folder.glob(f"home{number}*"):
                if path.name.split("-")[0].split(".")[0] == f"home{number}":
                    shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink()

    return work


def _result(kind: Kind, seed: int, log: Path, child: Child) -> tuple[str, bool, str, int]:
    ended = child.wait()
    last = [line for line in ended.said.splitlines() if line.startswith("survived: ")]
    if ended.done and last:
        return kind.__name__, True, last[-1].removeprefix("survived: "), seed
    return kind.__name__, False, ended.said[-1500:], seed


def _tell(results: list[tuple[str, bool, str, int]], seconds: float, as_json: bool) -> int:
    injected = Counter(kind for kind, *_ in results)
    survived = Counter(kind for kind, well, *_ in results if well)
    lost = [(kind, seed) for kind, well, _, seed in results if not well]
    if as_json:
        print(json.dumps({"injected": injected, "survived": survived, "seconds": seconds}))
    else:
        print(f"\n{'class':<20}{'injected':>10}{'survived':>10}")
        for kind, count in sorted(injected.items()):
            print(f"{kind:<20}{count:>10}{survived[kind]:>10}")
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = f"in {seconds:.0f} s, {used.ru_utime + used.ru_stime:.0f} s of processor"
        print(f"{'all':<20}{len(results):>10}{sum(survived.values()):>10}   {spent}")
    for kind, seed in lost:
        print(f"not survived: {kind}, seed {seed}", file=sys.stderr)
    return 1 if lost else 0


IMPORTED = (
    "flows.store.audit_log",
    "flows.clerk.rebuild",
    "flows.store.fingerprint",
    "flows.night.orchestrate",
    "flows.backup",
    "flows.clerk.sample",
    "flows.publish.verify",
    # What a night imports at its first use.
    "pandera.backends.polars.container",
    "pandera.strategies.base_strategies",
    "pyarrow",
    "tzdata",
)


def _import_everything() -> None:
    """Import whatever a night imports, once and before any fork; it starts no thread."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    for module in IMPORTED:
        importlib.import_module(module)
    gc.freeze()


def _arguments() -> argparse.Namespace:
    told = argparse.ArgumentParser(description=__doc__)
    told.add_argument("--faults", type=int, default=200, help="how many")
    told.add_argument("--seed", type=int, default=1, help="the same seed injects the same faults")
    told.add_argument("--jobs", type=int, default=2, help="how many at a time")
    told.add_argument("--only", help="these classes alone, with commas between them")
    told.add_argument("--json", action="store_true", help="end with one line of JSON")
    return told.parse_args()


if __name__ == "__main__":
    sys.exit(main())
