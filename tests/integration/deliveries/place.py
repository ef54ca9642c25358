"""A small place to send deliveries to, and files to send."""

import io
import zipfile
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
import polars as pl

from flows.clerk.as_of import clean_as_of
from flows.clerk.listing import deliveries_of
from flows.night.run import begin
from flows.night.steps import steps_of
from flows.publish import publish
from flows.store.home import Home
from flows.store.night import plan_night
from schemas.events import EXPLAINS

DEMO = Path(__file__).parents[3] / "config" / "demo.toml"
HOSPITALS = ("H1", "H2", "H3")
NEXT = "synthetic_capacity_2026-01-15.csv"
WEEK = range(8, 15)
HEADER = "institution_id,resource_id,date,period_days,in_service,in_use"


@dataclass
class Place:
    """An inbox and a home; nights run their ingest alone."""

    inbox: Path
    root: Path
    region: Path = DEMO

    @property
    def home(self) -> Home:
        return Home(self.root)

    def send(self, name: str, content: str | bytes) -> Path:
        path = self.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def night(self, *feeds: str) -> dict[str, tuple[str, str]]:
        """Ingest; verdict and reason, in words, of what came with the names it came by."""
        night = begin(plan_night(self.region, self.inbox, self.root, date(2026, 2, 10)))
        before = {d["delivery_id"]: d["verdict"] for d in self.ops("delivery")}
        wanted = feeds or ("canonical_capacity", "unclaimed")
        for step in steps_of(night):
            if step.feed in wanted or step.name in wanted:
                step.run(night)
        told = self.ops("delivery_event")
        return {
            d["file_name"]: (d["verdict"], why(d, told))
            for d in self.ops("delivery")
            if before.get(d["delivery_id"]) != d["verdict"]
        }

    def ops(self, table: str) -> list[dict]:
        with duckdb.connect(str(self.home.warehouse), read_only=True) as con:
            return con.sql(f"FROM ops.{table} ORDER BY ALL").pl().to_dicts()

    def as_of(self, day: date, table: str = "capacity") -> pl.DataFrame:
        return clean_as_of(self.home, DEMO, table, day)

    def newest(self) -> pl.DataFrame:
        return self.as_of(date(2100, 1, 1))


def why(delivery: dict, told: list[dict]) -> str:
    """What explains a verdict, in words."""
    own = [e for e in told if e["delivery_id"] == delivery["delivery_id"]]
    explains = [e for e in own if e["event_kind"] == EXPLAINS.get(delivery["verdict"])]
    assert delivery["reason"] == (explains[0]["code"] if explains else None)
    return "; ".join(e["words"] for e in explains)


def beds(days, hospitals=HOSPITALS, in_service=20, in_use=10, resources=("general_bed",)) -> str:
    rows = [
        f"{h},{r},{date(2026, 1, 1) + timedelta(d - 1)},1,{in_service},{in_use}"
        for h in hospitals
        for r in resources
        for d in days
    ]
    return "\n".join([HEADER, *rows]) + "\n"


def words(value: object) -> str:
    """What a case is called: packed bytes hold the time."""
    return value if isinstance(value, str) else "content"


def zipped(**members: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


def hold_one(place: Place) -> str:
    """Send a week without patients, which is held, and publish; returns the delivery."""
    sent = place.send(NEXT, beds(WEEK, in_use="NA"))
    place.night()
    sent.unlink()
    publish(place.home)
    (held,) = deliveries_of(place.home, "held")
    return held["id"]
