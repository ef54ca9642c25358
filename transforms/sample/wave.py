"""The wave: a region whose daily admissions double and fall, one neighbourhood after another.

Its extracts come as a region's do: one file a week of the weeks before, one a day while it lasts,
so that every night of it can be planned again on what had arrived by then.
"""

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import polars as pl

from schemas.errors import InputRefused
from transforms.sample import assumed
from transforms.sample.files import as_text, file_name
from transforms.sample.places import (
    Places,
    institution_table,
    places,
    population_table,
    region_table,
    zone_table,
)
from transforms.sample.stays import (
    MINUTES,
    Stays,
    census,
    day_number,
    encounter_table,
    first_day,
    stays,
    usual_admissions,
)

INSTITUTIONS, DAYS = 73, 72
LEAST_INSTITUTIONS, LEAST_DAYS = 3, 28
WEEKS_BEFORE = 12
STRUCK = [assumed.CLASSES.index(name) for name in ("general", "icu")]
BEDS = ("general_bed", "icu_bed")

# Admissions of the whole region at the height of the wave, against the usual.
HEIGHT = 2.0
# By days of the wave: how long a zone is struck (standard deviation), and when the first and the
# last of them are at their height.
WIDTH, FIRST, LAST = 0.10, 0.33, 0.72
# Share of the beds that is used on usual days, from the emptiest hospital to the fullest; and on
# the worst day at most.
USUALLY, WORST = (0.30, 0.65), 1.19


def wave_files(
    seed: int = 1, institutions: int = INSTITUTIONS, days: int = DAYS
) -> dict[str, pl.DataFrame]:
    """The extracts of the wave by file name: the same for the same seed.

    Every column is text as it stands in the file, an empty cell is null.

    Raises:
        InputRefused: where there are too few institutions or days.
    """
    if institutions < LEAST_INSTITUTIONS or days < LEAST_DAYS:
        raise InputRefused(
            f"a wave needs {LEAST_INSTITUTIONS} institutions or more and {LEAST_DAYS} days or more"
        )
    made = places(seed, institutions, zones=institutions)
    known = days + 7 * WEEKS_BEFORE
    drawn = stays(seed, made, known, lambda made, on: wave_admissions(seed, made, on, days))
    windows = list(_windows(days))
    tables = {
        "region": region_table(made),
        "zone": zone_table(made),
        "institution": institution_table(made),
        "population": population_table(made),
    }
    files = {file_name(name, windows[0][1]): as_text(table) for name, table in tables.items()}
    used = census(made, drawn, known)[:, STRUCK]
    capacity, changes = capacity_table(seed, made, used), Changes(made, drawn)
    for first, last in windows:
        files[file_name("capacity", last)] = as_text(
            capacity.filter(pl.col("date").is_between(first, last))
        )
        files[file_name("encounter_changes", last)] = changes.between(first, last)
    return files


def _windows(days: int) -> Iterator[tuple[date, date]]:
    """First and last day that a file covers: weeks before the wave, then its days."""
    begin = first_day(days)
    for week in range(WEEKS_BEFORE, 0, -1):
        first = begin - timedelta(days=7 * week)
        yield first, first + timedelta(days=6)
    for day in range(days):
        yield begin + timedelta(days=day), begin + timedelta(days=day)


def wave_admissions(seed: int, made: Places, days: np.ndarray, lasts: int) -> np.ndarray:
    """Mean admissions by zone, class and day, (Z, C, T): those of adults, raised by the wave.

    ``lasts``: days of the wave, the last of which is the sample's.
    """
    usual = usual_admissions(made, days)
    usual[:, [c for c in range(len(assumed.CLASSES)) if c not in STRUCK]] = 0
    since = (days - day_number(first_day(lasts))) / lasts
    wave = np.exp(-0.5 * ((since - struck_at(seed, made)[:, None]) / WIDTH) ** 2)
    people = usual.mean(axis=(1, 2))
    raised = wave * (HEIGHT - 1) / (people @ wave / people.sum()).max()
    return usual * (1 + raised[:, None])


def struck_at(seed: int, made: Places) -> np.ndarray:
    """When each zone is at its height, (Z,), by days of the wave: neighbours at their own times."""
    order = np.random.default_rng([seed, 4]).permutation(len(made.zone_region))
    return FIRST + (LAST - FIRST) * order / max(order.size - 1, 1)


def capacity_table(seed: int, made: Places, used: np.ndarray) -> pl.DataFrame:
    """capacity: one row per institution, kind of bed that it owns, and day.

    Beds in service are the same on every day, and so many that no use is beyond what the feed
    calls plausible: some hospitals have room when the wave strikes, others never enough.
    """
    random = np.random.default_rng([seed, 5])
    usually = random.uniform(*USUALLY, (len(made.tier), 1))
    before = used[:, :, : 7 * WEEKS_BEFORE].mean(axis=2)
    beds = np.ceil(np.maximum(np.maximum(before / usually, used.max(axis=2) / WORST), 1))
    owned = assumed.TREATS[made.tier][:, STRUCK]
    institution, kind, day = np.nonzero(np.broadcast_to(owned[:, :, None], used.shape))
    start = day_number(assumed.LAST_DAY) - used.shape[2] + 1
    return pl.DataFrame(
        {
            "institution_id": np.array(assumed.codes("SYN-H", len(made.tier)))[institution],
            "resource_id": np.array(BEDS)[kind],
            "date": pl.Series((start + day).astype(np.int32)).cast(pl.Date),
            "period_days": np.ones(len(day), dtype=np.int64),
            "in_service": beds[institution, kind].astype(np.int64),
            "in_use": used[institution, kind, day],
        }
    )


class Changes:
    """Stays of the wave, and what became known of them between two days."""

    def __init__(self, made: Places, drawn: Stays) -> None:
        days = {"came": drawn.admitted // MINUTES, "went": drawn.discharged // MINUTES}
        dated = [pl.Series(k, v.astype(np.int32)).cast(pl.Date) for k, v in days.items()]
        self.stays = encounter_table(made, drawn).with_columns(dated)

    def between(self, first: date, last: date) -> pl.DataFrame:
        """encounter: stays that began or ended; of one that lasts on, no discharge is known."""
        began_or_ended = pl.any_horizontal(pl.col("came", "went").is_between(first, last))
        left = pl.when(pl.col("went") <= last).then("discharged_at").alias("discharged_at")
        known = self.stays.filter(began_or_ended, pl.col("came") <= last)
        return known.with_columns(left).drop("came", "went")
