"""What one more unit is worth and what binds, from the duals of the first tier; and why a transfer
or a move is asked for.
"""

from collections.abc import Mapping

import numpy as np
import polars as pl

from optimization.allocation.accounting import PolicyOutcome, crowding_limit
from optimization.allocation.inputs import Instance
from optimization.allocation.results import cell_ids, moves, transfers
from optimization.solver import SolveRecord, SolveSettings, first_tier_changes
from schemas.results.allocation import AllocationBestUnit, AllocationValue
from schemas.table import check, conform

LEAST = 1e-6
BEST = 10
USUAL = ", where they go as a rule,"
EVENS_OUT = "evens out crowding in the region"


def unit_prices(instance: Instance, record: SolveRecord) -> np.ndarray:
    """Harm that one more unit in service on a day would avert, institution x resource x day.

    A unit makes ``occ`` room in (3); where (9) binds it also lowers what may be crowded in.
    """
    room = -_dual(instance, record, "capacity_holds")
    limit = -_dual(instance, record, "no_worse") * (crowding_limit(instance) > 0)
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


def value(instance: Instance, plan: PolicyOutcome, prices: np.ndarray) -> pl.DataFrame:
    """``AllocationValue``: a row for every price that is not 0."""
    priced = np.argwhere(prices > 0)
    picked = tuple(priced.T)
    crowding = instance.resources.occupancy * instance.resources.harm
    by_unit = crowding[priced[:, 1]]
    prices = prices[picked]
    columns = cell_ids(instance, priced) | {
        "unit_day_price": prices,
        "relative": np.divide(prices, by_unit, out=np.zeros_like(prices), where=by_unit > 0),
        "binds": binding(instance, plan)[picked],
    }
    return check(AllocationValue, conform(AllocationValue, pl.DataFrame(columns)))


def binding(instance: Instance, plan: PolicyOutcome) -> np.ndarray:
    """What binds, in words, institution x resource x day."""
    limit = crowding_limit(instance)
    room = instance.resources.occupancy[None, :, None] * (plan.stock + plan.surge)
    excess = plan.use + instance.reserve - room
    crowded = excess > LEAST
    at_limit = crowded & instance.no_worse & (excess >= limit - LEAST)
    at_surge = (plan.surge > 0) & (plan.surge >= instance.surge_limit - LEAST)
    words = np.where(crowded, "over capacity", "capacity").astype(object)
    words[at_surge & ~crowded] = "surge"
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
    changes = [more_units(instance, {(int(i), int(r)): 1.0}) for i, r in best]
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


def more_units(instance: Instance, units: Mapping[tuple[int, int], float]) -> dict[str, Mapping]:
    """Changes of right sides that more units of (institution, resource) on every day make."""
    changes: dict[str, dict] = {}
    limits = crowding_limit(instance)
    for (i, r), more in units.items():
        cell = instance.names.institutions[i], instance.names.resources[r]
        room = float(instance.resources.occupancy[r]) * more
        less = -np.minimum(limits[i, r], room) if instance.no_worse else np.zeros(instance.horizon)
        for t in range(1, instance.horizon + 1):
            if can_move(instance, i, r):
                changes.setdefault("stock_follows", {})[*cell, t] = more
                kept = float(instance.resources.retain[r]) * more
                changes.setdefault("retention", {})[*cell, t] = kept
            else:
                changes.setdefault("capacity_holds", {})[*cell, t] = room
            if less[t - 1] < 0:
                changes.setdefault("no_worse", {})[*cell, t] = float(less[t - 1])
    return dict(changes)


def can_move(instance: Instance, i: int, r: int) -> bool:
    """Does some arc serve the resource there?"""
    moves = instance.moves
    here = (moves.giver == i) | (moves.taker == i)
    return bool((here & (moves.resource == r)).any())


def tight_days(instance: Instance, usual: PolicyOutcome, prices: np.ndarray) -> np.ndarray:
    """Is a unit short there, as usual or at the plan's prices? institution x resource x day."""
    return (usual.crowding > 1e-6) | (prices > 0)


def transfer_reasons(instance: Instance, plan: PolicyOutcome, tight: np.ndarray) -> list[str]:
    """One reason for each row of ``transfers``, in that order."""
    usual = _usual_first(instance)
    known: dict[tuple[int, int, int], str] = {}
    arcs, reasons = instance.arcs, []
    for arc, day in transfers(plan).tolist():
        zone, care, to = int(arcs.zone[arc]), int(arcs.care[arc]), int(arcs.institution[arc])
        found = EVENS_OUT
        for institution in usual.get((zone, care), ()):
            key = (institution, care, day)
            if key not in known:
                known[key] = _short_of(instance, tight, institution, care, day)
            if institution != to and known[key]:
                found = known[key]
                break
        reasons.append(found)
    return reasons


def _usual_first(instance: Instance) -> dict[tuple[int, int], list[int]]:
    """Institutions where a zone's patients of a class go as a rule, most first."""
    arcs = instance.arcs
    places: dict[tuple[int, int], list[int]] = {}
    for arc in np.argsort(-arcs.usual, kind="stable").tolist():
        if arcs.usual[arc] > 0:
            key = (int(arcs.zone[arc]), int(arcs.care[arc]))
            places.setdefault(key, []).append(int(arcs.institution[arc]))
    return places


def _short_of(instance: Instance, tight: np.ndarray, institution: int, care: int, day: int) -> str:
    """What an institution is short of for a class while a patient of that day stays."""
    for resource in np.flatnonzero(instance.use[care]).tolist():
        words = _days_short(instance, tight, institution, resource, day, USUAL)
        if words:
            return words
    return ""


def _days_short(
    instance: Instance, tight: np.ndarray, institution: int, resource: int, day: int, which: str
) -> str:
    short = day + np.flatnonzero(tight[institution, resource, day:])
    if not short.size:
        return ""
    names = instance.names
    span = f"on {names.days[short[0]]}"
    if short.size > 1:
        span = f"on {short.size} days from {names.days[short[0]]} to {names.days[short[-1]]}"
    place, what = names.institutions[institution], names.resources[resource]
    return f"{place}{which} is short of {what} {span}"


def move_reasons(instance: Instance, plan: PolicyOutcome, tight: np.ndarray) -> list[str]:
    """One reason for each row of ``moves``, in that order."""
    reasons = []
    for arc, day in moves(plan).tolist():
        taker, resource = int(instance.moves.taker[arc]), int(instance.moves.resource[arc])
        arrival = min(day + int(instance.resources.lead[resource]), instance.horizon - 1)
        reasons.append(_days_short(instance, tight, taker, resource, arrival, "") or EVENS_OUT)
    return reasons
