"""Deliveries of earlier nights: decisions about held ones, and a check that none got lost."""

from dataclasses import replace
from datetime import date

import polars as pl

from flows.ingest.decisions import Decision, read_decisions
from flows.ingest.deliver import content_of, read_content
from flows.ingest.receipts import write_receipt
from flows.ingest.record import Account, resettle
from flows.ingest.sidecar import Delivery, landed_path, read_sidecars, write_sidecar
from flows.protect.veil import veil_of
from flows.store.night import Night
from flows.store.warehouse import Connection, append, transaction
from schemas import ops
from schemas.errors import DeliveryRejected, HomeRefused, TableRefused
from schemas.table import conform


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
        "SELECT delivery_id, reason FROM ops.delivery WHERE verdict = 'held' AND feed = ?",
        [feed_name],
    ).fetchall()
    reasons = {identity: reason for identity, reason in held if identity in decided}
    waiting = [d for d in read_sidecars(night.home) if d.delivery_id in reasons] if reasons else []
    return sum(
        _settle(night, con, replace(d, reason=reasons[d.delivery_id]), decided[d.delivery_id])
        for d in waiting
    )


def _settle(night: Night, con: Connection, delivery: Delivery, decision: Decision) -> int:
    account = decided_account(night, con, delivery, decision)
    with transaction(con):
        again = resettle(night, con, delivery, account)
        append(con, ops.Decision, decision_row(decision, night.date, account.verdict))
        write_sidecar(night.home, again)
    write_receipt(night.home, again, account.outcome)
    return account.outcome.counts.loaded if account.outcome else 0


def decided_account(
    night: Night, con: Connection, delivery: Delivery, decision: Decision
) -> Account:
    """What a decision makes of a held delivery."""
    held = f"was held: {delivery.reason}"
    flags = [delivery.flags] if delivery.flags else []
    if decision.decision == "refuse":
        why = f" ({decision.why})" if decision.why else ""
        return Account("rejected", f"refused{why}; {held}", delivery.rows_read, flags)
    assert delivery.feed is not None
    try:
        feed = night.files.feed(delivery.feed)
        content = content_of(
            landed_path(night.home, delivery),
            delivery.file_name,
            feed,
            veil_of(night.home, night.files).keys,
        )
        outcome, flags = read_content(
            con, feed, delivery.extract_time, content, veil_of(night.home, night.files)
        )
    except (DeliveryRejected, TableRefused) as err:
        return Account("rejected", f"released, but {err}", delivery.rows_read, flags)
    return Account("loaded", None, outcome.counts.rows_read, [*flags, f"released; {held}"], outcome)


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
