"""Deliveries of earlier nights: what people decide about held ones, and what is loaded once more.

A decision is a file that the next night applies.
"""

import getpass
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import polars as pl

from flows.ingest.arrivals import shown
from flows.ingest.compare import loaded_under_another_time
from flows.ingest.delivery import insert, judge_for_history, landed_content, resettle, write_receipt
from flows.ingest.judge import Judgement
from flows.ingest.landing import (
    Delivery,
    landed_path,
    read_sidecars,
    write_sidecar,
)
from flows.protect.keys import Keys, plain_hash
from flows.protect.veil import veil_of
from flows.store import audit_log
from flows.store.files import write_text
from flows.store.home import Home
from flows.store.night import Night, RegionFiles
from flows.store.warehouse import Connection, append, transaction
from schemas import ops
from schemas.errors import ConfigRefused, DeliveryRejected, HomeRefused, KeyRefused
from schemas.events import Occurrence
from schemas.table import conform

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


def refuse_if_lost(night: Night, con: Connection) -> None:
    """Raise if the warehouse lacks deliveries that the landing folder knows.

    The sidecar is written just before the warehouse is: after a kill it may be one ahead.

    Raises:
        HomeRefused: naming the command that makes the warehouse again.
    """
    lost = len(not_in_warehouse(night, con))
    if lost > 1:
        raise HomeRefused(
            f"{night.home.warehouse} lacks {lost} deliveries that the landing folder"
            f" holds; run `catchment rebuild --home {night.home.root}`"
        )


def not_in_warehouse(night: Night, con: Connection) -> set[str]:
    """Deliveries that the landing folder knows and the warehouse does not."""
    known = {row[0] for row in con.execute("SELECT delivery_id FROM ops.delivery").fetchall()}
    return {path.stem for path in night.home.landing.glob("??/*.json")} - known


def apply_decisions(night: Night, con: Connection, feed_name: str) -> int:
    """Load or reject the feed's held deliveries as people decided; returns rows loaded."""
    decided = {d.delivery_id: d for d in read_decisions(night.home)}
    if not decided:
        return 0
    held = con.execute(
        "SELECT delivery_id FROM ops.delivery WHERE verdict = 'held' AND feed = ?", [feed_name]
    ).fetchall()
    waiting = {identity for (identity,) in held} & set(decided)
    sidecars = read_sidecars(night.home) if waiting else []
    return sum(
        _settle(night, con, delivery, decided[delivery.delivery_id])
        for delivery in sidecars
        if delivery.delivery_id in waiting
    )


def _settle(night: Night, con: Connection, delivery: Delivery, decision: Decision) -> int:
    found = decided_judgement(night, con, delivery, decision)
    with transaction(con):
        settled = resettle(night, con, delivery, found)
        append(con, ops.Decision, decision_row(decision, night.date, found.verdict))
        write_sidecar(night.home, settled)
    write_receipt(night, settled, found.result)
    return found.result.counts.loaded if found.result and found.verdict == "loaded" else 0


def decided_judgement(
    night: Night, con: Connection, delivery: Delivery, decision: Decision
) -> Judgement:
    """What a decision makes of a held delivery."""
    before = [o for o in delivery.occurrences if o.code not in ("released", "refused")]
    held = [o for o in before if o.kind == "hold" or o.code == "earlier_version"]
    if decision.decision == "refuse":
        refusal = Occurrence("refused", private=decision.why)
        return Judgement("rejected", [refusal, *before], delivery.rows_read)
    assert delivery.feed is not None
    veil, feed = veil_of(night.home, night.files), night.files.feed(delivery.feed)
    path = landed_path(night.home, delivery)
    try:
        load = landed_content(path, delivery.file_name, feed, veil.keys)
    except DeliveryRejected as err:
        return Judgement("rejected", [*err.occurrences, *before], delivery.rows_read)
    found = judge_for_history(con, feed, delivery.extract_time, load, veil)
    released = [*held, Occurrence("released")]
    return replace(found, occurrences=[*found.occurrences, *released])


def decision_row(decision: Decision, night: date, verdict: str) -> pl.DataFrame:
    """A decision that a night applied, as ``ops.decision`` has it."""
    row = {
        "delivery_id": decision.delivery_id,
        "decision": decision.decision,
        "why": decision.why,
        "decided_by": decision.decided_by,
        "decided_at": decision.decided_at,
        "night": night,
        "verdict": verdict,
    }
    return conform(ops.Decision, pl.DataFrame([row]))


def complete_last(night: Night, con: Connection) -> int:
    """Load what a killed night had judged and not yet loaded, if its file did not come again."""
    missing = not_in_warehouse(night, con)
    left = [d for d in read_sidecars(night.home) if d.delivery_id in missing] if missing else []
    decisions = {d.delivery_id: d for d in read_decisions(night.home)} if left else {}
    return sum(redeliver(night, night.home, con, d, decisions) for d in left)


def redeliver(
    night: Night, home: Home, con: Connection, delivery: Delivery, decisions: Mapping[str, Decision]
) -> int:
    """Write a delivery into the warehouse of ``night`` as its sidecar says; returns rows loaded.

    Args:
        night: whose warehouse and feeds.
        home: whose landing folder and keys.
        con: the warehouse, open.
        delivery: the sidecar.
        decisions: what people decided, by delivery.

    Raises:
        HomeRefused: if its landed bytes are damaged or the feeds no longer read them.
    """
    found = None
    if delivery.verdict == "loaded" and delivery.erased is None:
        found = _judged_again(night.files, home, con, delivery)
        delivery = replace(delivery, occurrences=_occurrences(con, delivery, found))
    with transaction(con):
        loaded = insert(con, delivery, found.result if found else None)
        if delivery.decided and delivery.delivery_id in decisions:
            decision = decisions[delivery.delivery_id]
            append(con, ops.Decision, decision_row(decision, delivery.decided, delivery.verdict))
    return loaded


def _judged_again(files: RegionFiles, home: Home, con: Connection, delivery: Delivery) -> Judgement:
    feed = next((f for f in files.feeds if f.feed == delivery.feed), None)
    if feed is None:
        raise HomeRefused(
            f"delivery {delivery.delivery_id} is of feed {delivery.feed}, which the region's file"
            " does not name: name one that does with --region"
        )
    path, veil = landed_path(home, delivery), veil_of(home, files)
    if not _is_whole(path, delivery, veil.keys):
        raise HomeRefused(
            f"{path} is missing or damaged: put it back from a backup, or have"
            f" {delivery.file_name} sent again"
        )
    load = landed_content(path, delivery.file_name, feed, veil.keys)
    lessened = delivery.kept_sha256 is not None
    found = judge_for_history(con, feed, delivery.extract_time, load, veil, lessened=lessened)
    if found.verdict == "loaded":
        return found
    raise HomeRefused(
        f"delivery {delivery.delivery_id} ({delivery.file_name}) was loaded and no longer would be:"
        f" {found.occurrences[0].words()}; set the feed's file right and rebuild again"
    )


def _occurrences(con: Connection, delivery: Delivery, found: Judgement) -> Sequence[Occurrence]:
    """What its sidecar tells; what is read of the file now, where an earlier version told it."""
    if all(o.code != "earlier_version" for o in delivery.occurrences):
        return delivery.occurrences
    assert delivery.feed is not None
    same = loaded_under_another_time(con, delivery.feed, delivery.content_sha256)
    released = [Occurrence("released")] if delivery.decided else []
    return [*found.occurrences, *same, *released]


def _is_whole(path: Path, delivery: Delivery, keys: Keys) -> bool:
    try:
        known = (delivery.sha256, delivery.kept_sha256)
        return path.is_file() and plain_hash(path, keys) in known
    except KeyRefused:
        return False
