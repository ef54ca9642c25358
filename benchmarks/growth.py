"""``python -m benchmarks.growth``: 1, 2, 4 and 8 times the institutions at constant density."""

import argparse
import time

from benchmarks import drawn, measure
from benchmarks.night import solved

WANTED = 1.3
TIMES = (1, 2, 4, 8)
PER_REGION = 50


def main() -> None:
    asked = _arguments()
    if asked.way:
        return _one(int(asked.way), asked)
    sizes = ["--institutions", str(asked.institutions), "--days", str(asked.days)]
    ways = [str(times) for times in TIMES]
    runs = measure.in_turn("benchmarks.growth", ways, sizes, asked.rounds)
    medians = measure.medians(runs)
    columns = {run["way"]: run["columns"] for run in runs}
    each = {way: medians[way]["seconds"] / columns[way] for way in ways}
    by_cpu = {way: medians[way]["cpu_s"] / columns[way] for way in ways}
    last, first = ways[-1], ways[0]
    ratios = {
        "seconds per column, 8 / 1": (each[last] / each[first], WANTED),
        "CPU seconds per column, 8 / 1": (by_cpu[last] / by_cpu[first], WANTED),
    }
    measure.report(
        "growth",
        {
            "columns": columns,
            "seconds_per_column": each,
            "machine": measure.machine(),
            "medians": medians,
            "verdicts": measure.verdicts(ratios),
            "runs": runs,
        },
    )
    return None


def _one(times: int, asked: argparse.Namespace) -> None:
    tables = drawn.country(asked.institutions * times, asked.days, PER_REGION)
    used = time.process_time()
    answer, _ = solved(tables, drawn.ASSUMED)
    measure.say(answer, used)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--institutions", type=int, default=500, help="of the smallest")
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--rounds", type=int, default=3, help="each size is run this often")
    parser.add_argument("--way", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
