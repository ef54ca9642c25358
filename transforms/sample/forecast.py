"""The own forecast of the sample: intensive care, as an office might send it each week."""

from datetime import date, timedelta

import numpy as np
import polars as pl
from scipy.stats import poisson

from schemas.columns.forecast import LEVELS
from transforms.sample import assumed
from transforms.sample.places import Places
from transforms.sample.stays import day_number, expected_admissions

CLASS = "icu"
# How far the office is off, as a standard deviation of the logarithm, zone by zone.
ERROR = 0.1
ISSUES = tuple(assumed.LAST_DAY - timedelta(days=days) for days in (14, 7, 0))
AHEAD = 7


def forecast_table(seed: int, made: Places, issued: date) -> pl.DataFrame:
    """forecast: one row per zone and day of the week after ``issued``, of intensive care.

    The office knows how ill people will be, but for an error of each zone, and takes arrivals for
    independent.
    """
    random = np.random.default_rng([seed, 5, day_number(issued)])
    days = day_number(issued) + np.arange(1, AHEAD + 1)
    expected = expected_admissions(made, days)[:, assumed.CLASSES.index(CLASS)]
    zones = len(expected)
    mean = (expected * np.exp(random.normal(0, ERROR, (zones, 1)))).ravel()
    dates = [issued + timedelta(days=k) for k in range(1, AHEAD + 1)] * zones
    return pl.DataFrame(
        {
            "zone_id": np.repeat(assumed.codes("SYN-Z", zones), AHEAD),
            "class_id": CLASS,
            "institution_id": "all",
            "resource_id": "all",
            "date": dates,
            "mean": mean.round(3),
            **{name: poisson.ppf(level, mean).astype(int) for name, (level, _) in LEVELS.items()},
        }
    )
