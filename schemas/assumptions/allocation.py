"""What a run believes about allocation: horizon, limits, weights, costs."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class _Assumptions(BaseModel):
    """Frozen; a key that is not declared is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Budget(_Assumptions):
    """The plan holds if demand reaches its upper bound on any ``budget`` days."""

    budget: int = Field(ge=0, description="days on which demand may reach its upper bound [days]")


class Levels(_Assumptions):
    """The plan has the least mean harm over equally likely levels of each institution's load.

    Loads are taken to vary as counts of independent patients do: with the square root of those who
    are in as usual. That needs no history.
    """

    levels: int = Field(ge=2, le=25, description="equally likely levels of load [1]")
    spread: float = Field(
        1.0, ge=0, description="standard deviation of a load by that of a Poisson count [1]"
    )


class Scenarios(_Assumptions):
    """Plan on drawn paths of demand: for the mean of their harm, and for the worst of them.

    What is decided for the first ``fixed_days`` is the same in all paths; what is decided later may
    follow what came.
    """

    scenarios: int = Field(ge=1, le=1000, description="paths of demand that are drawn [1]")
    tail: float = Field(0.9, ge=0, lt=1, description="share of paths below the tail [share]")
    tail_weight: float = Field(
        0.5, ge=0, le=1, description="weight of the tail's mean harm beside that of all [share]"
    )
    fixed_days: int = Field(2, ge=1, description="first days that are the same in all paths [days]")


class ClassAssumptions(_Assumptions):
    """How far, how freely and at what cost patients of one class may be sent."""

    max_km: float = Field(gt=0, description="farthest institution that may admit [km]")
    nearest: int = Field(ge=1, description="institutions in reach, nearest first [1]")
    elsewhere_limit: float = Field(
        ge=0, le=1, description="largest share of a zone's patients sent elsewhere a day [share]"
    )
    cost_km: float = Field(ge=0, description="cost of a patient-km elsewhere [currency/km]")
    cost_change: float = Field(
        0, ge=0, description="price of sending otherwise than announced [currency/patient]"
    )


class ResourceAssumptions(_Assumptions):
    """How one resource may be filled, opened and moved."""

    harm: float = Field(ge=0, description="harm of a unit-day over capacity [points/unit-day]")
    occupancy_target: float = Field(gt=0, le=1, description="may be planned full [share]")
    surge_share: float = Field(0, ge=0, description="surge units by unit in service [share]")
    retain_share: float = Field(1, ge=0, le=1, description="units that may not leave [share]")
    lead_days: int = Field(0, ge=0, description="days a moved unit is on the way [days]")
    max_move_km: float = Field(0, ge=0, description="farthest move [km]")
    nearest_move: int = Field(0, ge=0, description="institutions a unit may go to [1]")
    cost_unit_km: float = Field(0, ge=0, description="cost of moving [currency/unit-km]")
    cost_surge_day: float = Field(0, ge=0, description="cost of surge [currency/unit-day]")
    least_move: float = Field(0, ge=0, description="least units of one move, 0 is any [units]")
    cost_move: float = Field(0, ge=0, description="fixed cost of one move [currency]")
    cost_change: float = Field(
        0, ge=0, description="price of moving otherwise than announced [currency/unit]"
    )


class AllocationAssumptions(_Assumptions):
    """The table ``[allocation]`` of a region's file."""

    horizon_days: int = Field(7, ge=1, le=120, description="days planned ahead [days]")
    demand: Literal["mean", "upper"] | Budget | Levels | Scenarios = Field(
        "mean",
        description="demand to plan for: mean, upper, {budget = days}, {levels = number}, or"
        " {scenarios = paths} [1]",
    )
    fairness: Literal["none", "worst_share", "graduated"] = Field(
        "worst_share", description="how tier 2 treats the worst off [1]"
    )
    may_refuse: bool = Field(
        False, description="may turning away be cheaper than crowding in? [true/false]"
    )
    close_borders: bool = Field(False, description="no arc between regions [true/false]")
    no_worse: bool = Field(
        True, description="no institution is made more crowded than as usual [true/false]"
    )
    carried_out: bool = Field(
        True, description="do units move and patients go as earlier nights announced? [true/false]"
    )
    circuity: float = Field(1.3, ge=1, description="road km by km of great circle [1]")
    time_limit_s: float = Field(300, gt=0, description="longest solve, by the wall clock [seconds]")
    compare_settings: bool = Field(
        False, description="publish what other settings would plan: six solves more [true/false]"
    )
    integer: tuple[str, ...] = Field((), description="resources moved in whole units [resource_id]")
    classes: dict[str, ClassAssumptions] = Field(description="by class_id [table]")
    resources: dict[str, ResourceAssumptions] = Field(description="by resource_id [table]")
