"""Nights replayed from the delivery history, each with what had arrived by then.

A replayed night is no whole night: clean tables, forecast, the allocation's inputs, its plan, and
what became of it by all that is known now. Every plan is made twice, on the forecast and on the
mean of the last weeks, and carried out on paper; hindsight stands beside both. Reports are taken as
they are: where plans were carried out, what they did is in them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from flows.night.outcomes import PLAN, KeptPlan, judged
from flows.night.steps import CLEAN, FORECAST
from flows.store.files import replacing, write_text
from flows.store.home import Home, one_night, settings
from flows.store.night import Night
from flows.store.warehouse import History, check_layout, full_name, opened, read, read_history
from optimization.allocation.plan import decisions
from schemas import ops
from schemas.assumptions.region import Region
from schemas.errors import ConfigRefused, HomeRefused, InputRefused
from schemas.results.outcome import TABLES, BacktestOutcome, BacktestScore
from schemas.table import Table, check, conform, empty, name
from transforms.history.arrival import arrived, drawn
from transforms.inputs.allocation import planning_inputs, planning_start

EXPECT = ("forecast", "recent_mean")
# Of a region that plans for more than the mean: as if nothing but the mean could come.
CERTAIN = "recent_mean_certain"
STEPS = (*CLEAN, FORECAST)
LONGEST = 366
DAY = timedelta(days=1)
Frames = Mapping[str, pl.DataFrame]
Histories = dict[type[Table], pl.DataFrame]


@dataclass(frozen=True, slots=True)
class Backtest:
    """Outcomes and the forecasts' scores, night by night; nights that brought nothing new have no
    plan of their own. ``folder`` holds both tables.
    """

    region: str
    outcome: pl.DataFrame
    score: pl.DataFrame
    folder: Path


@dataclass(frozen=True, slots=True, eq=False)
class Delivered:
    """All that was ever delivered, and when."""

    deliveries: pl.DataFrame
    files: pl.DataFrame
    histories: Histories

    def by(self, day: date) -> Histories:
        """The rows that had arrived by ``day``."""
        return arrived(self.histories, self.files, day)


def backtest(region_file: Path, home: Home, first: date, last: date) -> Backtest:
    """Replay the nights ``first`` to ``last``, and store what became of their plans.

    Raises:
        ConfigRefused: the days are none, or too many.
        HomeRefused: there is no warehouse, it is of another layout, or no night can be judged.
        NightBusy: while a night runs.
        PlanRefused: an outcome does not follow from its plan and what came.
        SolverStopped: no plan by the region's time limit.
    """
    if not first <= last <= first + timedelta(days=LONGEST):
        raise ConfigRefused(f"--nights: FIRST..LAST, at most {LONGEST} days apart")
    if not home.warehouse.is_file():
        raise HomeRefused(f"{home.warehouse} is not there; run a night or `catchment rebuild`")
    night = Night(region_file.resolve(), home.landing, home.root, last)
    with one_night(home, "catchment backtest"):
        delivered = _delivered(night)
        now = _cleaned(night, delivered.deliveries, delivered.histories)
        found = [replayed(n, delivered, now) for n in _nights(night, first, last, delivered)]
    outcome = pl.concat([empty(BacktestOutcome), *(outcome for outcome, _ in found)])
    score = pl.concat([empty(BacktestScore), *(score for _, score in found)])
    if outcome.is_empty():
        raise HomeRefused(
            "no plan of these nights can be judged: nothing had arrived by then, or no report "
            "covers the days that they plan"
        )
    return Backtest(night.region.region, outcome, score, store(home, outcome, score))


def replayed(night: Night, delivered: Delivered, now: Frames) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What became of the plans of ``night`` by what is known ``now``, and the forecasts' scores."""
    then = _cleaned(night, delivered.deliveries, delivered.by(night.date))
    certain = night.region.allocation.demand == "mean"
    ways = EXPECT if certain else (*EXPECT, CERTAIN)
    found = [_outcome(night, then, now, expect) for expect in ways]
    scores = then["forecast_score"].filter("chosen").with_columns(planned_on=pl.lit(night.date))
    return pl.concat(found), check(BacktestScore, conform(BacktestScore, scores))


def _outcome(night: Night, then: Frames, now: Frames, expect: str) -> pl.DataFrame:
    region = _on_paper(night.region, expect)
    try:
        inputs = planning_inputs(then, region, night.date)
    except InputRefused:
        return empty(BacktestOutcome)
    plan = decisions({**then, **inputs}, region, settings().threads)
    tables = {**then, **inputs, **plan}
    kept = KeptPlan(night.date, {name(t): tables[name(t)] for t in PLAN}, expect)
    first, end = kept.days
    end = min(end, planning_start(now["capacity_estimate"], region.classes, date.max) - DAY)
    if end < first:
        return empty(BacktestOutcome)
    none = {name(table): empty(table) for table in TABLES}
    outcome = judged(kept, now, region, (first, end), none)["plan_outcome"]
    rows = outcome.with_columns(expect=pl.lit(expect))
    return check(BacktestOutcome, conform(BacktestOutcome, rows))


def _on_paper(region: Region, expect: str) -> Region:
    source, demand = (EXPECT[1], "mean") if expect == CERTAIN else (expect, None)
    planning = region.planning.model_copy(update={"expect": source})
    allocation = region.allocation.model_copy(
        update={"carried_out": False, "demand": demand or region.allocation.demand}
    )
    return region.model_copy(update={"planning": planning, "allocation": allocation})


def _nights(night: Night, first: date, last: date, delivered: Delivered) -> Iterator[Night]:
    """The nights that had something new; the others would plan what the one before planned."""
    before: dict[type[Table], int] | None = None
    for step in range((last - first).days + 1):
        day = first + timedelta(days=step)
        there = {table: rows.height for table, rows in delivered.by(day).items()}
        if there != before:
            yield Night(night.region_file, night.extracts, night.home_root, day)
        before = there


def _delivered(night: Night) -> Delivered:
    stored = {r for step in STEPS for r in step.reads if isinstance(r, History)}
    with opened(night.home, read_only=True) as con:
        check_layout(night.home, con)
        deliveries = read(con, ops.Delivery)
        tables = sorted((r.table for r in stored), key=name)
        histories = {table: read_history(con, table) for table in tables}
    feeds = night.files.feeds
    dated = [feed.feed for feed in feeds if feed.file.is_dated]
    zones = {feed.feed: feed.file.timezone for feed in feeds}
    loaded = deliveries.filter(verdict="loaded")
    return Delivered(deliveries, drawn(loaded, zones, dated), histories)


def _cleaned(night: Night, deliveries: pl.DataFrame, histories: Histories) -> Frames:
    """Clean tables and forecast, as the night's steps make them of those rows."""
    frames = {"delivery": deliveries}
    frames |= {full_name(History(table)): rows for table, rows in histories.items()}
    for step in STEPS:
        made = step.make(night, frames)
        assert not isinstance(made, int)
        tables = {name(t): made for t in step.makes} if isinstance(made, pl.DataFrame) else made  # type: ignore[arg-type]
        frames |= tables
    return frames


def store(home: Home, outcome: pl.DataFrame, score: pl.DataFrame) -> Path:
    """Keep both tables in the home's folder ``backtest``, as parquet and CSV."""
    folder = home.root / "backtest"
    folder.mkdir(mode=0o700, exist_ok=True)
    for table, frame in (("outcome", outcome), ("score", score)):
        with replacing(folder / f"{table}.parquet") as new:
            frame.write_parquet(new)
        write_text(folder / f"{table}.csv", frame.write_csv())
    return folder
