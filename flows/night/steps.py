"""The night: its steps in order, each with the tables that it makes and those that it reads."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Literal

import polars as pl

from flows import ingest
from flows.ingest.restated import record_restatements
from flows.night import about, expect, outcomes, plans, quality
from flows.publish import publish
from flows.publish.verify import VERIFIED
from flows.store.night import Night
from flows.store.warehouse import (
    History,
    Stored,
    frame_name,
    full_name,
    opened,
    read_all,
    replace_all,
)
from optimization.models import MODELS, Model
from schemas import clean, ops, regional
from schemas.assumptions.region import Region
from schemas.feed import Feed
from schemas.results.run import PlanRun, PlanSeconds
from schemas.table import Table, conform, holds_patients, layer, name, polars_schema
from transforms.demand.balance import regional_balance, regional_demand
from transforms.history.merge import placed
from transforms.places import places
from transforms.supply import care, impute, supply

Frames = Mapping[str, pl.DataFrame]
Made = Frames | pl.DataFrame | int
Part = Literal[
    "ingest", "history", "clean", "regional", "model", "verify", "quality", "about", "publish"
]
REGION_FILE, LISTED = "the region's file", ("the list of steps",)
COLUMNS = ("the list of columns",)
DELIVERED = (
    ops.Delivery,
    ops.DeliveryEvent,
    ops.Quarantine,
    ops.Reconciliation,
    ops.Decision,
)
FACTS = (
    clean.Activity,
    clean.Capacity,
    clean.Encounter,
    clean.Population,
    clean.Finance,
    clean.Travel,
    clean.Forecast,
)
MEASURED_FROM = (
    clean.Zone,
    clean.Institution,
    clean.Resource,
    clean.CareClass,
    clean.CapacityEstimate,
    clean.Activity,
    clean.Encounter,
    clean.Population,
)


@dataclass(frozen=True, slots=True)
class Step:
    """A piece of the night: the tables that it makes, and those that it reads, and no others.

    ``make`` takes the night and the frames of ``reads`` by name. It gives those of ``makes`` by
    name (one that is left out stays as it is), or the frame of the only one, or a count where it
    writes nothing. ``others`` are what it reads besides tables, ``feed`` is whose files it loads.
    ``warehouse``: the runner reads and writes ``frames``; or the step itself does while it stays
    ``open`` until the step is recorded; or it is ``shut``.
    """

    name: str
    part: Part
    makes: tuple[Stored, ...]
    reads: tuple[Stored, ...]
    make: Callable[[Night, Frames], Made]
    others: tuple[str, ...] = ()
    feed: str | None = None
    warehouse: Literal["frames", "open", "shut"] = "frames"

    @property
    def patient_data(self) -> bool:
        """Do rows that it makes describe people?"""
        tables = (m.table if isinstance(m, History) else m for m in self.makes)
        return any(holds_patients(table) for table in tables)

    def run(self, night: Night) -> int:
        """Read, make, and put what was made in its place, all or nothing; returns rows made.

        Of a table with rows of others, those of this ``run_key``, ``step`` or ``model`` go.
        """
        if self.warehouse != "frames":
            return _count(self.make(night, {}))
        with opened(night.home) as con:
            made = self.make(night, read_all(con, self.reads))
            if isinstance(made, int):
                return made
            own = {"run_key": night.run_key, "step": self.name, "model": self.name}
            return replace_all(con, self._by_table(made), own)

    def _by_table(self, made: Frames | pl.DataFrame) -> dict[type[Table], pl.DataFrame]:
        tables = {name(m): m for m in self.makes if not isinstance(m, History)}
        if isinstance(made, pl.DataFrame):
            (table,) = tables.values()
            return {table: made}
        return {tables[key]: frame for key, frame in made.items()}


def _count(made: Made) -> int:
    assert isinstance(made, int), "a step that writes by itself gives a count"
    return made


def sent(table: type[Table], night: Night, frames: Frames) -> pl.DataFrame:
    """What the newest extracts say, of places also those of which too little is known."""
    return night.files.newest(table, frames[frame_name(History(table))], frames["delivery"])


def whole(table: type[Table], night: Night, frames: Frames) -> pl.DataFrame:
    """Of ``sent`` the places of which all is known that must be; ``quality`` names the others."""
    return placed(table, sent(table, night, frames))


def made(
    table: type[Table],
    reads: tuple[Stored, ...],
    make: Callable[[Night, Frames], pl.DataFrame],
    *others: str,
) -> Step:
    """The step that makes a clean or regional table."""
    part: Part = "regional" if layer(table) == "regional" else "clean"
    return Step(f"{part}_{name(table)}", part, (table,), reads, make, others)


INGEST = (
    Step(
        "unclaimed",
        "ingest",
        DELIVERED,
        (),
        lambda night, _: ingest.ingest_unclaimed(night),
        ("files that no feed expects",),
        warehouse="open",
    ),
    Step(
        "restatement",
        "history",
        (ops.Restatement,),
        (ops.Delivery, *(History(t) for t in clean.FEED_TABLES.values() if not holds_patients(t))),
        lambda night, _: record_restatements(night),
        warehouse="open",
    ),
)
CLEAN = (
    *(made(table, (ops.Delivery, History(table)), partial(sent, table)) for table in FACTS),
    made(
        clean.Zone,
        (ops.Delivery, History(clean.Zone), History(clean.Institution)),
        lambda n, f: places.zone(whole(clean.Zone, n, f), whole(clean.Institution, n, f)),
    ),
    made(
        clean.Institution,
        (ops.Delivery, History(clean.Institution), clean.Zone),
        lambda n, f: places.institution(whole(clean.Institution, n, f), f["zone"]),
    ),
    made(
        clean.Region,
        (ops.Delivery, History(clean.Region), clean.Zone, clean.Institution),
        lambda n, f: places.region(sent(clean.Region, n, f), f["zone"], f["institution"]),
    ),
    made(clean.Resource, (), lambda n, _: care.resource(n.region.resources), REGION_FILE),
    made(
        clean.CareClass,
        (clean.Activity,),
        lambda n, f: care.care_class(n.region.classes, f["activity"]),
        REGION_FILE,
    ),
    made(
        clean.CapacityEstimate,
        (clean.Capacity, clean.Institution),
        lambda _, f: impute.capacity_estimate(f["capacity"], f["institution"]),
    ),
)
REGIONAL = (
    made(
        regional.Supply,
        (clean.CapacityEstimate, clean.Institution, clean.Population, clean.Zone),
        lambda _, f: supply.supply(
            f["capacity_estimate"], f["institution"], f["population"], f["zone"]
        ),
    ),
    made(
        regional.CapacityGap,
        (clean.Capacity, clean.CapacityEstimate, clean.Institution),
        lambda _, f: supply.capacity_gap(f["capacity"], f["capacity_estimate"], f["institution"]),
    ),
    made(
        regional.Demand,
        MEASURED_FROM,
        lambda n, f: regional_demand(f, n.region, n.date),
        REGION_FILE,
    ),
    made(
        regional.Balance,
        (*MEASURED_FROM, regional.Supply, regional.Demand),
        lambda n, f: regional_balance(f, f["supply"], f["demand"], n.region, n.date),
        REGION_FILE,
    ),
)
FORECAST = Step(
    "regional_demand_forecast",
    "regional",
    (regional.DemandForecast, regional.ForecastScore),
    expect.READS,
    expect.expected,
    (REGION_FILE,),
)
CHECKS = (
    Step("outcome", "verify", outcomes.MAKES, outcomes.READS, outcomes.outcomes, outcomes.OTHERS),
    Step("verify", "verify", (), VERIFIED, plans.verify),
    Step("quality", "quality", quality.MAKES, quality.READS, quality.quality_of, quality.OTHERS),
    Step("about", "about", (ops.About,), about.READS, about.about, about.OTHERS),
)


def _ingest(feed: Feed) -> Step:
    return Step(
        f"ingest_{feed.feed}",
        "ingest",
        (*DELIVERED, *(History(clean.FEED_TABLES[table]) for table in feed.tables())),
        (),
        lambda night, _: ingest.ingest_feed(night, feed_name=feed.feed),
        (f"feed {feed.feed}",),
        feed.feed,
        warehouse="open",
    )


def _model(model: Model, region: Region | None) -> Step:
    makes: tuple[Stored, ...] = (*model.inputs, *model.results, PlanRun, PlanSeconds, ops.Alert)
    return Step(
        model.name,
        "model",
        makes,
        plans.reads_of(model, region),
        partial(plans.planned, model),
        (REGION_FILE, *plans.OTHERS.get(model.name, ())),
    )


def _creates_none(feed: Feed) -> bool:
    return feed.institution is None or feed.institution.unknown != "create"


def steps(feeds: Sequence[Feed], region: Region | None = None) -> tuple[Step, ...]:
    """All steps of a night with these feeds; without a region, each with all that it may read.

    Feeds that create institutions come before those that describe them.
    """
    return (
        *(_ingest(feed) for feed in sorted(feeds, key=_creates_none)),
        *INGEST,
        *CLEAN,
        *REGIONAL,
        FORECAST,
        *(_model(model, region) for model in MODELS),
        *CHECKS,
        Step("lineage", "about", (ops.Lineage,), (), lambda n, _: lineage(steps_of(n)), LISTED),
        Step("vocabulary", "about", (ops.Vocabulary,), (), lambda *_: ops.vocabulary(), COLUMNS),
        Step("publish", "publish", (), (), lambda n, _: publish(n.home), warehouse="shut"),
    )


@cache
def steps_of(night: Night) -> tuple[Step, ...]:
    """All steps of a night, in order."""
    return steps(night.files.feeds, night.region)


def lineage(listed: Sequence[Step]) -> pl.DataFrame:
    """``ops.lineage``: a row for each table that a step makes and each thing that it reads."""
    rows = [
        (full_name(table), step.name, read)
        for step in listed
        for table in step.makes
        for read in (*map(full_name, step.reads), *step.others)
    ]
    return conform(ops.Lineage, pl.DataFrame(rows, polars_schema(ops.Lineage), orient="row"))
