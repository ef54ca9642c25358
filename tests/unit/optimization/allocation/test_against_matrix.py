"""Every tier's optimum equals that of a model written a second time, another way."""

import polars as pl
import pytest

from optimization.allocation.inputs.read import read_instance
from optimization.allocation.solve import solve
from optimization.solver import SolveSettings
from tests.unit.optimization.allocation.cases import (
    assumptions,
    places,
    random_announced,
    random_tables,
)
from tests.unit.optimization.allocation.matrix_model import optimum

SETTINGS = [
    {},
    {"no_worse": False},
    {"fairness": "none", "demand": "upper"},
    {"fairness": "graduated", "demand": {"budget": 2}},
    {"may_refuse": True},
    {"integer": ("icu_bed",), "fairness": "graduated"},
    {"sizes": True},
    {"announced": True, "integer": ("icu_bed",)},
    {"announced": True, "fairness": "none", "no_worse": False},
    {"stranded": True},
    {"demand": {"levels": 3, "spread": 0.5}},
    {"demand": {"levels": 4, "spread": 1.0}, "fairness": "graduated", "integer": ("icu_bed",)},
    {"demand": {"levels": 2, "spread": 0.5}, "no_worse": False, "may_refuse": True},
]


@pytest.mark.parametrize("seed", range(2 * len(SETTINGS)))
def test_tiers_equal_those_of_a_second_implementation(seed):
    settings = dict(SETTINGS[seed % len(SETTINGS)])
    tables = random_tables(seed, horizon=3)
    if settings.get("may_refuse"):
        less = tables["allocation_class"].with_columns(harm_weight=pl.col("harm_weight") * 0.2)
        tables["allocation_class"] = less
    if settings.pop("sizes", False):
        nurses = pl.col("resource_id") == "nurse"
        tables["allocation_resource"] = tables["allocation_resource"].with_columns(
            least_move=pl.when(nurses).then(0.8), cost_move=pl.when(nurses).then(30.0)
        )
    if settings.pop("announced", False):
        tables = random_announced(seed, tables)
    zones, institutions = places(tables, regions=2)
    if settings.pop("stranded", False):
        none = (pl.col("zone_id") == "Z1") & (pl.col("class_id") == "icu")
        tables["allocation_arc"] = tables["allocation_arc"].filter(~none)
    chosen = assumptions(**settings)
    instance = read_instance(tables, zones, institutions, chosen)
    record = solve(instance, SolveSettings(), {}).record
    expected = optimum(tables, zones, institutions, chosen)
    found = [tier.bound for tier in record.tiers]
    assert record.components == 1
    assert found == pytest.approx(expected, rel=2e-6, abs=2e-6)
