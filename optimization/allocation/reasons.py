"""Why a transfer or a move is asked for, in plain words."""

import numpy as np

from optimization.allocation.accounting import Outcome
from optimization.allocation.instance import Instance
from optimization.allocation.tables import moves, transfers

EVENS_OUT = "evens out crowding in the region"


def tight_days(instance: Instance, usual: Outcome, prices: np.ndarray) -> np.ndarray:
    """Is a unit short there, as usual or at the plan's prices? institution x resource x day."""
    return (usual.over > 1e-6) | (prices > 0)


def transfer_reasons(instance: Instance, plan: Outcome, tight: np.ndarray) -> list[str]:
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
        words = _days_short(instance, tight, institution, resource, day)
        if words:
            return words
    return ""


def _days_short(
    instance: Instance, tight: np.ndarray, institution: int, resource: int, day: int
) -> str:
    short = day + np.flatnonzero(tight[institution, resource, day:])
    if not short.size:
        return ""
    names = instance.names
    span = f"on {names.days[short[0]]}"
    if short.size > 1:
        span = f"on {short.size} days from {names.days[short[0]]} to {names.days[short[-1]]}"
    place, what = names.institutions[institution], names.resources[resource]
    return f"{place}, where they go as a rule, is short of {what} {span}"


def move_reasons(instance: Instance, plan: Outcome, tight: np.ndarray) -> list[str]:
    """One reason for each row of ``moves``, in that order."""
    reasons = []
    for arc, day in moves(plan).tolist():
        taker, resource = int(instance.moves.taker[arc]), int(instance.moves.resource[arc])
        arrival = min(day + int(instance.resources.lead[resource]), instance.horizon - 1)
        words = _days_short(instance, tight, taker, resource, arrival)
        reasons.append(words.replace(", where they go as a rule,", "") or EVENS_OUT)
    return reasons
