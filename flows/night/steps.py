"""The order of a night: one step per table, or per model where one solve makes several."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from flows import ingest
from flows.ingest.restated import record_restatements
from flows.night import plans, tables
from flows.night.quality import quality_of
from flows.publish import publish
from flows.store.night import Night
from schemas.feed import Feed

FACTS = ("activity", "capacity", "encounter", "population", "finance", "travel")


@dataclass(frozen=True, slots=True)
class Step:
    """A named piece of the night; ``run`` returns the rows it made.

    The warehouse stays open from its first reading to its record, unless it must be shut.
    """

    name: str
    run: Callable[[Night], int]
    shuts_warehouse: bool = False


def _creates_none(feed: Feed) -> bool:
    return feed.institution is None or feed.institution.unknown != "create"


def steps_of(night: Night) -> list[Step]:
    """All steps of a night, in order: feeds that create institutions come before those that
    describe them."""
    feeds = [
        Step(f"ingest {feed.feed}", partial(ingest.ingest_feed, feed_name=feed.feed))
        for feed in sorted(night.files.feeds, key=_creates_none)
    ]
    facts = [Step(f"clean {name}", partial(tables.clean_fact, name=name)) for name in FACTS]
    return [
        *feeds,
        Step("ingest unclaimed", ingest.ingest_unclaimed),
        Step("ingest restatement", record_restatements),
        *facts,
        Step("clean zone", tables.clean_zone),
        Step("clean institution", tables.clean_institution),
        Step("clean region", tables.clean_region),
        Step("clean resource", tables.clean_resource),
        Step("clean care_class", tables.clean_care_class),
        Step("clean capacity_estimate", tables.clean_capacity_estimate),
        Step("regional supply", tables.regional_supply),
        Step("regional capacity_gap", tables.regional_capacity_gap),
        Step("regional demand", tables.regional_demand),
        Step("regional balance", tables.regional_balance),
        Step("allocation", plans.allocation),
        Step("financing", plans.financing),
        Step("financing purchases", plans.purchases),
        Step("verify", plans.verify),
        Step("quality", quality_of),
        Step("about", plans.about),
        Step("publish", lambda night: publish(night.home), shuts_warehouse=True),
    ]
