"""A region side by side with itself: once on its expected demand, then once on each drawn path.

Copy 0 is the plan; copy k is path k. A zone o of copy k is called ``k|o``, an institution likewise.
"""

from dataclasses import replace

import numpy as np

from optimization.allocation.inputs import Announced, Arcs, Instance, Moves, Names


def copies(instance: Instance, paths: np.ndarray, first_days: int) -> Instance:
    """``instance`` and its copies on ``paths`` (path x zone x class x day) as one.

    What was announced is asked of copy 0 alone, and of the ``first_days``.
    """
    number, names = len(paths) + 1, instance.names
    return replace(
        instance,
        names=replace(
            names,
            zones=_called(names.zones, number),
            institutions=_called(names.institutions, number),
        ),
        zone_region=np.tile(instance.zone_region, number),
        institution_region=np.tile(instance.institution_region, number),
        demand=np.concatenate([instance.demand, *paths]),
        arcs=_arcs(instance.arcs, names, number),
        moves=_moves(instance.moves, names, number),
        announced=_announced(instance.announced, number, first_days),
        initial=np.tile(instance.initial, (number, 1, 1)),
        capacity=np.tile(instance.capacity, (number, 1, 1)),
        surge_limit=np.tile(instance.surge_limit, (number, 1, 1)),
        reserve=np.tile(instance.reserve, (number, 1, 1)),
        fairness="none",
        no_worse=False,
        crowding_floor=None,
    )


def _called(ids: list[str], number: int) -> list[str]:
    return [f"{k}|{one}" for k in range(number) for one in ids]


def _shifted(positions: np.ndarray, size: int, number: int) -> np.ndarray:
    return (positions[None, :] + np.arange(number)[:, None] * size).ravel()


def _arcs(arcs: Arcs, names: Names, number: int) -> Arcs:
    return Arcs(
        _shifted(arcs.zone, len(names.zones), number),
        _shifted(arcs.institution, len(names.institutions), number),
        *(np.concatenate([column] * number) for column in (arcs.care, arcs.km, arcs.usual)),
    )


def _moves(moves: Moves, names: Names, number: int) -> Moves:
    size = len(names.institutions)
    return Moves(
        _shifted(moves.giver, size, number),
        _shifted(moves.taker, size, number),
        np.tile(moves.resource, number),
        np.tile(moves.km, number),
    )


def _announced(announced: Announced, number: int, first_days: int) -> Announced:
    first = np.arange(announced.days.size) < first_days
    flows = [
        np.concatenate([amounts * first, np.zeros((len(amounts) * (number - 1), first.size))])
        for amounts in (announced.sent, announced.moved)
    ]
    return Announced(announced.days & first, *flows)
