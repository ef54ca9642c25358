"""Drawn paths of demand as an array."""

import numpy as np
import polars as pl

from optimization.allocation.inputs import Instance
from optimization.allocation.inputs.read import DECIMALS, dense
from schemas.errors import InputRefused
from schemas.events import Count

KEY = ["path", "zone_id", "class_id", "date"]


def read_paths(table: pl.DataFrame, instance: Instance, number: int) -> np.ndarray:
    """``allocation_scenario`` as path x zone x class x day, to the millionth of a patient.

    Raises:
        InputRefused: not ``number`` paths, or patients where none are ever expected, to whom
            therefore no arc leads.
    """
    found = table["path"].unique().sort().to_list()
    if found and found[-1] > number:
        there = f"{Count(found[-1]):path|paths}, and {Count(number):# is|# are} asked for"
        raise InputRefused(f"allocation_scenario.path: {there}")
    if not found:
        raise InputRefused("allocation_scenario: no path of demand was drawn")
    names = instance.names
    axes = (range(1, number + 1), names.zones, names.classes, names.days)
    paths = dense(table, dict(zip(KEY, axes, strict=True)), "demand_patients").round(DECIMALS)
    strays = int(((paths > 0).any(axis=(0, 3)) & ~instance.served).sum())
    if strays:
        raise InputRefused(
            f"allocation_scenario: {Count(strays):zone and class has|zones and classes have}"
            " patients on a path, and none in allocation_demand"
        )
    return paths
