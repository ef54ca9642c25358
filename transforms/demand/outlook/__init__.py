"""The coming days: what a night expects, and how its ways of forecasting came true before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from schemas.assumptions.region import Region
from schemas.regional import DemandForecast, ForecastScore
from schemas.table import conform, empty
from transforms.demand.outlook import own, past
from transforms.demand.outlook.drawn import demand_paths
from transforms.demand.outlook.rows import (
    institution_rows,
    spread_week,
    zone_rows,
    zone_shares,
)
from transforms.demand.outlook.series import Frames, Series, series, window
from transforms.demand.stays import daily, planned_stays
from transforms.supply.care import use
from transforms.supply.supply import data_to

__all__ = ["demand_forecast", "demand_paths"]
PLACES = ("zone_id", "institution_id", "class_id", "resource_id")
# Backtests look at least so far ahead, however short the plan (days).
LEAST_AHEAD = 14


@dataclass(frozen=True, slots=True)
class Chosen:
    """A series, completed, the engine that forecasts it, and what showed both."""

    of: Series
    engine: str
    reported_share: float
    scores: pl.DataFrame


def demand_forecast(
    clean: Frames, region: Region, night: date, earlier: Mapping[date, Frames] | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Forecast the days planned, with the engine that did best on past ones.

    Args:
        clean: by name: zone, institution, resource, capacity_estimate, encounter, forecast.
        region: the region's file.
        night: the night that is planned; nothing later is read.
        earlier: the same tables as they were known at the end of earlier days.

    Returns:
        regional.demand_forecast and regional.forecast_score; both without rows where nothing tells
        what people need.
    """
    last = data_to(clean["capacity_estimate"], use(region.classes), night)
    if last is None:
        return empty(DemandForecast), empty(ForecastScore)
    before = [series(then, region, day) for day, then in _earlier(earlier, region, last).items()]
    found = [_chosen(of, _same(of, before), region) for of in series(clean, region, last)]
    rows = rows_of(clean, region, found)
    sent = own.sent(clean["forecast"].filter(pl.col("issued_date") <= night))
    beside = _compared(clean, region, found, sent)
    used = own.better(beside, region.planning.own_forecast)
    planning = region.planning
    factor = planning.demand_factor if planning.expect == "forecast" else None
    table = own.with_own(rows, sent, used).with_columns(planned_factor=pl.lit(factor, pl.Float64))
    return conform(DemandForecast, table), _score_table(found, beside, used)


def _earlier(
    earlier: Mapping[date, Frames] | None, region: Region, last: date
) -> dict[date, Frames]:
    """States of the tables by the last day that each covers; of several the newest."""
    needs = use(region.classes)
    states: dict[date, Frames] = {}
    for day, frames in sorted((earlier or {}).items()):
        covered = data_to(frames["capacity_estimate"], needs, day)
        if covered is not None and covered < last:
            states[covered] = frames
    return states


def _same(of: Series, before: Sequence[Sequence[Series]]) -> list[Series]:
    """The earlier states of a series whose periods begin on the same weekday."""
    flat = [s for state in before for s in state]
    alike = [s for s in flat if (s.measure, s.frequency) == (of.measure, of.frequency)]
    return [s for s in alike if (of.last - s.last).days % (7 if of.frequency == "week" else 1) == 0]


def _chosen(of: Series, earlier: Sequence[Series], region: Region) -> Chosen:
    days = max(region.allocation.horizon_days, LEAST_AHEAD)
    scores = past.scores(of, earlier, days, region.planning.holidays)
    shares = past.reported_shares(of, earlier)
    return Chosen(past.completed(of, shares), past.best(of, scores), shares[0], scores)


def rows_of(clean: Frames, region: Region, found: Sequence[Chosen]) -> pl.DataFrame:
    """regional.demand_forecast as our engines have it: a row for each series and day."""
    frames = [empty(DemandForecast)]
    for chosen in found:
        rows = institution_rows(
            chosen.of,
            region.allocation.horizon_days,
            region.planning.upper_deviations,
            chosen.engine,
            region.planning.holidays,
        )
        if chosen.of.measure == "admissions":
            known = planned_stays(clean, region, chosen.of.last)
            shares = zone_shares(known, chosen.of.last, region.planning.usual_days)
            rows = zone_rows(rows, shares).with_columns(forecast_source=pl.lit("institution_share"))
            key = ("zone_id", "class_id")
        else:
            rows = rows.rename({"need_id": "resource_id"})
            rows = rows.with_columns(forecast_source=pl.lit("institution"))
            key = ("institution_id", "resource_id")
        named = rows.with_columns(
            demand_measure=pl.lit(chosen.of.measure),
            series_key=pl.concat_str(key, separator="/"),
            reported_share=pl.lit(chosen.reported_share),
        )
        frames.append(conform(DemandForecast, named))
    return pl.concat(frames)


def _compared(
    clean: Frames, region: Region, found: Sequence[Chosen], sent: pl.DataFrame
) -> pl.DataFrame:
    """Scores of the region's own forecast and of ours on the days of its past issues."""
    engines = {(c.of.measure, c.of.frequency): c for c in found}

    def ours(issued: date) -> pl.DataFrame:
        ahead = sent.select((pl.col("date").max() - issued).dt.total_days()).item()
        wide = region.model_copy(
            update={"allocation": region.allocation.model_copy(update={"horizon_days": ahead})}
        )
        then = [
            replace(engines[s.measure, s.frequency], of=s)
            for s in series(clean, region, issued)
            if (s.measure, s.frequency) in engines
        ]
        return rows_of(clean, wide, then)

    last = max((c.of.last for c in found), default=None)
    if last is None or sent.is_empty():
        return own.compared(sent, _truth(clean, region, []), ours)
    known = sent.filter(pl.col("issued_date") < last)
    return own.compared(known, _truth(clean, region, [c.of for c in found]), ours)


def _truth(clean: Frames, region: Region, found: Sequence[Series]) -> pl.DataFrame:
    """What came: ``own.KEY`` | value, by day."""
    schema = {"demand_measure": pl.String, "series_key": pl.String, "date": pl.Date}
    frames = [pl.DataFrame(schema=schema | {"value": pl.Float64})]
    for of in found:
        if of.measure == "admissions":
            known = planned_stays(clean, region, of.last)
            rows = daily(known, ["zone_id", "class_id"], window(known, of.last), of.last)
            rows = rows.with_columns(value="admissions")
            key = ("zone_id", "class_id")
        else:
            rows = spread_week(of.history, of.frequency).join(of.places, on="series_id")
            key = ("institution_id", "need_id")
        named = rows.with_columns(
            demand_measure=pl.lit(of.measure), series_key=pl.concat_str(key, separator="/")
        )
        frames.append(named.select(*schema, "value").drop_nulls())
    return pl.concat(frames)


def _score_table(
    found: Sequence[Chosen], beside: pl.DataFrame, used: Sequence[str]
) -> pl.DataFrame:
    """regional.forecast_score: of each engine on past origins, and of the region's own beside."""
    names = {
        "horizon": "horizon_band",
        "n": "scored",
        "mae": "mean_absolute_error",
        "wis": "weighted_interval_score",
        "mae_relative": "error_ratio",
        "wis_relative": "score_ratio",
    }
    frames = [empty(ForecastScore)]
    for c in found:
        chosen = (pl.col("engine") == c.engine) & pl.lit(c.of.measure not in used)
        rows = c.scores.rename(names).with_columns(
            demand_measure=pl.lit(c.of.measure),
            frequency=pl.lit(c.of.frequency),
            compared_on=pl.lit("past_origins"),
            chosen=chosen,
        )
        frames.append(conform(ForecastScore, _rounded(rows)))
        frames.append(_beside(c, beside, used))
    return pl.concat(frames)


def _beside(c: Chosen, beside: pl.DataFrame, used: Sequence[str]) -> pl.DataFrame:
    theirs = pl.col("forecast_source") == own.OWN
    rows = beside.filter(demand_measure=c.of.measure).with_columns(
        frequency=pl.lit(c.of.frequency),
        compared_on=pl.lit("own_issues"),
        engine=pl.when(theirs).then(pl.lit(own.OWN)).otherwise(pl.lit(c.engine)),
        horizon_band=pl.lit("all"),
        chosen=theirs == pl.lit(c.of.measure in used),
    )
    return conform(ForecastScore, _rounded(rows))


def _rounded(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(pl.selectors.float().fill_nan(None).round(6))
