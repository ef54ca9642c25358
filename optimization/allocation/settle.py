"""From a solver's numbers to a plan: noise removed, nothing lost."""

import numpy as np

from optimization.allocation.instance import Instance

DECIMALS = 9
LEAST = 1e-7


def settled_admissions(instance: Instance, admit: np.ndarray, unmet: np.ndarray) -> np.ndarray:
    """Admissions (arc x day) without amounts below ``LEAST``, to the billionth of a patient.

    What this takes from or adds to a zone, class and day goes to its largest admission, so that
    admitted and unmet still add up to demand.
    """
    tidy = tidied(admit)
    arcs = instance.arcs
    wanted = instance.demand - tidied(unmet)
    total = np.zeros_like(instance.demand)
    np.add.at(total, (arcs.zone, arcs.care), tidy)
    most = np.zeros_like(instance.demand)
    np.maximum.at(most, (arcs.zone, arcs.care), tidy)
    largest = tidy == most[arcs.zone, arcs.care]
    first = np.full(instance.demand.shape, arcs.zone.size)
    order = np.where(largest, np.arange(arcs.zone.size)[:, None], arcs.zone.size)
    np.minimum.at(first, (arcs.zone, arcs.care), order)
    takes = first[arcs.zone, arcs.care] == np.arange(arcs.zone.size)[:, None]
    missing = (wanted - total)[arcs.zone, arcs.care]
    return np.maximum(np.where(takes, tidy + missing, tidy), 0.0)


def tidied(amounts: np.ndarray) -> np.ndarray:
    """Amounts to the billionth; those below ``LEAST`` are 0."""
    return np.where(amounts < LEAST, 0.0, amounts.round(DECIMALS))
