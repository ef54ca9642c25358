"""The sample's extracts, file by file."""

from dataclasses import dataclass

import polars as pl

from schemas.errors import InputRefused
from transforms.sample import assumed
from transforms.sample.capacity import capacity_table, in_service, in_use
from transforms.sample.encounter import encounter_table
from transforms.sample.faults import (
    Fault,
    Spoilt,
    spoil_capacity,
    spoil_encounter,
    spoil_finance,
    spoil_population,
)
from transforms.sample.money import finance_table
from transforms.sample.places import (
    institution_table,
    places,
    population_table,
    region_table,
    zone_table,
)
from transforms.sample.stays import census, stays

LEAST_DAYS = 28


@dataclass(frozen=True)
class Sample:
    """Tables of text by file name, in the order of reading, and the faults planted in them."""

    files: dict[str, pl.DataFrame]
    faults: tuple[Fault, ...]


def sample_files(seed: int = 1, institutions: int = 12, days: int = 180) -> Sample:
    """The extracts of a region that does not exist: the same for the same seed.

    Tables: region, zone, institution, population, capacity, encounter, finance; every column is
    text as it stands in the file, an empty cell is null.

    Raises:
        InputRefused: where there is no institution or too few days.
    """
    if institutions < 1 or days < LEAST_DAYS:
        raise InputRefused(f"a sample needs 1 institution or more and {LEAST_DAYS} days or more")
    made = places(seed, institutions)
    drawn = stays(seed, made, days)
    occupied = census(made, drawn, days)
    served = in_service(made, in_use(occupied))[:, :, -1]
    tables = [
        Spoilt("region", as_text(region_table(made))),
        Spoilt("zone", as_text(zone_table(made))),
        Spoilt("institution", as_text(institution_table(made))),
        spoil_population(as_text(population_table(made))),
        spoil_capacity(as_text(capacity_table(made, occupied))),
        spoil_encounter(encounter_table(made, drawn)),
        spoil_finance(as_text(finance_table(seed, made, served[:, 0], served[:, 1]))),
    ]
    return Sample(
        {file_name(t.table): t.frame for t in tables}, tuple(f for t in tables for f in t.faults)
    )


def file_name(table: str) -> str:
    """Name of a table's extract, with the day it was drawn."""
    return f"synthetic_{table}_{assumed.LAST_DAY.isoformat()}.csv"


def as_text(frame: pl.DataFrame) -> pl.DataFrame:
    """Every value as it stands in a file."""
    return frame.with_columns(pl.all().cast(pl.String))
