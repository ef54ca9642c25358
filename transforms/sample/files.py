"""The sample's extracts, file by file."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from schemas.errors import InputRefused
from transforms.sample import assumed
from transforms.sample.faults import (
    Fault,
    Spoilt,
    spoil_capacity,
    spoil_encounter,
    spoil_finance,
    spoil_forecast,
    spoil_population,
)
from transforms.sample.forecast import ISSUES, forecast_table
from transforms.sample.money import finance_table
from transforms.sample.places import (
    Places,
    institution_table,
    places,
    population_table,
    region_table,
    zone_table,
)
from transforms.sample.stays import census, day_number, encounter_table, stays


def in_use(census: np.ndarray) -> np.ndarray:
    """Units in use by institution, resource and day, (N, R, T): patients × units per patient."""
    return np.round(np.einsum("ict,cr->irt", census, assumed.USES), 2)


def staffing(days: int) -> np.ndarray:
    """Units in service on a day against the usual, (R, T): fewer nurses at weekends."""
    calendar = np.arange(day_number(assumed.LAST_DAY) - days + 1, day_number(assumed.LAST_DAY) + 1)
    factor = np.ones((len(assumed.RESOURCES), days))
    factor[assumed.RESOURCES.index("nurse"), (calendar + 3) % 7 >= 5] = assumed.WEEKEND_NURSES
    return factor


def in_service(made: Places, used: np.ndarray) -> np.ndarray:
    """Whole units in service by institution, resource and day, (N, R, T).

    A hospital that the surge strikes is above its capacity in the last week (``CROWDED``), any
    other well below for four weeks (``CALM``). On a day when use would pass ``MOST_CROWDED``,
    units are opened for that day, so that no use is beyond what the feed calls plausible.
    """
    factor = staffing(used.shape[2])
    units = _usual_units(made, used / factor)[:, :, None] * factor
    return np.ceil(np.maximum(units, used / assumed.MOST_CROWDED))


def _usual_units(made: Places, needed: np.ndarray) -> np.ndarray:
    """Units that each institution has on a usual day, (N, R)."""
    crowded = needed[:, :, -assumed.STRUCK_DAYS :].mean(axis=2) / assumed.CROWDED
    crowded = np.maximum(crowded, needed.mean(axis=2) / assumed.USUALLY)
    calm = needed[:, :, -assumed.CALM_DAYS :].max(axis=2) / assumed.CALM
    calm = np.maximum(calm, needed.max(axis=2) / assumed.MOST_CALM)
    return np.ceil(np.maximum(np.where(made.surges[:, None], crowded, calm), 1))


def capacity_table(made: Places, census: np.ndarray) -> pl.DataFrame:
    """capacity: one row per institution, resource that it owns, and day."""
    used = in_use(census)
    served = in_service(made, used)
    days = used.shape[2]
    owned = np.broadcast_to(assumed.OWNS[made.tier][:, :, None], used.shape)
    institution, resource, day = np.nonzero(owned)
    start = day_number(assumed.LAST_DAY) - days + 1
    return pl.DataFrame(
        {
            "institution_id": np.array(assumed.codes("SYN-H", len(made.tier)))[institution],
            "resource_id": np.array(assumed.RESOURCES)[resource],
            "date": pl.Series((start + day).astype(np.int32)).cast(pl.Date),
            "period_days": np.ones(len(day), dtype=np.int64),
            "in_service": served[owned].astype(np.int64),
            "in_use": used[owned],
        }
    )


LEAST_DAYS = 28


@dataclass(frozen=True)
class Sample:
    """Tables of text by file name, in the order of reading, and the faults planted in them."""

    files: dict[str, pl.DataFrame]
    faults: tuple[Fault, ...]


def sample_files(seed: int = 1, institutions: int = 12, days: int = 180) -> Sample:
    """The extracts of a region that does not exist: the same for the same seed.

    Tables: region, zone, institution, population, capacity, encounter, finance, and three issues
    of the forecast; every column is text as it stands in the file, an empty cell is null.

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
        spoil_forecast(as_text(forecast_table(seed, made, ISSUES[-1]))),
    ]
    files = {file_name(t.table): t.frame for t in tables}
    for issued in ISSUES[:-1]:
        files[file_name("forecast", issued)] = as_text(forecast_table(seed, made, issued))
    return Sample(files, tuple(f for t in tables for f in t.faults))


def file_name(table: str, day: date = assumed.LAST_DAY) -> str:
    """Name of a table's extract, with the day it was drawn."""
    return f"synthetic_{table}_{day.isoformat()}.csv"


def as_text(frame: pl.DataFrame) -> pl.DataFrame:
    """Every value as it stands in a file."""
    return frame.with_columns(pl.all().cast(pl.String))
