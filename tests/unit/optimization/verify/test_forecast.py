from datetime import date, timedelta

import polars as pl
import pytest

from optimization.verify.forecast import RULES, verify_expected, verify_forecast
from schemas.clean import Institution
from schemas.columns.forecast import LEVELS
from schemas.errors import PlanRefused
from schemas.regional import DemandForecast, ForecastScore
from schemas.results import allocation as made_of
from schemas.table import conform, empty
from tests.unit.optimization.verify.planted import lose, put

FIRST = date(2026, 2, 2)
MEANS = {"y/icu": (4.0, 5.0), "a/bed": (10.0, 12.0), "b/bed": (20.0, 20.0)}
STAY = [1.0, 0.5]


def forecast() -> pl.DataFrame:
    rows = []
    for key, means in MEANS.items():
        place, need = key.split("/")
        zone = {"zone_id": place, "class_id": need}
        inside = {"institution_id": place, "resource_id": need}
        for day, mean in enumerate(means, start=1):
            figures = {q: mean + k - 4 for k, q in enumerate(LEVELS)}
            rows.append(
                {
                    "demand_measure": "admissions" if need == "icu" else "in_use",
                    "series_key": key,
                    "date": FIRST + timedelta(days=day - 1),
                    **(zone if need == "icu" else inside),
                    "horizon": day,
                    "forecast_mean": mean,
                    **figures,
                    "forecast_upper": mean + 3,
                    "forecast_source": "institution",
                    "engine": "recent_mean",
                    "history_length": "eight_weeks",
                    "reported_share": 1.0,
                    "planned_factor": 1.5,
                }
            )
    return conform(DemandForecast, pl.DataFrame(rows, infer_schema_length=None))


def scores() -> pl.DataFrame:
    rows = [
        (measure, "day", "past_origins", engine, band, number, 1.0, score, engine == "recent_mean")
        for measure in ("admissions", "in_use")
        for band, number in (("1-7", 50), ("all", 90))
        for engine, score in (("recent_mean", 1.0), ("last_value", 1.2))
    ]
    schema = ["demand_measure", "frequency", "compared_on", "engine", "horizon_band", "scored"]
    schema += ["mean_absolute_error", "weighted_interval_score", "chosen"]
    return conform(ForecastScore, pl.DataFrame(rows, orient="row", schema=schema))


def sound() -> dict[str, pl.DataFrame]:
    """Ward patients of a and b at z use a bed each: 4 and 8 of before are in on day 1, half as many
    on day 2; 6 + 12 come on day 1, 7 + 10 on day 2, each times the factor 1.5."""
    days = [FIRST, FIRST + timedelta(days=1)]

    def table(kind, columns: str, *rows: tuple) -> pl.DataFrame:
        return conform(kind, pl.DataFrame(rows, orient="row", schema=columns.split()))

    return {
        "demand_forecast": forecast(),
        "forecast_score": scores(),
        "institution": table(
            Institution, "institution_id zone_id region_id", ("a", "z", "R"), ("b", "z", "R")
        ),
        "allocation_demand": table(
            made_of.AllocationDemand,
            "zone_id class_id date mean upper",
            *(
                ("y", "icu", d, m * 1.5, (m + 3) * 1.5)
                for d, m in zip(days, (4.0, 5.0), strict=True)
            ),
            *(("z", "ward", d, m * 1.5, m * 2) for d, m in zip(days, (18.0, 17.0), strict=True)),
        ),
        "allocation_arc": table(
            made_of.AllocationArc,
            "zone_id institution_id class_id km usual",
            ("z", "a", "ward", 0.0, 0.4),
            ("z", "b", "ward", 0.0, 0.6),
        ),
        "allocation_census": table(
            made_of.AllocationCensus,
            "institution_id class_id date patients",
            *(("a", "ward", d, n) for d, n in zip(days, (4.0, 2.0), strict=True)),
            *(("b", "ward", d, n) for d, n in zip(days, (8.0, 4.0), strict=True)),
        ),
        "allocation_stay": table(
            made_of.AllocationStay,
            "class_id day staying_share",
            *((c, k, s) for c in ("icu", "ward") for k, s in enumerate(STAY)),
        ),
        "allocation_use": table(
            made_of.AllocationUse,
            "class_id resource_id units_per_patient",
            ("icu", "icu_bed", 1.0),
            ("ward", "bed", 1.0),
        ),
        "allocation_sent": empty(made_of.AllocationSent),
    }


def verify(tables) -> None:
    verify_forecast(tables)
    verify_expected(tables)


PLANTED = [
    ("forecast_days", lose("demand_forecast")),
    ("forecast_begins", put("demand_forecast", date=FIRST + timedelta(days=9))),
    ("quantiles_rise", put("demand_forecast", quantile_25=999.0)),
    ("upper_bound", put("demand_forecast", forecast_upper=0.5)),
    ("one_engine", put("forecast_score", pl.col("engine") == "last_value", chosen=True)),
    (
        "best_engine",
        put("forecast_score", pl.col("horizon_band") == "all", weighted_interval_score=0.1),
    ),
    ("demand_follows", put("allocation_demand", pl.col("class_id") == "icu", mean=6.1)),
    ("demand_follows", put("allocation_demand", pl.col("class_id") == "icu", upper=99.0)),
    ("demand_census_follows", put("allocation_demand", pl.col("class_id") == "ward", mean=26.0)),
    ("demand_census_follows", put("allocation_census", patients=3.0)),
]


def test_a_sound_forecast_passes():
    verify(sound())


@pytest.mark.parametrize(("rule", "edit"), PLANTED)
def test_a_planted_violation_is_refused_by_name(rule, edit):
    with pytest.raises(PlanRefused) as refused:
        verify(edit(sound()))
    assert refused.value.rule == rule


def test_every_rule_is_planted():
    assert {rule for rule, _ in PLANTED} == set(RULES)


def test_what_is_withheld_is_not_judged_and_the_rest_is():
    hidden = put("demand_forecast", quantile_25=None, disclosure="withheld")(sound())
    verify_forecast(hidden)
    with pytest.raises(PlanRefused):
        verify_forecast(put("demand_forecast", quantile_25=999.0, disclosure="rounded")(sound()))
