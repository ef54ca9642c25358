"""What people decide about held deliveries: files that the next night applies."""

import getpass
import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from flows.ingest.names import shown
from flows.store import audit_log
from flows.store.files import write_text
from flows.store.home import Home
from schemas.errors import ConfigRefused, HomeRefused

LONGEST_WHY = 500


@dataclass(frozen=True, slots=True)
class Decision:
    """Release or refuse one held delivery."""

    delivery_id: str
    decision: str
    why: str | None
    decided_by: str
    decided_at: datetime


def decide(home: Home, delivery_id: str, decision: str, why: str | None) -> Path:
    """Write the decision file for a delivery that the published file shows as held.

    Returns:
        The file; a decision that no night has applied yet is replaced.

    Raises:
        ConfigRefused: if there is no such delivery or it is not held.
        HomeRefused: if nothing is published.
    """
    verdict = _verdict(home, delivery_id)
    if verdict != "held":
        said = f"is {verdict}, not held" if verdict else "is not in the published file"
        raise ConfigRefused(
            f"delivery {shown(delivery_id)} {said}; `catchment deliveries --held` lists those held"
        )
    made = Decision(
        delivery_id, decision, shown(why)[:LONGEST_WHY] if why else None, _account(), _now()
    )
    folder = home.decisions
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"{delivery_id}.json"
    content = {**asdict(made), "decided_at": made.decided_at.isoformat()}
    write_text(path, json.dumps(content, indent=1) + "\n")
    audit_log.record(home, decision, delivery=delivery_id, by=made.decided_by)
    return path


def read_decisions(home: Home) -> list[Decision]:
    """Every decision ever made, oldest first.

    Raises:
        HomeRefused: naming a file that is none.
    """
    paths = sorted(home.decisions.glob("*.json")) if home.decisions.is_dir() else []
    return sorted((_read(path) for path in paths), key=lambda d: (d.decided_at, d.delivery_id))


def _read(path: Path) -> Decision:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        content["decided_at"] = datetime.fromisoformat(content["decided_at"])
        found = Decision(**content)
    except (OSError, ValueError, TypeError, KeyError):
        found = None
    if found is None or found.decision not in {"release", "refuse"}:
        raise HomeRefused(f"{path} is no decision; remove it and decide again")
    return found


def _verdict(home: Home, delivery_id: str) -> str | None:
    if not home.published.is_file():
        raise HomeRefused(f"{home.published}: nothing is published yet")
    with duckdb.connect(str(home.published), read_only=True) as con:
        found = con.execute(
            "SELECT verdict FROM ops.delivery WHERE delivery_id = ?", [delivery_id]
        ).fetchall()
    return found[0][0] if found else None


def _account() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
