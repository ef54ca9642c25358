"""The night's step that tells facts about the whole published file."""

from collections.abc import Mapping
from datetime import timedelta
from importlib.metadata import version

import polars as pl

from flows.night.quality import allowed_age
from flows.protect.veil import veil_of
from flows.store.audit_log import last
from flows.store.night import Night
from schemas import clean, ops
from schemas.table import conform
from transforms.inputs.allocation import planning_start

READS = (clean.Capacity,)
OTHERS = ("the region's file", "the audit log")


def about(night: Night, frames: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Facts about the whole file: region, currency, night, how old the data are."""
    region = night.region
    start = planning_start(frames["capacity"], region.classes, night.date)
    data_to = start - timedelta(days=1)
    drill = last(night.home, "restore drill")
    key = veil_of(night.home, night.files).seal()
    facts = {
        "region": region.region,
        "name": region.name,
        "currency": region.currency,
        "timezone": region.timezone,
        "synthetic": str(region.synthetic).lower(),
        "night": night.date.isoformat(),
        "plan_from": start.isoformat(),
        "data_to": data_to.isoformat(),
        "data_age_days": str((night.date - data_to).days),
        "stale_days": str(allowed_age(night, frames["capacity"])),
        "horizon_days": str(region.allocation.horizon_days),
        "catchment_version": version("catchment"),
        "configuration_sha256": night.files.sha256,
        "restore_drill": f"{drill.at} UTC, {drill.facts['seconds']} s" if drill else "never",
        "disclosure": region.disclosure,
        "patient_feeds": ",".join(f.feed for f in night.files.feeds if f.patient_data),
        "estimates": "tables of results are plans and forecasts: estimates, not counts",
        "pseudonym_key": key.key_id if key else "none",
    }
    frame = pl.DataFrame({"item": list(facts), "value": list(facts.values())})
    return conform(ops.About, frame)
