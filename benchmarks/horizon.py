"""How long a plan of many days takes: ``python -m benchmarks.horizon [places] [days] [paths]``.

A made-up country whose demand differs from day to day, planned and verified on the default limits;
with paths, on drawn paths of demand.
"""

import sys
import time

import numpy as np
import polars as pl

from benchmarks.drawn import ASSUMED, Frames, country
from optimization.models import ALLOCATION
from schemas.assumptions.allocation import AllocationAssumptions, Scenarios
from schemas.assumptions.planning import PlanningAssumptions
from schemas.assumptions.region import Region
from schemas.results.allocation import AllocationScenario
from schemas.table import conform

INSTITUTIONS, DAYS, SPREAD = 73, 72, 0.2
LIMIT = AllocationAssumptions.model_fields["time_limit_s"].default


def paths(demand: pl.DataFrame, number: int) -> pl.DataFrame:
    """``allocation_scenario``: ``number`` paths that vary around the mean by a fifth of it."""
    if not number:
        return conform(AllocationScenario, pl.DataFrame())
    rows = demand.join(pl.DataFrame({"path": range(1, number + 1)}), how="cross")
    factor = 1 + SPREAD * np.random.default_rng(0).standard_normal(rows.height)
    patients = (pl.col("mean") * pl.Series(factor.clip(0))).round(6)
    drawn = rows.with_columns(demand_patients=patients).filter(pl.col("demand_patients") > 0)
    return conform(AllocationScenario, drawn)


def planned(institutions: int, days: int, number: int) -> tuple[Frames, float]:
    """The plan's tables, verified, and the seconds that it took."""
    given = country(institutions, days, institutions)
    given["allocation_scenario"] = paths(given["allocation_demand"], number)
    demand = Scenarios(scenarios=number) if number else "mean"
    believed = ASSUMED.model_copy(update={"demand": demand, "time_limit_s": LIMIT})
    region = Region.model_construct(allocation=believed, planning=PlanningAssumptions())
    start = time.monotonic()
    made = ALLOCATION.solve(given, region, threads=2)
    return dict(made.frames), time.monotonic() - start


def main() -> None:
    """Print what was solved, and the seconds of each stage."""
    asked = [int(word) for word in sys.argv[1:]]
    institutions, days, number = [*asked, *(INSTITUTIONS, DAYS, 0)[len(asked) :]]
    frames, seconds = planned(institutions, days, number)
    columns = ["model", "objective_name", "status", "matrix_rows", "matrix_columns", "nonzeros"]
    with pl.Config(tbl_rows=-1, tbl_cols=-1, tbl_width_chars=160):
        print(frames["plan_run"].select(columns))
        print(frames["plan_seconds"])
    print(f"{institutions} institutions, {days} days, {number} paths: {seconds:.1f} s in all")


if __name__ == "__main__":
    main()
