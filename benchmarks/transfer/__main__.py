"""``python -m benchmarks.transfer``: 770,000 columns by Catchment, its peers and HiGHS alone."""

import argparse
import time

from benchmarks import measure
from benchmarks.transfer.instance import Size, draw

NAMES = ("catchment", "highspy", "linopy", "pulp", "pyomo")
WARM_UP = Size(20, 3, 1, 2)  # what a peer imports and compiles only once is no part of the time
WANTED = {"highspy": 1.0, "linopy": 0.6, "pyomo": 0.15}


def main() -> None:
    asked = _arguments()
    size = Size(*asked.size)
    if asked.way:
        return _one(asked.way, size)
    numbers = ["--size", *map(str, asked.size)]
    runs = measure.in_turn("benchmarks.transfer", asked.ways, numbers, asked.rounds)
    measure.assert_equal({f"{r['way']} {r['round']}": r["objective"] for r in runs})
    medians = measure.medians(runs)
    ours = medians["catchment"]
    ratios = {
        f"catchment / {way}, seconds": (ours["seconds"] / medians[way]["seconds"], WANTED[way])
        for way in WANTED
        if way in medians
    }
    cpu = {way: ours["cpu_s"] / m["cpu_s"] for way, m in medians.items()}
    measure.report(
        "transfer",
        {
            "columns": size.columns,
            "machine": measure.machine(),
            "medians": medians,
            "verdicts": measure.verdicts(ratios),
            "cpu_ratio": cpu,
            "runs": runs,
        },
    )
    return None


def _one(way: str, size: Size) -> None:
    from benchmarks.transfer.matrix import cost_of
    from benchmarks.transfer.ways import WAYS

    WAYS[way](draw(WARM_UP))
    transfer = draw(size)
    started = time.process_time()
    objective, shipped, clock = WAYS[way](transfer)
    cost = cost_of(transfer, shipped)
    if abs(cost - objective) > measure.AGREE * abs(objective):
        raise SystemExit(f"{way}: the shipped amounts cost {cost!r}, not {objective!r}")
    seconds = sum(clock.seconds.values())
    answer = {"objective": objective, "seconds": seconds, "stages": clock.seconds}
    measure.say(answer, started)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--size",
        nargs=4,
        type=int,
        default=(1000, 10, 5, 14),
        metavar=("INSTITUTIONS", "REACH", "RESOURCES", "DAYS"),
    )
    parser.add_argument("--rounds", type=int, default=3, help="each way is run this often")
    parser.add_argument("--ways", nargs="+", choices=NAMES, default=NAMES)
    parser.add_argument("--way", choices=NAMES, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
