"""Where scenarios are kept: ``HOME/scenarios``, apart from everything that is published."""

import json
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from flows.store.files import replacing, write_text
from flows.store.home import Home

KEPT = (
    "allocation_transfer",
    "allocation_move",
    "allocation_load",
    "allocation_unmet",
    "allocation_fairness",
    "policy_comparison",
)


def store(home: Home, scenario: str | None, tables: Mapping[str, pl.DataFrame]) -> Path:
    """Keep the tables of a scenario as parquet; ``None`` keeps the comparison, also as CSV."""
    folder = home.root / "scenarios"
    folder.mkdir(mode=0o700, exist_ok=True)
    if scenario is None:
        _put(folder / "comparison.parquet", tables["comparison"])
        write_text(folder / "comparison.csv", tables["comparison"].write_csv())
        return folder
    (folder / scenario).mkdir(mode=0o700, exist_ok=True)
    for name in KEPT:
        _put(folder / scenario / f"{name}.parquet", tables[name])
    return folder / scenario


def store_facts(folder: Path, facts: Mapping[str, object]) -> Path:
    """Keep how the scenarios were solved, beside their comparison."""
    file = folder / "comparison.json"
    write_text(file, json.dumps(facts, indent=2, default=str) + "\n")
    return file


def _put(file: Path, frame: pl.DataFrame) -> None:
    with replacing(file) as new:
        frame.write_parquet(new)
