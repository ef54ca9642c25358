"""Every stay of the sample: who falls ill where and when, who treats them, for how long."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from transforms.sample import assumed
from transforms.sample.places import Places

EPOCH = date(1970, 1, 1)
MINUTES = 24 * 60


@dataclass(frozen=True)
class Stays:
    """One entry per stay in order of admission; places in lists, times in minutes since 1970.

    Local time, as the hospitals' clocks show it. ``discharged`` may lie after the last day: such
    a stay is still open.
    """

    zone: np.ndarray
    care_class: np.ndarray
    institution: np.ndarray
    age: np.ndarray
    sex: np.ndarray
    admitted: np.ndarray
    discharged: np.ndarray
    patient: np.ndarray
    payer: np.ndarray


def day_number(day: date) -> int:
    """Days since 1970."""
    return (day - EPOCH).days


def first_day(days: int) -> date:
    """The first of the sample's days."""
    return assumed.LAST_DAY - timedelta(days=days - 1)


def referral(made: Places) -> tuple[np.ndarray, np.ndarray]:
    """Where people of a zone go: institutions (Z, C, K) and the share of each, summing to 1."""
    apart = np.linalg.norm(made.zone_km[:, None] - made.institution_km[None], axis=2)
    pull = assumed.ATTRACTION[made.tier] * np.exp(-apart / assumed.REACH_KM)
    reach = min(assumed.INSTITUTIONS_IN_REACH, len(made.tier))
    by_class = [_strongest(pull * assumed.TREATS[made.tier, c], reach) for c in range(3)]
    choice, share = (np.stack(parts, axis=1) for parts in zip(*by_class, strict=True))
    return choice, share


def _strongest(pull: np.ndarray, reach: int) -> tuple[np.ndarray, np.ndarray]:
    choice = np.argsort(-pull, axis=1, kind="stable")[:, :reach]
    share = np.take_along_axis(pull, choice, axis=1)
    share = share / share.sum(axis=1, keepdims=True)
    share[share < assumed.LEAST_SHARE] = 0
    return choice, share / share.sum(axis=1, keepdims=True)


def rhythm(days: np.ndarray) -> np.ndarray:
    """Admissions against the yearly mean by class and day, (C, T): week and year."""
    weekday = (days + 3) % 7
    year = 2 * np.pi * (_day_of_year(days) - assumed.SEASON_PEAK_DAY) / 365.25
    return assumed.WEEKDAYS[:, weekday] * (1 + assumed.SEASON[:, None] * np.cos(year))


def winter_wave(days: np.ndarray) -> np.ndarray:
    """The surge's height by day, (T,): 1 at its peak in February, 0 in summer."""
    away = (_day_of_year(days) - assumed.SURGE_PEAK_DAY + 182) % 365 - 182
    return np.exp(-0.5 * (away / assumed.SURGE_WIDTH_DAYS) ** 2)


def _day_of_year(days: np.ndarray) -> np.ndarray:
    dates = days.astype("datetime64[D]")
    return (dates - dates.astype("datetime64[Y]")).astype(np.int64) + 1


def usual_admissions(made: Places, days: np.ndarray) -> np.ndarray:
    """Mean admissions by zone, class and day, (Z, C, T), where nothing strikes."""
    base = made.persons.sum(axis=2) @ assumed.RATES.T / 100_000
    return base[:, :, None] * rhythm(days)[None]


def expected_admissions(made: Places, days: np.ndarray) -> np.ndarray:
    """Mean admissions by zone, class and day, (Z, C, T).

    The surge raises a zone's illness in so far as its people go to hospitals that it strikes.
    """
    choice, share = referral(made)
    struck = (share * made.surges[choice]).sum(axis=2) ** 2
    raised = 1 + (assumed.SURGE * struck)[:, :, None] * winter_wave(days)
    return usual_admissions(made, days) * raised


Expected = Callable[[Places, np.ndarray], np.ndarray]


def stays(seed: int, made: Places, days: int, expected: Expected = expected_admissions) -> Stays:
    """Draw every stay that touches the sample's days, with a warm-up before the first.

    Beds are not drawn upon: nobody is turned away, so capacity is what overflows. ``expected``
    gives mean admissions as ``expected_admissions`` does.
    """
    random = np.random.default_rng([seed, 2])
    last = day_number(assumed.LAST_DAY)
    calendar = np.arange(last - days - assumed.WARM_UP_DAYS + 1, last + 1)
    counts = random.poisson(expected(made, calendar))
    zone, care_class, day = _spread(counts)
    day = calendar[day]
    institution = _choose(random, made, zone, care_class)
    age, sex = _person(random, made, zone, care_class)
    admitted = day * MINUTES + _admission_minute(random, day)
    discharged = _discharge(random, day, care_class, age)
    kept = np.flatnonzero(discharged >= (last - days + 1) * MINUTES)
    kept = kept[np.argsort(admitted[kept], kind="stable")]
    zone, care_class, age, sex = zone[kept], care_class[kept], age[kept], sex[kept]
    admitted, discharged = admitted[kept], discharged[kept]
    alike = ((zone * 3 + care_class) * len(assumed.AGE_BANDS) + age) * 2 + sex
    patient = _patients(random, alike, admitted, discharged)
    payer = _payers(random, patient)
    return Stays(
        zone, care_class, institution[kept], age, sex, admitted, discharged, patient, payer
    )


def _spread(counts: np.ndarray) -> tuple[np.ndarray, ...]:
    """One entry per patient counted: the index on each axis."""
    flat = np.repeat(np.arange(counts.size), counts.ravel())
    return np.unravel_index(flat, counts.shape)


def _choose(
    random: np.random.Generator, made: Places, zone: np.ndarray, care_class: np.ndarray
) -> np.ndarray:
    choice, share = referral(made)
    below = np.cumsum(share, axis=2)
    draw = random.random(len(zone))
    picked = np.zeros(len(zone), dtype=np.int64)
    for k in range(share.shape[2] - 1):
        picked += draw >= below[zone, care_class, k]
    return choice[zone, care_class, picked]


def _person(
    random: np.random.Generator, made: Places, zone: np.ndarray, care_class: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Age band and sex, drawn by who lives in the zone and who falls ill at what age."""
    weight = made.persons[:, None] * assumed.RATES[None, :, :, None]
    weight = weight.reshape(*weight.shape[:2], -1)
    below = np.cumsum(weight / weight.sum(axis=2, keepdims=True), axis=2)
    draw = random.random(len(zone))
    picked = np.zeros(len(zone), dtype=np.int64)
    for k in range(below.shape[2] - 1):
        picked += draw >= below[zone, care_class, k]
    return picked // 2, picked % 2


def _admission_minute(random: np.random.Generator, day: np.ndarray) -> np.ndarray:
    """Minute of the day. Nobody is admitted in the hour that a clock change skips or repeats."""
    weights = assumed.ADMISSION_HOURS / assumed.ADMISSION_HOURS.sum()
    hour = np.searchsorted(np.cumsum(weights), random.random(len(day)), side="right")
    hour = np.minimum(hour, 23)
    hour = np.where((hour == 2) & _clock_changes(day), 3, hour)
    return hour * 60 + random.integers(0, 60, len(day))


def _clock_changes(day: np.ndarray) -> np.ndarray:
    """Is it the last Sunday of March or October?"""
    month = day.astype("datetime64[D]").astype("datetime64[M]")
    end = (month + 1).astype("datetime64[D]").astype(np.int64)
    in_month = np.isin(month.astype(np.int64) % 12, [2, 9])
    return in_month & ((day + 3) % 7 == 6) & (end - day <= 7)


def _discharge(
    random: np.random.Generator, day: np.ndarray, care_class: np.ndarray, age: np.ndarray
) -> np.ndarray:
    """Discharge after one night or more, in working hours, seldom on a Sunday."""
    spread = assumed.STAY_SPREAD[care_class]
    mean = assumed.STAY_MEAN[care_class] * assumed.STAY_BY_AGE[age]
    nights = 1 + np.floor(mean * np.exp(spread * random.standard_normal(len(day)) - spread**2 / 2))
    leaves = day + np.minimum(nights, assumed.WARM_UP_DAYS - 1).astype(np.int64)
    sunday = (leaves + 3) % 7 == 6
    leaves = leaves + (sunday & (random.random(len(day)) < assumed.LATER_THAN_SUNDAY))
    return leaves * MINUTES + random.integers(9 * 60, 17 * 60, len(day))


def _patients(
    random: np.random.Generator, alike: np.ndarray, admitted: np.ndarray, discharged: np.ndarray
) -> np.ndarray:
    """Number patients: some are one of the same zone, class, age and sex who left before."""
    order = np.argsort(alike, kind="stable")
    returns = random.random(len(order)) < assumed.RETURNS
    same = np.zeros(len(order), dtype=bool)
    same[1:] = (alike[order][1:] == alike[order][:-1]) & returns[1:]
    same[1:] &= discharged[order][:-1] < admitted[order][1:]
    patient = np.empty(len(order), dtype=np.int64)
    patient[order] = np.cumsum(~same)
    return patient


def _payers(random: np.random.Generator, patient: np.ndarray) -> np.ndarray:
    """Who pays: the same for all stays of a patient."""
    draw = random.random(int(patient.max(initial=0)) + 1)
    payer = np.searchsorted(np.cumsum(assumed.PAYER_SHARES)[:-1], draw, side="right")
    return payer[patient]


def census(made: Places, drawn: Stays, days: int) -> np.ndarray:
    """Patients in bed at midnight by institution, class and day, (N, C, T)."""
    last = day_number(assumed.LAST_DAY)
    start = last - days + 1
    change = np.zeros((len(made.tier), 3, days + 1), dtype=np.int64)
    begin = np.maximum(drawn.admitted // MINUTES - start, 0)
    end = np.minimum(drawn.discharged // MINUTES - start, days)
    np.add.at(change, (drawn.institution, drawn.care_class, begin), 1)
    np.add.at(change, (drawn.institution, drawn.care_class, end), -1)
    return np.cumsum(change, axis=2)[:, :, :-1]


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
            "institution_id": _named(assumed.codes("SYN-H", len(made.tier)), drawn.institution),
            "zone_id": _named(assumed.codes("SYN-Z", len(made.zone_region)), drawn.zone),
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
