"""Forecasts of institutions as rows, one a day, and shared among the zones of their patients."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from statistics import NormalDist

import polars as pl

from schemas.columns.forecast import LEVELS
from transforms.demand.forecast import forecast, methods, paths
from transforms.demand.outlook.series import STEP, WEEK, Series
from transforms.exact import exact_sum

FIGURES = ("forecast_mean", *LEVELS, "forecast_upper")
ZONE = ["zone_id", "class_id", "date"]
DECIMALS = 9
Columns = Mapping[str, float]


def upper_level(deviations: float) -> float:
    """The quantile that lies so many deviations above the mean of a normal distribution."""
    return round(min(max(NormalDist().cdf(deviations), 0.5), 0.999), 4)


def institution_rows(
    of: Series, days: int, deviations: float, chosen: str, holidays: Iterable[date]
) -> pl.DataFrame:
    """Forecast each series for ``days`` days; each day of a week has the week's figures.

    Of less than eight weeks the median is the mean: little tells yet how far values go astray, and
    the mean of quantiles that are wide for that reason is no expectation.

    Returns:
        institution_id, need_id, date | horizon (days), ``FIGURES``, engine, history_length.
    """
    columns = {name: level for name, (level, _) in LEVELS.items()}
    upper = upper_level(deviations)
    made = forecast(
        of.history,
        of.periods(days),
        of.frequency,
        quantiles=sorted({*columns.values(), upper}),
        holidays=holidays,
        chosen=chosen,
    )
    wide = _wide(made, {**columns, "forecast_upper": upper})
    used = methods(of.history, of.periods(days), of.frequency, chosen=chosen)
    dated = spread_week(wide, of.frequency)
    ahead = (pl.col("date") - pl.lit(of.last)).dt.total_days()
    short = pl.col("history_length").is_in(["one_day", "one_week", "two_weeks"])
    mean = pl.when(short).then("quantile_50").otherwise("forecast_mean")
    return (
        dated.with_columns(horizon=ahead)
        .filter(pl.col("horizon").is_between(1, days))
        .join(used, on="series_id")
        .with_columns(forecast_mean=mean)
        .join(of.places, on="series_id")
        .drop("series_id")
    )


def _wide(made: pl.DataFrame, columns: Columns) -> pl.DataFrame:
    """A column for the mean and for each level; the upper bound is never below the mean."""
    key = ["series_id", "date"]
    mean = made.filter(pl.col("quantile").is_null()).select(*key, forecast_mean="value")
    for name, level in columns.items():
        near = (pl.col("quantile") - level).abs() < 1e-9
        mean = mean.join(made.filter(near).select(*key, pl.col("value").alias(name)), on=key)
    figures = pl.col(FIGURES).round(DECIMALS)
    upper = pl.max_horizontal("forecast_upper", "forecast_mean")
    return mean.with_columns(figures).with_columns(forecast_upper=upper)


def zone_shares(stays: pl.DataFrame, last: date, days: int) -> pl.DataFrame:
    """Of an institution's patients of a class in the last ``days`` days, the part of each zone.

    Returns:
        institution_id, class_id, zone_id | share.
    """
    pair = ["institution_id", "class_id"]
    recent = stays.filter(pl.col("admitted") > last - timedelta(days=days))
    counted = recent.group_by(*pair, "zone_id").len("count")
    share = pl.col("count") / pl.col("count").sum().over(pair)
    return counted.select(*pair, "zone_id", share=share)


def zone_rows(rows: pl.DataFrame, shares: pl.DataFrame) -> pl.DataFrame:
    """Share the admissions of institutions among zones.

    The mean and the upper bound are shared as they are: plans meet the bound where patients are
    treated. A zone's own quantiles are wider, by the chance with which a patient is of that zone:
    squares of the shared deviation and of that of the chance are added.

    Args:
        rows: from ``institution_rows``, of admissions.
        shares: from ``zone_shares``.

    Returns:
        zone_id, class_id, date | horizon, ``FIGURES``, engine, history_length (of the institution
        that treats most of the zone's).
    """
    parts = rows.rename({"need_id": "class_id"}).join(shares, on=["institution_id", "class_id"])
    share, mean = pl.col("share"), pl.col("forecast_mean")
    apart = [exact_sum(share * (pl.col(q) - mean), DECIMALS).alias(q) for q in LEVELS]
    main = [(share * mean).round(DECIMALS), pl.col("institution_id")]
    summed = parts.group_by(ZONE).agg(
        pl.col("horizon").first(),
        *apart,
        forecast_mean=exact_sum(share * mean, DECIMALS),
        forecast_upper=exact_sum(share * pl.col("forecast_upper"), DECIMALS),
        chance=exact_sum(share * (1 - share) * mean, DECIMALS),
        engine=pl.col("engine").sort_by(main).last(),
        history_length=pl.col("history_length").sort_by(main).last(),
    )
    return summed.with_columns(_widened(q) for q in LEVELS).drop("chance").sort(ZONE)


def _widened(quantile: str) -> pl.Expr:
    apart, level = pl.col(quantile), LEVELS[quantile][0]
    deviate = NormalDist().inv_cdf(level)
    square = apart * apart.abs() + deviate * abs(deviate) * pl.col("chance")
    value = pl.col("forecast_mean") + square.sign() * square.abs().sqrt()
    return value.clip(lower_bound=0.0).round(DECIMALS).alias(quantile)


def spread_week(frame: pl.DataFrame, frequency: str) -> pl.DataFrame:
    """Values of weeks as values of their days."""
    if frequency != WEEK:
        return frame
    days = pl.DataFrame({"day": range(STEP[WEEK])})
    date = pl.col("date") + pl.duration(days="day")
    return frame.join(days, how="cross").with_columns(date=date).drop("day")


def path_rows(
    of: Series, days: int, count: int, seed: int, chosen: str | None, holidays: Iterable[date]
) -> pl.DataFrame:
    """Draw joint paths of each series for ``days`` days.

    Returns:
        path (1 to ``count``), institution_id, need_id, date | value.
    """
    drawn = paths(
        of.history,
        of.periods(days),
        count,
        seed,
        of.frequency,
        holidays=holidays,
        chosen=chosen,
    )
    dated = spread_week(drawn, of.frequency).rename({"scenario": "path"})
    within = dated.filter(pl.col("date") <= of.last + timedelta(days=days))
    return within.join(of.places, on="series_id").drop("series_id")
