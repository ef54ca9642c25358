"""What a run believes about supply and demand: how much history, how wide a spread."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class PlanningAssumptions(BaseModel):
    """The table ``[planning]`` of a region's file; a key that is not declared is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    expect: Literal["forecast", "recent_mean"] = Field(
        "forecast",
        description="what is planned on: the forecast, or the mean of the last weeks [text]",
    )
    own_forecast: Literal["better", "always", "never"] = Field(
        "better",
        description="when the forecast that the region sends is used: where its score is better"
        " than ours, always or never [text]",
    )
    holidays: tuple[date, ...] = Field(
        (), description="days that differ from their weekday, past and coming [dates]"
    )
    demand_weeks: int = Field(
        4, ge=1, le=52, description="of recent_mean: last weeks whose weekday mean counts [weeks]"
    )
    spread_weeks: int = Field(
        8,
        ge=2,
        le=52,
        description="of recent_mean: last weeks whose spread gives its bound [weeks]",
    )
    upper_deviations: float = Field(
        1.645,
        ge=0,
        description="standard deviations from the mean to the upper bound; of a forecast the"
        " quantile that lies there in a normal distribution, 0.95 for 1.645 [1]",
    )
    demand_factor: float = Field(
        1, ge=0, description="expected demand is multiplied by this, 1.1 is 10 % more [1]"
    )
    usual_days: int = Field(
        180, ge=1, description="last days whose patients show where they usually go [days]"
    )
    stay_days: int = Field(
        365, ge=1, description="last days whose admissions show how long stays last [days]"
    )
    history_days: int = Field(
        365, ge=1, description="last days that the regional tables cover [days]"
    )
    least_stays: int = Field(
        30, ge=1, description="with fewer stays of a class, a geometric stay is used [1]"
    )
    least_at_risk: int = Field(
        5, ge=1, description="patients still observed below which a stay's tail is geometric [1]"
    )
    oldest_days: int = Field(
        60, ge=0, description="an institution silent for longer takes no part in the plan [days]"
    )
    stale_days: int | None = Field(
        None,
        ge=0,
        description="data that end longer before the night raise an alert; absent: twice the "
        "period of the newest figures, 14 at least [days]",
    )
