"""``python -m benchmarks.night``: a night of the United States beside HiGHS alone.

Two classes, three tiers, 14 days; the real extracts where they are, else a made-up country of
that size. Catchment's seconds run from the input tables to the values of the Pyomo model.
"""

import argparse
import pickle
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import alone, drawn, measure, united_states

WANTED = 2.5
INSTITUTIONS, PER_REGION = 4_112, 80


def main() -> None:
    asked = _arguments()
    if asked.way:
        return _one(asked.way, asked.folder)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = _inputs(folder, asked.days)
        options = ["--folder", str(folder)]
        runs = measure.in_turn("benchmarks.night", ("catchment", "highspy"), options, asked.rounds)
    for k in range(len(runs[0]["objectives"])):
        measure.assert_equal({f"{r['way']} {r['round']}": r["objectives"][k] for r in runs})
    medians = measure.medians(runs)
    ratio = medians["catchment"]["seconds"] / medians["highspy"]["seconds"]
    measure.report(
        "night",
        {
            "source": source,
            "days": asked.days,
            "machine": measure.machine(),
            "medians": medians,
            "verdicts": measure.verdicts({"catchment / highspy, seconds": (ratio, WANTED)}),
            "runs": runs,
        },
    )
    return None


def _inputs(folder: Path, days: int) -> str:
    if united_states.known():
        source, inputs = "extracts of the United States", _real(folder, days)
    else:
        source, inputs = "a made-up country", _made_up(days)
    (folder / "inputs.pickle").write_bytes(pickle.dumps(inputs))
    return source


def _real(folder: Path, days: int) -> tuple[Any, ...]:
    from flows.night.plans import reads_of
    from optimization.models import ALLOCATION
    from transforms.inputs.allocation import planning_inputs

    night = united_states.before_planning(folder / "home")
    tables = united_states.tables_of(night, reads_of(ALLOCATION, night.region))
    region = united_states.with_days(night.region, days)
    return planning_inputs(tables, region, night.date) | tables, region.allocation


def _made_up(days: int) -> tuple[Any, ...]:
    return drawn.country(INSTITUTIONS, days, PER_REGION), drawn.ASSUMED


def _one(way: str, folder: Path) -> None:
    used = time.process_time()
    if way == "highspy":
        measure.say(alone.answer(folder / "matrices.pickle"), used)
        return
    tables, assumptions = pickle.loads((folder / "inputs.pickle").read_bytes())
    answer, record = solved(tables, assumptions)
    measure.say(answer, used)
    if not (folder / "matrices.pickle").exists():
        alone.keep(record, folder / "matrices.pickle")


def solved(tables: dict[str, Any], assumptions: Any) -> tuple[dict[str, Any], Any]:
    """What Catchment needs from input tables to a solved model, and how it was solved."""
    from optimization.allocation.inputs.read import read_instance
    from optimization.allocation.solve import solve
    from optimization.solver import SolveSettings

    started = time.perf_counter()
    instance = read_instance(tables, tables["zone"], tables["institution"], assumptions)
    settings = SolveSettings(assumptions.time_limit_s, 2, look_ahead=True)
    record = solve(instance, settings, {}).record
    seconds = time.perf_counter() - started
    answer = {
        "seconds": seconds,
        "stages": dict(record.seconds),
        "objectives": alone.optima(record),
        "columns": record.columns,
        "rows": record.rows,
        "components": record.components,
    }
    return answer, record


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=14)
    parser.add_argument("--rounds", type=int, default=3, help="each way is run this often")
    parser.add_argument("--way", choices=("catchment", "highspy"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
