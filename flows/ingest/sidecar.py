"""Beside the landed bytes: one JSON per delivery, from which the warehouse can be made again."""

import json
import shutil
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from flows.store.files import parts, write_text
from flows.store.home import Home

NOT_LANDED = "not landed"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery as ``ops.delivery`` has it, with what it takes to deliver it again.

    ``sequence`` is its place among all verdicts ever given; ``decided`` is the night that applied a
    person's decision, null where there was none; ``region_file`` said how to read it;
    ``kept_sha256`` is the hash of its landed bytes once someone in them was forgotten; ``erased``
    is when its bytes were removed, by ``keep_days`` or because they could not be read.
    """

    delivery_id: str
    night: date
    feed: str | None
    file_name: str
    sha256: str
    content_sha256: str
    bytes: int
    rows_read: int
    extract_time: datetime | None
    received_at: datetime
    verdict: str
    reason: str | None
    flags: str | None
    sequence: int
    decided: date | None
    region_file: str
    kept_sha256: str | None = None
    erased: date | None = None

    @property
    def landed(self) -> bool:
        """Are its bytes in the landing folder?"""
        return self.sha256 != NOT_LANDED

    def row(self) -> dict[str, Any]:
        """Its row of ``ops.delivery``."""
        beside = ("sequence", "decided", "region_file", "kept_sha256", "erased")
        return {k: v for k, v in asdict(self).items() if k not in beside}


def sidecar_path(home: Home, delivery_id: str) -> Path:
    """Where the JSON of a delivery stands."""
    return home.landing / delivery_id[:2] / f"{delivery_id}.json"


def landed_path(home: Home, delivery: Delivery) -> Path:
    """Where its bytes stand."""
    return home.landing / delivery.sha256[:2] / delivery.sha256


def write_sidecar(home: Home, delivery: Delivery) -> None:
    """Write the delivery's JSON whole, or not at all."""
    path = sidecar_path(home, delivery.delivery_id)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    write_text(path, json.dumps(asdict(delivery), default=_text, indent=1) + "\n")


def read_sidecars(home: Home) -> list[Delivery]:
    """Every delivery that ever came, in the order in which they were settled."""
    paths = sorted(home.landing.glob("??/*.json"))
    return sorted(
        (_read(path) for path in paths), key=lambda d: (d.sequence, d.received_at, d.delivery_id)
    )


def read_sidecar(home: Home, delivery_id: str) -> Delivery:
    """The delivery of that id."""
    return _read(sidecar_path(home, delivery_id))


def sweep(home: Home) -> None:
    """Remove what a killed night, rebuild or backup left; only while holding the lock."""
    for folder in (home.landing, *home.landing.glob("??"), home.receipts, home.published.parent):
        for path in parts(folder):
            path.unlink()
    for folder in (p for p in home.spill.iterdir() if p.is_dir()):
        shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(home.root / "rebuild", ignore_errors=True)


def _read(path: Path) -> Delivery:
    content = json.loads(path.read_text(encoding="utf-8"))
    for name in ("received_at", "extract_time"):
        content[name] = datetime.fromisoformat(content[name]) if content[name] else None
    for name in ("night", "decided", "erased"):
        said = content.get(name)
        content[name] = date.fromisoformat(said) if said else None
    return Delivery(**content)


def _text(value: object) -> str:
    assert isinstance(value, date)
    return value.isoformat()
