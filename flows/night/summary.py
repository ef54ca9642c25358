"""What a night did, in figures: read from the published file, shown to a person or a machine."""

from collections.abc import Mapping
from typing import Any

import duckdb
from rich.console import Console, Group, RenderableType
from rich.text import Text

from flows.ingest.delivery import WHY
from flows.night.outcome_report import OUTCOMES, render_outcomes
from flows.store.night import Night
from flows.store.screen import COLOURS, Entry, table
from flows.store.warehouse import opened
from schemas.events import Count
from transforms.quality.days import said_of_days

Figures = dict[str, Any]
TIGHTEST = """
    SELECT region_id AS region, resource_id AS resource, in_service, in_use, occupancy, shortage
    FROM regional.supply JOIN regional.balance USING (region_id, resource_id, date)
    JOIN (SELECT resource_id, max(date) AS date FROM regional.supply
          WHERE resource_id IN (SELECT resource_id FROM results.allocation_use)
          GROUP BY resource_id) USING (resource_id, date)
    WHERE occupancy IS NOT NULL
    ORDER BY occupancy DESC, region, resource LIMIT 8
"""
# What came tonight, and what a person had decided that no earlier attempt has applied.
TONIGHT = """
    delivery_id IN (
        SELECT delivery_id FROM ops.delivery WHERE received_at >= $since
        UNION
        SELECT delivery_id FROM ops.decision JOIN ops.delivery USING (delivery_id)
        WHERE decision.night = $night AND NOT EXISTS (
            FROM ops.run WHERE run.feed = delivery.feed AND run.outcome = 'completed'
            AND started_at < $since AND started_at > decided_at))
"""
DELIVERIES = f"""
    SELECT file_name AS file, feed, verdict, rows_read AS rows, reason, why
    FROM ops.delivery LEFT JOIN ({WHY}) USING (delivery_id)
    WHERE {TONIGHT} ORDER BY received_at, file
"""
ROWS = f"""
    SELECT coalesce(sum(reconciliation.rows_read), 0), coalesce(sum(loaded), 0),
           coalesce(sum(quarantined), 0), coalesce(sum(duplicate), 0),
           coalesce(sum(excluded), 0), coalesce(sum(merged), 0),
           coalesce(sum(cells_nulled), 0)
    FROM ops.reconciliation WHERE {TONIGHT}
"""
POLICY = """
    SELECT policy, harm, crowding_patient_days, unmet, sent, cost
    FROM results.policy_comparison WHERE policy IN ('usual', 'turn_away', 'plan')
"""
ROLLING = """
    SELECT (SELECT count(*) FROM results.allocation_announced) AS announced,
           (SELECT count(*) FROM results.allocation_change WHERE announced > 0) AS otherwise,
           (SELECT coalesce(sum(units), 0) FROM results.allocation_under_way) AS under_way
"""
MONEY = """
    SELECT coalesce(sum(need), 0) AS need, coalesce(sum(uncovered), 0) AS uncovered,
           coalesce(sum(beyond), 0) AS beyond, count(*) AS institutions
    FROM results.financing_outcome
"""


def summarise(night: Night) -> Figures:
    """Figures of the night, from the file that it published; of its deliveries, exact ones.

    Returns:
        region, night, about, deliveries, rows, tightest, plan, rolling, outcome, money, alerts,
        steps, outputs.
    """
    with opened(night.home) as con:
        steps = _rows(
            con,
            "SELECT step, seconds, rows, outcome, orchestrator FROM ops.run "
            "WHERE run_key = ? AND attempt = ? ORDER BY position",
            [night.run_key, night.attempt],
        )
        ((since,),) = con.execute(
            "SELECT min(started_at) FROM ops.run WHERE run_key = ? AND attempt = ?",
            [night.run_key, night.attempt],
        ).fetchall()
        tonight = {"since": since, "night": night.date}
        deliveries, counts = _rows(con, DELIVERIES, tonight), _counts(con, tonight)
    with duckdb.connect(str(night.home.published), read_only=True) as con:
        return {
            "region": night.region.region,
            "night": night.date.isoformat(),
            "attempt": night.attempt,
            "about": dict(con.execute("SELECT item, value FROM ops.about").fetchall()),
            "deliveries": deliveries,
            "rows": counts,
            "tightest": _rows(con, TIGHTEST),
            "plan": {row.pop("policy"): row for row in _rows(con, POLICY)},
            "rolling": _rows(con, ROLLING)[0],
            "outcome": _rows(con, OUTCOMES),
            "money": _money(con),
            "alerts": _rows(
                con,
                "SELECT rule, subject, measured, threshold, message FROM ops.alert "
                "WHERE run_key = ? ORDER BY rule, subject",
                [night.run_key],
            ),
            "steps": steps,
            "outputs": {
                "published": str(night.home.published),
                "warehouse": str(night.home.warehouse),
                "landing": str(night.home.landing),
            },
        }


def _rows(
    con: duckdb.DuckDBPyConnection, query: str, parameters: list[Any] | Figures | None = None
) -> list[Figures]:
    found = con.execute(query, parameters or [])
    names = [d[0] for d in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _counts(con: duckdb.DuckDBPyConnection, tonight: Figures) -> dict[str, int]:
    names = ("read", "loaded", "quarantined", "duplicate", "excluded", "merged", "cells_nulled")
    (found,) = con.execute(ROWS, tonight).fetchall()
    return {name: int(value) for name, value in zip(names, found, strict=True)}


def _money(con: duckdb.DuckDBPyConnection) -> dict[str, float]:
    (row,) = _rows(con, MONEY)
    return {**row, "covered": row["need"] - row["uncovered"]}


def render(figures: Figures, console: Console) -> None:
    """Show the figures to a person."""
    about = figures["about"]
    parts = [
        _title(figures),
        Text(f"{_age(about)}\n"),
        _deliveries(figures),
        _tightest(figures),
        _plan(figures),
        render_outcomes(figures["outcome"]),
        _money_text(figures, about.get("currency", "")),
        _alerts(figures),
        _backup(figures),
        _steps(figures),
        _outputs(figures),
    ]
    console.print(Group(*(part for part in parts if part)), crop=False)


def _title(figures: Figures) -> Text:
    """The region and the night; on the same line, what is wrong with the days planned."""
    name = figures["about"].get("name", figures["region"])
    wrong = "; ".join(said_of_days(figures["alerts"]))
    title = Text(f"{name}, night of {figures['night']}", "bold")
    return title.append(f": {wrong}", "bold red") if wrong else title


def _age(about: Mapping[str, str]) -> str:
    words = [f"Plans from {about.get('plan_from', '?')} on data to {about.get('data_to', '?')}"]
    if (days := int(about.get("data_age_days", 0))) > 1:
        words.append(f"{days} days old")
    if about.get("synthetic") == "true":
        words.append("SYNTHETIC DATA")
    return ", ".join(words)


def _deliveries(figures: Figures) -> RenderableType:
    rows = [
        (
            Text(d["verdict"], COLOURS[d["verdict"]]),
            f"{d['rows']:,}",
            Entry(d["file"], d["why"]),
        )
        for d in figures["deliveries"]
    ]
    made = table(("verdict", "rows", "file"), rows, title="Deliveries", right=("rows",))
    r = figures["rows"]
    parts = " + ".join(
        f"{r[n]:,} {n}" for n in ("loaded", "quarantined", "duplicate", "excluded", "merged")
    )
    nulled = f"; {Count(r['cells_nulled']):cell|cells} at fault nulled" if r["cells_nulled"] else ""
    return Group(made, Text(f"{Count(r['read']):row|rows} read = {parts}{nulled}\n"))


def _tightest(figures: Figures) -> RenderableType:
    columns = ("region", "resource", "in service", "in use", "occupancy", "short")
    rows = [
        (
            t["region"],
            t["resource"],
            f"{t['in_service']:,.0f}",
            _count(t["in_use"]),
            Text(f"{t['occupancy']:.1%}", _heat(t["occupancy"])),
            _count(t["shortage"]),
        )
        for t in figures["tightest"]
    ]
    return Group(table(columns, rows, title="Tightest", right=columns[2:]), "")


def _heat(occupancy: float) -> str:
    return "red" if occupancy >= 1 else "yellow" if occupancy >= 0.85 else ""


def _count(value: float | None) -> str:
    return "withheld" if value is None else f"{value:,.0f}"


def _plan(figures: Figures) -> RenderableType | None:
    plan = figures["plan"]
    if set(plan) != {"usual", "turn_away", "plan"}:
        return Text("No allocation plan: see the alerts.\n", "red")
    columns = ("", "as usual", "turning away", "plan", "change")
    rows = []
    for label, name in (
        ("harm, points", "harm"),
        ("over-capacity patient-days", "crowding_patient_days"),
        ("patients unmet", "unmet"),
    ):
        usual, turned, planned = (plan[p][name] for p in ("usual", "turn_away", "plan"))
        change = f"{planned / usual - 1:+.1%}" if usual else ""
        rows.append((label, f"{usual:,.1f}", f"{turned:,.1f}", f"{planned:,.1f}", change))
    sent = f"{plan['plan']['sent']:,.1f} patients sent elsewhere than usual\n"
    made = table(columns, rows, title="Plan", right=columns[1:])
    return Group(made, Text(sent + _rolling(figures["rolling"])))


def _rolling(rolling: Mapping[str, float]) -> str:
    announced = rolling["announced"]
    if not announced:
        return ""
    kept = f"{announced - rolling['otherwise']:,} of {announced:,} transfers and moves"
    return f"{kept} stay as announced; {rolling['under_way']:,.1f} units under way\n"


def _money_text(figures: Figures, currency: str) -> RenderableType:
    m = figures["money"]
    if not m["institutions"]:
        return Text("No budget: no institution sent finance.\n", "yellow")
    rows = (
        ("need in the status quo", f"{m['need']:,.0f}"),
        ("covered by the plan", f"{m['covered']:,.0f}"),
        ("uncovered", f"{m['uncovered']:,.0f}"),
    )
    made = table(("", currency), rows, title="Money", right=(currency,))
    return Group(made, Text(f"{Count(m['institutions']):institution|institutions} financed\n"))


def _alerts(figures: Figures) -> RenderableType | None:
    if not figures["alerts"]:
        return None
    rows = [(a["subject"], Text(a["message"], "yellow")) for a in figures["alerts"][:12]]
    more = len(figures["alerts"]) - 12
    return Group(
        table(("about", "what"), rows, title="Alerts"),
        Text(f"and {more} more in ops.alert\n" if more > 0 else ""),
    )


def _backup(figures: Figures) -> RenderableType | None:
    """The backup, and the restore that tested it."""
    if (made := figures.get("backup")) is None:
        return None
    words = (
        f"Backup of {made['bytes'] / 1e6:,.1f} MB; restored as a test: {made['files']:,} files and "
        f"{made['tables']} tables are equal, {made['seconds']:.1f} s"
    )
    if made["removed"]:
        words += f"; {len(made['removed'])} older removed"
    return Text(f"{words}\n", "green")


def _steps(figures: Figures) -> RenderableType:
    total = sum(s["seconds"] for s in figures["steps"])
    slow = sorted(figures["steps"], key=lambda s: -s["seconds"])[:6]
    slowest = ", ".join(f"{s['step']} {s['seconds']:.1f} s" for s in slow)
    return Text(f"{len(figures['steps'])} steps in {total:.1f} s: {slowest}\n", "dim")


def _outputs(figures: Figures) -> RenderableType:
    backup = {"backup": figures["backup"]["file"]} if "backup" in figures else {}
    places = {**figures["outputs"], **backup}
    return Text("\n".join(f"{k}: {v}" for k, v in places.items()))
