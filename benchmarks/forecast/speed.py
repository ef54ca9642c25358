"""Ten thousand daily series of a year, fourteen days ahead, all quantiles."""

import resource
import time
from datetime import date, timedelta

import numpy as np
import polars as pl

from transforms.demand.forecast import forecast

DAYS, HORIZON = 365, 14


def measured(number: int) -> str:
    """Forecast ``number`` drawn series; seconds and the process's largest memory, as one line."""
    history = _drawn(number)
    begun, used = time.perf_counter(), time.process_time()
    rows = forecast(history, HORIZON).height
    took, worked = time.perf_counter() - begun, time.process_time() - used
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return (
        f"{number:,} series of {DAYS} days, {HORIZON} days ahead: {rows:,} rows in {took:.1f} s "
        f"({worked:.1f} s of processor), {largest:.2f} GB at most"
    )


def _drawn(number: int) -> pl.DataFrame:
    chance = np.random.default_rng(1)
    day = np.arange(DAYS)
    wave = 1 + 0.3 * np.sin(day / 30 + chance.uniform(0, 6, (number, 1)))
    weekday = np.where(day % 7 > 4, 0.7, 1.0)
    counts = chance.poisson(chance.gamma(1, 20, (number, 1)) * wave * weekday)
    ids = [f"{n:05d}" for n in range(number)]
    dates = [date(2025, 1, 1) + timedelta(days=int(n)) for n in day]
    return pl.DataFrame(
        {
            "series_id": np.repeat(ids, DAYS),
            "date": pl.Series(dates * number),
            "value": counts.ravel().astype(float),
        }
    )
