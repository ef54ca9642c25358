"""``python -m benchmarks.financing``: the budget of the United States beside HiGHS alone.

From the real extracts. Catchment's seconds run from the input tables to the values of the Pyomo
model; what it then publishes and verifies is told beside them, and all of it must take less than
a minute.
"""

import argparse
import pickle
import tempfile
import time
from pathlib import Path

from benchmarks import alone, measure, united_states

WANTED, MINUTE = 3.0, 60.0
SOLVING = ("build", "compile", "solve", "extract")


def main() -> None:
    asked = _arguments()
    if asked.way:
        return _one(asked.way, asked.folder)
    if not united_states.known():
        raise SystemExit(f"this measurement needs the extracts in {united_states.EXTRACTS}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _inputs(folder)
        options = ["--folder", name]
        ways = ("catchment", "highspy")
        runs = measure.in_turn("benchmarks.financing", ways, options, asked.rounds)
    for k in range(len(runs[0]["objectives"])):
        measure.assert_equal({f"{r['way']} {r['round']}": r["objectives"][k] for r in runs})
    medians = measure.medians(runs)
    ours = medians["catchment"]["seconds"]
    whole = max(run["whole_s"] for run in runs if run["way"] == "catchment")
    limits = {
        "catchment / highspy, seconds": (ours / medians["highspy"]["seconds"], WANTED),
        "all of it / one minute": (whole / MINUTE, 1.0),
    }
    measure.report(
        "financing",
        {
            "machine": measure.machine(),
            "medians": medians,
            "verdicts": measure.verdicts(limits),
            "runs": runs,
        },
    )
    return None


def _inputs(folder: Path) -> None:
    from schemas import clean
    from schemas.results.allocation import AllocationLoad
    from schemas.table import empty
    from transforms.inputs.allocation import planning_start
    from transforms.inputs.financing import financing_inputs

    night = united_states.before_planning(folder / "home")
    facts = (clean.Zone, clean.Institution, clean.Population, clean.Activity, clean.Finance)
    tables = united_states.tables_of(night, facts) | {"allocation_load": empty(AllocationLoad)}
    estimate = united_states.tables_of(night, (clean.CapacityEstimate,))["capacity_estimate"]
    start = planning_start(estimate, night.region.classes, night.date)
    inputs = financing_inputs(tables, night.region.financing, start)
    (folder / "inputs.pickle").write_bytes(pickle.dumps((inputs, night.region)))


def _one(way: str, folder: Path) -> None:
    used = time.process_time()
    if way == "highspy":
        measure.say(alone.answer(folder / "matrices.pickle"), used)
        return
    from optimization.models import FINANCING

    inputs, region = pickle.loads((folder / "inputs.pickle").read_bytes())
    started = time.perf_counter()
    record = FINANCING.solve(inputs, region, 2).record
    whole = time.perf_counter() - started
    stages = dict(record.seconds)
    answer = {
        "seconds": sum(stages[stage] for stage in SOLVING),
        "whole_s": whole,
        "stages": stages,
        "objectives": alone.optima(record),
        "columns": record.columns,
        "rows": record.rows,
        "components": record.components,
    }
    measure.say(answer, used)
    if not (folder / "matrices.pickle").exists():
        alone.keep(record, folder / "matrices.pickle")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="each way is run this often")
    parser.add_argument("--way", choices=("catchment", "highspy"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
