"""Scenarios solved and verified like a night, side by side with last night's plan."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from flows.scenarios.night import LastNight, last_night, read_scenarios
from flows.store.files import replacing, write_text
from flows.store.home import Home, settings
from flows.store.night import load_region
from optimization.models import ALLOCATION
from optimization.solver import Plan
from optimization.solver.files import endings, write_tiers
from schemas.assumptions.region import Region
from schemas.assumptions.scenario import Scenario
from schemas.errors import ConfigRefused
from schemas.results.run import ScenarioComparison
from schemas.table import check, conform
from transforms.inputs.scenario import changed

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


LAST = "last_night"


@dataclass(frozen=True, slots=True)
class WhatIf:
    """``comparison`` side by side; ``solves`` how each ended; ``folder`` and ``models`` files."""

    comparison: pl.DataFrame
    solves: tuple[dict[str, Any], ...]
    about: dict[str, str]
    folder: Path
    models: tuple[Path, ...]


def what_if(
    region_file: Path, home: Home, files: list[Path], save_model: Path | None = None
) -> WhatIf:
    """Solve the scenarios of ``files`` on last night's published tables and store them.

    Nothing that the night published is touched, and the warehouse stays closed. ``save_model``
    asks for the models of one scenario, or of last night itself where none is named.

    Raises:
        ConfigRefused: a scenario or option says what it may not say.
        HomeRefused: no plan is published, or another region's.
        PlanRefused: the verification found a plan that breaks its own rules.
        SolverStopped: no plan by the region's time limit.
    """
    region, night = load_region(region_file).region, last_night(home)
    _same_region(region.region, night)
    scenarios = read_scenarios(files, night)
    _may_save(save_model, scenarios)
    rows, solves, models = [_rows(LAST, night.tables["policy_comparison"])], [], []
    asked = scenarios or ([Scenario(name=LAST)] if save_model else [])
    for scenario in asked:
        tables, plan = _solved(night, scenario, region)
        models += write_tiers(plan.record, save_model) if save_model else []
        solves.append(_solve_facts(scenario, plan))
        if scenario.name != LAST:
            rows.append(_rows(scenario.name, plan.frames["policy_comparison"]))
            store(home, scenario.name, {**tables, **plan.frames})
    comparison = check(
        ScenarioComparison, pl.concat([conform(ScenarioComparison, r) for r in rows])
    )
    folder = store(home, None, {"comparison": comparison})
    return WhatIf(comparison, tuple(solves), night.about, folder, tuple(models))


def _solved(
    night: LastNight, scenario: Scenario, region: Region
) -> tuple[dict[str, pl.DataFrame], Plan]:
    """The changed tables and their plan."""
    tables = changed(night.tables, scenario)
    believed = region.model_copy(update={"allocation": scenario.believed(region.allocation)})
    return tables, ALLOCATION.solve(tables, believed, settings().threads)


def _rows(scenario: str, comparison: pl.DataFrame) -> pl.DataFrame:
    """What the plan and the status quo do there, the plan first."""
    kept = comparison.filter(pl.col("policy").is_in(["plan", "usual"])).sort("policy")
    return kept.with_columns(scenario=pl.lit(scenario))


def _solve_facts(scenario: Scenario, plan: Plan) -> dict[str, Any]:
    record = plan.record
    return {
        "scenario": scenario.model_dump(mode="json", exclude_defaults=True),
        "status": record.status,
        "objectives": record.objectives,
        "rows": record.rows,
        "columns": record.columns,
        "seconds": dict(record.seconds),
        "worst_violation": plan.frames["plan_run"]["worst_violation"].max(),
        "input_hash": record.input_hash,
        "versions": record.versions,
    }


def _same_region(region: str, night: LastNight) -> None:
    published = night.about.get("region", "")
    if published != region:
        raise ConfigRefused(f"--region is {region}; the home holds a plan of {published}")


def _may_save(save_model: Path | None, scenarios: list[Scenario]) -> None:
    if save_model is None:
        return
    if save_model.suffix not in endings():
        raise ConfigRefused(f"--save-model: {save_model.name} must end in {' or '.join(endings())}")
    if len(scenarios) > 1:
        raise ConfigRefused("--save-model writes one model: name one scenario")
