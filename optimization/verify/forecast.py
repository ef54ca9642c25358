"""Recompute what a forecast must keep to, and that the plan expects what it says.

``verify_forecast`` needs the published tables alone; ``verify_expected`` the exact ones, before a
plan is made of them.
"""

from collections.abc import Mapping

import polars as pl

from optimization.verify.verdict import Verdict, Verification, joined, total
from schemas.columns.forecast import LEVELS
from schemas.regional import DemandForecast, ForecastScore
from schemas.table import check

SERIES = ["demand_measure", "series_key"]
# How much worse a simpler engine may score, and what rounding moves a score.
TIE, ROUNDING = 0.05, 2e-6
PLACE = ["zone_id", "class_id", "date"]
RULES = {
    "forecast_days": "each series has each day once, from the first after the data on",
    "forecast_begins": "every series begins on the day after the last that the data cover",
    "quantiles_rise": "no quantile is below a lower one",
    "upper_bound": "the upper bound is not below the mean",
    "one_engine": "of each measure one way of forecasting is used, where any is scored",
    "best_engine": "no engine scored more than a twentieth better on past days than the one used",
    "demand_follows": "the plan expects of a zone and class what is forecast, times its factor",
    "demand_census_follows": "patients of before and expected ones make up the forecast census",
}


def verify_forecast(tables: Mapping[str, pl.DataFrame]) -> Verification:
    """Verify ``demand_forecast`` and ``forecast_score``; figures that are withheld are not judged.

    Raises:
        PlanRefused: naming the rule that is broken.
        TableRefused: a table does not fit its schema.
    """
    verdict = Verdict("forecast", RULES)
    rows = check(DemandForecast, tables["demand_forecast"])
    shown = rows.filter(pl.col("disclosure") != "withheld")
    _check_days(rows, verdict)
    names = list(LEVELS)
    for lower, higher in zip(names, names[1:], strict=False):
        verdict.at_most("quantiles_rise", shown, lower, higher, size=1.0)
    verdict.at_most("upper_bound", shown, "forecast_mean", "forecast_upper", size=1.0)
    _check_scores(tables["forecast_score"], verdict)
    return Verification(verdict.worst)


def _check_days(rows: pl.DataFrame, verdict: Verdict) -> None:
    spans = rows.group_by(SERIES).agg(
        days=pl.len(), different=pl.col("horizon").n_unique(), last=pl.col("horizon").max()
    )
    gaps = (pl.col("days") != pl.col("last")) | (pl.col("days") != pl.col("different"))
    verdict.none("forecast_days", spans.filter(gaps))
    begun = rows.with_columns(data_to=pl.col("date") - pl.duration(days="horizon"))
    first = pl.col("data_to") == pl.col("data_to").min()
    verdict.none("forecast_begins", begun.filter(~first))


def _check_scores(scores: pl.DataFrame, verdict: Verdict) -> None:
    check(ForecastScore, scores)
    by = ["demand_measure", "frequency"]
    used = scores.filter("chosen").group_by(by).agg(engines=pl.col("engine").n_unique())
    scored = scores.select(by).unique()
    verdict.same_rows("one_engine", used.filter(pl.col("engines") == 1), scored, by)
    past = scores.filter(pl.col("compared_on") == "past_origins")
    widest = past.filter(pl.col("scored") == pl.col("scored").max().over(by))
    score = pl.col("weighted_interval_score")
    best = widest.with_columns(best=score.min().over(by)).filter("chosen")
    limit = pl.col("best") * (1 + TIE)
    verdict.at_most("best_engine", best, "weighted_interval_score", limit, allowed=ROUNDING)


def verify_expected(tables: Mapping[str, pl.DataFrame]) -> Verification:
    """Verify that ``allocation_demand`` is what ``demand_forecast`` says.

    Args:
        tables: both, ``institution``, and the allocation's arcs, census, stay, use and sent.

    Raises:
        PlanRefused: naming the rule that is broken.
    """
    verdict = Verdict("forecast", RULES)
    rows = tables["demand_forecast"].drop_nulls("planned_factor")
    of_zones = rows.filter(pl.col("demand_measure") == "admissions")
    asked = joined(of_zones, tables["allocation_demand"], PLACE)
    for planned, foreseen in (("mean", "forecast_mean"), ("upper", "forecast_upper")):
        expected = pl.col(foreseen) * pl.col("planned_factor")
        verdict.equal("demand_follows", asked, planned, expected, size=1.0)
    in_use = rows.filter(pl.col("demand_measure") == "in_use")
    verdict.at_most("demand_census_follows", _census(tables, in_use), "foreseen", "load", size=1.0)
    return Verification(verdict.worst)


def _census(tables: Mapping[str, pl.DataFrame], rows: pl.DataFrame) -> pl.DataFrame:
    """Of zones and classes, patients foreseen and those in bed as usual.

    Institutions that nobody usually uses take no part; zones to one of which an earlier plan sent
    patients are left out, for those come on top.
    """
    home = tables["institution"].select("institution_id", "zone_id")
    usual = tables["allocation_arc"].filter(pl.col("usual") > 0)
    pairs = usual.select("zone_id", "institution_id", "class_id").join(
        tables["allocation_sent"].join(home, on="institution_id"),
        on=["zone_id", "class_id"],
        how="anti",
    )
    use = tables["allocation_use"].select("class_id", "resource_id", "units_per_patient")
    patients = pl.col("forecast_mean") / pl.col("units_per_patient")
    placed = (
        rows.drop("zone_id", "class_id").join(use, on="resource_id").join(home, on="institution_id")
    )
    placed = placed.join(pairs, on=["zone_id", "institution_id", "class_id"], how="semi")
    foreseen = total(placed.with_columns(foreseen=patients), PLACE, "foreseen")
    still = tables["allocation_census"].join(home, on="institution_id")
    still = still.join(pairs, on=["zone_id", "institution_id", "class_id"], how="semi")
    factor = placed.select(*PLACE, "planned_factor").unique()
    return joined(
        joined(foreseen, _arrived(tables, factor), PLACE), total(still, PLACE, "patients"), PLACE
    ).with_columns(load=pl.col("patients") + pl.col("arrived"))


def _arrived(tables: Mapping[str, pl.DataFrame], factor: pl.DataFrame) -> pl.DataFrame:
    """Of those who were expected since the first day, by zone, class and day, who is in bed."""
    came = tables["allocation_demand"].join(factor, on=PLACE).filter(pl.col("planned_factor") > 0)
    came = came.select("zone_id", "class_id", "planned_factor", "mean", admitted="date")
    pairs = came.join(factor.select(PLACE), on=["zone_id", "class_id"]).with_columns(
        day=(pl.col("date") - pl.col("admitted")).dt.total_days()
    )
    staying = pairs.join(tables["allocation_stay"], on=["class_id", "day"])
    staying = staying.with_columns(
        arrived=pl.col("mean") / pl.col("planned_factor") * pl.col("staying_share")
    )
    return total(staying.drop("mean", "staying_share", "planned_factor"), PLACE, "arrived")
