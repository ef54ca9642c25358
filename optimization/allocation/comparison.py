"""What each way of deciding would do, on one instance and one accounting."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from optimization.allocation.accounting import (
    Outcome,
    cost,
    institution_shares,
    zone_shares,
)
from optimization.allocation.instance import Instance
from schemas.results.allocation import PolicyComparison
from schemas.table import check, conform


def comparison(instance: Instance, outcomes: Mapping[str, Outcome]) -> pl.DataFrame:
    """``PolicyComparison``: a row for each outcome, by name of the policy."""
    rows = [{"policy": policy} | measures(instance, o) for policy, o in outcomes.items()]
    return check(PolicyComparison, conform(PolicyComparison, pl.DataFrame(rows)))


def measures(instance: Instance, result: Outcome) -> dict[str, float]:
    """What ``PolicyComparison`` says of one outcome."""
    harm_unmet = float((result.unmet * instance.harm_unmet).sum())
    harm_crowding = float((result.over * instance.resources.harm[None, :, None]).sum())
    return {
        "harm": harm_unmet + harm_crowding,
        "harm_unmet": harm_unmet,
        "harm_crowding": harm_crowding,
        "crowding_unit_days": float(result.over.sum()),
        "crowding_patient_days": crowding_patient_days(instance, result),
        "unmet": float(result.unmet.sum()),
        "worst": float(zone_shares(instance, result).max(initial=0.0)),
        "crowded": float(institution_shares(instance, result).max(initial=0.0)),
        "sent": float(result.elsewhere.sum()),
        "moved": float(result.move.sum()),
        "surge_unit_days": float(result.surge.sum()),
        "cost": cost(instance, result),
    }


def crowding_patient_days(instance: Instance, result: Outcome) -> float:
    """Patient-days short of at least one resource, patients of a cell sharing alike."""
    used = np.where(result.use > 0, result.use, np.inf)
    short = np.minimum(result.over / used, 1.0)
    needs = instance.use > 0
    worst = np.stack([short[:, need, :].max(axis=1, initial=0.0) for need in needs], axis=1)
    return float((result.census * worst).sum())
