"""A wave, night by night: each plans on what had arrived, and its first day is carried out.

The next night begins where that led. All ways of expecting have the same model, the same eve and
the same patients; how long they stay is that of the eve's curves, for every way alike.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks import united_states
from flows.night.plans import reads_of
from optimization.allocation.accounting import (
    PolicyOutcome,
    as_usual,
    census,
    harm,
    policy_outcome,
)
from optimization.allocation.inputs import Instance
from optimization.allocation.inputs.read import read_instance
from optimization.allocation.inputs.room import margin
from optimization.allocation.outcome.paper import Shifts, on_paper
from optimization.allocation.solve import solve
from optimization.models import ALLOCATION
from optimization.solver import SolveSettings
from schemas.assumptions.allocation import Levels
from schemas.assumptions.region import Region
from schemas.clean import Forecast
from transforms.demand.outlook import demand_forecast
from transforms.demand.stays import daily, record_start, stays
from transforms.inputs.allocation import planning_inputs
from transforms.sample import assumed

REGION = united_states.ROOT / "config" / "wave.toml"
PLACE = ["zone_id", "class_id"]
WEEK = 7
LEAST = 1e-6
Frames = Mapping[str, pl.DataFrame]


@dataclass(frozen=True, slots=True, eq=False)
class Wave:
    """All that comes: ``whole`` is the instance of all its days with those who came, ``before`` the
    admissions of the days before (zone x class x day); ``foreseen`` keeps the forecasts by night.
    """

    clean: Frames
    region: Region
    whole: Instance
    before: np.ndarray
    foreseen: dict[date, np.ndarray] = field(default_factory=dict)

    def came(self, day: int) -> np.ndarray:
        """Admissions known on the eve of ``day``, zone x class x day."""
        return np.concatenate([self.before, self.whole.demand[:, :, :day]], axis=2)


# Patients expected on a day and those after it: wave, day, days ahead -> zone x class x day.
Expected = Callable[[Wave, int, int], np.ndarray]


def loaded(extracts: Path, home: Path, days: int, last: date = assumed.LAST_DAY) -> Wave:
    """The wave whose extracts until ``last`` are in a folder, loaded as a night loads them."""
    night = united_states.before_planning(home, REGION, extracts, last)
    reads = (*reads_of(ALLOCATION, night.region), Forecast)
    return wave_of(united_states.tables_of(night, reads), night.region, days)


def wave_of(clean: Frames, region: Region, days: int) -> Wave:
    """The last ``days`` days of the tables; habits, stays and beds are those of their eve.

    Args:
        clean: what a night's allocation is made from, by name.
        region: nothing moves in it, and no surge can be opened.
        days: of the wave.
    """
    newest = clean["capacity_estimate"]["date"].to_list()
    last = max(newest)
    eve = last - timedelta(days=days)
    allocation = region.allocation.model_copy(update={"horizon_days": days, "demand": "mean"})
    planning = region.planning.model_copy(update={"expect": "recent_mean"})
    long = region.model_copy(update={"allocation": allocation, "planning": planning})
    inputs = planning_inputs(clean, long, eve)
    known = stays(clean["encounter"], clean["zone"], clean["institution"], region.timezone, last)
    counted = daily(known, PLACE, record_start(known) or last, last)
    admitted = counted.rename({"admissions": "mean"}).with_columns(upper="mean")
    reached = admitted.join(inputs["allocation_arc"], on=PLACE, how="semi")
    came = reached.filter(pl.col("date") > eve).select(inputs["allocation_demand"].columns)
    whole = read_instance(
        {**inputs, "allocation_demand": came}, clean["zone"], clean["institution"], allocation
    )
    before = by_place(reached.filter(pl.col("date") <= eve), "mean", whole)
    return Wave(clean, region, whole, before)


def by_place(frame: pl.DataFrame, value: str, whole: Instance) -> np.ndarray:
    """``value`` by zone, class and day of the frame; 0 where it says nothing."""
    names = whole.names
    axes = (names.zones, names.classes, frame["date"].unique().sort().to_list())
    found = np.zeros([len(axis) for axis in axes])
    at = [{name: k for k, name in enumerate(axis)} for axis in axes]
    for zone, care, day, number in frame.select(*PLACE, "date", value).rows():
        found[at[0][zone], at[1][care], at[2][day]] = number
    return found


def last_seven_days(wave: Wave, day: int, ahead: int) -> np.ndarray:
    """On every day ahead the mean of the last seven days."""
    mean = wave.came(day)[:, :, -WEEK:].mean(axis=2)
    return np.repeat(mean[:, :, None], ahead, axis=2)


def forecast(wave: Wave, day: int, ahead: int) -> np.ndarray:
    """The mean of the night's forecast."""
    night = wave.whole.names.days[day] - timedelta(days=1)
    if night not in wave.foreseen:
        rows, _ = demand_forecast(wave.clean, wave.region, night)
        wave.foreseen[night] = by_place(rows, "forecast_mean", wave.whole)
    return wave.foreseen[night][:, :, :ahead]


def rolled(
    wave: Wave, expected: Expected, settings: SolveSettings, levels: Levels | None = None
) -> PolicyOutcome:
    """What came of nightly plans, each in force for a day.

    They are made on the mean of those expected, or on levels of the load around it. A night on
    which nobody would be crowded as usual has nothing to decide.
    """
    whole = wave.whole
    admit = np.zeros_like(whole.expected)
    for day in range(whole.horizon):
        ahead = min(wave.region.allocation.horizon_days, whole.horizon - day)
        asked = as_seen(whole, admit, day, expected(wave, day, ahead))
        if levels is not None:
            asked = replace(asked, margin=margin(asked, levels))
        plan = as_usual(asked)
        if harm(asked, plan) > LEAST:
            plan = solve(asked, settings, {}).plan
        admit[:, day] = carried_out(whole, day, asked, plan)
    return followed(whole, admit)


def hindsight(wave: Wave, settings: SolveSettings) -> PolicyOutcome:
    """The least harm over all days, had those who came been known on the eve."""
    free = replace(wave.whole, fairness="none", no_worse=False)
    return solve(free, settings, {}, tiers=["harm"]).plan


def followed(whole: Instance, admit: np.ndarray) -> PolicyOutcome:
    """What admissions (arc x day) lead to; nothing moves."""
    no_moves = np.zeros((whole.moves.km.size, whole.horizon))
    return policy_outcome(whole, admit, no_moves, np.zeros_like(whole.capacity))


def as_seen(whole: Instance, admit: np.ndarray, day: int, expected: np.ndarray) -> Instance:
    """The instance of the eve of ``day``: who is in after ``admit``, and who is expected."""
    days = slice(day, day + expected.shape[2])
    reached = np.zeros((*whole.demand.shape[:2], 1))
    reached[whole.arcs.zone, whole.arcs.care] = 1
    announced = whole.announced
    return replace(
        whole,
        names=replace(whole.names, days=whole.names.days[days]),
        demand=(expected * reached).round(6),
        initial=census(whole, admit)[:, :, days],
        stay=whole.stay[:, : expected.shape[2]],
        capacity=whole.capacity[:, :, days],
        surge_limit=whole.surge_limit[:, :, days],
        reserve=whole.reserve[:, :, days],
        announced=replace(
            announced,
            days=announced.days[days],
            sent=announced.sent[:, days],
            moved=announced.moved[:, days],
        ),
    )


def carried_out(whole: Instance, day: int, asked: Instance, plan: PolicyOutcome) -> np.ndarray:
    """Admissions by arc of ``day``, where ``plan`` is carried out with those who came."""
    came = as_seen(whole, np.zeros_like(whole.expected), day, whole.demand[:, :, [day]])
    change = plan.admit[:, :1] - asked.expected[:, :1]
    shifts = Shifts(
        leaves=np.maximum(-change, 0.0),
        comes=np.maximum(change, 0.0),
        turned_away=plan.unmet[:, :, :1],
        move=np.zeros((whole.moves.km.size, 1)),
        surge=np.zeros_like(came.capacity),
    )
    return on_paper(came, shifts).admit[:, 0]
