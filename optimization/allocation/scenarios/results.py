"""Tables of the drawn paths: what is done on each, its harm, and what that comes to."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from optimization.allocation.accounting import as_usual, harm
from optimization.allocation.policies import measures
from optimization.allocation.scenarios.outcome import PathOutcome, conditional_value_at_risk
from schemas.results.allocation import (
    AllocationRisk,
    AllocationScenarioFlow,
    AllocationScenarioHarm,
)
from schemas.table import check, conform

Ids = tuple[Sequence[str], np.ndarray]


def scenario_flow(paths: Sequence[PathOutcome]) -> pl.DataFrame:
    """``AllocationScenarioFlow`` of ``paths``, numbered in their order from 1."""
    rows = [_flows(number, path) for number, path in enumerate(paths, 1)]
    return check(AllocationScenarioFlow, conform(AllocationScenarioFlow, pl.concat(rows)))


def _flows(number: int, path: PathOutcome) -> pl.DataFrame:
    names, arcs, moves = path.instance.names, path.instance.arcs, path.instance.moves
    zones, places = names.zones, names.institutions
    cells = np.indices(path.result.surge.shape[:2]).reshape(2, -1)
    surge = path.result.surge.reshape(-1, path.instance.horizon)
    rows = [
        _rows(
            "admit",
            names,
            path.result.admit,
            ((zones, arcs.zone), (places, arcs.institution), (names.classes, arcs.care)),
        ),
        _rows(
            "move",
            names,
            path.result.move,
            ((places, moves.giver), (places, moves.taker), (names.resources, moves.resource)),
        ),
        _rows(
            "surge",
            names,
            surge,
            ((places, cells[0]), (places, cells[0]), (names.resources, cells[1])),
        ),
    ]
    return pl.concat(rows).with_columns(path=pl.lit(number, pl.Int64))


def _rows(action: str, names: Any, amounts: np.ndarray, ends: tuple[Ids, Ids, Ids]) -> pl.DataFrame:
    """The amounts above 0, by row and day; ``ends`` are ids and each row's position in them."""
    row, day = np.nonzero(amounts > 0)
    key = ("from_id", "to_id", "subject_id")
    columns = {
        column: pl.Series(ids, dtype=pl.String).gather(position[row])
        for column, (ids, position) in zip(key, ends, strict=True)
    }
    dates = pl.Series(names.days, dtype=pl.Date).gather(day)
    frame = pl.DataFrame({**columns, "date": dates, "planned": amounts[row, day]})
    return frame.with_columns(action=pl.lit(action))


def scenario_harm(paths: Sequence[PathOutcome]) -> pl.DataFrame:
    """``AllocationScenarioHarm``: a row for each of ``paths``."""
    rows = [
        {"path": number, "usual_harm": harm(path.instance, as_usual(path.instance))}
        | {
            column: points
            for column, points in measures(path.instance, path.result).items()
            if column.startswith("harm")
        }
        for number, path in enumerate(paths, 1)
    ]
    return check(AllocationScenarioHarm, conform(AllocationScenarioHarm, pl.DataFrame(rows)))


def risk(harms: pl.DataFrame, tail: float) -> pl.DataFrame:
    """``AllocationRisk``: mean and tail of the harm of the plan and of the status quo."""
    rows = [
        {
            "policy": policy,
            "mean_harm": float(np.mean(harms[column].to_numpy())),
            "tail_harm": conditional_value_at_risk(harms[column].to_list(), tail),
        }
        for policy, column in (("plan", "harm"), ("usual", "usual_harm"))
    ]
    return check(AllocationRisk, conform(AllocationRisk, pl.DataFrame(rows)))
