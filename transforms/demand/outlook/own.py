"""The region's own forecast: scored beside ours on the days that came true, and used if better."""

from collections.abc import Callable
from datetime import date

import polars as pl

from schemas.columns.forecast import LEVELS
from transforms.demand.outlook.rows import DECIMALS

OWN = "own"
# Issues that are scored, the newest first, and the least values by which one is called better.
ISSUES, LEAST_SCORED = 4, 14
KEY = ["demand_measure", "series_key", "date"]
SCORE = ["scored", "mean_absolute_error", "weighted_interval_score", "coverage_50", "coverage_80"]
ALL = "all"


def sent(forecast: pl.DataFrame) -> pl.DataFrame:
    """clean.forecast as rows of a measure and series.

    Rows that name neither a zone with a class nor an institution with a resource are left out.

    Returns:
        issued_date, ``KEY`` | forecast_mean, quantiles.
    """
    of_zone = (pl.col("zone_id") != ALL) & (pl.col("class_id") != ALL)
    of_place = (pl.col("institution_id") != ALL) & (pl.col("resource_id") != ALL)
    zone = pl.concat_str("zone_id", "class_id", separator="/")
    place = pl.concat_str("institution_id", "resource_id", separator="/")
    named = forecast.filter(of_zone != of_place).with_columns(
        demand_measure=pl.when(of_zone).then(pl.lit("admissions")).otherwise(pl.lit("in_use")),
        series_key=pl.when(of_zone).then(zone).otherwise(place),
        date="target_date",
    )
    return named.select("issued_date", *KEY, "forecast_mean", *LEVELS)


def compared(
    own: pl.DataFrame,
    truth: pl.DataFrame,
    ours: Callable[[date], pl.DataFrame],
) -> pl.DataFrame:
    """Score both on the same series and days, each issued before the day and known now.

    Args:
        own: from ``sent``.
        truth: ``KEY`` | value, of days that are known.
        ours: our rows for the days after a day, from what was known at its end.

    Returns:
        demand_measure, forecast_source (own or ours) | ``SCORE``.
    """
    ahead = own.filter(pl.col("date") > pl.col("issued_date"))
    past = ahead.join(truth, on=KEY)
    issues = past["issued_date"].unique().sort(descending=True).head(ISSUES)
    frames = [pl.DataFrame(schema={"demand_measure": pl.String, **_SCORED})]
    for issued in issues:
        mine = ours(issued).select(*KEY, "forecast_mean", *LEVELS)
        theirs = past.filter(pl.col("issued_date") == issued).drop("issued_date", "value")
        theirs = filled(theirs, mine)
        cells = truth.join(theirs.select(KEY), on=KEY, how="semi")
        for source, frame in ((OWN, theirs), ("ours", mine)):
            both = frame.join(cells, on=KEY).with_columns(forecast_source=pl.lit(source))
            frames.append(_cells(both))
    return _means(pl.concat(frames))


def filled(theirs: pl.DataFrame, ours: pl.DataFrame) -> pl.DataFrame:
    """Their rows that ours has too; a quantile that they lack lies as far from the mean as ours,
    but between those that they have.
    """
    both = theirs.join(ours, on=KEY, suffix="_ours")
    names = list(LEVELS)
    made = both.with_columns(_filled(names, k) for k in range(len(names)))
    rising = [pl.max_horizontal(names[: k + 1]).alias(q) for k, q in enumerate(names)]
    return made.with_columns(rising).select(*KEY, "forecast_mean", *LEVELS)


def _filled(names: list[str], k: int) -> pl.Expr:
    quantile, lower, higher = names[k], names[:k], names[k + 1 :]
    far = pl.col(f"{quantile}_ours") - pl.col("forecast_mean_ours")
    value = pl.max_horizontal(pl.col("forecast_mean") + far, pl.lit(0.0), *lower)
    return pl.coalesce(quantile, pl.min_horizontal(value, *higher)).alias(quantile)


_SCORED = {"forecast_source": pl.String, **dict.fromkeys(SCORE[1:], pl.Float64)}


def _cells(rows: pl.DataFrame) -> pl.DataFrame:
    value = pl.col("value")
    losses = [
        pl.max_horizontal(level * (value - pl.col(q)), (level - 1) * (value - pl.col(q)))
        for q, (level, _) in LEVELS.items()
    ]
    inside = [
        value.is_between(low, high).cast(pl.Float64)
        for low, high in (("quantile_25", "quantile_75"), ("quantile_10", "quantile_90"))
    ]
    return rows.select(
        "demand_measure",
        "forecast_source",
        mean_absolute_error=(value - pl.col("quantile_50")).abs(),
        weighted_interval_score=2 * pl.sum_horizontal(losses) / len(losses),
        coverage_50=inside[0],
        coverage_80=inside[1],
    )


def _means(cells: pl.DataFrame) -> pl.DataFrame:
    by = ["demand_measure", "forecast_source"]
    figures = [pl.col(s).sort().mean().round(DECIMALS) for s in SCORE[1:]]
    return cells.group_by(by).agg(pl.len().cast(pl.Int64).alias("scored"), *figures).sort(by)


def better(scores: pl.DataFrame, rule: str) -> list[str]:
    """The measures of which the region's own forecast is used.

    Args:
        scores: from ``compared``.
        rule: planning.own_forecast: better, always or never.
    """
    if rule != "better":
        return ["admissions", "in_use"] if rule == "always" else []
    score = scores.filter(pl.col("scored") >= LEAST_SCORED).select(
        "demand_measure", "forecast_source", "weighted_interval_score"
    )
    theirs, ours = (score.filter(forecast_source=source) for source in (OWN, "ours"))
    both = theirs.join(ours, on="demand_measure", suffix="_ours")
    won = both.filter(pl.col("weighted_interval_score") < pl.col("weighted_interval_score_ours"))
    return won["demand_measure"].to_list()


def with_own(ours: pl.DataFrame, own: pl.DataFrame, measures: list[str]) -> pl.DataFrame:
    """Our rows, those of ``measures`` replaced where the region's newest issue has them.

    The upper bound keeps its distance from the mean, in the ratio of both widths.
    """
    taken = own.filter(pl.col("demand_measure").is_in(measures))
    taken = taken.filter(pl.col("date") > pl.col("issued_date")).sort("issued_date")
    newest = taken.unique(KEY, keep="last", maintain_order=True)
    theirs = filled(newest.select(*KEY, "forecast_mean", *LEVELS), ours)
    both = ours.join(theirs, on=KEY, how="left", suffix="_own")
    width, wider = (pl.col(f"quantile_90{s}") - pl.col(f"quantile_10{s}") for s in ("", "_own"))
    ratio = pl.when(width > 0).then(wider / width).otherwise(1.0)
    upper = pl.col("forecast_mean_own") + ratio * (
        pl.col("forecast_upper") - pl.col("forecast_mean")
    )
    replaced = pl.col("forecast_mean_own").is_not_null()
    return both.with_columns(
        *(pl.coalesce(f"{c}_own", c).alias(c) for c in ("forecast_mean", *LEVELS)),
        forecast_upper=pl.coalesce(upper, "forecast_upper").round(DECIMALS),
        engine=pl.when(replaced).then(pl.lit(OWN)).otherwise("engine"),
        forecast_source=pl.when(replaced).then(pl.lit(OWN)).otherwise("forecast_source"),
    ).select(ours.columns)
