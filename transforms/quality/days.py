"""Is the night's plan one of the coming days? What is wrong with the days that its data cover."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

import polars as pl

from schemas import ops
from schemas.events import EVENTS, Occurrence, to_do, words
from schemas.table import conform
from transforms.quality.capacity import BEHIND, WEEK
from transforms.supply.supply import data_to, period_end

OF_DAYS = frozenset(event.code for event in EVENTS if event.subject == "night")


def stale_after(
    capacity: pl.DataFrame, needs: pl.DataFrame, night: date, stale_days: int | None
) -> int:
    """How many days before the night the data may end.

    Args:
        capacity: clean.capacity.
        needs: class_id, resource_id | units, from ``care.use``.
        night: the night that is planned.
        stale_days: of the region; else it is two periods of the newest figures, and two weeks at
            least.
    """
    if stale_days is not None:
        return stale_days
    used = capacity.join(needs, on="resource_id", how="semi")
    newest = used.filter(period_end() == pl.lit(data_to(capacity, needs, night), pl.Date))
    longest = newest.select(pl.col("period_days").max()).item()
    return BEHIND * max(longest or 1, WEEK)


def any_came(delivery: pl.DataFrame, decision: pl.DataFrame, night: date) -> bool:
    """Did anything new come tonight, or was a held delivery released?

    Args:
        delivery: ops.delivery; what repeats an earlier delivery is not new.
        decision: ops.decision.
        night: the night.
    """
    new = delivery.filter(pl.col("night") == night, pl.col("verdict") != "duplicate")
    released = decision.filter(pl.col("night") == night, pl.col("verdict") == "loaded")
    return not (new.is_empty() and released.is_empty())


def faults_of_days(
    capacity: pl.DataFrame,
    needs: pl.DataFrame,
    came: bool,
    night: date,
    stale_days: int,
) -> Iterator[Occurrence]:
    """What someone should know of the days planned: that nothing new came, that they are past.

    Args:
        capacity: clean.capacity.
        needs: class_id, resource_id | units, from ``care.use``.
        came: from ``any_came``.
        night: the night that is planned.
        stale_days: from ``stale_after``.
    """
    if not came:
        yield Occurrence("silent_night")
    last = data_to(capacity, needs, night)
    if last is None:
        return
    age = (night - last).days
    if age > 1:
        yield Occurrence("plan_begins_before_night", count=age - 1)
    if age > stale_days:
        yield Occurrence("data_stale", count=age, total=stale_days)
    used = capacity.join(needs, on="resource_id", how="semi")
    to_come = used.filter(pl.col("date") > night).select(period_end().max()).item()
    beyond = (max(last, to_come or last) - night).days
    if beyond > 0:
        yield Occurrence("data_beyond_night", count=beyond)


def alerts_of_days(region: str, found: Iterable[Occurrence]) -> pl.DataFrame:
    """``ops.alert`` of what ``faults_of_days`` found."""
    rows = [
        {
            "rule": one.code,
            "subject": region,
            "measured": one.count,
            "threshold": one.total,
            "message": f"{one.words()}; what to do: {to_do(one.code)}",
        }
        for one in found
    ]
    return conform(ops.Alert, pl.DataFrame(rows))


def said_of_days(alerts: Iterable[Mapping[str, Any]]) -> list[str]:
    """What alerts (rows of ``ops.alert``) say of the night's days, in words."""
    return [
        words(a["rule"], {"count": a["measured"], "total": a["threshold"]})
        for a in alerts
        if a["rule"] in OF_DAYS
    ]
