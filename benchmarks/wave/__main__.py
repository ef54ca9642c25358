"""``python -m benchmarks.wave``: nightly plans through a wave, and what each way regrets.

Writes the wave of ``catchment sample --wave``, loads it as a night does, and goes through it night
by night. Regret is the harm of all its days beyond that of hindsight.
"""

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import measure
from benchmarks.wave.rolling import (
    Wave,
    forecast,
    hindsight,
    last_seven_days,
    loaded,
    rolled,
)
from flows.clerk.sample import write_wave
from optimization.allocation.accounting import PolicyOutcome, as_usual, harm
from optimization.solver import SolveSettings
from schemas.assumptions.allocation import Levels

WANTED = 0.5
RECENT, FORECAST, HINDSIGHT = "last seven days' mean", "the forecast, on levels", "hindsight"


def main() -> None:
    asked = _arguments()
    with tempfile.TemporaryDirectory() as name:
        files = Path(name) / "wave"
        write_wave(files, asked.seed, asked.institutions, asked.days)
        wave = loaded(files, Path(name) / "home", asked.days)
    harms, sent, used = {}, {}, {}
    for way, decide in ways(wave).items():
        result, used[way] = _measured(decide)
        harms[way], sent[way] = harm(wave.whole, result), float(result.elsewhere.sum())
        print(f"{way}: {harms[way]:,.1f} points", file=sys.stderr, flush=True)
    regret = {way: points - harms[HINDSIGHT] for way, points in harms.items()}
    _show(harms, regret, sent)
    limits = {"regret, forecast / last seven days": (regret[FORECAST] / regret[RECENT], WANTED)}
    measure.report(
        "wave",
        {
            "institutions": asked.institutions,
            "days": asked.days,
            "seed": asked.seed,
            "machine": measure.machine(),
            "harm": harms,
            "regret": regret,
            "sent": sent,
            "medians": used,
            "verdicts": measure.verdicts(limits),
        },
    )


def ways(wave: Wave) -> dict[str, Callable[[], PolicyOutcome]]:
    """Each way to go through the wave, by name."""
    allocation = wave.region.allocation
    settings = SolveSettings(allocation.time_limit_s, 2, look_ahead=True)
    levels = allocation.demand
    assert isinstance(levels, Levels)
    nightly = {
        RECENT: partial(rolled, wave, last_seven_days, settings),
        "the same, on levels": partial(rolled, wave, last_seven_days, settings, levels),
        "the forecast's mean": partial(rolled, wave, forecast, settings),
        FORECAST: partial(rolled, wave, forecast, settings, levels),
    }
    usual, best = partial(as_usual, wave.whole), partial(hindsight, wave, settings)
    return {"as usual": usual, **nightly, HINDSIGHT: best}


def _measured(decide: Callable[[], PolicyOutcome]) -> tuple[PolicyOutcome, dict[str, float]]:
    started, cpu = time.perf_counter(), time.process_time()
    result = decide()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    seconds, cpu_s = time.perf_counter() - started, time.process_time() - cpu
    return result, {"seconds": seconds, "cpu_s": cpu_s, "peak_mb": peak}


def _show(harms: dict[str, float], regret: dict[str, float], sent: dict[str, float]) -> None:
    table = Table("planned on", "harm", "regret", "of the seven days'", "patients sent")
    for way, points in harms.items():
        share = regret[way] / regret[RECENT]
        table.add_row(
            way, f"{points:,.0f}", f"{regret[way]:,.0f}", f"{share:.2f}", f"{sent[way]:,.0f}"
        )
    Console().print(table)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--institutions", type=int, default=73)
    parser.add_argument("--days", type=int, default=72)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
