"""Demand of the days planned, from the night's forecast or from the mean of the last weeks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from schemas.assumptions.region import Region
from transforms.demand.stays import Curves, census_of_capacity
from transforms.exact import exact_sum
from transforms.inputs.allocation.expected import census_mean, weekday_mean
from transforms.inputs.allocation.offer import usual
from transforms.supply.care import bed, use

PAIR = ["institution_id", "class_id"]
PLACE = ["zone_id", "class_id"]
BOUNDS = ("mean", "upper")
DECIMALS = 9
Frames = Mapping[str, pl.DataFrame]


@dataclass(frozen=True, slots=True)
class Start:
    """What is known at the end of the last day: ``stays`` and the ``recent`` ones, ``patients``
    in bed, who ``treats`` whom, how long they stay, and the ``census`` of those who are in.
    """

    as_of: date
    days: pl.DataFrame
    stays: pl.DataFrame
    recent: pl.DataFrame
    patients: pl.DataFrame
    treats: pl.DataFrame
    curves: Curves
    census: pl.DataFrame


def expected_demand(
    clean: Frames, region: Region, start: Start
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What is planned on, and who is usually treated where.

    With ``planning.expect = "forecast"``, classes that the forecast lacks are taken as with
    "recent_mean". Where a census is forecast, an institution is usually used by its part of the
    zone's expected arrivals, else by its part of the zone's patients.

    Args:
        clean: as for ``planning_inputs``, with regional.demand_forecast.
        region: the region's file.
        start: what is known.

    Returns:
        zone_id, class_id, date | mean, upper (patients/day); and from ``offer.usual``.
    """
    institution = clean["institution"]
    habits = usual(start.treats, start.patients, start.recent, institution)
    recent = _recent_mean(clean, region, start, habits)
    if region.planning.expect == "recent_mean":
        return recent, habits
    rows = clean["demand_forecast"].join(start.days, on="date", how="semi")
    coming = _arrivals_of(rows, clean, region, start)
    homes = institution.select("institution_id", "zone_id")
    summed = [exact_sum(bound, DECIMALS).alias(bound) for bound in BOUNDS]
    of_census = coming.join(homes, on="institution_id").group_by(*PLACE, "date").agg(summed)
    of_stays = rows.filter(demand_measure="admissions").select(
        *PLACE, "date", mean="forecast_mean", upper="forecast_upper"
    )
    foreseen = pl.concat([of_stays, of_census])
    lacking = recent.join(foreseen, on="class_id", how="anti")
    weights = _weights(start.patients, coming)
    return pl.concat([foreseen, lacking]), usual(start.treats, weights, start.recent, institution)


def _recent_mean(clean: Frames, region: Region, start: Start, habits: pl.DataFrame) -> pl.DataFrame:
    """Demand from the mean of the last weeks, and from today's census."""
    planning = region.planning
    dated = start.days.select("date", weekday=pl.col("date").dt.weekday())
    beds = bed(use(region.classes), clean["resource"])
    from_stays = weekday_mean(start.stays, habits, start.as_of, planning)
    from_census = census_mean(
        census_of_capacity(clean["capacity_estimate"], beds),
        start.patients.join(start.stays, on="class_id", how="anti"),
        clean["care_class"],
        clean["institution"],
        start.as_of,
        planning,
    )
    columns = [*PLACE, "date", *BOUNDS]
    return pl.concat(
        [
            from_stays.join(dated, on="weekday").select(columns),
            from_census.join(dated, how="cross").select(columns),
        ]
    )


def _weights(patients: pl.DataFrame, coming: pl.DataFrame) -> pl.DataFrame:
    """By what institutions share a zone's patients: expected arrivals, else patients in bed."""
    sums = coming.group_by(PAIR).agg(patients=exact_sum("mean", DECIMALS))
    others = patients.join(coming, on="class_id", how="anti")
    return pl.concat([others, sums.filter(pl.col("patients") > 0)]).sort(PAIR)


def _arrivals_of(rows: pl.DataFrame, clean: Frames, region: Region, start: Start) -> pl.DataFrame:
    """Arrivals at institutions of the classes whose census is forecast.

    An institution that the forecast lacks keeps the patients that it has.
    """
    beds = bed(use(region.classes), clean["resource"]).join(start.stays, on="class_id", how="anti")
    used = rows.filter(demand_measure="in_use").drop("class_id")
    foreseen = used.join(beds, on="resource_id")
    known = foreseen.select(
        *PAIR,
        "date",
        mean=pl.col("forecast_mean") / pl.col("units"),
        upper=pl.col("forecast_upper") / pl.col("units"),
    ).join(start.treats, on=PAIR, how="semi")
    told = foreseen.select("class_id").unique()
    still = start.patients.join(told, on="class_id", how="semi").join(known, on=PAIR, how="anti")
    kept = still.join(start.days.select("date"), how="cross")
    kept = kept.select(*PAIR, "date", mean="patients", upper="patients")
    return arrivals(pl.concat([known, kept]), start.census, start.curves)


def arrivals(expected: pl.DataFrame, census: pl.DataFrame, curves: Curves) -> pl.DataFrame:
    """Who must come so that as many are in bed as expected, day after day.

    Day 1 takes what those who are in already leave open: ``a[1] = F[1] - n[1]``; every later day
    what they and those who came since leave open, ``a[t] = F[t] - n[t] - sum s[t-τ]·a[τ]``, and
    none less than nobody. The upper bound follows the upper bound of the census so, and is never
    below the mean.

    Args:
        expected: institution_id, class_id, date | mean, upper: patients in bed.
        census: results.allocation_census: patients of before who are in still.
        curves: share still in bed k days after admission, by class.

    Returns:
        institution_id, class_id, date | mean, upper (patients/day), sorted.
    """
    cells = [*PAIR, "date"]
    rows = expected.join(census, on=cells, how="left").sort(cells)
    found = [_of_class(frame, curves[str(c)]) for (c,), frame in rows.group_by("class_id")]
    schema = {"institution_id": pl.String, "class_id": pl.String, "date": pl.Date}
    none = pl.DataFrame(schema=schema | dict.fromkeys(BOUNDS, pl.Float64))
    made = pl.concat([none, *found]).sort(cells).with_columns(pl.col(BOUNDS).round(DECIMALS))
    return made.with_columns(upper=pl.max_horizontal(*BOUNDS))


def _of_class(rows: pl.DataFrame, share: np.ndarray) -> pl.DataFrame:
    """``arrivals`` of one class; ``rows`` are sorted and have every day of each institution."""
    size = rows["institution_id"].n_unique(), -1
    staying = rows["patients"].fill_null(0.0).to_numpy().reshape(size)
    made = {}
    for bound in BOUNDS:
        wanted = rows[bound].to_numpy().reshape(size) - staying
        came = np.zeros_like(wanted)
        for t in range(wanted.shape[1]):
            left = came[:, :t] @ share[t:0:-1] if t else 0.0
            came[:, t] = np.maximum(wanted[:, t] - left, 0.0)
        made[bound] = came.ravel()
    return rows.select(*PAIR, "date").with_columns(
        pl.Series(bound, values) for bound, values in made.items()
    )
