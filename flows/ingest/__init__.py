"""Deliveries: find, land, unpack, read, judge, load; every row and file accounted for."""

from datetime import datetime

from flows.ingest.arrivals import Arrival, arrivals_of
from flows.ingest.decisions import apply_decisions, complete_last, refuse_if_lost
from flows.ingest.delivery import deliver, settle
from flows.ingest.judge import Judgement
from flows.ingest.landing import sweep
from flows.ingest.leave_out import expire
from flows.protect.veil import refuse_other_key, veil_of
from flows.store.night import Night
from flows.store.warehouse import opened
from schemas.events import Occurrence

__all__ = ["Arrival", "arrivals_of", "ingest_feed", "ingest_unclaimed"]


def ingest_feed(night: Night, feed_name: str) -> int:
    """Apply decisions about one feed's held deliveries, then load what arrived for it.

    Oldest extract first.

    Returns:
        Rows loaded.
    """
    arrivals = [a for a in arrivals_of(night) if a.feed and a.feed.feed == feed_name]
    arrivals.sort(key=lambda a: (a.extract_time or datetime.min, a.name))
    sweep(night.home)
    with opened(night.home) as con:
        refuse_if_lost(night, con)
        if night.files.feed(feed_name).patient_data:
            refuse_other_key(con, veil_of(night.home, night.files).keys)
        expire(night.home, con, night.files.feed(feed_name), night.date)
        settled = apply_decisions(night, con, feed_name)
        return settled + sum(deliver(night, con, arrival) for arrival in arrivals)


def ingest_unclaimed(night: Night) -> int:
    """Record, as rejected, each file that no feed of the region expects; returns their count.

    Then nothing of this night is left to come: what a killed night had judged is completed.
    """
    unclaimed = [a for a in arrivals_of(night) if a.feed is None]
    with opened(night.home) as con:
        for arrival in unclaimed:
            reason = arrival.fault or Occurrence("no_feed")
            settle(night, con, arrival, None, Judgement("rejected", [reason]))
        complete_last(night, con)
    return len(unclaimed)
