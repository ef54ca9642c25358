"""What became of plans, as a person reads it."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType

from flows.store.screen import table

OUTCOMES = """
    SELECT planned_on, first_day, last_day, realised_by, harm_usual, harm_promised, harm_realised,
           harm_hindsight, regret, kept_share,
           (SELECT count(DISTINCT institution_id) FROM results.plan_outcome_institution AS worse
            WHERE worse.planned_on = plan_outcome.planned_on) AS made_worse
    FROM results.plan_outcome WHERE area = 'all' ORDER BY planned_on DESC
"""
HARMS = {
    "harm_usual": "as usual",
    "harm_promised": "promised",
    "harm_realised": "realised",
    "harm_hindsight": "hindsight",
    "regret": "regret",
}
MOST = 4


def render_outcomes(outcomes: Sequence[Mapping[str, Any]]) -> RenderableType | None:
    """The newest plans that reports cover: what they promised, did, and could have done."""
    if not outcomes:
        return None
    columns = ("plan of", "days", *HARMS.values(), "kept", "made worse")
    rows = [
        (str(o["planned_on"]), days(o), *figures(o), f"{o['made_worse']:,}")
        for o in outcomes[:MOST]
    ]
    title = "Did earlier plans come true: harm, points"
    return Group(table(columns, rows, title=title, right=columns[2:]), "")


def days(outcome: Mapping[str, Any]) -> str:
    """The days that reports cover."""
    return f"{outcome['first_day']} to {outcome['last_day']}"


def figures(outcome: Mapping[str, Any]) -> list[str]:
    """Its harms, regret and kept share in words."""
    kept = outcome["kept_share"]
    return [*(_points(outcome[harm]) for harm in HARMS), "" if kept is None else f"{kept:.0%}"]


def _points(value: float | None) -> str:
    return "withheld" if value is None else f"{value:,.1f}"
