"""What the sample region is made of. Every figure is invented; none describes a real place."""

from collections.abc import Iterable
from datetime import date

import numpy as np

LAST_DAY = date(2026, 2, 10)
WARM_UP_DAYS = 60
POPULATION_YEAR = 2025
FIRST_QUARTER = date(2024, 1, 1)
QUARTERS = 8

# The middle of an ocean, so that no map takes the sample for a real region.
LATITUDE, LONGITUDE = 45.0, -30.0
KM_PER_DEGREE = 111.2
REGION_RADIUS_KM = 42.0

CLASSES = ("general", "icu", "paediatric")
RESOURCES = ("general_bed", "icu_bed", "nurse", "ventilator")
TIERS = ("primary", "secondary", "tertiary")
AGE_BANDS = ("0-4", "5-17", "18-44", "45-64", "65-74", "75-84", "85+")
SEXES = ("F", "M")
PAYERS = ("public_insurer", "private_insurer", "self_pay")

# Units of each resource (columns) that one patient in bed of each class (rows) uses.
USES = np.array([[1.0, 0.0, 0.2, 0.0], [0.0, 1.0, 0.5, 0.4], [1.0, 0.0, 0.3, 0.05]])
# Which tier (rows) treats which class (columns), and owns which resource.
TREATS = np.array([[True, False, False], [True, True, True], [True, True, True]])
OWNS = np.array([[True, False, True, False], [True, True, True, True], [True, True, True, True]])
ATTRACTION = np.array([1.0, 1.8, 3.0])
REACH_KM = 12.0
INSTITUTIONS_IN_REACH = 6
LEAST_SHARE = 0.02

PERSONS_PER_ZONE = 9_000
PERSONS_BY_HOST = np.array([1.4, 2.2, 4.0])
AGE_SHARES = np.array([0.05, 0.13, 0.34, 0.27, 0.11, 0.07, 0.03])
NEED_BY_AGE = np.array([0.9, 0.4, 0.6, 1.0, 1.8, 2.6, 3.2])

# Admissions per 100,000 people of each age band (columns) and day.
RATES = np.array(
    [
        [0.0, 0.0, 28.0, 48.0, 92.0, 140.0, 180.0],
        [0.0, 0.0, 1.6, 4.0, 8.0, 11.0, 9.0],
        [62.0, 24.0, 0.0, 0.0, 0.0, 0.0, 0.0],
    ]
)
WEEKDAYS = np.array(
    [
        [1.12, 1.08, 1.06, 1.04, 1.00, 0.84, 0.86],
        [1.02, 1.02, 1.01, 1.00, 1.00, 0.97, 0.98],
        [1.10, 1.05, 1.03, 1.01, 1.00, 0.90, 0.91],
    ]
)
SEASON = np.array([0.06, 0.08, 0.15])
SEASON_PEAK_DAY = 35
SURGE = np.array([0.95, 0.95, 0.60])
SURGE_PEAK_DAY = 39
SURGE_WIDTH_DAYS = 16.0

STAY_MEAN = np.array([4.6, 5.2, 2.6])
STAY_SPREAD = np.array([0.85, 0.90, 0.70])
STAY_BY_AGE = np.array([1.0, 1.0, 0.75, 0.95, 1.1, 1.2, 1.25])
LATER_THAN_SUNDAY = 0.5
RETURNS = 0.3
ADMISSION_HOURS = np.array(
    [2, 2, 1, 1, 1, 2, 4, 8, 10, 9, 8, 7, 6, 6, 6, 5, 5, 5, 4, 4, 3, 3, 2, 2]
)
PAYER_SHARES = np.array([0.70, 0.21, 0.09])

# Use against capacity by resource: where the surge strikes, in the mean of the last week; where
# not, on the busiest day of the last four weeks. USUALLY is the most that a mean day may use.
CROWDED = np.array([1.08, 1.05, 1.17, 1.18])
CALM = np.array([0.78, 0.76, 0.74, 0.62])
MOST_CROWDED = 1.19
MOST_CALM = 0.94
USUALLY = 0.92
STRUCK_DAYS, CALM_DAYS = 7, 28
WEEKEND_NURSES = 0.94


# fmt: off
FIRST = (
    "Alv", "Brem", "Cald", "Dorn", "Esk", "Fenn", "Gav", "Hask", "Ilm", "Jorv", "Kesk", "Lunn",
    "Marv", "Noll", "Orr", "Pell", "Quar", "Rusk", "Sarn", "Tolm", "Ulv", "Vask", "Wend", "Yarl",
    "Zeld",
)
LAST = (
    "aby", "emoor", "orrin", "unmel", "irow", "allow", "arrick", "olden", "ivere", "eldon", "omond",
)
# fmt: on
REGIONS = ("Veldra", "Osmere", "Tarnholt")
HOSPITALS = {
    "primary": "Community Hospital",
    "secondary": "General Hospital",
    "tertiary": "University Hospital",
}


def codes(prefix: str, count: int, digits: int = 3) -> list[str]:
    """``count`` codes such as H001; wider only where the count needs it."""
    width = max(digits, len(str(count)))
    return [f"{prefix}{n:0{width}d}" for n in range(1, count + 1)]


def region_names(count: int) -> list[str]:
    """Names of regions; numbered after the first three."""
    return [
        f"Synthetic {REGIONS[n % len(REGIONS)]}" + (f" {n // 3 + 1}" if n >= 3 else "")
        for n in range(count)
    ]


def zone_names(count: int) -> list[str]:
    """Names of zones; numbered once every pair of syllables is used."""
    pairs = len(FIRST) * len(LAST)
    return [
        f"Synthetic {FIRST[n % len(FIRST)]}{LAST[n % pairs % len(LAST)]}"
        + (f" {n // pairs + 1}" if n >= pairs else "")
        for n in range(count)
    ]


def hospital_names(tiers: Iterable[str]) -> list[str]:
    """Names such as Synthetic General Hospital 3: the kind follows the tier."""
    return [f"Synthetic {HOSPITALS[tier]} {n}" for n, tier in enumerate(tiers, 1)]
