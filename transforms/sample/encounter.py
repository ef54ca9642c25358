"""The sample's stays as an extract: one row of text per stay."""

import numpy as np
import polars as pl

from transforms.sample import assumed, names
from transforms.sample.places import Places
from transforms.sample.stays import MINUTES, Stays, day_number

TIME_FORMAT = "%Y-%m-%d %H:%M"


def encounter_table(made: Places, drawn: Stays) -> pl.DataFrame:
    """encounter: local times; an open stay has no discharge. ``record_type`` is always stay."""
    still_in = drawn.discharged >= (day_number(assumed.LAST_DAY) + 1) * MINUTES
    discharged = pl.Series(drawn.discharged).set(pl.Series(still_in), None)
    count = len(drawn.zone)
    return pl.DataFrame(
        {
            "encounter_id": numbered("SYN-E", pl.Series(np.arange(1, count + 1))),
            "record_type": pl.repeat("stay", count, eager=True),
            "patient_key": numbered("SYN-P", pl.Series(drawn.patient)),
            "institution_id": _named(names.codes("SYN-H", len(made.tier)), drawn.institution),
            "zone_id": _named(names.codes("SYN-Z", len(made.zone_region)), drawn.zone),
            "class_id": _named(assumed.CLASSES, drawn.care_class),
            "age_band": _named(assumed.AGE_BANDS, drawn.age),
            "sex": _named(assumed.SEXES, drawn.sex),
            "admitted_at": clock(pl.Series(drawn.admitted)),
            "discharged_at": clock(discharged),
            "payer_id": _named(assumed.PAYERS, drawn.payer),
        }
    )


def numbered(prefix: str, numbers: pl.Series) -> pl.Series:
    """Codes of seven digits or more behind a prefix."""
    return prefix + numbers.cast(pl.String).str.zfill(7)


def clock(minutes: pl.Series) -> pl.Series:
    """Minutes since 1970 as text, to the minute."""
    return (minutes * 60_000_000).cast(pl.Datetime("us")).dt.strftime(TIME_FORMAT)


def _named(labels: list[str] | tuple[str, ...], index: np.ndarray) -> pl.Series:
    return pl.Series(list(labels)).gather(index)
