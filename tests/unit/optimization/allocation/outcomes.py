"""Plans and what came of them, for tests of outcomes."""

import polars as pl

from optimization.allocation.outcome import came_true
from optimization.allocation.outcome.tables import followed, outcome_tables
from optimization.solver import SolveSettings
from optimization.verify.outcome import verify_followed, verify_outcome
from tests.unit.optimization.allocation.cases import START, assumptions, places, plan, tables

PAPER = assumptions(carried_out=False)
NEED = ["zone_id", "class_id"]


def made(given_, assumed=PAPER, regions=2):
    """The kept tables of the plan of ``given_``."""
    zones, institutions = places(given_, regions)
    planned = plan(given_, zones, institutions, assumed)
    return {**given_, **planned.frames, "zone": zones, "institution": institutions}


def what_came(kept, factor=1.0, units=1.0):
    """``factor`` times the patients expected, by zone or for all, and as many of the ``units``."""
    demand = kept["allocation_demand"]
    if isinstance(factor, dict):
        factor = pl.col("zone_id").replace_strict(factor, return_dtype=pl.Float64)
    demand = demand.with_columns(mean=pl.col("mean") * factor).with_columns(upper="mean")
    arcs = kept["allocation_arc"].filter(pl.col("usual") > 0).join(demand, on=NEED)
    capacity = kept["allocation_capacity"]
    if isinstance(units, dict):
        units = pl.col("institution_id").replace_strict(units, return_dtype=pl.Float64)
    capacity = capacity.with_columns(in_service=pl.col("in_service") * units)
    return {
        "usual": arcs.select(
            *("zone_id", "institution_id", "class_id", "date"),
            patients=pl.col("usual") * pl.col("mean"),
        ),
        "allocation_demand": demand,
        "allocation_census": kept["allocation_census"],
        "allocation_capacity": capacity,
    }


def outcome(kept, came, assumed=PAPER):
    """The outcome's tables, verified, and what each way did."""
    where = kept["zone"], kept["institution"]
    truth = came_true(kept, came, where, assumed, SolveSettings())
    by = "reports" if truth.reported else "paper"
    facts = {"planned_on": START, "realised_by": by, "input_hash": "0"}
    found, ways = outcome_tables(truth, kept, facts), followed(truth)
    verify_followed(kept, came, ways, found)
    verify_outcome(found)
    return found, ways


def two_hospitals():
    """14 patients use A, which has 10 beds; half may be sent to B, which has 3."""
    return made(
        tables(
            demand=[("Z", "general", 14.0)],
            arc=[("Z", "A", "general", 5.0, 1.0), ("Z", "B", "general", 20.0, 0.0)],
            capacity=[("A", "bed", 10.0), ("B", "bed", 3.0)],
            stay=[("general", [1.0, 0.0])],
            use=[("general", "bed", 1.0)],
            care=[("general", 20.0, 1.0, 0.5, 1.0)],
            resource=[{"resource_id": "bed", "crowding_weight": 1.0}],
        ),
        regions=1,
    )
