"""Patients on the days planned: new ones by zone and class, and how far they may exceed that; those
who are in today and expected to be in still."""

from datetime import date, timedelta

import polars as pl

from schemas.assumptions.planning import PlanningAssumptions
from schemas.results.allocation import AllocationCensus, AllocationDemand
from schemas.table import conform
from transforms.demand.stays import Curves, record_start
from transforms.exact import exact_sum

WEEK = 7
PLACE = ["zone_id", "class_id"]
EXPECTED = {
    "zone_id": pl.String,
    "class_id": pl.String,
    "weekday": pl.Int8,
    "mean": pl.Float64,
    "upper": pl.Float64,
}
PAIR = ["institution_id", "class_id"]


def allocation_demand(
    rows: pl.DataFrame,
    homes: pl.DataFrame,
    days: pl.DataFrame,
    planning: PlanningAssumptions,
) -> pl.DataFrame:
    """Expected demand and its upper bound on the days planned.

    Every zone with an institution that takes part has a row for each class that anyone needs,
    0 where nobody there does.

    Args:
        rows: zone_id, class_id, date | mean, upper, from ``foreseen.expected_demand``.
        homes: zone_id of the institutions that take part.
        days: day, date, from ``calendar.plan_days``.
        planning: demand_factor.

    Returns:
        results.allocation_demand.
    """
    zones = pl.concat([homes.select("zone_id"), rows.select("zone_id")]).unique()
    grid = zones.join(rows.select("class_id").unique(), how="cross").join(
        days.select("date"), how="cross"
    )
    factor = planning.demand_factor
    filled = grid.join(rows, on=[*PLACE, "date"], how="left").with_columns(
        pl.col("mean", "upper").fill_null(0) * factor
    )
    return conform(AllocationDemand, filled)


def weekday_mean(
    stays: pl.DataFrame, usual: pl.DataFrame, as_of: date, planning: PlanningAssumptions
) -> pl.DataFrame:
    """Mean admissions of each weekday over the last ``demand_weeks``, and an upper bound.

    The bound lies ``upper_deviations`` standard deviations above the mean. A zone's demand is
    taken to vary as the admissions of the institution that most of its patients use: by the
    same share of the mean, on the same weekday, over the last ``spread_weeks``. Where that is
    not known, the deviation is the square root of the mean (as for independent arrivals). Of a
    younger record of stays, the whole weeks count; of less than a week, all days alike.

    Args:
        stays: from ``stays.stays``.
        usual: from ``offer.usual``.
        as_of: the last day known.
        planning: demand_weeks, spread_weeks, upper_deviations.

    Returns:
        zone_id, class_id, weekday (1 Monday to 7) | mean, upper (patients/day), with a row for
        each weekday on which anyone came.
    """
    start = record_start(stays)
    if start is None:
        return pl.DataFrame(schema=EXPECTED)
    known = (as_of - start).days + 1
    if known < WEEK:
        means = _flat_week(stays.filter(pl.col("admitted") >= start), max(known, 1))
    else:
        weeks = min(planning.demand_weeks, known // WEEK)
        means = _weekday_counts(stays, PLACE, as_of, weeks)
    spread = _spread(stays, as_of, min(planning.spread_weeks, known // WEEK))
    rows = means.join(_main_institution(usual), on=PLACE, how="left").join(
        spread, on=["institution_id", "class_id", "weekday"], how="left"
    )
    deviation = pl.coalesce(pl.col("mean") * pl.col("varies"), pl.col("mean").sqrt())
    upper = pl.col("mean") + planning.upper_deviations * deviation
    return rows.select(*PLACE, "weekday", "mean", upper=upper)


def census_mean(
    census: pl.DataFrame,
    patients: pl.DataFrame,
    care_class: pl.DataFrame,
    institution: pl.DataFrame,
    as_of: date,
    planning: PlanningAssumptions,
) -> pl.DataFrame:
    """Patients in bed ÷ mean stay at the institutions' own zones, and an upper bound.

    The mean is today's. The bound lies ``upper_deviations`` standard deviations above it, those
    of the zone's dates in the last ``spread_weeks``, or, where there is but one date, the square
    root of the mean (as for independent arrivals).

    Args:
        census: from ``stays.census_of_capacity``.
        patients: institution_id, class_id | patients, of today, for classes without encounters.
        care_class: clean.care_class.
        institution: clean.institution.
        as_of: the last day known.
        planning: spread_weeks, upper_deviations.

    Returns:
        zone_id, class_id | mean, upper (patients/day).
    """
    homes = institution.select("institution_id", "zone_id")
    rates = care_class.select("class_id", "mean_stay_days")
    per_day = pl.col("patients") / pl.col("mean_stay_days")
    today = (
        patients.join(homes, on="institution_id")
        .join(rates, on="class_id")
        .group_by(PLACE)
        .agg(mean=exact_sum(per_day, 9))
    )
    oldest = as_of - timedelta(days=WEEK * planning.spread_weeks)
    dated = (
        census.filter(pl.col("date") > oldest, pl.col("date") <= as_of)
        .join(patients, on=["institution_id", "class_id"], how="semi")
        .join(homes, on="institution_id")
        .join(rates, on="class_id")
        .group_by(*PLACE, "date")
        .agg(x=exact_sum(per_day, 9))
    )
    spread = dated.group_by(PLACE).agg(
        count=pl.len(), total=exact_sum("x", 9), squares=exact_sum(pl.col("x") ** 2, 9)
    )
    deviation = pl.coalesce(_deviation(pl.col("count")), pl.col("mean").sqrt())
    upper = pl.col("mean") + planning.upper_deviations * deviation
    return today.join(spread, on=PLACE, how="left").select(*PLACE, "mean", upper=upper)


def _weekday_counts(stays: pl.DataFrame, by: list[str], as_of: date, weeks: int) -> pl.DataFrame:
    """Mean and standard deviation of the daily admissions of each weekday."""
    recent = stays.filter(pl.col("admitted") > as_of - timedelta(days=WEEK * weeks))
    daily = recent.group_by(*by, "admitted").agg(x=pl.len().cast(pl.Int64))
    return (
        daily.with_columns(weekday=pl.col("admitted").dt.weekday())
        .group_by(*by, "weekday")
        .agg(total=pl.col("x").sum(), squares=(pl.col("x") ** 2).sum())
        .with_columns(mean=pl.col("total") / weeks, deviation=_deviation(pl.lit(weeks)))
    )


def _spread(stays: pl.DataFrame, as_of: date, weeks: int) -> pl.DataFrame:
    """Deviation ÷ mean of an institution's admissions of a class on a weekday."""
    by = ["institution_id", "class_id"]
    counts = _weekday_counts(stays, by, as_of, max(weeks, 1))
    return counts.select(*by, "weekday", varies=pl.col("deviation") / pl.col("mean"))


def _main_institution(usual: pl.DataFrame) -> pl.DataFrame:
    """The institution that most of a zone's patients of a class use; of equals, the first."""
    ranked = usual.sort(*PLACE, "usual", "institution_id", descending=[False, False, True, False])
    first = ranked.unique(PLACE, keep="first", maintain_order=True)
    return first.select(*PLACE, "institution_id")


def _deviation(count: pl.Expr) -> pl.Expr:
    """Standard deviation from ``total`` and ``squares`` of ``count`` values; null of one."""
    variance = (pl.col("squares") - pl.col("total") ** 2 / count) / (count - 1)
    return pl.when(count > 1).then(variance.clip(lower_bound=0).sqrt())


def _flat_week(stays: pl.DataFrame, known: int) -> pl.DataFrame:
    mean = pl.len().cast(pl.Float64) / known
    week = pl.DataFrame({"weekday": range(1, WEEK + 1)}, schema={"weekday": pl.Int8})
    return stays.group_by(PLACE).agg(mean=mean).join(week, how="cross")


def allocation_census(
    stays: pl.DataFrame,
    patients: pl.DataFrame,
    units: pl.DataFrame,
    care_class: pl.DataFrame,
    curves: Curves,
    days: pl.DataFrame,
) -> pl.DataFrame:
    """Expected patients of today who are in on each day planned.

    Where encounters tell how long a patient has been in (a days since admission), t days ahead
    the chance is share[a + t] / share[a] of the class's stay curve. Where only a census is
    known, it is (1 - 1/mean stay)^t.

    Args:
        stays: from ``stays.stays``.
        patients: from ``offer.patients_today``.
        units: from ``calendar.units_today``: the institutions that take part.
        care_class: clean.care_class.
        curves: from ``stay.curves``.
        days: day, date, from ``calendar.plan_days``.

    Returns:
        results.allocation_census, for institutions with patients of the class today.
    """
    open_ = stays.filter("open").join(units, on="institution_id", how="semi")
    unknown = patients.join(stays, on="class_id", how="anti")
    rows = pl.concat([_by_stay_so_far(open_, curves, days), _by_mean(unknown, care_class, days)])
    return conform(AllocationCensus, rows)


def _by_stay_so_far(open_: pl.DataFrame, curves: Curves, days: pl.DataFrame) -> pl.DataFrame:
    since = (pl.col("days") - 1).alias("since")
    counted = open_.group_by(*PAIR, since).len("count")
    chances = _chances(counted.select("class_id", "since").unique(), curves, days)
    return (
        counted.join(chances, on=["class_id", "since"])
        .group_by(*PAIR, "date")
        .agg(patients=exact_sum(pl.col("count") * pl.col("chance"), 9))
    )


def _chances(pairs: pl.DataFrame, curves: Curves, days: pl.DataFrame) -> pl.DataFrame:
    """Chance to be in t days ahead, by class and days since admission."""
    rows = [
        (class_id, since, on, _chance(curves, class_id, since, day))
        for class_id, since in pairs.sort("class_id", "since").rows()
        for day, on in days.select("day", "date").rows()
    ]
    schema = {
        "class_id": pl.String,
        "since": pl.Int64,
        "date": pl.Date,
        "chance": pl.Float64,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def _chance(curves: Curves, class_id: str, since: int, ahead: int) -> float:
    curve = curves[class_id]
    return float(curve[since + ahead] / curve[since]) if curve[since] > 0 else 0.0


def _by_mean(patients: pl.DataFrame, care_class: pl.DataFrame, days: pl.DataFrame) -> pl.DataFrame:
    mean = pl.max_horizontal("mean_stay_days", pl.lit(1.0))
    return (
        patients.join(care_class.select("class_id", "mean_stay_days"), on="class_id")
        .join(days, how="cross")
        .select(*PAIR, "date", patients=pl.col("patients") * (1 - 1 / mean) ** pl.col("day"))
    )
