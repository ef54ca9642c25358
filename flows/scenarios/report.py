"""What-ifs as a person reads them: last night's plan in the first column, then each scenario."""

from typing import Any

import polars as pl
from rich.console import Console
from rich.table import Table

from flows.scenarios.run import LAST, WhatIf

MEASURES = {
    "harm": ("harm, points", 1),
    "crowding_unit_days": ("unit-days over capacity", 1),
    "crowding_patient_days": ("patient-days over capacity", 1),
    "unmet": ("patients not admitted", 1),
    "worst": ("worst share unmet in a zone", 4),
    "crowded": ("worst crowding of an institution", 4),
    "sent": ("patients sent elsewhere", 1),
    "moved": ("units moved", 1),
    "surge_unit_days": ("surge unit-days", 1),
    "cost": ("cost, {currency}", 0),
}


def facts(result: WhatIf) -> dict[str, Any]:
    """Everything that was compared, as JSON holds it."""
    return {
        "region": result.about.get("region"),
        "night": result.about.get("night"),
        "comparison": result.comparison.to_dicts(),
        "solves": list(result.solves),
        "models": [str(path) for path in result.models],
        "folder": str(result.folder),
    }


def render(result: WhatIf, console: Console) -> None:
    """Print the plans side by side, and what everyone going where usual would mean."""
    about = result.about
    title = f"{about.get('name', '')}: night of {about.get('night', '')}"
    if about.get("synthetic") == "true":
        title += " (synthetic data)"
    table = Table("", title=title, title_justify="left")
    plans = result.comparison.filter(policy="plan")
    for scenario in plans["scenario"]:
        table.add_column(scenario, justify="right")
    for row in _lines(result.comparison, about.get("currency", "")):
        table.add_row(*row)
    console.print(table)
    for path in result.models:
        console.print(f"model: {path}", markup=False, soft_wrap=True)
    console.print(f"kept in {result.folder}", markup=False, soft_wrap=True)


def _lines(comparison: pl.DataFrame, currency: str) -> list[list[str]]:
    plans, usual = (comparison.filter(policy=p) for p in ("plan", "usual"))
    lines = [
        [words.format(currency=currency), *(f"{value:,.{places}f}" for value in plans[measure])]
        for measure, (words, places) in MEASURES.items()
    ]
    lines.append(["harm against last night", *_against(plans)])
    lines.append(["harm if everyone goes where usual", *(f"{v:,.1f}" for v in usual["harm"])])
    return lines


def _against(plans: pl.DataFrame) -> list[str]:
    base = plans.filter(scenario=LAST)["harm"].item()
    return [f"{value - base:+,.1f}" for value in plans["harm"]]
