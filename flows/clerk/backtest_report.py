"""Replayed nights as a person reads them, and as a program does."""

from typing import Any

from rich.console import Console, Group

from flows.clerk.backtest import Backtest
from flows.night.outcome_report import HARMS, days, figures
from flows.store.screen import table
from optimization.allocation.outcome.tables import ALL

WORDS = {
    "forecast": "the forecast",
    "recent_mean": "the last weeks' mean",
    "recent_mean_certain": "that mean alone",
}


def facts(result: Backtest) -> dict[str, Any]:
    """Everything that was found, as JSON holds it."""
    return {
        "region": result.region,
        "outcome": result.outcome.to_dicts(),
        "score": result.score.to_dicts(),
        "folder": str(result.folder),
    }


def render(result: Backtest, console: Console) -> None:
    """Plans on the forecast and on the last weeks' mean side by side, and the forecast's scores."""
    columns = ("night", "days", "planned on", *HARMS.values(), "kept")
    rows = [
        (str(o["planned_on"]), days(o), WORDS[o["expect"]], *figures(o))
        for o in result.outcome.filter(area=ALL).to_dicts()
    ]
    made = table(columns, rows, title=f"{result.region}: harm, points", right=columns[3:])
    console.print(Group(made, "", _scores(result)), crop=False)
    console.print(f"kept in {result.folder}", markup=False, soft_wrap=True)


def _scores(result: Backtest) -> Any:
    columns = ("night", "forecast", "engine", "horizon", "error", "80 % covered", "relative")
    rows = [
        (
            str(s["planned_on"]),
            f"{s['demand_measure']}, {s['frequency']}",
            s["engine"],
            s["horizon_band"],
            *(_number(s[c]) for c in ("mean_absolute_error", "coverage_80", "score_ratio")),
        )
        for s in result.score.to_dicts()
    ]
    return table(columns, rows, title="The forecast on the days before", right=columns[4:])


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.2f}"
