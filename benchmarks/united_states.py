"""The United States as the night sees them before it plans, from the real extracts."""

from datetime import date
from pathlib import Path

import polars as pl

from flows.night.run import begin, run_step
from flows.night.steps import steps_of
from flows.store.night import Night, plan_night
from flows.store.warehouse import opened, read_all
from schemas.assumptions.region import Region

ROOT = Path(__file__).resolve().parents[1]
EXTRACTS = ROOT.parent / "shared" / "data" / "us"
REGION = ROOT / "config" / "us.toml"
NIGHT = date(2022, 10, 14)


def known() -> bool:
    """Are the extracts there?"""
    return EXTRACTS.is_dir()


def before_planning(
    home: Path, region: Path = REGION, extracts: Path = EXTRACTS, on: date = NIGHT
) -> Night:
    """Run a night's steps in ``home`` up to the one that plans; that of the United States, or
    another region's.
    """
    night = begin(plan_night(region, extracts, home, on))
    for position, step in enumerate(steps_of(night)):
        if step.name == "allocation":
            break
        run_step(night, step.name, position)
    return night


def tables_of(night: Night, tables: tuple) -> dict[str, pl.DataFrame]:
    """Tables of the night's warehouse by name."""
    with opened(night.home) as con:
        return read_all(con, tables)


def with_days(region: Region, days: int) -> Region:
    """The region, planned for so many days."""
    longer = region.allocation.model_copy(update={"horizon_days": days, "time_limit_s": 3600})
    return region.model_copy(update={"allocation": longer})
