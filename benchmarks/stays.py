"""A file of stays as a hospital network would send it, with faults put in and counted."""

from pathlib import Path

import numpy as np
import polars as pl

HOSPITALS, ZONES = 1000, 4000
# Of every hundred rows: one repeats the row before, and one has each of these faults.
REPEATED, UNKNOWN, UNDATED, BACKWARDS, UNREADABLE = 7, 23, 41, 67, 89
EVERY = 100
CLOCK = "%Y-%m-%d %H:%M"


def write_stays(file: Path, rows: int, seed: int = 1) -> dict[str, int]:
    """Write ``rows`` stays, the same for the same seed; what a reader must find.

    Returns:
        read, loaded (rows); nulled (cells): of a hundred rows, 1 is sent twice, 3 are not loaded
        (unknown institution, unreadable admission, discharge before it), 1 has an unreadable
        discharge and is loaded without.
    """
    frame = _faulty(_good(rows, np.random.default_rng(seed)))
    frame.write_csv(file)
    place = np.arange(rows) % EVERY
    lost = np.isin(place, [REPEATED, UNKNOWN, UNDATED, BACKWARDS]).sum()
    return {
        "read": rows,
        "loaded": rows - int(lost),
        "nulled": int((place == UNREADABLE).sum()),
    }


def _good(rows: int, chance: np.random.Generator) -> pl.DataFrame:
    start = np.datetime64("2025-01-01T00:00", "ms")
    minutes = chance.integers(0, 400 * 1440, rows)
    stay = chance.integers(60, 20 * 1440, rows)

    def code(high: int, width: int) -> pl.Series:
        return pl.Series(chance.integers(0, high, rows)).cast(pl.String).str.zfill(width)

    def word(*words: str) -> pl.Series:
        return pl.Series(words).gather(chance.integers(0, len(words), rows))

    def clock(after: np.ndarray) -> pl.Series:
        unchanged = after - 60 * (after // 60 % 24 == 2)  # no hour in which clocks change
        return pl.Series(start + unchanged.astype("timedelta64[m]")).dt.strftime(CLOCK)

    return pl.DataFrame(
        {
            "encounter_id": pl.int_range(rows, eager=True).cast(pl.String).str.zfill(10),
            "record_type": pl.repeat("stay", rows, eager=True),
            "patient_key": code(max(rows // 2, 1), 12),
            "institution_id": code(HOSPITALS, 4),
            "zone_id": code(ZONES, 5),
            "class_id": word("general", "icu", "paediatric"),
            "age_band": word("0-17", "18-64", "65-84", "85+"),
            "sex": word("F", "M"),
            "admitted_at": clock(minutes),
            "discharged_at": clock(minutes + stay),
            "payer_id": word("public", "private", "self"),
        }
    )


def _faulty(frame: pl.DataFrame) -> pl.DataFrame:
    place = pl.int_range(pl.len()) % EVERY

    def put(fault: int, column: str, value: pl.Expr) -> pl.Expr:
        return pl.when(place == fault).then(value).otherwise(pl.col(column)).alias(column)

    made = frame.with_columns(
        put(UNKNOWN, "institution_id", pl.lit("none")),
        put(UNDATED, "admitted_at", pl.lit("31.02.2025")),
        put(UNREADABLE, "discharged_at", pl.lit("later")),
    ).with_columns(put(BACKWARDS, "discharged_at", pl.lit("2024-12-31 23:00")))
    return made.with_columns(put(REPEATED, c, pl.col(c).shift(1)) for c in made.columns)
