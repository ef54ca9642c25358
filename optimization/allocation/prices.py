"""What one more unit is worth, where, and what binds: from the duals of the first tier."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from optimization.allocation.accounting import Outcome, over_limit
from optimization.allocation.instance import Instance
from optimization.allocation.tables import cell_ids
from optimization.solver import SolveRecord, SolveSettings, first_tier_changes
from schemas.results.allocation import AllocationBestUnit, AllocationValue
from schemas.table import check, conform

LEAST = 1e-6
BEST = 10


def unit_prices(instance: Instance, record: SolveRecord) -> np.ndarray:
    """Harm that one more unit in service on a day would avert, institution x resource x day.

    A unit makes ``occ`` room in (3); where (9) binds it also lowers what may be over.
    """
    room = -_dual(instance, record, "capacity_holds")
    limit = -_dual(instance, record, "no_worse") * (over_limit(instance) > 0)
    occupancy = instance.resources.occupancy[None, :, None]
    prices = occupancy * (room - limit)
    return np.where(prices > LEAST, prices, 0.0).round(9)


def _dual(instance: Instance, record: SolveRecord, constraint: str) -> np.ndarray:
    names, duals = instance.names, np.zeros_like(instance.capacity)
    institution = {i: k for k, i in enumerate(names.institutions)}
    resource = {r: k for k, r in enumerate(names.resources)}
    for (i, r, t), dual in record.dual("harm", constraint).items():
        duals[institution[i], resource[r], t - 1] = dual
    return duals


def value(instance: Instance, plan: Outcome, prices: np.ndarray) -> pl.DataFrame:
    """``AllocationValue``: a row for every price that is not 0."""
    at = np.argwhere(prices > 0)
    picked = tuple(at.T)
    crowding = instance.resources.occupancy * instance.resources.harm
    by_unit = crowding[at[:, 1]]
    prices = prices[picked]
    columns = cell_ids(instance, at) | {
        "unit_day_price": prices,
        "relative": np.divide(prices, by_unit, out=np.zeros_like(prices), where=by_unit > 0),
        "binds": binding(instance, plan)[picked],
    }
    return check(AllocationValue, conform(AllocationValue, pl.DataFrame(columns)))


def binding(instance: Instance, plan: Outcome) -> np.ndarray:
    """What binds, in words, institution x resource x day."""
    limit = over_limit(instance)
    over = plan.over > LEAST
    at_limit = over & instance.no_worse & (plan.over >= limit - LEAST)
    at_surge = (plan.surge > 0) & (plan.surge >= instance.surge_limit - LEAST)
    words = np.where(over, "over capacity", "capacity").astype(object)
    words[at_surge & ~over] = "surge"
    words[at_limit] = "no worse"
    return words


def best_units(
    instance: Instance, record: SolveRecord, prices: np.ndarray, settings: SolveSettings
) -> pl.DataFrame:
    """``AllocationBestUnit``: the units worth most over all days, each solved again to confirm.

    Raises:
        SolverStopped: a second solve found nothing by the time limit.
    """
    worth = prices.sum(axis=2).round(9)
    order = np.argsort(-worth.ravel(), kind="stable")[:BEST]
    dear = order[worth.ravel()[order] > 0]
    best = np.column_stack(np.unravel_index(dear, worth.shape))
    changes = [one_more(instance, int(i), int(r)) for i, r in best]
    differences = first_tier_changes(record, changes, settings)
    averted = np.maximum(-np.array(differences), 0.0)
    price = worth[tuple(best.T)]
    columns = {
        "rank": range(1, len(best) + 1),
        "institution_id": [instance.names.institutions[i] for i in best[:, 0]],
        "resource_id": [instance.names.resources[r] for r in best[:, 1]],
        "averted_by_price": price,
        "averted": averted,
        "confirmed_share": averted / price,
    }
    return check(AllocationBestUnit, conform(AllocationBestUnit, pl.DataFrame(columns)))


def one_more(instance: Instance, i: int, r: int) -> dict[str, Mapping]:
    """Changes of right sides that one more unit in service on every day makes."""
    cell = (instance.names.institutions[i], instance.names.resources[r])
    days = range(1, instance.horizon + 1)
    share = float(instance.resources.retain[r])
    room = float(instance.resources.occupancy[r])
    changes: dict[str, Mapping] = {"capacity_holds": {(*cell, t): room for t in days}}
    if moves_at(instance, i, r):
        changes = {
            "stock_follows": {(*cell, t): 1.0 for t in days},
            "retention": {(*cell, t): share for t in days},
        }
    if instance.no_worse:
        less = -np.minimum(over_limit(instance)[i, r], room)
        changes["no_worse"] = {(*cell, t): float(less[t - 1]) for t in days}
    return changes


def moves_at(instance: Instance, i: int, r: int) -> bool:
    """Does some arc serve the resource there?"""
    moves = instance.moves
    here = (moves.giver == i) | (moves.taker == i)
    return bool((here & (moves.resource == r)).any())
